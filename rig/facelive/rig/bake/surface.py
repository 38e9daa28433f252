"""Looking at a mesh from the front: which triangle lies at (x, y), and where."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from facelive.rig.correspondence import Correspondence

Floats = NDArray[np.floating]


@numba.njit(cache=True)
def _front(points_V3: Floats, triangles_T3: NDArray[np.int32], chosen: NDArray[np.int64], which: NDArray[np.int64],
           depth: Floats) -> None:  # fmt: skip
    """Write the number of the front-most triangle into ``which`` (-1: none); x and y of the points are pixels."""
    height, width = depth.shape
    for t in chosen:
        a, b, c = points_V3[triangles_T3[t, 0]], points_V3[triangles_T3[t, 1]], points_V3[triangles_T3[t, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(area) < 1e-12:
            continue
        for y in range(max(0, int(np.ceil(min(a[1], b[1], c[1])))), min(height - 1, int(max(a[1], b[1], c[1]))) + 1):
            for x in range(max(0, int(np.ceil(min(a[0], b[0], c[0])))), min(width - 1, int(max(a[0], b[0], c[0]))) + 1):
                w1 = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
                w2 = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
                w0 = 1.0 - w1 - w2
                if w0 < -1e-9 or w1 < -1e-9 or w2 < -1e-9:
                    continue
                z = w0 * a[2] + w1 * b[2] + w2 * c[2]
                if z > depth[y, x]:
                    depth[y, x] = z
                    which[y, x] = t


def _pin(pixels_K2: Floats, which_HW: NDArray[np.int64], flat_V3: Floats,
         triangles_T3: NDArray[np.int32]) -> Correspondence:  # fmt: skip
    """Triangle and weights at fractional pixels (x, y); where nothing is seen, at the nearest seen pixel."""
    seen = np.argwhere(which_HW >= 0)
    triangle, weights = [], []
    for x, y in np.asarray(pixels_K2, np.float64):
        column, row = round(x), round(y)
        inside = 0 <= row < which_HW.shape[0] and 0 <= column < which_HW.shape[1]
        if not inside or which_HW[row, column] < 0:
            row, column = seen[np.argmin(((seen - [row, column]) ** 2).sum(1))]
            x, y = column, row
        t = which_HW[row, column]
        a, b, c = flat_V3[triangles_T3[t], :2]
        w1, w2 = np.linalg.solve(np.stack([b - a, c - a], axis=1), np.array([x, y]) - a)
        w = np.clip([1.0 - w1 - w2, w1, w2], 0.0, 1.0)
        triangle.append(t)
        weights.append(w / w.sum())
    return Correspondence(triangle_K=np.array(triangle, np.int32), barycentric_K3=np.array(weights, np.float32))


class FrontView:
    """A grid of the head seen from +z without perspective: x right, y up, metres."""

    def __init__(self, vertices_V3: Floats, triangles_T3: NDArray[np.int32], chosen_T: NDArray[np.bool_],
                 step_m: float = 0.0004) -> None:  # fmt: skip
        self.vertices, self.triangles, self.step = np.asarray(vertices_V3, np.float64), triangles_T3, step_m
        used = self.vertices[np.unique(triangles_T3[chosen_T])]
        self.low = used[:, :2].min(0) - 2 * step_m
        width, height = (np.ceil((used[:, :2].max(0) - self.low) / step_m) + 3).astype(int)
        self.which = np.full((height, width), -1)
        pixels = self.vertices.copy()
        pixels[:, :2] = (pixels[:, :2] - self.low) / step_m
        self.depth = np.full((height, width), -np.inf)
        _front(pixels, triangles_T3, np.flatnonzero(chosen_T), self.which, self.depth)
        self._chosen = np.flatnonzero(chosen_T)

    @property
    def x(self) -> Floats:
        """(W,) metres of the columns."""
        return self.low[0] + self.step * np.arange(self.which.shape[1])

    @property
    def y(self) -> Floats:
        """(H,) metres of the rows."""
        return self.low[1] + self.step * np.arange(self.which.shape[0])

    def value(self, values_V: Floats, empty: float = 0.0) -> Floats:
        """(H, W): a per-vertex quantity of what is seen, constant over a triangle."""
        mean = np.append(np.asarray(values_V)[self.triangles].mean(1), empty)
        return mean[self.which]

    def pin(self, points_K2: Floats) -> Correspondence:
        """The visible surface points at (x, y); where nothing is seen, the nearest seen place."""
        flat = self.vertices.copy()
        flat[:, :2] = (flat[:, :2] - self.low) / self.step
        return _pin((np.asarray(points_K2) - self.low) / self.step, self.which, flat, self.triangles)


def pinned_triangles(points_V3: Floats, triangles_T3: NDArray[np.int32], chosen_T: NDArray[np.bool_],
                     pixels_K2: Floats, size: int) -> Correspondence:  # fmt: skip
    """What a picture shows at some pixels. ``points_V3``: pixel x, y and depth (larger is nearer) of each vertex."""
    which, depth = np.full((size, size), -1), np.full((size, size), -np.inf)
    points = np.ascontiguousarray(points_V3, np.float64)
    _front(points, triangles_T3, np.flatnonzero(chosen_T), which, depth)
    return _pin(pixels_K2, which, points, triangles_T3)


def joined(parts: list[Correspondence]) -> Correspondence:
    """One correspondence after another."""
    return Correspondence(
        triangle_K=np.concatenate([part.triangle_K for part in parts]),
        barycentric_K3=np.concatenate([part.barycentric_K3 for part in parts]),
    )
