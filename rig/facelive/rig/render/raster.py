"""Vertices to the screen, triangles to a visibility buffer. numba, one thread, deterministic.

The buffer has ``n x n`` samples per pixel: sample k of pixel i lies at i + (k + 0.5) / n - 0.5, pixel centres at
integers. It keeps w = 1 / depth (larger is nearer, 0 is empty) and the triangle's number (-1 is empty). Shading comes
later and only once for what is seen. ``reference.py`` has the same rasteriser in readable form.

Suffixes: V vertices, T triangles, S samples.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.kernel import kernel

NEAR_M = np.float32(0.02)
# A sample may lie this much outside (in samples): float32 rounding must not open cracks between neighbours.
EDGE = np.float32(1e-3)
ZERO, ONE = np.float32(0.0), np.float32(1.0)

jit: Any = kernel(fastmath=True)


@jit
def move(points: Any, rotation: Any, translation: Any, out: Any, first: int, column: int) -> None:
    """``out[first + i, column:column + 3] = rotation @ points[i] + translation``."""
    r00, r01, r02 = rotation[0, 0], rotation[0, 1], rotation[0, 2]
    r10, r11, r12 = rotation[1, 0], rotation[1, 1], rotation[1, 2]
    r20, r21, r22 = rotation[2, 0], rotation[2, 1], rotation[2, 2]
    tx, ty, tz = translation[0], translation[1], translation[2]
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        out[first + i, column] = r00 * x + r01 * y + r02 * z + tx
        out[first + i, column + 1] = r10 * x + r11 * y + r12 * z + ty
        out[first + i, column + 2] = r20 * x + r21 * y + r22 * z + tz


@jit
def pose(
    vertices: Any, offsets: Any, weight_V: Any, turn: Any, view: Any, place: Any, lens_3: Any,
    first: int, points: Any, rows_V8: Any,
) -> None:  # fmt: skip
    """Vertices (V, 3) of a mesh, turned with the head as far as ``weight_V`` says, to camera space and screen.

    Fills ``points`` and the x, y, w of ``rows_V8`` from row ``first`` on; w = 0 when nearer than ``NEAR_M``. offsets:
    added to the vertices, (V, 3) or (0, 3). lens_3: focal length, centre x, y in samples. Camera space: x right, y up,
    looking along -z.
    """
    # What the turn adds: weight * (turn - 1) @ v.
    t00, t01, t02 = turn[0, 0] - ONE, turn[0, 1], turn[0, 2]
    t10, t11, t12 = turn[1, 0], turn[1, 1] - ONE, turn[1, 2]
    t20, t21, t22 = turn[2, 0], turn[2, 1], turn[2, 2] - ONE
    v00, v01, v02, v10, v11, v12 = view[0, 0], view[0, 1], view[0, 2], view[1, 0], view[1, 1], view[1, 2]
    v20, v21, v22, px, py, pz = view[2, 0], view[2, 1], view[2, 2], place[0], place[1], place[2]
    focal, cx, cy = lens_3[0], lens_3[1], lens_3[2]
    thick = offsets.shape[0] > 0
    for i in range(vertices.shape[0]):
        x, y, z, weight = vertices[i, 0], vertices[i, 1], vertices[i, 2], weight_V[i]
        if thick:
            x, y, z = x + offsets[i, 0], y + offsets[i, 1], z + offsets[i, 2]
        dx, dy, dz = t00 * x + t01 * y + t02 * z, t10 * x + t11 * y + t12 * z, t20 * x + t21 * y + t22 * z
        x, y, z = x + weight * dx, y + weight * dy, z + weight * dz
        x, y, z = v00 * x + v01 * y + v02 * z, v10 * x + v11 * y + v12 * z, v20 * x + v21 * y + v22 * z
        x, y, z = x + px, y + py, z + pz
        points[first + i, 0], points[first + i, 1], points[first + i, 2] = x, y, z
        w = ONE / -z if z <= -NEAR_M else ZERO
        rows_V8[first + i, 0] = cx + focal * x * w if w > ZERO else ZERO
        rows_V8[first + i, 1] = cy - focal * y * w if w > ZERO else ZERO
        rows_V8[first + i, 2] = w


@jit
def mix(values: Any, corners_K3: Any, shares_K3: Any, out: Any) -> None:
    """``out[k] = sum_c shares[k, c] * values[corners[k, c]]``, three columns."""
    for k in range(corners_K3.shape[0]):
        a, b, c = corners_K3[k, 0], corners_K3[k, 1], corners_K3[k, 2]
        for n in range(3):
            out[k, n] = shares_K3[k, 0] * values[a, n] + shares_K3[k, 1] * values[b, n] + shares_K3[k, 2] * values[c, n]


@jit
def add_normals(points: Any, triangles: Any, first: int, last: int, out: Any, column: int) -> None:
    """Add the area-weighted normals of triangles first..last to their vertices in three columns of ``out``."""
    for t in range(first, last):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        ux, uy, uz = points[b, 0] - ax, points[b, 1] - ay, points[b, 2] - az
        vx, vy, vz = points[c, 0] - ax, points[c, 1] - ay, points[c, 2] - az
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in (a, b, c):
            out[k, column] += nx
            out[k, column + 1] += ny
            out[k, column + 2] += nz


@jit
def normalise(vectors: Any, first: int, last: int, column: int) -> None:
    """Make three columns of rows first..last unit vectors in place; a zero row becomes +z."""
    for i in range(first, last):
        x, y, z = vectors[i, column], vectors[i, column + 1], vectors[i, column + 2]
        length = math.sqrt(x * x + y * y + z * z)
        if length > ZERO:
            scale = ONE / length
            vectors[i, column] = x * scale
            vectors[i, column + 1] = y * scale
            vectors[i, column + 2] = z * scale
        else:
            vectors[i, column] = ZERO
            vectors[i, column + 1] = ZERO
            vectors[i, column + 2] = ONE


@jit
def rasterise(screen: Any, triangles: Any, first: int, last: int, both_sides: bool, w_SS: Any, ids_SS: Any) -> None:
    """Draw triangles first..last into the buffers; the nearest wins, of equals the first drawn.

    screen: (V, 3 or more) x, y, w. One long function of scalars on purpose: small arrays for edges and planes made it
    twice as slow. Most triangles are a few samples large: what counts is how soon the rest are thrown out.
    """
    right_most, low_most = np.float32(w_SS.shape[1] - 1), np.float32(w_SS.shape[0] - 1)
    for t in range(first, last):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        # y points down: what is counter-clockwise in space has a negative area here.
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area >= ZERO:
            if area == ZERO or not both_sides:
                continue
            b, c = c, b
            x1, y1, x2, y2 = x2, y2, x1, y1
            area = -area
        left, right = max(min(x0, x1, x2), ZERO), min(max(x0, x1, x2), right_most)
        top, bottom = max(min(y0, y1, y2), ZERO), min(max(y0, y1, y2), low_most)
        if left > right or top > bottom:
            continue
        x_first, x_last, y_first, y_last = np.int32(left), np.int32(right), np.int32(top), np.int32(bottom)
        x_first += np.float32(x_first) < left
        y_first += np.float32(y_first) < top
        if x_first > x_last or y_first > y_last:
            continue
        w0, w1, w2 = screen[a, 2], screen[b, 2], screen[c, 2]
        if min(w0, w1, w2) <= ZERO:
            continue
        scale = ONE / area
        # The plane of w, relative to corner a.
        bx, by = (y2 - y0) * scale, (x0 - x2) * scale
        cx, cy = (y0 - y1) * scale, (x1 - x0) * scale
        wx, wy = bx * (w1 - w0) + cx * (w2 - w0), by * (w1 - w0) + cy * (w2 - w0)
        # x along each edge as a line in y. With this winding an edge that goes down bounds the left, one that goes up
        # the right.
        m01 = (x1 - x0) / (y1 - y0) if y1 != y0 else ZERO
        m12 = (x2 - x1) / (y2 - y1) if y2 != y1 else ZERO
        m20 = (x0 - x2) / (y0 - y2) if y0 != y2 else ZERO
        for y in range(np.uint32(y_first), np.uint32(y_last + 1)):
            yf = np.float32(y)
            low, high = left, right
            at = x0 + m01 * (yf - y0)
            if y1 > y0:
                low = max(low, at)
            elif y1 < y0:
                high = min(high, at)
            at = x1 + m12 * (yf - y1)
            if y2 > y1:
                low = max(low, at)
            elif y2 < y1:
                high = min(high, at)
            at = x2 + m20 * (yf - y2)
            if y0 > y2:
                low = max(low, at)
            elif y0 < y2:
                high = min(high, at)
            low, high = max(low - EDGE, left), min(high + EDGE, right)
            if high < low:
                continue
            x_low = np.int32(low)
            x_low += np.float32(x_low) < low
            w = w0 + wx * (np.float32(x_low) - x0) + wy * (yf - y0)
            for x in range(np.uint32(x_low), np.uint32(np.int32(high) + 1)):
                if w > w_SS[y, x]:
                    w_SS[y, x] = w
                    ids_SS[y, x] = t
                w += wx
