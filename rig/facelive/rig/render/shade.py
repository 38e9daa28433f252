"""Colours of the gathered samples, block by block: see ``fragments`` for what the kernels hand to each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from facelive.rig.render.fragments import BLOCK, LIT, OUT_BLUE, OUT_GREEN, OUT_RED, ROWS, W
from facelive.rig.render.hair_light import hair_lamp, hair_surfaces, hair_surroundings
from facelive.rig.render.light import SHADOW_REACH_M, lamp, lit_share, place, surroundings, turn_normals
from facelive.rig.render.raster import jit
from facelive.rig.render.surface import surfaces

F = np.float32


@jit
def shade(
    first: int, last: int, hair_first: int, hair_last: int, at_R2: Any, pixel_R: Any, weight_R: Any,
    ids_SS: Any, rows_V8: Any, tangents_V3: Any, triangles_T3: Any, uv_T6: Any, class_T: Any,
    material_C: Any, segment_C: Any, colour_C3: Any,
    skin_HW8: Any, labels_HW: Any, eye_HW3: Any, strands_HW2: Any,
    lights_L7: Any, ambient_23: Any, head_33: Any, shadow_44: Any, shadow_3MM: Any, lens_3: Any, samples: int,
    colour_P3: Any, best_P: Any, parts_P: Any, depth_P: Any,
) -> None:  # fmt: skip
    """Shade requests first..last, and those of hair, and add them, weighted, to ``colour_P3``.

    The heaviest decides ``parts_P`` and ``depth_P``. lights_L7: direction (3), colour (3), softness; the first casts
    the shadows of ``shadow_3MM`` (depth, least and greatest of 4 x 4; one texel: none). rows_V8: x, y, w, normal (3),
    occlusion, and by material cloth (skin) or opacity (hair). lens_3: focal length, centre x, y in samples.
    """
    g = np.empty((ROWS, BLOCK), np.float32)
    segment_N = np.empty(BLOCK, np.uint8)
    shadows = shadow_3MM.shape[1] > 4
    texel_m = F(SHADOW_REACH_M) / F(shadow_3MM.shape[1])
    if lights_L7.shape[0] > 0:
        key_3 = lights_L7[0, :3].copy()
    else:
        key_3 = np.zeros(3, np.float32)
    for hair in range(2):
        begin, end = (hair_first, hair_last) if hair else (first, last)
        for start in range(begin, end, BLOCK):
            n = min(BLOCK, end - start)
            if hair:
                hair_surfaces(
                    start, n, at_R2, ids_SS, rows_V8, tangents_V3, triangles_T3, uv_T6, class_T, segment_C, colour_C3,
                    strands_HW2, samples, segment_N, g,
                )  # fmt: skip
                place(n, lens_3, g)
                hair_surroundings(n, ambient_23, g)
            else:
                surfaces(
                    start, n, at_R2, ids_SS, rows_V8, tangents_V3, triangles_T3, uv_T6, class_T, material_C, segment_C,
                    colour_C3, skin_HW8, labels_HW, eye_HW3, lens_3[0], lens_3[0] / samples, segment_N, g,
                )  # fmt: skip
                place(n, lens_3, g)
                turn_normals(n, head_33, key_3, texel_m, g)
                surroundings(n, ambient_23, g)
            if shadows:
                lit_share(n, shadow_44, shadow_3MM[0], shadow_3MM[1], shadow_3MM[2], g)
            else:
                g[LIT, :n] = F(1.0)
            for k in range(lights_L7.shape[0]):
                if hair:
                    hair_lamp(n, lights_L7[k], k == 0, g)
                else:
                    lamp(n, lights_L7[k], k == 0, g)
            for i in range(n):
                weight, p = weight_R[start + i], pixel_R[start + i]
                colour_P3[p, 0] += weight * g[OUT_RED, i]
                colour_P3[p, 1] += weight * g[OUT_GREEN, i]
                colour_P3[p, 2] += weight * g[OUT_BLUE, i]
                if weight > best_P[p]:
                    best_P[p] = weight
                    parts_P[p] = segment_N[i]
                    depth_P[p] = -g[W, i]
