"""What a block of samples shows, everything but hair: geometry, paint, and the small shades of lids and lips."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.mesh import Material, Segment
from facelive.rig.render.fragments import (
    ANSWERS_M7,
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
    LIT_LEAST,
    MIRROR,
    RED,
    REFLECT,
    ROUGH,
    SKY,
    WRAP_BLUE,
    WRAP_GREEN,
    WRAP_RED,
    W,
    X,
    Y,
)  # fmt: skip
from facelive.rig.render.raster import jit

F = np.float32
ONE = np.uint32(1)
SKIN, EYE, TEETH, TONGUE = int(Material.SKIN), int(Material.EYE), int(Material.TEETH), int(Material.TONGUE)
PLAIN = int(Material.PLAIN)
SEGMENT_CLOTH, SEGMENT_INNER = int(Segment.CLOTH), int(Segment.INNER_MOUTH)
LID_SHADE_M, LIP_SHADE_M = 0.0042, 0.011
"""How far the shade of the upper lid reaches onto the eye, and of the upper lip into the mouth."""
UNIT, TILT = 1.0 / 65535.0, 4.0 / 65535.0
"""One step of the skin texture's colours and roughness, and of its gloss and tilts (which run from -2 to 2)."""


@jit
def surfaces(
    first: int, n: int, at_R2: Any, ids_SS: Any, rows_V8: Any, colours_V3: Any,
    triangles_T3: Any, uv_T6: Any, class_T: Any, material_C: Any, segment_C: Any, colour_C3: Any,
    skin_HW8: Any, labels_HW: Any, eye_HW3: Any, samples_per_metre: float, pixels_per_metre: float,
    segment_N: Any, g: Any,
) -> None:  # fmt: skip
    """Fill a block from requests ``first..first + n``. rows_V8: x, y, w, normal (3), occlusion, cloth (skin only)."""
    rows = ids_SS.shape[0]
    metre, pixels = F(samples_per_metre), F(0.1 * pixels_per_metre)
    th, tw = F(skin_HW8.shape[0]), F(skin_HW8.shape[1])
    eh, ew = F(eye_HW3.shape[0]), F(eye_HW3.shape[1])
    half = F(0.5)
    for i in range(n):
        sy, sx = at_R2[first + i, 0], at_R2[first + i, 1]
        t = np.uint32(ids_SS[sy, sx])
        kind = class_T[t]
        material, segment = material_C[kind], segment_C[kind]
        a, b, c = np.uint32(triangles_T3[t, 0]), np.uint32(triangles_T3[t, 1]), np.uint32(triangles_T3[t, 2])
        # Perspective-correct shares of the three corners.
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
        open_sky = fa * rows_V8[a, 6] + fb * rows_V8[b, 6] + fc * rows_V8[c, 6]
        u = fa * uv_T6[t, 0] + fb * uv_T6[t, 2] + fc * uv_T6[t, 4]
        v = fa * uv_T6[t, 1] + fb * uv_T6[t, 3] + fc * uv_T6[t, 5]

        red, green, blue = colour_C3[kind, 0], colour_C3[kind, 1], colour_C3[kind, 2]
        mirror, rough, gloss, direct = ANSWERS_M7[material, 0], ANSWERS_M7[material, 1], ANSWERS_M7[material, 2], F(1.0)
        wrap_red, wrap_green, wrap_blue = ANSWERS_M7[material, 3], ANSWERS_M7[material, 4], ANSWERS_M7[material, 5]
        tilt_x, tilt_y, tilt_z = F(0.0), F(0.0), F(0.0)
        if material == SKIN:
            cloth = fa * rows_V8[a, 7] + fb * rows_V8[b, 7] + fc * rows_V8[c, 7]
            # Decimetres below the neckline; the edge is as wide as a pixel.
            dressed = min(max(cloth * pixels * w + half, F(0.0)), F(1.0))
            cloth_red, cloth_green, cloth_blue = red, green, blue
            if dressed < F(1.0):
                tx, ty = min(max(u * tw - half, F(0.0)), tw - F(1.01)), (F(1.0) - v) * th - half
                ty = min(max(ty, F(0.0)), th - F(1.01))
                ix, iy = np.uint32(tx), np.uint32(ty)
                qx, qy = tx - F(ix), ty - F(iy)
                k00, k01 = (F(1.0) - qx) * (F(1.0) - qy), qx * (F(1.0) - qy)
                k10, k11 = (F(1.0) - qx) * qy, qx * qy
                p00, p01 = skin_HW8[iy, ix], skin_HW8[iy, ix + ONE]
                p10, p11 = skin_HW8[iy + ONE, ix], skin_HW8[iy + ONE, ix + ONE]
                red = k00 * F(p00[0]) + k01 * F(p01[0]) + k10 * F(p10[0]) + k11 * F(p11[0])
                green = k00 * F(p00[1]) + k01 * F(p01[1]) + k10 * F(p10[1]) + k11 * F(p11[1])
                blue = k00 * F(p00[2]) + k01 * F(p01[2]) + k10 * F(p10[2]) + k11 * F(p11[2])
                gloss = k00 * F(p00[3]) + k01 * F(p01[3]) + k10 * F(p10[3]) + k11 * F(p11[3])
                tilt_x = k00 * F(p00[4]) + k01 * F(p01[4]) + k10 * F(p10[4]) + k11 * F(p11[4])
                tilt_y = k00 * F(p00[5]) + k01 * F(p01[5]) + k10 * F(p10[5]) + k11 * F(p11[5])
                tilt_z = k00 * F(p00[6]) + k01 * F(p01[6]) + k10 * F(p10[6]) + k11 * F(p11[6])
                rough = k00 * F(p00[7]) + k01 * F(p01[7]) + k10 * F(p10[7]) + k11 * F(p11[7])
                red, green, blue, rough = red * F(UNIT), green * F(UNIT), blue * F(UNIT), rough * F(UNIT)
                gloss = gloss * F(TILT)
                tilt_x, tilt_y, tilt_z = tilt_x * F(TILT) - F(2.0), tilt_y * F(TILT) - F(2.0), tilt_z * F(TILT) - F(2.0)
                label = labels_HW[iy if qy < half else iy + ONE, ix if qx < half else ix + ONE]
                if label > 0:
                    segment = label
            if dressed > F(0.0):
                hem = F(1.0) - half * math.exp(cloth * F(-12.0)) if cloth > F(0.0) else half
                red += dressed * (cloth_red * hem - red)
                green += dressed * (cloth_green * hem - green)
                blue += dressed * (cloth_blue * hem - blue)
                gloss, rough = gloss + dressed * (half - gloss), rough + dressed * (F(0.8) - rough)
                mirror += dressed * (F(0.04) - mirror)
                wrap_red, wrap_green, wrap_blue = F(0.2), F(0.2), F(0.2)
                if dressed >= half:
                    segment = np.uint8(SEGMENT_CLOTH)
        elif material == EYE:
            tx, ty = min(max(u * ew - half, F(0.0)), ew - F(1.01)), (F(1.0) - v) * eh - half
            ty = min(max(ty, F(0.0)), eh - F(1.01))
            ix, iy = np.uint32(tx), np.uint32(ty)
            qx, qy = tx - F(ix), ty - F(iy)
            k00, k01 = (F(1.0) - qx) * (F(1.0) - qy), qx * (F(1.0) - qy)
            k10, k11 = (F(1.0) - qx) * qy, qx * qy
            e00, e01 = eye_HW3[iy, ix], eye_HW3[iy, ix + ONE]
            e10, e11 = eye_HW3[iy + ONE, ix], eye_HW3[iy + ONE, ix + ONE]
            red = k00 * e00[0] + k01 * e01[0] + k10 * e10[0] + k11 * e11[0]
            green = k00 * e00[1] + k01 * e01[1] + k10 * e10[1] + k11 * e11[1]
            blue = k00 * e00[2] + k01 * e01[2] + k10 * e10[2] + k11 * e11[2]
        elif material == PLAIN:
            red = fa * colours_V3[a, 0] + fb * colours_V3[b, 0] + fc * colours_V3[c, 0]
            green = fa * colours_V3[a, 1] + fb * colours_V3[b, 1] + fc * colours_V3[c, 1]
            blue = fa * colours_V3[a, 2] + fb * colours_V3[b, 2] + fc * colours_V3[c, 2]

        # Shade of lid and lip: how far above in the picture does something else begin?
        inside = segment == SEGMENT_INNER or material in (TEETH, TONGUE)
        g[LIT_LEAST, i] = F(0.0)
        if material == EYE or inside:
            g[LIT_LEAST, i] = F(0.35)
            reach = (F(LID_SHADE_M) if material == EYE else F(LIP_SHADE_M)) * metre * w
            far = int(reach) + 1
            up = far
            for step in range(1, far):
                if sy - step < 0:
                    break
                other = ids_SS[sy - step, sx]
                if other < 0:
                    break
                other_material = material_C[class_T[other]]
                lip = inside and other_material == SKIN and w < rows_V8[triangles_T3[other, 0], 2]
                if lip or (material == EYE and other_material != EYE):
                    up = step
                    break
            shade_line = min(F(up) / reach, F(1.0))
            if material == EYE:
                lid = shade_line * (F(2.0) - shade_line)
                open_sky = min(open_sky * F(1.5), F(1.0)) * (F(0.30) + F(0.70) * lid)
                direct = F(0.42) + F(0.58) * lid
                # A dark wet line where the lower lid touches the eye.
                below = min(sy + max(int(F(0.0007) * metre * w), 1), rows - 1)
                if ids_SS[below, sx] >= 0 and material_C[class_T[ids_SS[below, sx]]] != EYE:
                    red, green, blue = red * F(0.72), green * F(0.58), blue * F(0.56)
            else:
                # Deep in the mouth little light arrives; the teeth stand at its door.
                door = open_sky if material != TEETH else F(0.35) + F(0.65) * open_sky
                direct = (F(0.25) + F(0.75) * shade_line) * door
                open_sky *= (F(0.4) + F(0.6) * shade_line) * door

        segment_N[i] = segment
        g[FINE_X, i], g[FINE_Y, i], g[FINE_Z, i] = tilt_x, tilt_y, tilt_z
        g[RED, i], g[GREEN, i], g[BLUE, i] = red, green, blue
        g[GLOSS, i], g[ROUGH, i], g[MIRROR, i] = gloss, rough, mirror
        g[WRAP_RED, i], g[WRAP_GREEN, i], g[WRAP_BLUE, i] = wrap_red, wrap_green, wrap_blue
        g[SKY, i], g[DIRECT, i], g[REFLECT, i] = open_sky, direct, ANSWERS_M7[material, 6]
