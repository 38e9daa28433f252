"""Hair, a block of samples at a time: what is seen of its strands, and light on them (Kajiya-Kay with two lobes)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.render.fragments import (
    BIAS,
    BLUE,
    FINE_X,
    FINE_Y,
    FINE_Z,
    FORM_X,
    FORM_Y,
    FORM_Z,
    GREEN,
    LIT,
    LIT_LEAST,
    OUT_BLUE,
    OUT_GREEN,
    OUT_RED,
    RED,
    SKY,
    SLANT,
    TINT,
    VIEW_X,
    VIEW_Y,
    VIEW_Z,
    W,
    X,
    Y,
)  # fmt: skip
from facelive.rig.render.raster import jit
from facelive.rig.render.strand_lookup import TINT_LEAST, TINT_STEP, strand_column, strand_level, strand_row

F = np.float32


@jit
def hair_surfaces(
    first: int, n: int, at_R2: Any, ids_SS: Any, rows_V8: Any, tangents_V3: Any, triangles_T3: Any, uv_T6: Any,
    class_T: Any, segment_C: Any, colour_C3: Any, strands_HW2: Any, samples: int, segment_N: Any, g: Any,
) -> None:  # fmt: skip
    """Fill a block from requests ``first..first + n``. rows_V8: x, y, w, normal (3), occlusion, opacity."""
    coarse = F(samples)
    for i in range(n):
        sy, sx = at_R2[first + i, 0], at_R2[first + i, 1]
        t = np.uint32(ids_SS[sy, sx])
        kind = class_T[t]
        a, b, c = np.uint32(triangles_T3[t, 0]), np.uint32(triangles_T3[t, 1]), np.uint32(triangles_T3[t, 2])
        x0, y0 = rows_V8[a, 0], rows_V8[a, 1]
        bx, by, cx, cy = rows_V8[b, 0] - x0, rows_V8[b, 1] - y0, rows_V8[c, 0] - x0, rows_V8[c, 1] - y0
        dx, dy = F(sx) - x0, F(sy) - y0
        per_area = F(1.0) / (bx * cy - cx * by)
        fb = min(max((dx * cy - cx * dy) * per_area, F(0.0)), F(1.0))
        fc = min(max((bx * dy - dx * by) * per_area, F(0.0)), F(1.0))
        wa, wb, wc = max(F(1.0) - fb - fc, F(0.0)) * rows_V8[a, 2], fb * rows_V8[b, 2], fc * rows_V8[c, 2]
        w = wa + wb + wc
        depth = F(1.0) / w
        fa, fb, fc = wa * depth, wb * depth, wc * depth
        g[X, i] = F(sx)
        g[Y, i] = F(sy)
        g[W, i] = w
        g[FORM_X, i] = fa * rows_V8[a, 3] + fb * rows_V8[b, 3] + fc * rows_V8[c, 3]
        g[FORM_Y, i] = fa * rows_V8[a, 4] + fb * rows_V8[b, 4] + fc * rows_V8[c, 4]
        g[FORM_Z, i] = fa * rows_V8[a, 5] + fb * rows_V8[b, 5] + fc * rows_V8[c, 5]
        g[SKY, i] = fa * rows_V8[a, 6] + fb * rows_V8[b, 6] + fc * rows_V8[c, 6]
        g[FINE_X, i] = fa * tangents_V3[a, 0] + fb * tangents_V3[b, 0] + fc * tangents_V3[c, 0]
        g[FINE_Y, i] = fa * tangents_V3[a, 1] + fb * tangents_V3[b, 1] + fc * tangents_V3[c, 1]
        g[FINE_Z, i] = fa * tangents_V3[a, 2] + fb * tangents_V3[b, 2] + fc * tangents_V3[c, 2]
        u0, u1, u2 = uv_T6[t, 0], uv_T6[t, 2], uv_T6[t, 4]
        u = fa * u0 + fb * u1 + fc * u2
        v = fa * uv_T6[t, 1] + fb * uv_T6[t, 3] + fc * uv_T6[t, 5]
        # Strands as fine as a pixel can show: finer ones would only glitter.
        scale = coarse * per_area
        level = strand_level(u1 - u0, u2 - u0, cy * scale, -cx * scale, -by * scale, bx * scale)
        tint = F(TINT_LEAST) + F(TINT_STEP) * F(strands_HW2[strand_row(v, level), strand_column(u), 1])
        dark = tint * (F(0.62) + F(0.38) * min(v * F(2.5), F(1.0)))
        g[TINT, i] = dark
        g[SLANT, i] = (tint - F(1.0)) * F(0.15)
        g[RED, i], g[GREEN, i], g[BLUE, i] = colour_C3[kind, 0], colour_C3[kind, 1], colour_C3[kind, 2]
        g[BIAS, i], g[LIT_LEAST, i] = F(0.012), F(0.0)
        segment_N[i] = segment_C[kind]


@jit
def hair_surroundings(n: int, ambient_23: Any, g: Any) -> None:
    """Unit vectors, the normal towards the camera, and the light of the surroundings; colours get their tint."""
    sr, sg, sb = ambient_23[0, 0], ambient_23[0, 1], ambient_23[0, 2]
    gr, gg, gb = ambient_23[1, 0], ambient_23[1, 1], ambient_23[1, 2]
    for i in range(n):
        nx, ny, nz = g[FORM_X, i], g[FORM_Y, i], g[FORM_Z, i]
        scale = F(1.0) / math.sqrt(nx * nx + ny * ny + nz * nz + F(1e-20))
        up = F(0.5) + F(0.5) * ny * scale
        scale = -scale if nx * g[VIEW_X, i] + ny * g[VIEW_Y, i] + nz * g[VIEW_Z, i] < F(0.0) else scale
        g[FORM_X, i] = nx * scale
        g[FORM_Y, i] = ny * scale
        g[FORM_Z, i] = nz * scale
        tx, ty, tz = g[FINE_X, i], g[FINE_Y, i], g[FINE_Z, i]
        scale = F(1.0) / math.sqrt(tx * tx + ty * ty + tz * tz + F(1e-20))
        g[FINE_X, i] = tx * scale
        g[FINE_Y, i] = ty * scale
        g[FINE_Z, i] = tz * scale
        tint, open_sky = g[TINT, i], g[SKY, i]
        dark = F(1.0) - open_sky
        red, green, blue = g[RED, i], g[GREEN, i], g[BLUE, i]
        arrives = open_sky * tint
        g[OUT_RED, i] = red * (gr + (sr - gr) * up) * arrives / (F(1.0) - min(red, F(0.9)) * dark)
        g[OUT_GREEN, i] = green * (gg + (sg - gg) * up) * arrives / (F(1.0) - min(green, F(0.9)) * dark)
        g[OUT_BLUE, i] = blue * (gb + (sb - gb) * up) * arrives / (F(1.0) - min(blue, F(0.9)) * dark)
        g[RED, i] = red * tint
        g[GREEN, i] = green * tint
        g[BLUE, i] = blue * tint


@jit
def hair_lamp(n: int, light_7: Any, shadowed: bool, g: Any) -> None:
    """Add one lamp: light across the strands, a white highlight near the root and a coloured one towards the tip."""
    lx, ly, lz = light_7[0], light_7[1], light_7[2]
    red, green, blue = light_7[3], light_7[4], light_7[5]
    takes = F(1.0) if shadowed else F(0.0)
    for i in range(n):
        tx, ty, tz = g[FINE_X, i], g[FINE_Y, i], g[FINE_Z, i]
        along = tx * lx + ty * ly + tz * lz
        facing = g[FORM_X, i] * lx + g[FORM_Y, i] * ly + g[FORM_Z, i] * lz
        across = math.sqrt(max(F(1.0) - along * along, F(0.0)))
        wrapped = min(max(facing * F(1.2) + F(0.45), F(0.0)), F(1.0))
        diffuse = (F(0.55) * across + F(0.45) * max(facing, F(0.0))) * wrapped
        hx, hy, hz = lx + g[VIEW_X, i], ly + g[VIEW_Y, i], lz + g[VIEW_Z, i]
        scale = F(1.0) / math.sqrt(hx * hx + hy * hy + hz * hz + F(1e-9))
        half = (tx * hx + ty * hy + tz * hz) * scale + g[SLANT, i]
        ring = half + F(0.06)
        ring = F(1.0) / (F(1.0) + F(420.0) * ring * ring)
        glow = half - F(0.10)
        glow = F(1.0) / (F(1.0) + F(130.0) * glow * glow)
        gate = min(max(facing * F(1.6) + F(0.35), F(0.0)), F(1.0))
        sun = (F(1.0) + takes * (g[LIT, i] - F(1.0))) * (F(0.6) + F(0.4) * g[SKY, i])
        white = F(0.055) * ring * ring * gate
        body = diffuse + F(0.9) * glow * glow * gate
        g[OUT_RED, i] += sun * red * (g[RED, i] * body + white)
        g[OUT_GREEN, i] += sun * green * (g[GREEN, i] * body + white)
        g[OUT_BLUE, i] += sun * blue * (g[BLUE, i] * body + white)
