"""Where compiled graphs are kept, so that the second start is quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from facelive.errors import FileError


def cache_folder(*parts: str) -> Path:
    """The user's cache folder for facelive (``FACELIVE_CACHE_DIR`` overrides it) with ``parts`` below, made if missing.

    Raises FileError if it cannot be made.
    """
    folder = _base().joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the cache folder {folder}: {error.strerror}; set FACELIVE_CACHE_DIR") from error
    return folder


def _base() -> Path:
    if chosen := os.environ.get("FACELIVE_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "facelive" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "facelive"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "facelive"
