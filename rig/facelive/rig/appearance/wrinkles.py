"""Folds and wrinkles as height over the neutral face, kept as tilts of the normal and as a mask of the valleys."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from facelive.rig.appearance.canvas import Canvas, noise

Field = NDArray[np.floating]
Height = Callable[[Field], Field]
"""Points (..., 3) in metres to heights (...) in metres."""
_STEP_M = 0.0004


def _distance(x: Field, y: Field, path: Sequence[tuple[float, float]]) -> tuple[Field, Field]:
    """Distance of points to a polyline, and the way along it in 0..1. Millimetres."""
    best, along = np.full(x.shape, 1e9, np.float32), np.zeros(x.shape, np.float32)
    pieces = list(itertools.pairwise(path))
    for k, ((ax, ay), (bx, by)) in enumerate(pieces):
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        d = np.hypot(x - ax - t * dx, y - ay - t * dy)
        along = np.where(d < best, (k + t) / len(pieces), along)
        best = np.minimum(best, d)
    return best, along


def lines(paths: Sequence[Sequence[tuple[float, float]]], width_mm: float, depth_mm: float) -> Height:
    """Valleys along polylines in (|x|, y) of the face, fading at both ends."""

    def height(points: Field) -> Field:
        x, y = np.abs(points[..., 0]) * 1000, points[..., 1] * 1000
        waver = noise(points, 0.009, 21) * 1.1
        total = np.zeros(x.shape, np.float32)
        front = points[..., 2] > 0.0
        for path in paths:
            d, t = _distance(x, y + waver, path)
            fade = np.clip(np.minimum(t, 1 - t) * 4.5, 0, 1)
            total -= np.exp(-((d / width_mm) ** 2)) * fade * front
        return total * np.float32(depth_mm / 1000)

    return height


def pores(points: Field) -> Field:
    """Fine grain of the skin."""
    return (noise(points, 0.0012, 31) * 0.000022).astype(np.float32)


def uneven(points: Field) -> Field:
    """The soft unevenness under the grain: fat and muscle."""
    return ((noise(points, 0.009, 33) + 0.4 * noise(points, 0.004, 34)) * 0.00010).astype(np.float32)


def lip_lines(points: Field) -> Field:
    """Upright furrows of the lips."""
    x = points[..., 0] * 1000
    value = np.sin(x * 3.1 + 2.0 * noise(points, 0.004, 35)) * (0.6 + 0.4 * noise(points, 0.003, 36))
    return (value * 0.00005).astype(np.float32)


FOREHEAD = lines([[(0, y + 0.8), (12, y), (26, y + 1.5), (40, y - 2.0)] for y in (67.5, 74.5, 82.0, 90.0)], 1.5, 0.50)
GLABELLA = lines([[(4.8, 47), (5.6, 54), (6.4, 62)], [(9.5, 51), (9.8, 58)]], 1.2, 0.40)
CROW = lines(
    [
        [(46.0, 37), (52, 33), (57, 28)], [(46.5, 39), (53, 38), (59, 36)], [(46.0, 41.5), (52, 44), (57, 48)],
        [(44.5, 34), (49, 29), (53, 23)],
    ],
    1.1, 0.34,
)  # fmt: skip
NASOLABIAL = lines([[(14.5, 4), (20, -3), (25.5, -13), (29.5, -24), (31, -34)]], 2.3, 0.95)
MARIONETTE = lines([[(25.5, -31), (28, -40), (29.5, -52)]], 1.8, 0.6)
EYE_BAG = lines(
    [[(15, 33), (22, 27.5), (31, 26.0), (40, 30)], [(15.5, 30), (23, 23.5), (33, 22.0), (43, 26)]], 1.5, 0.4
)
NECK = lines([[(0, -92), (25, -88), (55, -75)], [(0, -112), (30, -107), (60, -90)]], 1.6, 0.5)
ALL: dict[str, Height] = {
    "pores": pores, "uneven": uneven, "lip_lines": lip_lines, "forehead": FOREHEAD, "glabella": GLABELLA, "crow": CROW,
    "nasolabial": NASOLABIAL, "marionette": MARIONETTE, "eye_bag": EYE_BAG, "neck": NECK,
}  # fmt: skip


def slopes(canvas: Canvas, height: Height) -> tuple[NDArray[np.int8], float]:
    """(H, W, 3) int8 tilts of the normal by a height field, and the tilt that 127 stands for."""
    points, normals = canvas.points_HW3, canvas.normals_HW3
    # A texture cannot show what is finer than a texel: take the slope over at least one.
    step = max(_STEP_M, 0.7 * float(np.median(canvas.metres_HW)))
    base = height(points)
    moved = [height(points + np.float32(step) * np.eye(3, dtype=np.float32)[k]) for k in range(3)]
    gradient = np.stack([(value - base) / np.float32(step) for value in moved], axis=-1)
    gradient -= normals * (gradient * normals).sum(-1, keepdims=True)
    full = max(float(np.percentile(np.abs(gradient), 99.95)), 1e-6)
    return np.rint(np.clip(-gradient / full, -1, 1) * 127).astype(np.int8), full


def valleys(canvas: Canvas, height: Height) -> NDArray[np.uint8]:
    """(H, W) uint8: how deep in a fold a texel lies."""
    depth = -height(canvas.points_HW3)
    return np.rint(np.clip(depth / max(float(depth.max()), 1e-9), 0, 1) * 255).astype(np.uint8)
