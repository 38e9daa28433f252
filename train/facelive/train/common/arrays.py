"""Arrays of one kind in one file: written whole or not at all, read with a clear word when they cannot be."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError


def save_arrays(path: Path, form: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Replaces the file as a whole. form: the kind and its version, which ``load_arrays`` asks for."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, format=np.array(form), **arrays)  # pyright: ignore[reportArgumentType]
    temporary.replace(path)


def load_arrays(path: Path, form: str, what: str) -> dict[str, NDArray[Any]]:
    """All arrays by name. what: for the message. Raises FileError if the file is not one of ``form``."""
    try:
        with np.load(path) as data:
            if "format" not in data.files or str(data["format"]) != form:
                raise FileError(f"{path} holds no {what}; make it again")
            return {name: data[name] for name in data.files if name != "format"}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise FileError(f"cannot read {path}: {str(error).splitlines()[0]}") from error
