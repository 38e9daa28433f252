"""No weights are used whose sha256 differs from the manifest beside them.

``manifest.json``: ``{"files": [{"file", "sha256", "licence", "origin"}, ...]}``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from facelive.errors import WeightsError

MANIFEST = "manifest.json"


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file. Raises WeightsError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror}") from error
    return digest.hexdigest()


def listed(folder: Path) -> dict[str, str]:
    """File name -> sha256 as the folder's manifest says; empty if it has none. Raises WeightsError if it is broken."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {str(row["file"]): str(row["sha256"]).lower() for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"the manifest {path} cannot be read: {error}") from error


def verify(path: Path, *, required: bool = False) -> str:
    """The file's sha256 after comparing it with the manifest in its folder.

    A file that no manifest lists is a user's own and passes, unless ``required``. Raises WeightsError otherwise.
    """
    if not path.is_file():
        raise WeightsError(f"there are no weights at {path}")
    wanted = listed(path.parent).get(path.name)
    if wanted is None and required:
        raise WeightsError(f"{path.name} is not listed in {path.parent / MANIFEST}: install facelive again")
    found = sha256_of(path)
    if wanted is not None and found != wanted:
        raise WeightsError(
            f"{path} is not the file it should be (sha256 {found[:12]}..., the manifest says {wanted[:12]}...): "
            "install facelive again or give your own file by its path"
        )
    return found
