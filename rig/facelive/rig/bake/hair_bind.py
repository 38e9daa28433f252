"""Tying hair to the head: which head vertices carry each hair vertex, and which piece of skin it must stay off.

Suffixes: H hair vertices, V head vertices, T head triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.hair_scalp import Floats, Scalp, smooth_step, thinned

CARRIERS = 8
_NEAR = 4
_NEAR_M, _FAR_M = 0.006, 0.05
_SPREAD_M = 0.05
_WIDE = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """Arrays over H hair vertices."""

    carrier_HC: NDArray[np.int32]
    weight_HC: Floats
    guard_H: NDArray[np.int32]
    """A head vertex ..."""
    least_H: Floats
    """... from whose tangent plane the hair keeps this far, metres; negative: no guard."""
    follow_H: Floats
    """How far it turns with the head."""


def bind(scalp: Scalp, points_H3: Floats) -> Binding:
    """Near the skin hair follows the nearest vertices, further off a wider, smoother average."""
    from scipy.spatial import KDTree

    members = np.flatnonzero(scalp.still_V)
    # An even thinning: the smooth average must not lean to where the mesh is dense.
    coarse = members[thinned(scalp.vertices_V3[members], 0.022)]
    near_d, near = KDTree(scalp.vertices_V3[members]).query(points_H3, k=_NEAR)
    wide_d, wide = KDTree(scalp.vertices_V3[coarse]).query(points_H3, k=_WIDE)
    far = smooth_step(near_d[:, 0], _NEAR_M, _FAR_M)
    near_w = 1.0 / (near_d + 0.001) ** 2
    near_w /= near_w.sum(1, keepdims=True)
    wide_w = np.exp(-(((wide_d - wide_d[:, :1]) / _SPREAD_M) ** 2))
    wide_w *= np.maximum(1.0 - wide_d / (wide_d[:, -1:] + 1e-6), 0.0) + 1e-4
    wide_w /= wide_w.sum(1, keepdims=True)
    carrier = np.concatenate([members[near], coarse[wide]], axis=1)
    weight = np.concatenate([near_w * (1.0 - far[:, None]), wide_w * far[:, None]], axis=1)
    best = np.argsort(-weight, axis=1)[:, :CARRIERS]
    carrier, weight = np.take_along_axis(carrier, best, 1), np.take_along_axis(weight, best, 1)
    weight /= weight.sum(1, keepdims=True)
    distance, skin = KDTree(scalp.vertices_V3[scalp.skin_V]).query(points_H3)
    guard = scalp.skin_V[skin]
    height = np.sum((points_H3 - scalp.vertices_V3[guard]) * scalp.normals_V3[guard], axis=1)
    least = np.where(distance < 0.035, np.minimum(0.75 * height, 0.006), -1.0)
    return Binding(
        carrier_HC=carrier.astype(np.int32), weight_HC=weight, guard_H=guard.astype(np.int32),
        least_H=np.where(height > 0.0, least, -1.0), follow_H=_follow(points_H3),
    )  # fmt: skip


def _follow(points_H3: Floats) -> Floats:
    """1 down to the jaw, then less: long hair lies on shoulders that stay."""
    return 1.0 - 0.8 * smooth_step(points_H3[:, 1], -0.07, -0.19)
