"""Check points: written whole or not at all, read with a clear word when they cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from facelive.errors import FileError


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Replaces the file as a whole."""
    temporary = path.with_name(path.name + ".part")
    torch.save(content, temporary)
    temporary.replace(path)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """On the CPU. Raises FileError if it is no check point."""
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises many kinds for a damaged file
        # What torch says is a page, and advises to load the file unsafely.
        raise FileError(f"{path} is not a readable checkpoint; remove it to start anew") from error
