"""CURVE keys: encryption and mutual proof of identity for a stream that leaves this machine.

Files are in ZeroMQ's own certificate format (``zmq.auth``), readable by nobody but their owner.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facelive.errors import FileError, UsageError

if TYPE_CHECKING:
    import zmq

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY_LENGTH = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyFiles:
    """Where one pair of keys lies."""

    public: Path
    """``NAME.key``: give it to the other side."""
    secret: Path
    """``NAME.key_secret``: never leaves its machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveServer:
    """What a publisher needs to speak CURVE."""

    secret: Path
    """Its own ``*.key_secret``."""
    allowed: Path | None = None
    """A folder of readers' public ``*.key`` files: only these may connect. None lets in everybody who has the
    publisher's public key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveClient:
    """What a reader needs to speak CURVE."""

    server: Path
    """The publisher's public ``*.key``."""
    secret: Path | None = None
    """The reader's own ``*.key_secret``. None makes a key for this run, which a publisher with ``allowed`` refuses."""


def generate_keys(directory: Path, name: str = "facelive") -> KeyFiles:
    """Make a pair of keys in a folder (made with mode 0700 if it is missing); both files have mode 0600.

    Raises UsageError if the name is not plain, FileError if a file of that name exists or cannot be written.
    """
    import zmq

    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a key: letters a to z, digits, dot, dash and underscore, no folder")
    files = KeyFiles(public=directory / f"{name}.key", secret=directory / f"{name}.key_secret")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (files.public, files.secret):
            if path.exists():
                raise FileError(f"{path} exists: choose another name, or remove it if no reader uses it any more")
        public, secret = zmq.curve_keypair()
        _write(files.secret, "secret", public, secret)
        _write(files.public, "public", public, None)
    except OSError as error:
        raise FileError(f"cannot write keys to {directory}: {error.strerror}") from error
    return files


def _write(path: Path, what: str, public: bytes, secret: bytes | None) -> None:
    lines = [f"#   facelive, ZeroMQ CURVE {what} certificate", "metadata", "curve"]
    lines.append(f'    public-key = "{public.decode()}"')
    if secret is not None:
        lines.append(f'    secret-key = "{secret.decode()}"')
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def load_key(path: Path, *, secret: bool) -> tuple[bytes, bytes | None]:
    """Public and (if asked for) secret key of a file, 40 bytes each. Raises FileError if it does not hold them."""
    from zmq.auth import load_certificate

    try:
        public, private = load_certificate(path)
    except OSError as error:
        raise FileError(f"cannot read the key {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FileError(f"{path} is no key file: {error}") from error
    if len(public) != _KEY_LENGTH or (private is not None and len(private) != _KEY_LENGTH):
        raise FileError(f"{path} is no key file: a key has {_KEY_LENGTH} characters")
    if secret and private is None:
        raise FileError(f"{path} holds no secret key: give the file that ends in .key_secret")
    return public, private


def secure_server(socket: zmq.Socket[Any], curve: CurveServer) -> None:
    """Make a socket, not bound yet, speak CURVE as the server. Raises FileError."""
    public, secret = load_key(curve.secret, secret=True)
    socket.curve_secretkey = secret
    socket.curve_publickey = public
    socket.curve_server = True
    if curve.allowed is not None:
        # With a domain libzmq asks an authenticator (``Gate``) about every peer; without one it asks nobody.
        socket.zap_domain = b"facelive"


def secure_client(socket: zmq.Socket[Any], curve: CurveClient) -> None:
    """Make a socket, not connected yet, speak CURVE to the publisher. Raises FileError."""
    import zmq

    server, _ = load_key(curve.server, secret=False)
    public, secret = load_key(curve.secret, secret=True) if curve.secret is not None else zmq.curve_keypair()
    socket.curve_secretkey = secret
    socket.curve_publickey = public
    socket.curve_serverkey = server


class Gate:
    """Lets in only the readers whose public keys lie in a folder (ZeroMQ's ZAP, RFC 27), in a thread of its own."""

    def __init__(self, context: zmq.Context[Any], allowed: Path) -> None:
        """Raises FileError if the folder is missing or holds no key."""
        from zmq.auth.thread import ThreadAuthenticator

        if not allowed.is_dir() or not any(allowed.glob("*.key")):
            raise FileError(f"{allowed} holds no reader's public key: put their *.key files there")
        self._authenticator = ThreadAuthenticator(context)
        self._authenticator.start()
        self._authenticator.configure_curve(domain="facelive", location=allowed)

    def close(self) -> None:
        """Ends the thread."""
        self._authenticator.stop()
