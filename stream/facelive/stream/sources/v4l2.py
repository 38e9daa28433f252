"""What a Linux video device says about itself, by the kernel's own calls; no package needed.

Numbers and layouts: Linux UAPI, include/uapi/linux/videodev2.h.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

_QUERYCAP = (2 << 30) | (104 << 16) | (ord("V") << 8) | 0
_ENUM_FMT = (3 << 30) | (64 << 16) | (ord("V") << 8) | 2
_ENUM_FRAMESIZES = (3 << 30) | (44 << 16) | (ord("V") << 8) | 74
_ENUM_FRAMEINTERVALS = (3 << 30) | (52 << 16) | (ord("V") << 8) | 75
_VIDEO_CAPTURE, _CAPTURE_BIT, _DEVICE_CAPS_BIT = 1, 0x1, 0x80000000
_DISCRETE = 1
_MOST = 64


def captures_video(device: Path) -> bool | None:
    """Whether the device gives pictures; None if it cannot be asked (missing, no permission)."""
    answer = _ask(device, lambda handle: _query(handle, _QUERYCAP, bytearray(104)))
    if answer is None:
        return None
    capabilities, device_capabilities = struct.unpack_from("<II", answer, 84)
    own = device_capabilities if capabilities & _DEVICE_CAPS_BIT else capabilities
    return bool(own & _CAPTURE_BIT)


def best_format(device: Path) -> tuple[int, int, float]:
    """Largest width, height and the highest rate at that size; zeros if the device does not say."""
    return _ask(device, _best_format) or (0, 0, 0.0)


def _best_format(handle: int) -> tuple[int, int, float]:
    best = (0, 0, 0.0)
    for pixel_format in _formats(handle):
        for width, height in _sizes(handle, pixel_format):
            if width * height >= best[0] * best[1]:
                fps = _highest_rate(handle, pixel_format, width, height)
                best = max(best, (width, height, fps), key=lambda b: (b[0] * b[1], b[2]))
    return best


def _formats(handle: int) -> list[int]:
    found: list[int] = []
    for index in range(_MOST):
        request = bytearray(64)
        struct.pack_into("<II", request, 0, index, _VIDEO_CAPTURE)
        if (answer := _query(handle, _ENUM_FMT, request)) is None:
            break
        found.append(struct.unpack_from("<I", answer, 44)[0])
    return found


def _sizes(handle: int, pixel_format: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for index in range(_MOST):
        request = bytearray(44)
        struct.pack_into("<II", request, 0, index, pixel_format)
        if (answer := _query(handle, _ENUM_FRAMESIZES, request)) is None:
            break
        kind, low_width, high_width, _, low_height, high_height = struct.unpack_from("<6I", answer, 8)
        found.append((low_width, high_width) if kind == _DISCRETE else (high_width, high_height))
        if kind != _DISCRETE:
            break
        del low_height
    return found


def _highest_rate(handle: int, pixel_format: int, width: int, height: int) -> float:
    best = 0.0
    for index in range(_MOST):
        request = bytearray(52)
        struct.pack_into("<IIII", request, 0, index, pixel_format, width, height)
        if (answer := _query(handle, _ENUM_FRAMEINTERVALS, request)) is None:
            break
        numerator, denominator = struct.unpack_from("<II", answer, 20)
        if numerator:
            best = max(best, denominator / numerator)
    return best


def _query(handle: int, request: int, argument: bytearray) -> bytearray | None:
    """The kernel's answer, or None if it has no (further) one."""
    import fcntl

    try:
        fcntl.ioctl(handle, request, argument, True)
    except OSError:
        return None
    return argument


def _ask(device: Path, question: Any) -> Any:
    try:
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return question(handle)
    finally:
        os.close(handle)
