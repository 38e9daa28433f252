"""``eval.bytes``: the parameters of one face, for a game engine. Twin of ``EvalBytes.cs`` in the Unity package.

int32 shape (4 female, 3 male), then the parameters as float32, all little-endian.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, SchemaError
from facelive.rig.schema import Schema

MALE = 3
FEMALE = 4
_GENDER = "macro-gender"


def shape_of(schema: Schema, params_P: NDArray[np.float32], otherwise: int = FEMALE) -> int:
    """By the slider ``macro-gender``; otherwise: for rigs without one."""
    if _GENDER not in schema:
        return otherwise
    return MALE if params_P[schema.index(_GENDER)] >= 0.5 else FEMALE


def write_eval_bytes(path: Path, shape: int, params_P: NDArray[np.float32]) -> None:
    """params_P: (P,) float32, finite. Raises SchemaError otherwise."""
    if params_P.ndim != 1 or not params_P.size or params_P.dtype != np.float32 or not np.isfinite(params_P).all():
        raise SchemaError(f"eval.bytes holds finite (P,) float32 parameters, got {params_P.dtype} {params_P.shape}")
    path.write_bytes(struct.pack("<i", shape) + params_P.astype("<f4").tobytes())


def read_eval_bytes(path: Path) -> tuple[int, NDArray[np.float32]]:
    """Shape and (P,) float32. Raises FileError if the file is malformed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    try:
        return parse_eval_bytes(data)
    except FileError as error:
        raise FileError(f"{path}: {error}") from None


def parse_eval_bytes(data: bytes) -> tuple[int, NDArray[np.float32]]:
    """As ``read_eval_bytes``, from memory."""
    if len(data) < 8 or len(data) % 4:
        raise FileError("the file is cut off or no eval.bytes")
    params_P = np.frombuffer(data, "<f4", offset=4).astype(np.float32)
    if not np.isfinite(params_P).all():
        raise FileError("a parameter is not a finite number")
    return struct.unpack_from("<i", data)[0], params_P
