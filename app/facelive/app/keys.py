"""facelive keys: CURVE keys for a stream that leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """Make a pair of CURVE keys. Make one pair for the sender and one for each receiver."""

    name: tyro.conf.Positional[str] = "facelive"
    """Whose keys: the files are NAME.key and NAME.key_secret."""
    folder: Path = Path("~/.config/facelive/keys")
    """Where they go; made if it is missing, readable by you alone."""


def run(options: Keys) -> int:
    """Make the keys and say what to do with them."""
    from facelive.stream.keys import generate_keys

    files = generate_keys(options.folder.expanduser(), options.name)
    print(f"secret key   {files.secret}   stays on this machine")
    print(f"public key   {files.public}   goes to the other side")
    print(f"sender:      facelive live --address tcp://HOST:47800 --key {files.secret} [--allowed FOLDER_OF_KEYS]")
    print("receiver:    facelive listen --address tcp://HOST:47800 --server-key SENDER.key [--key MY.key_secret]")
    return 0
