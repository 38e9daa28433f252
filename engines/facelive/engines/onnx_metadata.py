"""The metadata of an ONNX file without the onnx package: a walk over the top level of its protobuf.

ModelProto: field 14 is metadata_props (repeated StringStringEntryProto: field 1 key, field 2 value).
Source: onnx.proto3 of ONNX 1.x and the protobuf encoding guide.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from facelive.errors import WeightsError

_METADATA_PROPS = 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_metadata(path: Path) -> dict[str, str]:
    """Key -> value. Raises WeightsError if the file cannot be read or is no protobuf."""
    found: dict[str, str] = {}
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for field, start, end in _fields(data, 0, len(data)):
                if field == _METADATA_PROPS:
                    entry = {key: data[a:b].decode() for key, a, b in _fields(data, start, end)}
                    found[entry.get(1, "")] = entry.get(2, "")
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror}") from error
    except (IndexError, ValueError) as error:
        raise WeightsError(f"{path} is not an ONNX file (or it is truncated)") from error
    return found


def _fields(data: mmap.mmap, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(field number, start, end) of every length-delimited field. Raises ValueError if the bytes are malformed."""
    while position < end:
        tag, position = _varint(data, position)
        wire, field = tag & 7, tag >> 3
        if wire == _VARINT:
            _, position = _varint(data, position)
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        elif wire == _BYTES:
            length, position = _varint(data, position)
            if position + length > end:
                raise ValueError("a field reaches beyond the end")
            yield field, position, position + length
            position += length
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: mmap.mmap, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a varint of more than 64 bits")
