"""Eyebrows: eight styles, drawn hair by hair on a small picture of the brow in millimetres, then laid on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.appearance.canvas import Canvas, sample

Field = NDArray[np.floating]
_LEFT_MM, _BOTTOM_MM, _WIDE_MM, _HIGH_MM = 2.0, 36.0, 62.0, 40.0
"""The strip of the neutral face (|x|, y) that the drawing covers."""
_DOTS_PER_MM = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowStyle:
    """The brow's course and coat; millimetres on the neutral face, from the nose outwards."""

    start: tuple[float, float] = (12.0, 50.5)
    arch: tuple[float, float] = (33.0, 56.0)
    end: tuple[float, float] = (49.0, 50.5)
    thick: float = 7.0
    """Height of the brow at a third of its length."""
    tail: float = 0.30
    """Share of the height that is left at the end."""
    hairs: int = 520
    stroke: float = 0.24
    """Width of a hair, millimetres."""
    shade: float = 0.30
    """Darkness of the skin between the hairs."""
    wild: float = 0.16
    """Spread of the directions, radians."""


STYLES = {
    "natural": BrowStyle(),
    "straight": BrowStyle(start=(12.0, 52.0), arch=(31.0, 53.8), end=(49.0, 52.0), thick=6.6),
    "arched": BrowStyle(start=(12.5, 49.5), arch=(35.0, 59.0), end=(50.0, 49.5), thick=5.8, tail=0.2),
    "thin": BrowStyle(start=(13.0, 51.0), arch=(34.0, 57.0), end=(50.0, 50.5), thick=3.2, tail=0.25, hairs=330),
    "bushy": BrowStyle(thick=10.0, tail=0.45, hairs=1000, stroke=0.27, shade=0.40, wild=0.32),
    "angled": BrowStyle(start=(12.0, 48.5), arch=(39.0, 59.0), end=(50.5, 52.0), thick=6.6, tail=0.2),
    "drooping": BrowStyle(start=(12.5, 54.0), arch=(29.0, 55.0), end=(49.5, 46.0), thick=6.6, tail=0.35),
    "sparse": BrowStyle(thick=6.4, hairs=170, stroke=0.22, shade=0.12, wild=0.22),
}


def _course(style: BrowStyle, t: Field) -> Field:
    """(K, 2) mm: a quadratic Bezier through start and end whose highest pull is the arch."""
    p0, p2 = np.array(style.start), np.array(style.end)
    middle = np.array(style.arch)
    share = float((middle[0] - p0[0]) / (p2[0] - p0[0]))
    p1 = (middle - (1 - share) ** 2 * p0 - share**2 * p2) / (2 * share * (1 - share))
    t = t[:, None]
    return ((1 - t) ** 2 * p0 + 2 * t * (1 - t) * p1 + t**2 * p2).astype(np.float32)


def _height(style: BrowStyle, t: Field) -> Field:
    """Height of the brow along its course, mm."""
    rise = np.clip(t / 0.22, 0, 1)
    fall = 1.0 - (1.0 - style.tail) * np.clip((t - 0.30) / 0.70, 0, 1) ** 1.2
    return (style.thick * (0.62 + 0.38 * rise * (2 - rise)) * fall).astype(np.float32)


