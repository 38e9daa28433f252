"""What lets light through: lashes and lenses, laid over the shaded picture sample by sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.render.raster import EDGE, ONE, ZERO, jit
from facelive.rig.render.strand_lookup import strand_column, strand_level, strand_row

F = np.float32
OUTSIDE = F(-1e-5)


@jit
def blend_triangles(
    screen: Any, triangles: Any, uv_T6: Any, first: int, last: int, samples: int, w_SS: Any, alpha_HW: Any, colour: Any,
    colour_P3: Any, coverage_HW: Any,
) -> None:  # fmt: skip
    """Lay triangles over the linear picture where nothing is in front. alpha_HW: opacity texture over u, v (v up)."""
    height, width = w_SS.shape
    share = 1.0 / (samples * samples)
    th, tw = alpha_HW.shape
    for t in range(first, last):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, x1, y1 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0 or screen[a, 2] <= 0.0 or screen[b, 2] <= 0.0 or screen[c, 2] <= 0.0:
            continue
        for y in range(max(math.ceil(min(y0, y1, y2)), 0), min(math.floor(max(y0, y1, y2)), height - 1) + 1):
            for x in range(max(math.ceil(min(x0, x1, x2)), 0), min(math.floor(max(x0, x1, x2)), width - 1) + 1):
                fb = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
                fc = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
                fa = 1.0 - fb - fc
                if fa < 0.0 or fb < 0.0 or fc < 0.0:
                    continue
                w = fa * screen[a, 2] + fb * screen[b, 2] + fc * screen[c, 2]
                if w * 1.0015 < w_SS[y, x]:
                    continue
                u = fa * uv_T6[t, 0] + fb * uv_T6[t, 2] + fc * uv_T6[t, 4]
                v = fa * uv_T6[t, 1] + fb * uv_T6[t, 3] + fc * uv_T6[t, 5]
                iu = min(max(int(u * tw), 0), tw - 1)
                iv = min(max(int((1.0 - v) * th), 0), th - 1)
                alpha = alpha_HW[iv, iu] * share
                if alpha <= 0.0:
                    continue
                py, px = y // samples, x // samples
                p = py * coverage_HW.shape[1] + px
                for k in range(3):
                    colour_P3[p, k] = colour_P3[p, k] * (1.0 - alpha) + colour[k] * alpha
                coverage_HW[py, px] = coverage_HW[py, px] * (1.0 - alpha) + alpha


@jit
def raster_strands(
    screen: Any, triangles: Any, uv_T6: Any, first: int, last: int, strands_HW2: Any, w_SS: Any, ids_SS: Any
) -> None:
    """Draw hair into the visibility buffer, both sides, only where a strand is: strand height above 1 - opacity.

    screen: (V, 8) with x, y, w and, last, opacity. strands_HW2: ``strand_bytes()``.
    """
    right_most, low_most = F(w_SS.shape[1] - 1), F(w_SS.shape[0] - 1)
    for t in range(first, last):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        x0, y0, x1, y1 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        left, right = max(min(x0, x1, x2), ZERO), min(max(x0, x1, x2), right_most)
        top, bottom = max(min(y0, y1, y2), ZERO), min(max(y0, y1, y2), low_most)
        if left > right or top > bottom:
            continue
        w0, w1, w2 = screen[a, 2], screen[b, 2], screen[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == ZERO or min(w0, w1, w2) <= ZERO:
            continue
        o0, o1, o2 = screen[a, 7], screen[b, 7], screen[c, 7]
        if max(o0, o1, o2) <= ZERO:
            continue
        solid = min(o0, o1, o2) >= ONE
        scale = ONE / area
        bx, by = (y2 - y0) * scale, (x0 - x2) * scale
        cx, cy = (y0 - y1) * scale, (x1 - x0) * scale
        wx, wy = bx * (w1 - w0) + cx * (w2 - w0), by * (w1 - w0) + cy * (w2 - w0)
        u0, v0 = uv_T6[t, 0], uv_T6[t, 1]
        du, dv, eu, ev = uv_T6[t, 2] - u0, uv_T6[t, 3] - v0, uv_T6[t, 4] - u0, uv_T6[t, 5] - v0
        level = 0 if solid else strand_level(du, eu, bx, by, cx, cy)
        # Bytes: a strand is kept where its height is at least this.
        o0, o1, o2 = F(255.0) - F(255.0) * o0, F(255.0) * (o0 - o1), F(255.0) * (o0 - o2)
        for y in range(np.uint32(math.ceil(top)), np.uint32(np.int32(bottom) + 1)):
            dy = F(y) - y0
            # Where the row is inside: both shares and what they leave over not below zero.
            low, high = left, right
            for share, step in ((by * dy - bx * x0, bx), (cy * dy - cx * x0, cx),
                                (ONE - (by + cy) * dy + (bx + cx) * x0, -bx - cx)):  # fmt: skip
                if step > ZERO:
                    low = max(low, -share / step)
                elif step < ZERO:
                    high = min(high, -share / step)
                elif share < OUTSIDE:
                    high = F(-1.0)
            low, high = max(low - EDGE, left), min(high + EDGE, right)
            if high < low:
                continue
            for x in range(np.uint32(math.ceil(low)), np.uint32(np.int32(high) + 1)):
                dx = F(x) - x0
                w = w0 + wx * dx + wy * dy
                if w > w_SS[y, x]:
                    seen = solid
                    if not solid:
                        fb, fc = bx * dx + by * dy, cx * dx + cy * dy
                        row, column = strand_row(v0 + fb * dv + fc * ev, level), strand_column(u0 + fb * du + fc * eu)
                        seen = F(strands_HW2[np.uint32(row), np.uint32(column), 0]) >= o0 + fb * o1 + fc * o2
                    if seen:
                        w_SS[y, x] = w
                        ids_SS[y, x] = t
