"""Lashes: opacity over the lash strips, u along the lid, v from root to tip or back (both strips share the chart)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def lash_texture(size: int = 512) -> NDArray[np.float32]:
    """(size, size) float32 in 0..1."""
    random = np.random.default_rng(9)
    out = np.full((size, size), 0.55, np.float32)
    out *= (0.6 + 0.4 * np.clip(random.normal(size=size), -1, 1))[None, :].astype(np.float32)
    out.setflags(write=False)
    return out
