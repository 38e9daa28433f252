"""From the visibility buffer to the list of samples worth shading.

Samples of one pixel that show the same smooth surface are shaded once, with their joint weight; only where surfaces
meet does a pixel cost more. That is anti-aliasing at the edges alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from facelive.rig.render.raster import jit

SMOOTH = 0.006
"""Samples whose w = 1 / depth differ by more than this share belong to different surfaces."""
MOST = 16
"""Samples per pixel at most (4 x 4)."""


@jit
def gather(
    w_SS: Any, ids_SS: Any, class_T: Any, samples: int, at_R2: Any, pixel_R: Any, weight_R: Any, coverage_HW: Any
) -> int:
    """Fill the requests and return their number.

    at_R2: sample (y, x) to shade; pixel_R: flat pixel it belongs to; weight_R: its share of the pixel. coverage_HW:
    share of each pixel that shows anything. The arrays must have room for every sample.
    """
    height, width = coverage_HW.shape
    total = samples * samples
    share = np.float32(1.0 / total)
    middle = samples // 2
    seen_class = np.empty(MOST, np.int32)
    seen_w = np.empty(MOST, np.float32)
    seen_y, seen_x = np.empty(MOST, np.int32), np.empty(MOST, np.int32)
    seen_count = np.empty(MOST, np.int32)
    count = 0
    for py in range(height):
        for px in range(width):
            y0, x0 = py * samples, px * samples
            # Most pixels: nothing at all, or one triangle under all samples.
            t = ids_SS[y0, x0]
            same = True
            for y in range(y0, y0 + samples):
                for x in range(x0, x0 + samples):
                    same = same and ids_SS[y, x] == t
            if same:
                coverage_HW[py, px] = 0.0 if t < 0 else 1.0
                if t >= 0:
                    at_R2[count, 0], at_R2[count, 1] = y0 + middle, x0 + middle
                    pixel_R[count], weight_R[count] = py * width + px, 1.0
                    count += 1
                continue
            groups = 0
            covered = 0
            for y in range(y0, y0 + samples):
                for x in range(x0, x0 + samples):
                    t = ids_SS[y, x]
                    if t < 0:
                        continue
                    covered += 1
                    w = w_SS[y, x]
                    kind = class_T[t]
                    found = False
                    for g in range(groups):
                        if seen_class[g] == kind and abs(seen_w[g] - w) < SMOOTH * w:
                            seen_count[g] += 1
                            if y == y0 + middle and x == x0 + middle:
                                seen_y[g], seen_x[g] = y, x
                            found = True
                            break
                    if not found:
                        seen_class[groups], seen_w[groups], seen_count[groups] = kind, w, 1
                        seen_y[groups], seen_x[groups] = y, x
                        groups += 1
            coverage_HW[py, px] = covered * share
            for g in range(groups):
                at_R2[count, 0], at_R2[count, 1] = seen_y[g], seen_x[g]
                pixel_R[count] = py * width + px
                weight_R[count] = seen_count[g] * share
                count += 1
    return count


@jit
def resolve(
    colour_P3: Any, coverage_HW: Any, background_HW3: Any, balance: Any, table: Any, top: float, image_HW3: Any
) -> None:
    """Lay the linear colours over the linear background, apply white balance and tone table, write BGR bytes."""
    height, width = coverage_HW.shape
    last = table.shape[0] - 1
    for y in range(height):
        for x in range(width):
            rest = 1.0 - coverage_HW[y, x]
            p = y * width + x
            for c in range(3):
                light = (colour_P3[p, c] + rest * background_HW3[y, x, c]) * balance[c]
                place = np.sqrt(min(max(light, 0.0), top) / top) * last
                image_HW3[y, x, 2 - c] = table[int(place + 0.5)]


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
