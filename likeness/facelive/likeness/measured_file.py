"""Files of what was measured for one rig: arrays, and of which rig they speak. numpy's .npz, written whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, SchemaError
from facelive.rig.schema import Schema


def write_measured(path: Path, kind: str, schema_hash: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """kind: what ``read_measured`` must be asked for."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez_compressed(
            file, allow_pickle=False, format=np.array(kind), schema=np.array(f"{schema_hash:016x}"), **arrays
        )
    temporary.replace(path)


def read_measured(
    path: Path, kind: str, schema: Schema, names: Sequence[str], what: str
) -> dict[str, NDArray[np.float32]]:
    """The arrays by name. what: they are, for the message that they are not.

    Raises FileError if it cannot be read or holds something else, SchemaError if it speaks of another rig.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes())) as data:
            if str(data["format"]) != kind:
                raise FileError(f"{path} does not hold {what}")
            said = str(data["schema"])
            arrays = {name: data[name].astype(np.float32) for name in names}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise FileError(f"cannot read {path}: {str(error).splitlines()[0]}") from error
    if said != f"{schema.hash:016x}":
        raise SchemaError(f"{path} was measured with rig {said}, this one is {schema.hash:016x}")
    return arrays
