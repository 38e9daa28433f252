"""Vertices to the screen, triangles to a visibility buffer. numba, one thread, deterministic.

The buffer has ``n x n`` samples per pixel: sample k of pixel i lies at i + (k + 0.5) / n - 0.5, pixel centres at
integers. It keeps w = 1 / depth (larger is nearer, 0 is empty) and the triangle's number (-1 is empty). Shading comes
later and only once for what is seen. ``reference.py`` has the same rasteriser in readable form.

Suffixes: V vertices, T triangles, S samples.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

NEAR_M = 0.02
# A sample may lie this much outside (in samples): float32 rounding must not open cracks between neighbours.
EDGE = np.float32(1e-3)
ZERO = np.float32(0.0)

jit: Any = numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")


@jit
def project(points: Any, first: int, last: int, camera: Any, samples: int, out: Any) -> None:
    """Camera space (V, 3) to the sample grid: ``out[first:last]`` = x, y, w; w = 0 when nearer than ``NEAR_M``.

    camera: (3,) float64 focal length, centre x, centre y in pixels. Camera space: x right, y up, looking along -z.
    """
    focal, cx, cy = camera[0] * samples, (camera[1] + 0.5) * samples - 0.5, (camera[2] + 0.5) * samples - 0.5
    for i in range(first, last):
        depth = -points[i, 2]
        if depth < NEAR_M:
            out[i, 0] = 0.0
            out[i, 1] = 0.0
            out[i, 2] = 0.0
        else:
            w = 1.0 / depth
            out[i, 0] = cx + focal * points[i, 0] * w
            out[i, 1] = cy - focal * points[i, 1] * w
            out[i, 2] = w


@jit
def move(points: Any, rotation: Any, translation: Any, out: Any, first: int) -> None:
    """``out[first + i] = rotation @ points[i] + translation``."""
    r00, r01, r02 = rotation[0, 0], rotation[0, 1], rotation[0, 2]
    r10, r11, r12 = rotation[1, 0], rotation[1, 1], rotation[1, 2]
    r20, r21, r22 = rotation[2, 0], rotation[2, 1], rotation[2, 2]
    tx, ty, tz = translation[0], translation[1], translation[2]
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        out[first + i, 0] = r00 * x + r01 * y + r02 * z + tx
        out[first + i, 1] = r10 * x + r11 * y + r12 * z + ty
        out[first + i, 2] = r20 * x + r21 * y + r22 * z + tz


@jit
def add_normals(points: Any, triangles: Any, first: int, last: int, out: Any) -> None:
    """Add the area-weighted normals of triangles first..last to their vertices in ``out`` (V, 3), not normalised."""
    for t in range(first, last):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        ux, uy, uz = points[b, 0] - ax, points[b, 1] - ay, points[b, 2] - az
        vx, vy, vz = points[c, 0] - ax, points[c, 1] - ay, points[c, 2] - az
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in (a, b, c):
            out[k, 0] += nx
            out[k, 1] += ny
            out[k, 2] += nz


@jit
def normalise(vectors: Any, first: int, last: int) -> None:
    """Make rows first..last of (V, 3) unit vectors in place; a zero row becomes +z."""
    for i in range(first, last):
        x, y, z = vectors[i, 0], vectors[i, 1], vectors[i, 2]
        length = math.sqrt(x * x + y * y + z * z)
        if length > 1e-20:
            scale = 1.0 / length
            vectors[i, 0] = x * scale
            vectors[i, 1] = y * scale
            vectors[i, 2] = z * scale
        else:
            vectors[i, 0] = 0.0
            vectors[i, 1] = 0.0
            vectors[i, 2] = 1.0


@jit
def rasterise(screen: Any, triangles: Any, first: int, last: int, both_sides: bool, w_SS: Any, ids_SS: Any) -> None:
    """Draw triangles first..last into the buffers; the nearest wins, of equals the first drawn.

    One long function of scalars on purpose: small arrays for edges and planes made it twice as slow.
    """
    height, width = w_SS.shape
    for t in range(first, last):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        # y points down: what is counter-clockwise in space has a negative area here.
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area > 0.0:
            if not both_sides:
                continue
            b, c = c, b
            x1, y1, x2, y2 = x2, y2, x1, y1
            area = -area
        left, right = min(x0, x1, x2), max(x0, x1, x2)
        top, bottom = min(y0, y1, y2), max(y0, y1, y2)
        if right < 0.0 or bottom < 0.0 or left > width - 1 or top > height - 1 or area == 0.0:
            continue
        w0, w1, w2 = screen[a, 2], screen[b, 2], screen[c, 2]
        if w0 <= 0.0 or w1 <= 0.0 or w2 <= 0.0:
            continue
        x_first, x_last = max(math.ceil(left), 0), min(math.floor(right), width - 1)
        y_first, y_last = max(math.ceil(top), 0), min(math.floor(bottom), height - 1)
        if x_first > x_last or y_first > y_last:
            continue
        scale = np.float32(1.0) / area
        # The plane of w, relative to corner a.
        bx, by = (y2 - y0) * scale, (x0 - x2) * scale
        cx, cy = (y0 - y1) * scale, (x1 - x0) * scale
        wx, wy = bx * (w1 - w0) + cx * (w2 - w0), by * (w1 - w0) + cy * (w2 - w0)
        # x along each edge as a line in y. With this winding an edge that goes down bounds the left, one that goes up
        # the right.
        m01 = (x1 - x0) / (y1 - y0) if y1 != y0 else ZERO
        m12 = (x2 - x1) / (y2 - y1) if y2 != y1 else ZERO
        m20 = (x0 - x2) / (y0 - y2) if y0 != y2 else ZERO
        for y in range(y_first, y_last + 1):
            yf = np.float32(y)
            low, high = left, right
            if y1 > y0:
                low = max(low, x0 + m01 * (yf - y0))
            elif y1 < y0:
                high = min(high, x1 + m01 * (yf - y1))
            if y2 > y1:
                low = max(low, x1 + m12 * (yf - y1))
            elif y2 < y1:
                high = min(high, x2 + m12 * (yf - y2))
            if y0 > y2:
                low = max(low, x2 + m20 * (yf - y2))
            elif y0 < y2:
                high = min(high, x0 + m20 * (yf - y0))
            x_low = max(math.ceil(low - EDGE), x_first)
            x_high = min(math.floor(high + EDGE), x_last)
            w = w0 + wx * (np.float32(x_low) - x0) + wy * (yf - y0)
            for x in range(x_low, x_high + 1):
                if w > w_SS[y, x]:
                    w_SS[y, x] = w
                    ids_SS[y, x] = t
                w += wx
