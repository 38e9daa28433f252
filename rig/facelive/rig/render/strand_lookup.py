"""Where a kernel finds a strand in the table of ``appearance.strands``."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.appearance.strands import ACROSS, ALONG, LEVELS, TILE_M, strand_noise
from facelive.rig.render.raster import jit

F = np.float32
TEXELS_PER_METRE = ACROSS / TILE_M
CURLS_AT = LEVELS * ALONG
TINT_LEAST, TINT_STEP = 0.5, 1.0 / 255.0
"""Tint of a zero byte, and of each step above."""


@cache
def strand_bytes() -> NDArray[np.uint8]:
    """(2 * LEVELS * ALONG, ACROSS, 2) uint8: the strand table's heights (255: 1) and tints, small enough for caches."""
    noise = strand_noise()
    tint = np.clip((noise[..., 1] - TINT_LEAST) / TINT_STEP, 0, 255)
    return np.ascontiguousarray(np.rint(np.stack([noise[..., 0] * 255.0, tint], axis=-1)).astype(np.uint8))


@jit
def strand_level(du: float, dv: float, gbx: float, gby: float, gcx: float, gcy: float) -> int:
    """Level whose texels are about as wide as a step on the screen.

    du, dv: u of the second and of the third corner less that of the first. gb, gc: gradients of their shares.
    """
    across, down = gbx * du + gcx * dv, gby * du + gcy * dv
    texels = (across * across + down * down) * F(TEXELS_PER_METRE * TEXELS_PER_METRE)
    level = 0
    while texels > F(1.5 * 1.5) and level < LEVELS - 1:
        texels *= F(0.25)
        level += 1
    return level


@jit
def strand_row(v: float, level: int) -> int:
    """Row of the table: straight hair runs from v 0 to 1, curls repeat from 1 on."""
    if v <= F(1.0):
        return level * ALONG + min(max(int(v * F(ALONG)), 0), ALONG - 1)
    return CURLS_AT + level * ALONG + (int(v * F(ALONG)) & (ALONG - 1))


@jit
def strand_column(u: float) -> int:
    """Column of the table. Far enough above zero before it is cut, since u may be negative."""
    return int(u * F(TEXELS_PER_METRE) + F(ACROSS * 256)) & (ACROSS - 1)
