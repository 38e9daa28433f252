"""What shows from some directions of a head with hair: which triangles win a small depth buffer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.mesh import Mesh
from facelive.rig.render.raster import rasterise

VIEWS = ((0.0, 0.0), (50.0, 0.0), (-50.0, 0.0), (180.0, 0.0), (110.0, 20.0), (-110.0, 20.0), (0.0, 60.0))
"""(azimuth, elevation) degrees that the head is looked at from."""
_SIZE = 150
_SPAN_M = 0.44


def seen_triangles(
    vertices_V3: NDArray[np.float32], triangles_T3: NDArray[np.int32], view: tuple[float, float], both_from: int
) -> NDArray[np.int32]:
    """(SIZE, SIZE) number of the triangle that shows, -1 none. Triangles from ``both_from`` on show both sides."""
    around, above = np.radians(view)
    back = np.array([np.sin(around) * np.cos(above), np.sin(above), np.cos(around) * np.cos(above)])
    right = np.array([np.cos(around), 0.0, -np.sin(around)])
    camera = np.stack([right, np.cross(back, right), back])
    points = (vertices_V3 - np.array([0.0, 0.0, 0.0])) @ camera.T
    screen = np.empty_like(vertices_V3)
    screen[:, 0] = 0.5 * _SIZE + points[:, 0] * _SIZE / _SPAN_M
    screen[:, 1] = 0.5 * _SIZE - points[:, 1] * _SIZE / _SPAN_M
    screen[:, 2] = points[:, 2] + 1.0
    depth = np.zeros((_SIZE, _SIZE), np.float32)
    ids = np.full((_SIZE, _SIZE), -1, np.int32)
    triangles = np.ascontiguousarray(triangles_T3, np.int32)
    rasterise(screen, triangles, 0, both_from, False, depth, ids)
    rasterise(screen, triangles, both_from, len(triangles), True, depth, ids)
    return ids


def bare_pixels(
    head: Head, vertices_V3: NDArray[np.float32], mesh: Mesh, least_opacity: float = 0.6
) -> tuple[NDArray[np.int64], int]:
    """(T,) in how many pixels of all views each head triangle shows past the dense hair, and pixels of that hair."""
    assert mesh.opacity_V is not None
    dense = mesh.opacity_V[mesh.triangles_T3].mean(1) >= least_opacity
    triangles = np.concatenate([head.triangles_T3, mesh.triangles_T3[dense] + len(vertices_V3)])
    vertices = np.concatenate([vertices_V3, mesh.vertices_V3]).astype(np.float32)
    count = len(head.triangles_T3)
    total = np.zeros(count, np.int64)
    covered = 0
    for view in VIEWS:
        ids = seen_triangles(vertices, triangles, view, count)
        total += np.bincount(ids[(ids >= 0) & (ids < count)], minlength=count)
        covered += int((ids >= count).sum())
    return total, covered
