"""Light on a block of samples (``fragments``), everything but hair. Linear light, float32, no branches: vector code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.render.fragments import (
    BIAS,
    BLUE,
    DIRECT,
    FINE_X,
    FINE_Y,
    FINE_Z,
    FORM_X,
    FORM_Y,
    FORM_Z,
    GLOSS,
    GREEN,
    LIT,
    LIT_LEAST,
    MIRROR,
    OUT_BLUE,
    OUT_GREEN,
    OUT_RED,
    RED,
    REFLECT,
    ROUGH,
    SCALE_BLUE,
    SCALE_GREEN,
    SCALE_RED,
    SKY,
    VIEW_X,
    VIEW_Y,
    VIEW_Z,
    WRAP_BLUE,
    WRAP_GREEN,
    WRAP_RED,
    W,
    X,
    Y,
)  # fmt: skip
from facelive.rig.render.raster import jit

F = np.float32
SHADOW_REACH_M = 0.21
"""Half-width of the shadow map around the face."""


@jit
def place(n: int, lens_3: Any, g: Any) -> None:
    """Sample grid and w to camera space, and the direction to the camera. lens_3: focal, centre x, y in samples."""
    focal, cx, cy = lens_3[0], lens_3[1], lens_3[2]
    per_focal = F(1.0) / focal
    for i in range(n):
        depth = F(1.0) / g[W, i]
        rx, ry = (g[X, i] - cx) * per_focal, (cy - g[Y, i]) * per_focal
        g[X, i] = rx * depth
        g[Y, i] = ry * depth
        g[W, i] = -depth
        scale = F(1.0) / math.sqrt(rx * rx + ry * ry + F(1.0))
        g[VIEW_X, i] = -rx * scale
        g[VIEW_Y, i] = -ry * scale
        g[VIEW_Z, i] = scale


@jit
def turn_normals(n: int, head_33: Any, key_3: Any, texel_m: float, g: Any) -> None:
    """Unit normals of form and detail, scales of diffuse light, and how far shadows must keep off."""
    h00, h01, h02 = head_33[0, 0], head_33[0, 1], head_33[0, 2]
    h10, h11, h12 = head_33[1, 0], head_33[1, 1], head_33[1, 2]
    h20, h21, h22 = head_33[2, 0], head_33[2, 1], head_33[2, 2]
    lx, ly, lz = key_3[0], key_3[1], key_3[2]
    step = F(texel_m) * F(3.0)
    for i in range(n):
        gx, gy, gz = g[FORM_X, i], g[FORM_Y, i], g[FORM_Z, i]
        scale = F(1.0) / math.sqrt(gx * gx + gy * gy + gz * gz + F(1e-20))
        gx, gy, gz = gx * scale, gy * scale, gz * scale
        dx, dy, dz = g[FINE_X, i], g[FINE_Y, i], g[FINE_Z, i]
        nx = gx + h00 * dx + h01 * dy + h02 * dz
        ny = gy + h10 * dx + h11 * dy + h12 * dz
        nz = gz + h20 * dx + h21 * dy + h22 * dz
        scale = F(1.0) / math.sqrt(nx * nx + ny * ny + nz * nz + F(1e-20))
        g[FORM_X, i] = gx
        g[FORM_Y, i] = gy
        g[FORM_Z, i] = gz
        g[FINE_X, i] = nx * scale
        g[FINE_Y, i] = ny * scale
        g[FINE_Z, i] = nz * scale
        wide = F(1.0) + g[WRAP_RED, i]
        g[SCALE_RED, i] = F(1.0) / (wide * wide)
        wide = F(1.0) + g[WRAP_GREEN, i]
        g[SCALE_GREEN, i] = F(1.0) / (wide * wide)
        wide = F(1.0) + g[WRAP_BLUE, i]
        g[SCALE_BLUE, i] = F(1.0) / (wide * wide)
        # The steeper the light, the more a texel of the map spans in depth.
        facing = min(max(gx * lx + gy * ly + gz * lz, F(0.24)), F(1.0))
        g[BIAS, i] = F(0.003) + step * math.sqrt(F(1.0) - facing * facing) / facing


@jit
def lit_share(n: int, light: Any, depth_MM: Any, low_MM: Any, high_MM: Any, g: Any) -> None:
    """Share of the key light that reaches each sample: 4 x 4 comparisons, smoothly weighted.

    light: (4, 4) camera space to shadow map (x, y in texels, z towards the light in metres). low, high: least and
    greatest depth among the 4 x 4 texels from each on; where both agree no comparison is needed.
    """
    size = depth_MM.shape[0]
    last = F(size - 4)
    l00, l01, l02, l03 = light[0, 0], light[0, 1], light[0, 2], light[0, 3] - F(1.5)
    l10, l11, l12, l13 = light[1, 0], light[1, 1], light[1, 2], light[1, 3] - F(1.5)
    l20, l21, l22, l23 = light[2, 0], light[2, 1], light[2, 2], light[2, 3]
    for i in range(n):
        x, y = g[X, i] + F(0.002) * g[FORM_X, i], g[Y, i] + F(0.002) * g[FORM_Y, i]
        z = g[W, i] + F(0.002) * g[FORM_Z, i]
        u = l00 * x + l01 * y + l02 * z + l03
        v = l10 * x + l11 * y + l12 * z + l13
        lit = F(1.0)
        if F(0.0) <= u < last and F(0.0) <= v < last:
            near = l20 * x + l21 * y + l22 * z + l23 + g[BIAS, i]
            iu, iv = np.uint32(u), np.uint32(v)
            if high_MM[iv, iu] > near:
                if low_MM[iv, iu] > near:
                    lit = F(0.0)
                else:
                    fu, fv = u - F(iu), v - F(iv)
                    lit = F(0.0)
                    for j in range(np.uint32(4)):
                        wy = (F(1.0) - fv) if j == 0 else (fv if j == 3 else F(1.0))
                        row = F(0.0)
                        for k in range(np.uint32(4)):
                            wx = (F(1.0) - fu) if k == 0 else (fu if k == 3 else F(1.0))
                            row += wx if depth_MM[iv + j, iu + k] <= near else F(0.0)
                        lit += wy * row
                    lit *= F(1.0 / 9.0)
        g[LIT, i] = g[LIT_LEAST, i] + (F(1.0) - g[LIT_LEAST, i]) * lit


@jit
def surroundings(n: int, ambient_23: Any, g: Any) -> None:
    """Begin the light that leaves: a hemisphere's, reddened where it bounced off the same surface."""
    sr, sg, sb = ambient_23[0, 0], ambient_23[0, 1], ambient_23[0, 2]
    gr, gg, gb = ambient_23[1, 0], ambient_23[1, 1], ambient_23[1, 2]
    for i in range(n):
        up = F(0.5) + F(0.5) * g[FINE_Y, i]
        open_sky = g[SKY, i]
        dark = F(1.0) - open_sky
        red, green, blue = g[RED, i], g[GREEN, i], g[BLUE, i]
        sky_red, sky_green, sky_blue = gr + (sr - gr) * up, gg + (sg - gg) * up, gb + (sb - gb) * up
        # A glancing reflection of the surroundings.
        seen = g[FINE_X, i] * g[VIEW_X, i] + g[FINE_Y, i] * g[VIEW_Y, i] + g[FINE_Z, i] * g[VIEW_Z, i]
        miss = F(1.0) - min(abs(seen), F(1.0))
        miss = miss * miss
        fresnel = g[MIRROR, i] + (F(0.22) - F(0.20) * g[ROUGH, i]) * miss * miss
        fresnel *= g[REFLECT, i] * g[GLOSS, i] * g[DIRECT, i] * F(0.8)
        g[OUT_RED, i] = sky_red * open_sky * (red / (F(1.0) - min(red, F(0.9)) * dark) + fresnel)
        g[OUT_GREEN, i] = sky_green * open_sky * (green / (F(1.0) - min(green, F(0.9)) * dark) + fresnel)
        g[OUT_BLUE, i] = sky_blue * open_sky * (blue / (F(1.0) - min(blue, F(0.9)) * dark) + fresnel)


