"""Where a kernel finds a strand in the table of ``appearance.strands``."""

from __future__ import annotations

import math

from facelive.rig.appearance.strands import ACROSS, ALONG, LEVELS, TILE_M
from facelive.rig.render.raster import jit

TEXELS_PER_METRE = ACROSS / TILE_M
CURLS_AT = LEVELS * ALONG


@jit
def strand_level(u0: float, u1: float, u2: float, gbx: float, gby: float, gcx: float, gcy: float) -> int:
    """Level whose texels are about as wide as a step on the screen.

    gb, gc: gradients of the shares of the second and the third corner.
    """
    du, dv = u1 - u0, u2 - u0
    across, down = gbx * du + gcx * dv, gby * du + gcy * dv
    texels = math.sqrt(across * across + down * down) * TEXELS_PER_METRE
    level = 0
    while texels > 1.5 and level < LEVELS - 1:
        texels *= 0.5
        level += 1
    return level


@jit
def strand_row(v: float, level: int) -> int:
    """Row of the table: straight hair runs from v 0 to 1, curls repeat from 1 on."""
    if v <= 1.0:
        return level * ALONG + min(max(int(v * ALONG), 0), ALONG - 1)
    return CURLS_AT + level * ALONG + int(v * ALONG) % ALONG


@jit
def strand_column(u: float) -> int:
    """Column of the table."""
    return math.floor(u * TEXELS_PER_METRE) % ACROSS
