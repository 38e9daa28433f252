"""Points fixed to a mesh: a triangle and barycentric weights each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Correspondence:
    """K points of a surface."""

    triangle_K: NDArray[np.int32]
    barycentric_K3: NDArray[np.float32]
    """Non-negative, sums to 1."""

    def __len__(self) -> int:
        return len(self.triangle_K)

    def points(self, vertices_V3: NDArray[np.floating], triangles_T3: NDArray[np.integer]) -> NDArray[np.float32]:
        """(K, N) float32: where the points are, for vertices (V, N) of any N (positions, UVs, weights)."""
        corners = vertices_V3[triangles_T3[self.triangle_K]]
        return np.einsum("kc,kcn->kn", self.barycentric_K3, corners).astype(np.float32)

    @classmethod
    def none(cls) -> Correspondence:
        """No points at all."""
        return cls(triangle_K=np.zeros(0, np.int32), barycentric_K3=np.zeros((0, 3), np.float32))