@jit
def lamp(n: int, light_7: Any, shadowed: bool, g: Any) -> None:
    """Add one lamp: wrapped diffuse light, and a highlight (GGX, Kelemen's visibility, Schlick's Fresnel).

    light_7: direction (3), colour (3), softness.
    """
    lx, ly, lz = light_7[0], light_7[1], light_7[2]
    red, green, blue, soft = light_7[3], light_7[4], light_7[5], F(1.0) + F(0.25) * light_7[6]
    behind = min(max(F(-4.0) * lz, F(0.0)), F(1.0))
    takes = F(1.0) if shadowed else F(0.0)
    for i in range(n):
        nx, ny, nz = g[FINE_X, i], g[FINE_Y, i], g[FINE_Z, i]
        form = g[FORM_X, i] * lx + g[FORM_Y, i] * ly + g[FORM_Z, i] * lz
        fine = nx * lx + ny * ly + nz * lz
        # Light from behind reaches the rim of the form only; what faces the camera is shaded.
        rim = min(max(F(1.0) - F(1.5) * g[FORM_Z, i], F(0.0)), F(1.0))
        sun = g[DIRECT, i] * (F(0.6) + F(0.4) * g[SKY, i]) * (F(1.0) + behind * (rim - F(1.0)))
        # Light that seeps under the skin softens the edge of a shadow, red the most.
        lit = F(1.0) + takes * (g[LIT, i] - F(1.0))
        sun_red = sun * (lit + (math.sqrt(lit) - lit) * g[WRAP_RED, i])
        sun *= lit
        by_red = max(F(0.65) * form + F(0.35) * fine + g[WRAP_RED, i], F(0.0)) * g[SCALE_RED, i]
        by_green = max(F(0.25) * form + F(0.75) * fine + g[WRAP_GREEN, i], F(0.0)) * g[SCALE_GREEN, i]
        by_blue = max(fine + g[WRAP_BLUE, i], F(0.0)) * g[SCALE_BLUE, i]
        hx, hy, hz = lx + g[VIEW_X, i], ly + g[VIEW_Y, i], lz + g[VIEW_Z, i]
        scale = F(1.0) / math.sqrt(hx * hx + hy * hy + hz * hz + F(1e-9))
        half = max((nx * hx + ny * hy + nz * hz) * scale, F(0.0))
        view_half = (g[VIEW_X, i] * hx + g[VIEW_Y, i] * hy + g[VIEW_Z, i] * hz) * scale
        rough = min(g[ROUGH, i] * soft, F(1.0))
        rough = rough * rough
        rough = rough * rough
        spread = half * half * (rough - F(1.0)) + F(1.0)
        miss = F(1.0) - view_half
        miss_2 = miss * miss
        fresnel = g[MIRROR, i] + (F(1.0) - g[MIRROR, i]) * miss_2 * miss_2 * miss
        spark = rough * fresnel / (F(4.0) * spread * spread * max(view_half * view_half, F(0.05)))
        spark *= g[GLOSS, i] * max(fine, F(0.0)) * sun
        g[OUT_RED, i] += red * (g[RED, i] * sun_red * by_red + spark)
        g[OUT_GREEN, i] += green * (g[GREEN, i] * sun * by_green + spark)
        g[OUT_BLUE, i] += blue * (g[BLUE, i] * sun * by_blue + spark)
