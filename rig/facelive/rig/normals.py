"""Vertex normals of a triangle mesh, plain numpy. The renderer has a compiled one of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def vertex_normals(vertices_V3: NDArray[np.floating], triangles_T3: NDArray[np.integer]) -> NDArray[np.float64]:
    """(V, 3) float64 unit normals, weighted by the area of the triangles around; zero where there is none."""
    a, b, c = (vertices_V3[triangles_T3[:, k]].astype(np.float64) for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros(vertices_V3.shape)
    for k in range(3):
        np.add.at(normals, triangles_T3[:, k], face)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
