"""From the visibility buffer to the list of samples worth shading, and from light to bytes.

Samples of one pixel that show the same smooth surface are shaded once, with their joint weight; only where surfaces
meet does a pixel cost more. That is anti-aliasing at the edges alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.render.raster import jit

F = np.float32
SMOOTH = np.float32(0.006)
"""Samples whose w = 1 / depth differ by more than this share belong to different surfaces."""
MOST = 16
"""Samples per pixel at most (4 x 4)."""


@jit
def gather(
    w_SS: Any, ids_SS: Any, class_T: Any, hair_C: Any, samples: int, at_R2: Any, pixel_R: Any, weight_R: Any,
    coverage_HW: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fill the requests: ``[0, first)`` without hair, ``[second, end)`` hair; return (first, second).

    at_R2: sample (y, x) to shade; pixel_R: flat pixel it belongs to; weight_R: its share of the pixel. coverage_HW:
    share of each pixel that shows anything. hair_C: whether a class is hair. The arrays must have room for every
    sample.
    """
    height, width = coverage_HW.shape
    share = F(1.0) / F(samples * samples)
    middle = samples // 2
    seen_class = np.empty(MOST, np.int32)
    seen_w = np.empty(MOST, np.float32)
    seen_y, seen_x = np.empty(MOST, np.int32), np.empty(MOST, np.int32)
    seen_count = np.empty(MOST, np.int32)
    low, high = 0, pixel_R.shape[0]
    for py in range(height):
        for px in range(width):
            y0, x0 = py * samples, px * samples
            if samples == 2:
                # Most pixels: nothing at all, or one smooth surface under all samples.
                a, b, c, d = ids_SS[y0, x0], ids_SS[y0, x0 + 1], ids_SS[y0 + 1, x0], ids_SS[y0 + 1, x0 + 1]
                if (a & b & c & d) < 0:  # all are -1: a number has no sign
                    if max(a, b, c, d) < 0:
                        coverage_HW[py, px] = F(0.0)
                        continue
                elif min(a, b, c, d) >= 0:
                    kind, w = class_T[np.uint32(a)], w_SS[y0, x0]
                    u, v, t = class_T[np.uint32(b)], class_T[np.uint32(c)], class_T[np.uint32(d)]
                    e, f, h = w_SS[y0, x0 + 1], w_SS[y0 + 1, x0], w_SS[y0 + 1, x0 + 1]
                    off = max(abs(e - w), abs(f - w), abs(h - w))
                    if (u == kind) & (v == kind) & (t == kind) & (off < SMOOTH * min(e, f, h)):
                        if hair_C[kind]:
                            high -= 1
                            r = high
                        else:
                            r = low
                            low += 1
                        at_R2[r, 0], at_R2[r, 1] = y0 + 1, x0 + 1
                        pixel_R[r] = py * width + px
                        weight_R[r] = F(1.0)
                        coverage_HW[py, px] = F(1.0)
                        continue
            groups, covered = 0, 0
            for y in range(y0, y0 + samples):
                for x in range(x0, x0 + samples):
                    t = ids_SS[y, x]
                    if t < 0:
                        continue
                    covered += 1
                    w, kind = w_SS[y, x], class_T[np.uint32(t)]
                    found = False
                    for k in range(groups):
                        if seen_class[k] == kind and abs(seen_w[k] - w) < SMOOTH * w:
                            seen_count[k] += 1
                            if y == y0 + middle and x == x0 + middle:
                                seen_y[k], seen_x[k] = y, x
                            found = True
                            break
                    if not found:
                        seen_class[groups], seen_w[groups], seen_count[groups] = kind, w, 1
                        seen_y[groups], seen_x[groups] = y, x
                        groups += 1
            coverage_HW[py, px] = F(covered) * share
            for k in range(groups):
                if hair_C[seen_class[k]]:
                    high -= 1
                    r = high
                else:
                    r = low
                    low += 1
                at_R2[r, 0], at_R2[r, 1] = seen_y[k], seen_x[k]
                pixel_R[r] = py * width + px
                weight_R[r] = F(seen_count[k]) * share
    return low, high


@jit
def resolve(
    colour_P3: Any, coverage_HW: Any, background_HW3: Any, balance: Any, table: Any, top: float, image_HW3: Any
) -> None:
    """Lay the linear colours over the linear background, apply white balance and tone table, write BGR bytes."""
    height, width = coverage_HW.shape
    scale, last = F((table.shape[0] - 1) ** 2) / F(top), F(table.shape[0] - 1)
    place = np.empty(width, np.int32)
    for y in range(height):
        row, behind = colour_P3[y * width : (y + 1) * width], background_HW3[y]
        for c in range(3):
            gain = balance[c] * scale
            for x in range(width):
                light = (row[x, c] + (F(1.0) - coverage_HW[y, x]) * behind[x, c]) * gain
                place[x] = np.int32(min(math.sqrt(max(light, F(0.0))), last) + F(0.5))
            for x in range(width):
                image_HW3[y, x, 2 - c] = table[np.uint32(place[x])]


@jit
def radial(spot: Any, centre: Any, edge: Any, out_HW3: Any) -> None:
    """A gradient from the centre's light at ``spot`` (shares of width and height) to the edge's."""
    height, width = out_HW3.shape[0], out_HW3.shape[1]
    scale = 1.0 / max(height, width)
    for y in range(height):
        for x in range(width):
            dx, dy = (x - spot[0] * width) * scale, (y - spot[1] * height) * scale
            far = min((dx * dx + dy * dy) * 1.9, 1.0)
            far = far * (2.0 - far)
            for c in range(3):
                out_HW3[y, x, c] = centre[c] + (edge[c] - centre[c]) * far
