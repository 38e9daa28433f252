"""The strands of hair as a picture, for engines that draw the exported head with ordinary textured materials.

Use it with alpha mode MASK and ``CUTOFF``, wrap mode repeat, both sides drawn, the hair colour as base colour factor
and each vertex' opacity as the alpha of its vertex colour: then a pixel is kept where the renderer here would keep it.
Texture coordinates are ``texture_uv(style, mesh.uv_U2)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.appearance.strands import ALONG, LEVELS, TILE_M, strand_noise
from facelive.rig.default_schema import STYLES

CUTOFF = 0.1
"""A strand of height h is kept where h > 1 - opacity; alpha * opacity >= CUTOFF says the same."""
CURLED = ("curly", "afro")
_LEVEL = 1
MEAN = 200.0
"""Grey of an average strand."""


def _checked(style: str) -> None:
    if style not in STYLES["hair"] or style == "bald":
        raise UsageError(f"no hair style {style!r}: one of {', '.join(STYLES['hair'][1:])}")


def hair_texture(style: str, size: int = 512) -> NDArray[np.uint8]:
    """(size, size, 4) uint8 RGBA, first row at the tips (v = 1); repeats across, and for curls along as well.

    RGB: grey tint of strands, 200 on average. Raises UsageError for an unknown style or one without hair.
    """
    _checked(style)
    block = (LEVELS if style in CURLED else 0) + _LEVEL
    table = strand_noise()[block * ALONG : (block + 1) * ALONG]
    rows = (np.arange(size)[::-1] * table.shape[0]) // size
    columns = (np.arange(size) * table.shape[1]) // size
    height, tint = np.moveaxis(table[rows][:, columns], -1, 0)
    # Kept where 1 - height < opacity, that is where CUTOFF / (1 - height) * opacity >= CUTOFF.
    alpha = np.clip(CUTOFF / np.maximum(1.0 - height, CUTOFF), 0.0, 1.0)
    grey = np.clip(MEAN * tint, 0.0, 255.0)
    return np.stack([grey, grey, grey, 255.0 * alpha], axis=-1).round().astype(np.uint8)


def texture_uv(style: str, uv_U2: NDArray[np.float32]) -> NDArray[np.float32]:
    """(U, 2) coordinates in tiles of ``hair_texture``, v up, from a hair mesh' own (u in metres, v root to tip)."""
    _checked(style)
    return np.stack([uv_U2[:, 0] / np.float32(TILE_M), uv_U2[:, 1]], axis=1).astype(np.float32)
