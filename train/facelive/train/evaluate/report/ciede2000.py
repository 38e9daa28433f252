"""How different two colours look: CIEDE2000, and sRGB to CIE L*a*b* (D65).

G. Sharma, W. Wu, E. N. Dalal: The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
and mathematical observations. Color Research and Application 30 (2005), 21-30. About 1 is just visible; the tests hold
the 34 pairs that the paper publishes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(1)
_CUBE, _SLOPE = (6.0 / 29.0) ** 3, (29.0 / 6.0) ** 2 / 3.0
_FAR = 25.0**7


def lab(srgb: NDArray[np.floating]) -> F64:
    """(..., 3) L*, a*, b* of sRGB red, green, blue in 0..1; grey has a* = b* = 0."""
    value = np.asarray(srgb, np.float64)
    linear = np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0.0) + 0.055) / 1.055) ** 2.4)
    share = linear @ _TO_XYZ.T / _WHITE
    bent = np.where(share > _CUBE, np.cbrt(share), _SLOPE * share + 4.0 / 29.0)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], -1)


def ciede2000(one_lab: NDArray[np.floating], other_lab: NDArray[np.floating]) -> F64:
    """(...) difference of two colours (..., 3) in L*a*b*, with all weights 1. The order of the two does not matter."""
    l1, a1, b1 = np.moveaxis(np.asarray(one_lab, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other_lab, np.float64), -1, 0)
    power = (0.5 * (np.hypot(a1, b1) + np.hypot(a2, b2))) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(power / (power + _FAR))
    a1, a2 = stretch * a1, stretch * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360.0, np.degrees(np.arctan2(b2, a2)) % 360.0
    colourful = c1 * c2 != 0.0
    turn = np.where(colourful, (h2 - h1 + 180.0) % 360.0 - 180.0, 0.0)
    hue = 2.0 * np.sqrt(c1 * c2) * np.sin(np.radians(0.5 * turn))
    # The mean hue lies on the shorter way round; a grey has no hue and lends the other's.
    apart = np.abs(h1 - h2)
    mean_h = np.where(apart <= 180.0, 0.5 * (h1 + h2), 0.5 * (h1 + h2 + np.where(h1 + h2 < 360.0, 360.0, -360.0)))
    mean_h = np.where(colourful, mean_h, h1 + h2)
    return _weighted(l2 - l1, c2 - c1, hue, 0.5 * (l1 + l2), 0.5 * (c1 + c2), mean_h)


def _weighted(lightness: F64, chroma: F64, hue: F64, mean_l: F64, mean_c: F64, mean_h: F64) -> F64:
    """The three differences, each by how well the eye tells it at this place, and their rotation in the blues."""
    t = (
        1.0 - 0.17 * _cos(mean_h - 30.0) + 0.24 * _cos(2.0 * mean_h) + 0.32 * _cos(3.0 * mean_h + 6.0)
        - 0.20 * _cos(4.0 * mean_h - 63.0)
    )  # fmt: skip
    dark = (mean_l - 50.0) ** 2
    l_term = lightness / (1.0 + 0.015 * dark / np.sqrt(20.0 + dark))
    c_term = chroma / (1.0 + 0.045 * mean_c)
    h_term = hue / (1.0 + 0.015 * mean_c * t)
    power = mean_c**7
    blue = 60.0 * np.exp(-(((mean_h - 275.0) / 25.0) ** 2))
    rotation = -2.0 * np.sqrt(power / (power + _FAR)) * np.sin(np.radians(blue))
    total = l_term**2 + c_term**2 + h_term**2 + rotation * c_term * h_term
    return np.sqrt(np.maximum(total, 0.0))


def _cos(degrees: F64) -> F64:
    return np.cos(np.radians(degrees))
