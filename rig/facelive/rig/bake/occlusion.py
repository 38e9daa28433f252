"""Ambient occlusion by depth maps: from each of many directions, which vertices are seen first."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.source import Floats, Ints
from facelive.rig.normals import vertex_normals

_SIZE = 640
_BIAS_M = 0.0012


@numba.njit(cache=True)
def _depth(points_V3: Floats, triangles_T3: Ints, depth_HW: Floats) -> None:
    """Draw depth (larger is nearer); x and y of the points are pixels."""
    height, width = depth_HW.shape
    for t in range(len(triangles_T3)):
        a, b, c = points_V3[triangles_T3[t, 0]], points_V3[triangles_T3[t, 1]], points_V3[triangles_T3[t, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(area) < 1e-12:
            continue
        left = max(0, int(np.floor(min(a[0], b[0], c[0]))))
        right = min(width - 1, int(np.ceil(max(a[0], b[0], c[0]))))
        top = max(0, int(np.floor(min(a[1], b[1], c[1]))))
        bottom = min(height - 1, int(np.ceil(max(a[1], b[1], c[1]))))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                w1 = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
                w2 = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
                w0 = 1.0 - w1 - w2
                if w0 < 0.0 or w1 < 0.0 or w2 < 0.0:
                    continue
                z = w0 * a[2] + w1 * b[2] + w2 * c[2]
                if z > depth_HW[y, x]:
                    depth_HW[y, x] = z


def _directions(count: int) -> Floats:
    """(count, 3) points spread evenly over the sphere (Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    z = 1.0 - 2.0 * k / count
    angle = np.pi * (1.0 + 5.0**0.5) * k
    ring = np.sqrt(1.0 - z * z)
    return np.stack([ring * np.cos(angle), z, ring * np.sin(angle)], axis=1)


def ambient_occlusion(
    vertices_V3: Floats, triangles_T3: Ints, casts_T: NDArray[np.bool_], count: int = 220
) -> NDArray[np.float32]:
    """(V,) float32: cosine-weighted share of the sky that each vertex sees, 1 is open. ``casts_T`` throw shade."""
    normals = vertex_normals(vertices_V3, triangles_T3)
    middle = 0.5 * (vertices_V3.min(0) + vertices_V3.max(0))
    scale = (_SIZE - 8) / np.linalg.norm(np.ptp(vertices_V3, axis=0))
    seen, total = np.zeros(len(vertices_V3)), np.zeros(len(vertices_V3))
    solid = np.ascontiguousarray(triangles_T3[casts_T].astype(np.int64))
    for direction in _directions(count):
        side = np.cross(direction, [0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [1.0, 0.0, 0.0])
        side /= np.linalg.norm(side)
        up = np.cross(direction, side)
        points = (vertices_V3 + _BIAS_M * normals - middle) @ np.stack([side, up, direction], axis=1)
        drawn = (vertices_V3 - middle) @ np.stack([side, up, direction], axis=1)
        for array in (points, drawn):
            array[:, :2] = array[:, :2] * scale + 0.5 * _SIZE
        depth = np.full((_SIZE, _SIZE), -1e9)
        _depth(drawn, solid, depth)
        pixel = np.clip(np.rint(points[:, :2]).astype(int), 0, _SIZE - 1)
        free = depth[pixel[:, 1], pixel[:, 0]] <= points[:, 2] + _BIAS_M
        weight = np.maximum(normals @ direction, 0.0)
        total += weight
        seen += weight * free
    return (seen / np.maximum(total, 1e-9)).astype(np.float32)