@cache
def drawing(name: str, side: int) -> Field:
    """(H, W) float32 in 0..1: coverage by hair of one brow; side 0 is the subject's left. Row 0 is the top."""
    import cv2

    style = STYLES[name]
    random = np.random.default_rng(40 + side)
    count = style.hairs
    t = np.sort(random.uniform(-0.01, 1.0, count)).astype(np.float32)
    across = random.uniform(-1.0, 1.0, count).astype(np.float32)
    root = _course(style, t)
    ahead = _course(style, t + np.float32(0.02)) - root
    along = np.arctan2(ahead[:, 1], ahead[:, 0])
    height = _height(style, t)
    root = root + np.stack([-np.sin(along), np.cos(along)], 1) * (0.5 * height * across)[:, None]
    # Upright at the start, lying along the brow further out; the upper hairs lean down, the lower ones up.
    lean = 1.15 * np.clip(1.0 - t / 0.38, 0, 1) ** 1.5 - 0.42 * across * np.clip(t / 0.3, 0, 1) + 0.10
    angle = along + lean + random.normal(0, style.wild, count)
    length = (0.62 * style.thick**0.7 * 1.9 * random.uniform(0.6, 1.1, count) * (1.0 - 0.35 * np.clip(t, 0, 1))).clip(
        1.8
    )
    size = (int(_HIGH_MM * _DOTS_PER_MM), int(_WIDE_MM * _DOTS_PER_MM))
    cover = np.zeros(size, np.float32)
    for k in range(count):
        bend = 0.35 * (-1.0 if across[k] > 0 else 1.0) * np.clip(t[k] / 0.3, 0, 1)
        steps = np.linspace(0, 1, 6)
        turn = angle[k] + bend * (steps - 0.3)
        path = root[k] + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1), 0) * length[k] / 6
        dots = np.stack([path[:, 0] - _LEFT_MM, _BOTTOM_MM + _HIGH_MM - path[:, 1]], 1) * _DOTS_PER_MM
        box = np.clip([dots[:, 0].min() - 6, dots[:, 1].min() - 6], 0, None).astype(int)
        far = np.minimum([dots[:, 0].max() + 7, dots[:, 1].max() + 7], [size[1], size[0]]).astype(int)
        if (far <= box).any():
            continue
        view = np.zeros((far[1] - box[1], far[0] - box[0]), np.uint8)
        fixed = np.rint((dots - box) * 16).astype(np.int32)
        wide = max(round(style.stroke * _DOTS_PER_MM), 1)
        cv2.polylines(view, [fixed[:4, None]], False, 255, wide, cv2.LINE_AA, 4)
        cv2.polylines(view, [fixed[3:, None]], False, 200, max(wide - 1, 1), cv2.LINE_AA, 4)
        target = cover[box[1] : far[1], box[0] : far[0]]
        np.maximum(target, view * np.float32(random.uniform(0.65, 1.0) / 255), out=target)
    body = cv2.GaussianBlur((cover > 0.3).astype(np.float32), (0, 0), 1.1 * _DOTS_PER_MM)
    return np.maximum(cover, style.shade * np.clip(body * 1.6, 0, 1)).astype(np.float32)


def brow_mask(canvas: Canvas, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(H, W) uint8 paint and (H, W) uint8 label strength (smooth; above 100 is brow) of both brows."""
    import cv2

    x, y = canvas.x * 1000.0, canvas.y * 1000.0
    paint, body = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.float32)
    front = canvas.z > 0.05
    for side, sign in ((0, 1.0), (1, -1.0)):
        near = front & (sign * x > _LEFT_MM - 2) & (y > _BOTTOM_MM) & (y < _BOTTOM_MM + _HIGH_MM)
        if not near.any():
            continue
        rows, columns = np.nonzero(near)
        image = drawing(name, side)
        # A texel shows the mean over its area, not one dot.
        texel = float(np.median(canvas.metres_HW[near])) * 1000.0 * _DOTS_PER_MM
        soft = cv2.GaussianBlur(image, (0, 0), max(0.42 * texel, 0.3))
        wide = cv2.GaussianBlur(image, (0, 0), 0.9 * _DOTS_PER_MM)
        at_x = ((sign * x[rows, columns] - _LEFT_MM) * _DOTS_PER_MM).astype(np.float32)
        at_y = ((_BOTTOM_MM + _HIGH_MM - y[rows, columns]) * _DOTS_PER_MM).astype(np.float32)
        for target, source in ((paint, soft), (body, wide)):
            found = sample(np.asarray(source, np.float32), at_x, at_y)
            target[rows, columns] = np.maximum(target[rows, columns], found)
    strength = np.clip(body / max(0.55 * float(body.max()), 1e-3), 0, 1)
    return np.rint(np.clip(paint * 1.12, 0, 1) * 255).astype(np.uint8), np.rint(strength * 255).astype(np.uint8)
