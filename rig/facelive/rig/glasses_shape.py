"""Outlines and tubes that spectacle frames are made of.

Coordinates of a frame: x to the subject's left, y up, z forward. Suffixes: N points of a line, S sides of a tube.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """A frame for eyes 63 mm apart; metres."""

    half_width: float
    half_height: float
    power: float
    """2: an ellipse; above: a rounded rectangle."""
    sink: float
    """How far the lens' middle lies below the pupil."""
    rim: float
    """Half the thickness of the rim seen from the front."""
    depth: float
    """Half its thickness from front to back."""
    rgb: tuple[float, float, float]


DESIGNS = {
    "round": Design(
        half_width=0.0235, half_height=0.0225, power=2.1, sink=0.002, rim=0.0009, depth=0.0012, rgb=(0.20, 0.16, 0.11)
    ),
    "square": Design(
        half_width=0.0265, half_height=0.0190, power=3.6, sink=0.001, rim=0.0019, depth=0.0018, rgb=(0.035, 0.033, 0.04)
    ),
}


@cache
def outline(design: Design, points: int) -> F32:
    """(N, 2) float32: the left lens around its middle, counter-clockwise from the temple side, not closed.

    Squarish lenses are a little wider at the top.
    """
    angle = 2.0 * np.pi * np.arange(points) / points
    c, s = np.cos(angle), np.sin(angle)
    x = np.sign(c) * np.abs(c) ** (2.0 / design.power)
    y = np.sign(s) * np.abs(s) ** (2.0 / design.power)
    taper = 1.0 + 0.05 * (design.power - 2.0) / 2.0 * y
    return np.stack([design.half_width * x * taper, design.half_height * y], axis=1).astype(np.float32)


def inside(design: Design, x: F32, y: F32, margin: float) -> F32:
    """Below 1 inside the left lens grown by ``margin`` metres; any shape."""
    across = (np.abs(x) / (design.half_width + margin)) ** design.power
    return (across + (np.abs(y) / (design.half_height + margin)) ** design.power).astype(np.float32)


@cache
def tube_triangles(points: int, sides: int, closed: bool) -> NDArray[np.int32]:
    """(T, 3) int32 for vertices stored point by point; counter-clockwise from outside for ``glasses_kernels.sweep``."""
    count = points if closed else points - 1
    n, s = np.meshgrid(np.arange(count), np.arange(sides), indexing="ij")
    follow = (n + 1) % points
    turn = (s + 1) % sides
    a, b = n * sides + s, n * sides + turn
    c, d = follow * sides + turn, follow * sides + s
    first = np.stack([a, c, b], axis=-1).reshape(-1, 3)
    second = np.stack([a, d, c], axis=-1).reshape(-1, 3)
    return np.concatenate([first, second]).astype(np.int32)
