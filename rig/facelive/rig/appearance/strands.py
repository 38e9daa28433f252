"""Noise in the shape of strands and curls: what hair is cut out of and tinted with, at several finenesses.

One tile is 4 cm wide. Straight hair fills it from root to tip (v 0..1); curls repeat along as well, a tile per unit
of v above 1. Coarser levels hold the same strands averaged over 2, 4, 8 and 16 texels across, for pictures that cannot
show single ones.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

ACROSS, ALONG, LEVELS = 256, 64, 5
"""Texels across 4 cm of hair, along a tile, and levels; the table stacks straight levels, then curled ones."""
TILE_M = 0.04
_CURLS = 260
F64 = NDArray[np.float64]


def _straight(random: np.random.Generator) -> F64:
    fine = random.normal(size=ACROSS)
    locks = sum(
        np.roll(np.repeat(random.normal(size=ACROSS // k), k), int(random.integers(k))) * weight
        for k, weight in ((2, 0.5), (4, 0.7), (16, 0.8), (32, 0.6))
    )
    across = fine + np.asarray(locks)
    # Strands lean and thin out along their way: a slow drift of the noise with v.
    along = np.stack([np.roll(across, round(2.5 * np.sin(3.0 * float(v)))) for v in np.linspace(0, 1, ALONG)])
    return along + 0.25 * random.normal(size=along.shape)


def _curled(random: np.random.Generator) -> F64:
    """Ringlets laid over each other: arcs of a few strands, the rim of each bright, what lies below dark."""
    x, y = np.meshgrid((np.arange(ACROSS) + 0.5) / ACROSS, (np.arange(ALONG) + 0.5) / ALONG)
    out = np.full(x.shape, -2.2)
    for number in range(_CURLS):
        cx, cy = random.random(2)
        dx, dy = (x - cx + 0.5) % 1.0 - 0.5, (y - cy + 0.5) % 1.0 - 0.5
        radius, width = random.uniform(0.05, 0.12), random.uniform(0.018, 0.032)
        distance, angle = np.hypot(dx, dy * random.uniform(0.8, 1.3)), np.arctan2(dy, dx)
        off = (distance - radius) / width
        opening = np.cos(angle - random.uniform(-np.pi, np.pi)) < random.uniform(0.2, 0.95)
        # Two or three strands within the lock; the lock falls off to both sides.
        strand = 1.6 * (1.0 - off**2) + 0.5 * np.cos(7.0 * off) - 0.6 + 1.2 * number / _CURLS
        out = np.where((np.abs(off) < 1.0) & opening & (strand > out - 0.9), strand, out)
    return out + 0.2 * random.normal(size=out.shape)


def _levels(field: F64, contrast: float) -> NDArray[np.float32]:
    """(LEVELS * ALONG, ACROSS, 2): strand height evenly spread over 0..1, and tint about 1."""
    field = (field - field.mean()) / field.std()
    blocks: list[F64] = []
    for level in range(LEVELS):
        size = 1 << level
        blurred = np.mean([np.roll(field, k - size // 2, axis=1) for k in range(size)], axis=0)
        order = blurred.ravel().argsort().argsort().reshape(field.shape)
        blocks.append(np.stack([(order + 0.5) / order.size, 1.0 + contrast * np.tanh(0.9 * blurred)], axis=-1))
    return np.concatenate(blocks).astype(np.float32)


@cache
def strand_noise() -> NDArray[np.float32]:
    """(2 * LEVELS * ALONG, ACROSS, 2) float32, repeating across: strand height 0..1 (evenly spread), tint about 1."""
    random = np.random.default_rng(5)
    out = np.concatenate([_levels(_straight(random), 0.26), _levels(_curled(random), 0.42)])
    out.setflags(write=False)
    return out
