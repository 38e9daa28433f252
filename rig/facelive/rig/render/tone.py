"""Linear light to what a screen shows, and back."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHOULDER = 0.62
"""Linear value up to which the tone curve leaves light as it is, so that colours come out as the schema names them."""
LUT_SIZE = 4096
LUT_TOP = 8.0
"""The tone table covers linear light 0..LUT_TOP, at the square root's spacing."""


def to_linear(srgb: ArrayLike) -> NDArray[np.float32]:
    """sRGB 0..1 to linear light, any shape, float32. IEC 61966-2-1."""
    value = np.asarray(srgb, np.float32)
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_srgb(linear: ArrayLike) -> NDArray[np.float32]:
    """Linear light to sRGB 0..1, any shape, float32; the inverse of ``to_linear``."""
    value = np.maximum(np.asarray(linear, np.float32), 0.0)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055).astype(np.float32)


def tone(linear: NDArray[np.floating]) -> NDArray[np.float32]:
    """The film-like curve: straight up to ``SHOULDER``, then a soft roll-off towards 1."""
    room = 1.0 - SHOULDER
    rolled = SHOULDER + room * (1.0 - np.exp(-(np.maximum(linear, SHOULDER) - SHOULDER) / room))
    return np.where(linear < SHOULDER, linear, rolled).astype(np.float32)


@cache
def tone_table() -> NDArray[np.uint8]:
    """(LUT_SIZE,) uint8: display value of linear light ``LUT_TOP * (i / (LUT_SIZE - 1)) ** 2``."""
    light = LUT_TOP * np.linspace(0.0, 1.0, LUT_SIZE) ** 2
    table = np.rint(to_srgb(tone(light)) * 255.0).astype(np.uint8)
    table.setflags(write=False)
    return table


@cache
def linear_table() -> NDArray[np.float32]:
    """(256,) float32: linear light that the tone curve shows as this byte (255 stands for what 254.6 shows)."""
    srgb = np.minimum(np.arange(256, dtype=np.float32), 254.6) / 255.0
    shown = to_linear(srgb)
    room = 1.0 - SHOULDER
    rolled = SHOULDER - room * np.log(np.maximum(1.0 - (np.maximum(shown, SHOULDER) - SHOULDER) / room, 1e-6))
    table = np.where(shown < SHOULDER, shown, rolled).astype(np.float32)
    table.setflags(write=False)
    return table
