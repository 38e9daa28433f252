"""The eye: iris, pupil, limbus and a sclera that is not white, over the polar chart of the eyeball."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.render.tone import to_linear

CHART_RIM_RAD = 1.75
"""Angle from the gaze at the rim of the chart, half a texture away from the middle (``bake.charts``)."""
IRIS_RAD, PUPIL_RAD = 0.49, 0.17
F32 = NDArray[np.float32]


def _ring_noise(random: np.random.Generator, around: F32, out: F32, count: int, waver: float) -> F32:
    """Fibres: noise over the angle, wavering a little with the radius, in -1..1."""
    values = np.convolve(np.tile(random.normal(size=count), 3), [0.25, 0.5, 0.25], "same")
    place = (around / (2 * np.pi) + waver * np.sin(9.0 * out + around * 3.0)) % 1.0 * count + count
    return np.interp(place, np.arange(3 * count), values / 1.2).astype(np.float32)


@cache
def _parts(size: int) -> tuple[F32, F32]:
    """(size, size, 3) gain on the iris' colour, and what is there whatever its colour: pupil and sclera. Linear."""
    random = np.random.default_rng(3)
    y, x = (np.mgrid[0:size, 0:size].astype(np.float32) + 0.5) / size - 0.5
    angle = np.hypot(x, y) * 2.0 * CHART_RIM_RAD
    around = np.arctan2(-y, x)
    out = angle / IRIS_RAD
    fibres = _ring_noise(random, around, out, 90, 0.012) * 0.6 + _ring_noise(random, around, out, 31, 0.02) * 0.5
    collar = np.exp(-(((out - 0.52) / 0.13) ** 2))
    value = 1.0 + 0.38 * fibres + 0.35 * collar - 0.45 * np.clip((out - 0.72) / 0.3, 0, 1) ** 2
    warm = np.array([1.25, 1.0, 0.72], np.float32)
    texel = 2.0 * CHART_RIM_RAD / size
    limbus = 1.0 - 0.72 * np.exp(-(((out - 1.0) / 0.10) ** 2)) * (out < 1.05)
    gain = (value * limbus)[..., None] * (1.0 + (warm - 1.0) * (0.5 * collar)[..., None])
    pupil = np.clip((PUPIL_RAD - angle) / max(0.03, texel) + 0.5, 0, 1)[..., None]
    # The sclera: off-white, redder and darker towards the corners, with fine veins.
    vein = np.clip(_ring_noise(random, around, 0.3 * out, 140, 0.03) - 0.9, 0, 1) * np.clip(angle - 0.75, 0, 1)
    away = np.clip((angle - 0.55) / 0.8, 0, 1)[..., None]
    white = np.array([0.70, 0.665, 0.63]) * (1 - away) + np.array([0.56, 0.42, 0.37]) * away
    white = white * (1.0 - vein[..., None] * np.array([0.1, 0.35, 0.35]))
    rim = np.clip((IRIS_RAD - angle) / max(0.05, texel) + 0.5, 0, 1)[..., None]
    fixed = 0.004 * pupil * rim + white * (1.0 - rim)
    return (gain * (1.0 - pupil) * rim).astype(np.float32), fixed.astype(np.float32)


def eye_texture(iris_rgb: NDArray[np.floating], size: int) -> F32:
    """(size, size, 3) float32 linear RGB. iris_rgb: sRGB 0..1."""
    gain, fixed = _parts(size)
    return np.maximum(gain * to_linear(iris_rgb) + fixed, np.float32(0.0))
