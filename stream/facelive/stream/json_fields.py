"""Reading JSON from outside: every field is checked, every fault is a ``ProtocolError``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from facelive.errors import ProtocolError

Json = dict[str, Any]
Kept = TypeVar("Kept")
_U32 = 1 << 32
_U64 = 1 << 64


def dump_json(data: Json) -> bytes:
    """Compact UTF-8. Raises ValueError on NaN."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def parse_json(message: bytes) -> Json:
    """A JSON object. Raises ProtocolError on anything else, on NaN, and on nesting without end."""
    try:
        data = json.loads(message, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the payload is not JSON ({type(error).__name__})") from None
    return mapping(data, "the payload")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def field(data: Json, name: str, check: Callable[[Any, str], Kept]) -> Kept:
    """A checked field. Raises ProtocolError if it is missing or of another type."""
    if name not in data:
        raise ProtocolError(f"{name!r} is missing")
    return check(data[name], name)


def optional(data: Json, name: str, check: Callable[[Any, str], Kept]) -> Kept | None:
    """A checked field, or None if it is absent or null."""
    return None if data.get(name) is None else check(data[name], name)


def number(value: Any, name: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError(f"{name!r} is no number")
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if not math.isfinite(converted):
        raise ProtocolError(f"{name!r} is not finite")
    return converted


def integer(value: Any, name: str) -> int:
    """A signed integer of 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(_U64 // 2) <= value < _U64 // 2:
        raise ProtocolError(f"{name!r} is no integer of 64 bits")
    return value


def u32(value: Any, name: str) -> int:
    """An integer in 0 .. 2**32 - 1."""
    if not 0 <= integer(value, name) < _U32:
        raise ProtocolError(f"{name!r} is not in 0 .. 2**32 - 1")
    return value


def boolean(value: Any, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ProtocolError(f"{name!r} is neither true nor false")
    return value


def text(value: Any, name: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ProtocolError(f"{name!r} is no text")
    return value


def rows(value: Any, name: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise ProtocolError(f"{name!r} is no list")
    return cast("list[Any]", value)


def mapping(value: Any, name: str) -> Json:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ProtocolError(f"{name} is no JSON object")
    return cast("Json", value)


def floats(value: Any, name: str) -> NDArray[np.float32]:
    """A list of numbers as float32."""
    numbers = np.array([number(item, name) for item in rows(value, name)], np.float64)
    if not (np.abs(numbers) <= np.finfo(np.float32).max).all():
        raise ProtocolError(f"{name!r} holds a number that is too large")
    return numbers.astype(np.float32)


def hex64(value: int) -> str:
    """16 hexadecimal digits: many JSON readers lose integers beyond 2**53."""
    return f"{value:016x}"


def from_hex64(value: Any, name: str) -> int:
    """The inverse of ``hex64``."""
    try:
        converted = int(text(value, name), 16)
    except ValueError:
        converted = -1
    if not 0 <= converted < _U64:
        raise ProtocolError(f"{name!r} is not 16 hexadecimal digits")
    return converted
