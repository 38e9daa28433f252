"""Beards: stubble, moustache, goatee, full; strokes that follow the jaw, cut out by a soft outline."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.appearance.canvas import Canvas, noise, sample
from facelive.rig.parts import Region

Field = NDArray[np.floating]
_DOTS_PER_MM = 6
_HALF_MM, _LOW_MM, _HIGH_MM = 115.0, -150.0, 45.0
"""The unrolled jaw that the strokes are drawn on: way around (mm) and height."""


def _smooth(value: Field, low: float, high: float) -> Field:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return (t * t * (3.0 - 2.0 * t)).astype(np.float32)


@cache
def strokes(length_mm: float, count: int) -> Field:
    """(H, W) float32 0..1: hairs hanging down on the unrolled jaw, no outline."""
    import cv2

    random = np.random.default_rng(7)
    size = (int((_HIGH_MM - _LOW_MM) * _DOTS_PER_MM), int(2 * _HALF_MM * _DOTS_PER_MM))
    out = np.zeros(size, np.uint8)
    root = random.uniform((0, 0), (size[1], size[0]), (count, 2))
    around = root[:, 0] / _DOTS_PER_MM - _HALF_MM
    angle = np.pi / 2 + 0.35 * np.sin(around / 22.0) + random.normal(0, 0.28, count)
    length = length_mm * _DOTS_PER_MM * random.uniform(0.5, 1.2, count)
    tip = root + np.stack([np.cos(angle), np.sin(angle)], 1) * length[:, None]
    middle = 0.5 * (root + tip) + random.normal(0, 0.12, (count, 2)) * length[:, None]
    level = random.integers(90, 256, count)
    for path, value in zip(np.stack([root, middle, tip], 1), level, strict=True):
        cv2.polylines(out, [np.rint(path * 8).astype(np.int32)[:, None]], False, int(value), 1, cv2.LINE_AA, 3)
    return out.astype(np.float32) / 255


def outline(canvas: Canvas, name: str) -> Field:
    """(H, W) 0..1: where the style grows."""
    beard = canvas.region(Region.BEARD)
    lips = np.maximum(canvas.region(Region.LIP_UPPER), canvas.region(Region.LIP_LOWER))
    x, y, z = np.abs(canvas.x) * 1000, canvas.y * 1000, canvas.z * 1000
    ragged = noise(canvas.points_HW3, 0.006, 11) * 3.0
    shaven = (1.0 - lips) * (canvas.part_HW == 0)
    # From the upper lip's border to under the nose, drooping round the corners of the mouth.
    lip_line = -19.0 - np.clip((x - 4.0) / 19.0, 0, 1) ** 2 * 9.5
    above = y - lip_line
    moustache = _smooth(x + ragged, 32.0, 27.0) * _smooth(above, -4.0, -1.0) * _smooth(above + 0.5 * ragged, 9.5, 6.5)
    moustache = moustache * (z > 60) * (0.55 + 0.45 * _smooth(x, 1.0, 4.0))
    if name == "moustache":
        return (moustache * shaven).astype(np.float32)
    goatee = _smooth(x + ragged, 27.0, 21.0) * _smooth(y, -82.0, -72.0) * _smooth(y + ragged, -30.0, -36.0) * (z > 40)
    ring = _smooth(x + ragged, 33.0, 29.0) * _smooth(x, 19.0, 24.0)
    ring = ring * _smooth(y, -40.0, -36.0) * _smooth(y, -20.0, -26.0)
    if name == "goatee":
        return (np.maximum(np.maximum(goatee, ring * (z > 60)), moustache) * shaven).astype(np.float32)
    return (np.maximum(beard, np.maximum(moustache, goatee)) * shaven).astype(np.float32)


def beard_mask(canvas: Canvas, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(H, W) uint8 paint and label strength (above 127 is beard; stubble is skin)."""
    import cv2

    empty = np.zeros(canvas.part_HW.shape, np.uint8)
    if name == "none":
        return empty, empty
    shape = outline(canvas, name)
    around = np.arctan2(canvas.x, canvas.z - 0.01) * 75.0
    at_x = ((around + _HALF_MM) * _DOTS_PER_MM).astype(np.float32)
    # Under the chin the skin runs back rather than down: measure along it.
    back = np.clip(0.072 - canvas.z, 0, 0.06) * np.clip((-0.045 - canvas.y) / 0.02, 0, 1)
    at_y = ((_HIGH_MM - (canvas.y - 0.8 * back) * 1000) * _DOTS_PER_MM).astype(np.float32)
    stubble = name == "stubble"
    image = strokes(0.9, 34000) if stubble else strokes(5.0, 24000)
    texel = float(np.median(canvas.metres_HW[shape > 0.5])) * 1000.0 * _DOTS_PER_MM
    soft = cv2.GaussianBlur(image, (0, 0), max(0.42 * texel, 0.3))
    hairs = sample(np.asarray(soft, np.float32), at_x, at_y)
    mean = float(image.mean())
    if stubble:
        cover = shape * (0.30 + 0.55 * hairs / max(2.0 * mean, 1e-3)).clip(0, 0.8)
        return np.rint(cover * 255).astype(np.uint8), empty
    # Hairs reach out of the outline singly before the beard closes.
    cover = _smooth(shape + 0.9 * (hairs - mean), 0.30, 0.62) * (0.62 + 0.38 * np.clip(hairs / (2 * mean), 0, 1))
    cover = cover * _smooth(shape, 0.02, 0.25)
    return np.rint(np.clip(cover, 0, 1) * 255).astype(np.uint8), np.rint(shape * 255).astype(np.uint8)
