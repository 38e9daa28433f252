"""``db_description``: the parameters of a folder of pictures. Twin of ``DbDescription.cs`` in the Unity package.

int32 count, then per picture a length byte, the name in UTF-8 and the parameters as float32, all little-endian. How
many parameters a picture has is not in the file (99 and 103 are in use); it follows from the length, because every name
is equally long.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, SchemaError

FILE_NAME = "db_description"
_MAXIMUM_NAME = 127


def picture_name(index: int, shape: int) -> str:
    """Name of a picture without its extension: ``db_00012_4``."""
    return f"db_{index:05d}_{shape}"


def write_db_description(path: Path, names: Sequence[str], params_NP: NDArray[np.float32]) -> None:
    """params_NP: (N, P) float32, finite. Replaces the file as a whole. Raises SchemaError if something does not fit."""
    if params_NP.ndim != 2 or len(names) != len(params_NP) or params_NP.dtype != np.float32:
        raise SchemaError(f"{len(names)} names need ({len(names)}, P) float32 parameters, got {params_NP.shape}")
    if not np.isfinite(params_NP).all():
        raise SchemaError("a parameter is not a finite number")
    parts = [struct.pack("<i", len(names))]
    for name, values in zip(names, params_NP, strict=True):
        encoded = name.encode()
        if not 1 <= len(encoded) <= _MAXIMUM_NAME:
            raise SchemaError(f"a name has 1 to {_MAXIMUM_NAME} bytes: {name!r}")
        parts += [bytes([len(encoded)]), encoded, values.astype("<f4").tobytes()]
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(b"".join(parts))
    partial.replace(path)


def read_db_description(path: Path, *, parameters: int = 0) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Names and (N, P) float32. parameters: P, or 0 to work it out. Raises FileError if the file is malformed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    try:
        return parse_db_description(data, parameters=parameters)
    except FileError as error:
        raise FileError(f"{path}: {error}") from None


def parse_db_description(data: bytes, *, parameters: int = 0) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """As ``read_db_description``, from memory."""
    count = struct.unpack_from("<i", data)[0] if len(data) >= 4 else -1
    if not 0 <= count <= (len(data) - 4) // 2:
        raise FileError("the file is cut off or no db_description")
    width = (parameters or _guess(data, count)) if count else parameters
    names: list[str] = []
    params_NP = np.empty((count, width), np.float32)
    at = 4
    for i in range(count):
        length = data[at] if at < len(data) else 0
        end = at + 1 + length + 4 * width
        if length == 0 or end > len(data):
            raise FileError(f"cut off at picture {i}")
        try:
            names.append(data[at + 1 : at + 1 + length].decode())
        except UnicodeDecodeError:
            raise FileError(f"the name of picture {i} is not UTF-8") from None
        params_NP[i] = np.frombuffer(data, "<f4", width, at + 1 + length)
        at = end
    if at != len(data):
        raise FileError(f"{len(data) - at} bytes too many")
    if not np.isfinite(params_NP).all():
        raise FileError("a parameter is not a finite number")
    return tuple(names), params_NP


def _guess(data: bytes, count: int) -> int:
    size, rest = divmod(len(data) - 4, count)
    floats = size - 1 - data[4]
    if rest or floats <= 0 or floats % 4:
        raise FileError("names differ in length: say how many parameters a picture has")
    return floats // 4
