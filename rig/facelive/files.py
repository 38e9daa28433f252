"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to; when the block ends well, that file takes its place in one step.

    A reader sees the old file or the new one. Left to the system's own way of making files, it is as readable to others
    as any that the user makes. A link stays one; what is no file (/dev/stdout, a pipe) is written to as it is. Raises
    OSError, and then nothing is left behind.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
