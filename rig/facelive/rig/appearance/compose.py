"""Layers of paint over the bare skin: the only step that is done anew for every person.

Row by row, layer by layer, over the columns that a layer paints: plain loops over short runs of float32, which the
compiler turns into vector code (a third of the time of going texel by texel).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from facelive.rig.render.raster import jit


@jit
def compose(
    base_5: Any, amount_L: Any, mul_L3: Any, add_L3: Any, shine_L2: Any, masks_LHW: Any, spans_LH2: Any,
    weight_M: Any, tilts_M3HW: Any, tilt_spans_MH2: Any, out_HW8: Any,
) -> None:  # fmt: skip
    """Fill the skin texture, uint16: linear RGB, gloss, normal offset (3), roughness.

    RGB and roughness: 0..1 as 0..65535; gloss 0..4 and offsets -2..2 as the same. So a texel takes 16 bytes, and what a
    picture needs of the texture stays in the processor's caches.

    base_5: bare skin's RGB, gloss, roughness. A layer changes colour c to ``c * mul + add`` where its mask (uint8) says
    so, times its amount; gloss and roughness (shine) move towards the layer's. tilts_M3HW: int8 tilts of the normal by
    wrinkles and pores, weight_M times 127ths.
    """
    layers, height, width = masks_LHW.shape
    row = np.empty((8, width), np.float32)
    for y in range(height):
        for c in range(5):
            row[c, :] = base_5[c]
        row[5:, :] = np.float32(0.0)
        for k in range(layers):
            first, last = spans_LH2[k, y, 0], spans_LH2[k, y, 1]
            share = np.float32(amount_L[k] / 255.0)
            # Slices from 0 on: with other starts the compiler makes no vector code.
            mask = masks_LHW[k, y, first:last]
            for c in range(3):
                mul, add, line = mul_L3[k, c] - np.float32(1.0), add_L3[k, c], row[c, first:last]
                for x in range(line.shape[0]):
                    line[x] += share * np.float32(mask[x]) * (line[x] * mul + add)
            for c in range(2):
                goal, line = shine_L2[k, c], row[3 + c, first:last]
                for x in range(line.shape[0]):
                    line[x] += share * np.float32(mask[x]) * (goal - line[x])
        for k in range(weight_M.shape[0]):
            first, last = tilt_spans_MH2[k, y, 0], tilt_spans_MH2[k, y, 1]
            weight = np.float32(weight_M[k] / 127.0)
            for c in range(3):
                tilt, line = tilts_M3HW[k, c, y, first:last], row[5 + c, first:last]
                for x in range(line.shape[0]):
                    line[x] += weight * np.float32(tilt[x])
        # Each loop by itself, so that each becomes vector code.
        for c in range(8):
            source = c if c < 4 else (4 if c == 7 else c + 1)
            line = row[source]
            scale = np.float32(65535.0) if c < 3 or c == 7 else np.float32(65535.0 / 4.0)
            rise = np.float32(2.0) if 4 <= c < 7 else np.float32(0.0)
            for x in range(width):
                value = (line[x] + rise) * scale + np.float32(0.5)
                out_HW8[y, x, c] = np.uint16(min(max(value, np.float32(0.0)), np.float32(65535.0)))
