"""Noise in the shape of strands: what hair is cut out of and tinted with."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_ACROSS, _ALONG = 256, 64
"""Texels across 4 cm of hair and from root to tip."""


@cache
def strand_noise() -> NDArray[np.float32]:
    """(64, 256, 2) float32, repeating across: strand height 0..1 (evenly spread) and tint, about 0.7..1.3."""
    random = np.random.default_rng(5)
    fine = random.normal(size=_ACROSS)
    locks = sum(
        np.roll(np.repeat(random.normal(size=_ACROSS // k), k), int(random.integers(k))) * weight
        for k, weight in ((2, 0.5), (4, 0.7), (16, 0.8), (32, 0.6))
    )
    across = fine + np.asarray(locks)
    # Strands lean and thin out along their way: a slow drift of the noise with v.
    along = np.stack([np.roll(across, int(round(2.5 * np.sin(3.0 * v)))) for v in np.linspace(0, 1, _ALONG)])
    along = along + 0.25 * random.normal(size=along.shape)
    order = along.ravel().argsort().argsort().reshape(along.shape)
    height = (order + 0.5) / order.size
    tint = 1.0 + 0.26 * np.tanh(0.6 * (along - along.mean()))
    out = np.stack([height, tint], axis=-1).astype(np.float32)
    out.setflags(write=False)
    return out
