"""What lets light through: lashes and lenses, laid over the shaded picture sample by sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.render.raster import jit
from facelive.rig.render.strand_lookup import strand_column, strand_level, strand_row

OUTSIDE, ONE_OUTSIDE = np.float32(-1e-5), np.float32(1.00001)


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
    screen: Any,
    triangles: Any,
    uv_T6: Any,
    first: int,
    last: int,
    opacity_V: Any,
    strands_HW2: Any,
    w_SS: Any,
    ids_SS: Any,
) -> None:
    """Draw hair into the visibility buffer, both sides, only where a strand is: strand height above 1 - opacity."""
    height, width = w_SS.shape
    for t in range(first, last):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        x0, y0, x1, y1 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        left, right = max(math.ceil(min(x0, x1, x2)), 0), min(math.floor(max(x0, x1, x2)), width - 1)
        top, bottom = max(math.ceil(min(y0, y1, y2)), 0), min(math.floor(max(y0, y1, y2)), height - 1)
        if left > right or top > bottom:
            continue
        w0, w1, w2 = screen[a, 2], screen[b, 2], screen[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0 or w0 <= 0.0 or w1 <= 0.0 or w2 <= 0.0:
            continue
        o0, o1, o2 = opacity_V[a, 1], opacity_V[b, 1], opacity_V[c, 1]
        if max(o0, o1, o2) <= 0.0:
            continue
        solid = min(o0, o1, o2) >= 1.0
        scale = np.float32(1.0) / area
        bx, by = (y2 - y0) * scale, (x0 - x2) * scale
        cx, cy = (y0 - y1) * scale, (x1 - x0) * scale
        wx, wy = bx * (w1 - w0) + cx * (w2 - w0), by * (w1 - w0) + cy * (w2 - w0)
        level = 0 if solid else strand_level(uv_T6[t, 0], uv_T6[t, 2], uv_T6[t, 4], bx, by, cx, cy)
        for y in range(top, bottom + 1):
            dy, dx = np.float32(y) - y0, np.float32(left) - x0
            fb, fc, w = bx * dx + by * dy, cx * dx + cy * dy, w0 + wx * dx + wy * dy
            entered = False
            for x in range(left, right + 1):
                if fb >= OUTSIDE and fc >= OUTSIDE and fb + fc <= ONE_OUTSIDE:
                    entered = True
                    if w > w_SS[y, x]:
                        seen = solid
                        if not solid:
                            fa = np.float32(1.0) - fb - fc
                            u = fa * uv_T6[t, 0] + fb * uv_T6[t, 2] + fc * uv_T6[t, 4]
                            v = fa * uv_T6[t, 1] + fb * uv_T6[t, 3] + fc * uv_T6[t, 5]
                            seen = strands_HW2[strand_row(v, level), strand_column(u), 0] >= 1.0 - (
                                fa * o0 + fb * o1 + fc * o2
                            )
                        if seen:
                            w_SS[y, x] = w
                            ids_SS[y, x] = t
                elif entered:
                    break
                fb += bx
                fc += cx
                w += wx
