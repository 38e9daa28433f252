"""Light on surfaces: one loop over the gathered samples, every material in it.

One long function on purpose: calling a shading function per sample with its arrays costs four times as much
(``docs/decisions.md``). Everything is linear light; the helper functions take and give scalars only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facelive.rig.mesh import Material, Segment
from facelive.rig.render.raster import jit
from facelive.rig.render.strand_lookup import strand_column, strand_level, strand_row

SKIN, EYE, TEETH, TONGUE = int(Material.SKIN), int(Material.EYE), int(Material.TEETH), int(Material.TONGUE)
HAIR, FRAME, CLOTH, PLAIN = int(Material.HAIR), int(Material.FRAME), int(Material.CLOTH), int(Material.PLAIN)
SEGMENT_CLOTH, SEGMENT_INNER = int(Segment.CLOTH), int(Segment.INNER_MOUTH)
SHADOW_REACH_M = 0.21
"""Half-width of the shadow map around the face."""
LID_SHADE_M, LIP_SHADE_M = 0.0042, 0.011
"""How far the shade of the upper lid reaches onto the eye, and of the upper lip into the mouth."""


@jit
def bright(cosine: float, wrap: float, scale: float) -> float:
    """Diffuse light at an angle; ``wrap`` lets it reach round the form, as under skin. scale: 1 / (1 + wrap)^2."""
    value = cosine + wrap
    return value * scale if value > 0.0 else 0.0


@jit
def glint(cos_half: float, cos_view_half: float, rough: float, mirror: float) -> float:
    """Highlight: GGX with Kelemen's visibility and Schlick's Fresnel; times n.l it is reflected light."""
    if cos_half <= 0.0:
        return 0.0
    a = rough * rough
    d = cos_half * cos_half * (a * a - 1.0) + 1.0
    miss = 1.0 - cos_view_half
    fresnel = mirror + (1.0 - mirror) * miss * miss * miss * miss * miss
    return a * a * fresnel / (4.0 * math.pi * d * d * max(cos_view_half * cos_view_half, 0.05)) * math.pi


@jit
def lit_share(x: float, y: float, z: float, light: Any, depth_MM: Any, bias: float) -> float:
    """Share of the key light that reaches a point: 4 x 4 comparisons, smoothly weighted.

    light: (4, 4) camera space to shadow map (x, y in texels, z towards the light in metres).
    """
    size = depth_MM.shape[0]
    u = light[0, 0] * x + light[0, 1] * y + light[0, 2] * z + light[0, 3] - 1.5
    v = light[1, 0] * x + light[1, 1] * y + light[1, 2] * z + light[1, 3] - 1.5
    near = light[2, 0] * x + light[2, 1] * y + light[2, 2] * z + light[2, 3] + bias
    if not (0.0 <= u < size - 4.0 and 0.0 <= v < size - 4.0):
        return 1.0
    iu, iv = int(u), int(v)
    fu, fv = u - iu, v - iv
    total = 0.0
    for j in range(4):
        wy = (1.0 - fv) if j == 0 else (fv if j == 3 else 1.0)
        row = 0.0
        for i in range(4):
            if depth_MM[iv + j, iu + i] <= near:
                row += (1.0 - fu) if i == 0 else (fu if i == 3 else 1.0)
        total += wy * row
    return total / 9.0


@jit
def shade(
    count: int,
    at_R2: Any, pixel_R: Any, weight_R: Any,
    ids_SS: Any, screen_V3: Any, surface_V8: Any, tangents_V3: Any,
    triangles_T3: Any, uv_T6: Any, class_T: Any,
    material_C: Any, segment_C: Any, colour_C3: Any,
    skin_HW8: Any, labels_HW: Any, eye_HW3: Any, strands_HW2: Any,
    lights_L7: Any, ambient_23: Any, head_33: Any, shadow_44: Any, shadow_MM: Any,
    samples_per_metre: float, pixels_per_metre: float,
    colour_P3: Any, best_P: Any, parts_P: Any, depth_P: Any,
) -> None:  # fmt: skip
    """Shade ``count`` requests and add them, weighted, to ``colour_P3``; the heaviest decides ``parts_P``, ``depth_P``.

    lights_L7: direction (3), colour (3), softness. surface_V8, together because they are read together: point (3),
    normal (3), occlusion, and by material: cloth (skin), opacity (hair).
    """
    rows = ids_SS.shape[0]
    light_count = lights_L7.shape[0]
    for r in range(count):
        sy, sx = at_R2[r, 0], at_R2[r, 1]
        t = np.uint32(ids_SS[sy, sx])
        kind = class_T[t]
        material = material_C[kind]
        segment = segment_C[kind]
        a, b, c = np.uint32(triangles_T3[t, 0]), np.uint32(triangles_T3[t, 1]), np.uint32(triangles_T3[t, 2])
        # Perspective-correct shares of the three corners.
        x0, y0, x1, y1 = screen_V3[a, 0], screen_V3[a, 1], screen_V3[b, 0], screen_V3[b, 1]
        x2, y2 = screen_V3[c, 0], screen_V3[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        fb = ((sx - x0) * (y2 - y0) - (x2 - x0) * (sy - y0)) / area
        fc = ((x1 - x0) * (sy - y0) - (sx - x0) * (y1 - y0)) / area
        fb, fc = min(max(fb, 0.0), 1.0), min(max(fc, 0.0), 1.0)
        wa, wb, wc = max(1.0 - fb - fc, 0.0) * screen_V3[a, 2], fb * screen_V3[b, 2], fc * screen_V3[c, 2]
        w = wa + wb + wc
        fa, fb, fc = wa / w, wb / w, wc / w
        px = fa * surface_V8[a, 0] + fb * surface_V8[b, 0] + fc * surface_V8[c, 0]
        py = fa * surface_V8[a, 1] + fb * surface_V8[b, 1] + fc * surface_V8[c, 1]
        pz = fa * surface_V8[a, 2] + fb * surface_V8[b, 2] + fc * surface_V8[c, 2]
        nx = fa * surface_V8[a, 3] + fb * surface_V8[b, 3] + fc * surface_V8[c, 3]
        ny = fa * surface_V8[a, 4] + fb * surface_V8[b, 4] + fc * surface_V8[c, 4]
        nz = fa * surface_V8[a, 5] + fb * surface_V8[b, 5] + fc * surface_V8[c, 5]
        scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-20)
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        open_sky = fa * surface_V8[a, 6] + fb * surface_V8[b, 6] + fc * surface_V8[c, 6]
        u = fa * uv_T6[t, 0] + fb * uv_T6[t, 2] + fc * uv_T6[t, 4]
        v = fa * uv_T6[t, 1] + fb * uv_T6[t, 3] + fc * uv_T6[t, 5]
        scale = -1.0 / math.sqrt(px * px + py * py + pz * pz)
        vx, vy, vz = px * scale, py * scale, pz * scale

        # What the surface is made of.
        red, green, blue = colour_C3[kind, 0], colour_C3[kind, 1], colour_C3[kind, 2]
        gx, gy, gz = nx, ny, nz  # the form without its fine detail
        wrap_red, wrap_green, wrap_blue = 0.0, 0.0, 0.0
        mirror, rough, gloss, direct = 0.04, 0.5, 1.0, 1.0
        if material == SKIN:
            cloth = fa * surface_V8[a, 7] + fb * surface_V8[b, 7] + fc * surface_V8[c, 7]
            # Decimetres below the neckline; the edge is as wide as a pixel.
            dressed = min(max(cloth * 0.1 * pixels_per_metre * w + 0.5, 0.0), 1.0)
            if dressed >= 0.5:
                segment = SEGMENT_CLOTH
            cloth_red, cloth_green, cloth_blue = red, green, blue
            if dressed < 1.0:
                th, tw = skin_HW8.shape[0], skin_HW8.shape[1]
                tx, ty = u * tw - 0.5, (1.0 - v) * th - 0.5
                tx, ty = min(max(tx, 0.0), tw - 1.001), min(max(ty, 0.0), th - 1.001)
                ix, iy = np.uint32(tx), np.uint32(ty)
                qx, qy = tx - ix, ty - iy
                k00, k01, k10, k11 = (1 - qx) * (1 - qy), qx * (1 - qy), (1 - qx) * qy, qx * qy
                p00, p01 = skin_HW8[iy, ix], skin_HW8[iy, ix + 1]
                p10, p11 = skin_HW8[iy + 1, ix], skin_HW8[iy + 1, ix + 1]
                red = k00 * p00[0] + k01 * p01[0] + k10 * p10[0] + k11 * p11[0]
                green = k00 * p00[1] + k01 * p01[1] + k10 * p10[1] + k11 * p11[1]
                blue = k00 * p00[2] + k01 * p01[2] + k10 * p10[2] + k11 * p11[2]
                gloss = k00 * p00[3] + k01 * p01[3] + k10 * p10[3] + k11 * p11[3]
                dx = k00 * p00[4] + k01 * p01[4] + k10 * p10[4] + k11 * p11[4]
                dy = k00 * p00[5] + k01 * p01[5] + k10 * p10[5] + k11 * p11[5]
                dz = k00 * p00[6] + k01 * p01[6] + k10 * p10[6] + k11 * p11[6]
                rough = k00 * p00[7] + k01 * p01[7] + k10 * p10[7] + k11 * p11[7]
                label = labels_HW[iy if qy < 0.5 else iy + 1, ix if qx < 0.5 else ix + 1]
                if label > 0 and dressed < 0.5:
                    segment = label
                nx += head_33[0, 0] * dx + head_33[0, 1] * dy + head_33[0, 2] * dz
                ny += head_33[1, 0] * dx + head_33[1, 1] * dy + head_33[1, 2] * dz
                nz += head_33[2, 0] * dx + head_33[2, 1] * dy + head_33[2, 2] * dz
                scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-20)
                nx, ny, nz = nx * scale, ny * scale, nz * scale
                mirror = 0.03
                wrap_red, wrap_green, wrap_blue = 0.45, 0.24, 0.18
            if dressed > 0.0:
                hem = 1.0 - 0.5 * math.exp(-cloth * 12.0) if cloth > 0.0 else 0.5
                red += dressed * (cloth_red * hem - red)
                green += dressed * (cloth_green * hem - green)
                blue += dressed * (cloth_blue * hem - blue)
                gloss, rough = gloss + dressed * (0.5 - gloss), rough + dressed * (0.8 - rough)
                wrap_red, wrap_green, wrap_blue = 0.2, 0.2, 0.2
        elif material == EYE:
            th, tw = eye_HW3.shape[0], eye_HW3.shape[1]
            tx, ty = u * tw - 0.5, (1.0 - v) * th - 0.5
            tx, ty = min(max(tx, 0.0), tw - 1.001), min(max(ty, 0.0), th - 1.001)
            ix, iy = np.uint32(tx), np.uint32(ty)
            qx, qy = tx - ix, ty - iy
            k00, k01, k10, k11 = (1 - qx) * (1 - qy), qx * (1 - qy), (1 - qx) * qy, qx * qy
            e00, e01 = eye_HW3[iy, ix], eye_HW3[iy, ix + 1]
            e10, e11 = eye_HW3[iy + 1, ix], eye_HW3[iy + 1, ix + 1]
            red = k00 * e00[0] + k01 * e01[0] + k10 * e10[0] + k11 * e11[0]
            green = k00 * e00[1] + k01 * e01[1] + k10 * e10[1] + k11 * e11[1]
            blue = k00 * e00[2] + k01 * e01[2] + k10 * e10[2] + k11 * e11[2]
            mirror, rough, gloss = 0.07, 0.14, 1.0
            wrap_red, wrap_green, wrap_blue = 0.3, 0.25, 0.22
        elif material == TEETH:
            mirror, rough, gloss = 0.05, 0.3, 1.0
            wrap_red = wrap_green = wrap_blue = 0.4
        elif material == TONGUE:
            mirror, rough, gloss = 0.04, 0.4, 0.8
            wrap_red, wrap_green, wrap_blue = 0.5, 0.3, 0.3
        elif material == FRAME:
            mirror, rough, gloss = 0.06, 0.22, 1.0
        elif material == CLOTH:
            mirror, rough, gloss = 0.03, 0.8, 0.6
            wrap_red = wrap_green = wrap_blue = 0.15
        elif material == PLAIN:
            red = fa * tangents_V3[a, 0] + fb * tangents_V3[b, 0] + fc * tangents_V3[c, 0]
            green = fa * tangents_V3[a, 1] + fb * tangents_V3[b, 1] + fc * tangents_V3[c, 1]
            blue = fa * tangents_V3[a, 2] + fb * tangents_V3[b, 2] + fc * tangents_V3[c, 2]
            wrap_red = wrap_green = wrap_blue = 0.2

        # Shade of lid and lip: how far above in the picture does something else begin?
        inside = segment == SEGMENT_INNER or material in (TEETH, TONGUE)
        if material == EYE or inside:
            reach = (LID_SHADE_M if material == EYE else LIP_SHADE_M) * samples_per_metre * w
            far = int(reach) + 1
            up = far
            for step in range(1, far):
                if sy - step < 0:
                    break
                other = ids_SS[sy - step, sx]
                if other < 0:
                    break
                other_material = material_C[class_T[other]]
                lip = inside and other_material == SKIN and w < screen_V3[triangles_T3[other, 0], 2]
                if lip or (material == EYE and other_material != EYE):
                    up = step
                    break
            shade_line = min(up / reach, 1.0)
            if material == EYE:
                lid = shade_line * (2.0 - shade_line)
                open_sky = min(open_sky * 1.5, 1.0) * (0.30 + 0.70 * lid)
                direct = 0.42 + 0.58 * lid
                # A dark wet line where the lower lid touches the eye.
                below = min(sy + max(int(0.0007 * samples_per_metre * w), 1), rows - 1)
                if ids_SS[below, sx] >= 0 and material_C[class_T[ids_SS[below, sx]]] != EYE:
                    red, green, blue = red * 0.72, green * 0.58, blue * 0.56
            else:
                # Deep in the mouth little light arrives; the teeth stand at its door.
                depth = open_sky if material != TEETH else 0.35 + 0.65 * open_sky
                direct = (0.25 + 0.75 * shade_line) * depth
                open_sky *= (0.4 + 0.6 * shade_line) * depth

        lit = 1.0
        if shadow_MM.shape[0] > 4:
            # The steeper the light, the more a texel of the map spans in depth.
            facing = gx * lights_L7[0, 0] + gy * lights_L7[0, 1] + gz * lights_L7[0, 2]
            facing = min(max(facing, 0.24), 1.0)
            steep = math.sqrt(1.0 - facing * facing) / facing
            bias = 0.012 if material == HAIR else 0.003 + SHADOW_REACH_M / shadow_MM.shape[0] * 3.0 * steep
            lit = lit_share(px + 0.002 * gx, py + 0.002 * gy, pz + 0.002 * gz, shadow_44, shadow_MM, bias)
            if material == EYE or inside:
                lit = 0.35 + 0.65 * lit

        # Light from everywhere, reddened where it bounced off the same surface.
        up_share = 0.5 + 0.5 * ny
        dark = 1.0 - open_sky
        sky_red = ambient_23[1, 0] + (ambient_23[0, 0] - ambient_23[1, 0]) * up_share
        sky_green = ambient_23[1, 1] + (ambient_23[0, 1] - ambient_23[1, 1]) * up_share
        sky_blue = ambient_23[1, 2] + (ambient_23[0, 2] - ambient_23[1, 2]) * up_share
        out_red = red * sky_red * open_sky / (1.0 - min(red, 0.9) * dark)
        out_green = green * sky_green * open_sky / (1.0 - min(green, 0.9) * dark)
        out_blue = blue * sky_blue * open_sky / (1.0 - min(blue, 0.9) * dark)
        contact = 0.6 + 0.4 * open_sky

        if material == HAIR:
            tx = fa * tangents_V3[a, 0] + fb * tangents_V3[b, 0] + fc * tangents_V3[c, 0]
            ty = fa * tangents_V3[a, 1] + fb * tangents_V3[b, 1] + fc * tangents_V3[c, 1]
            tz = fa * tangents_V3[a, 2] + fb * tangents_V3[b, 2] + fc * tangents_V3[c, 2]
            scale = 1.0 / math.sqrt(tx * tx + ty * ty + tz * tz + 1e-20)
            tx, ty, tz = tx * scale, ty * scale, tz * scale
            if nx * vx + ny * vy + nz * vz < 0.0:
                nx, ny, nz = -nx, -ny, -nz
            # Strands as fine as a pixel can show: finer ones would only glitter.
            step = samples_per_metre / (pixels_per_metre * area)
            level = strand_level(
                uv_T6[t, 0], uv_T6[t, 2], uv_T6[t, 4],
                (y2 - y0) * step, (x0 - x2) * step, (y0 - y1) * step, (x1 - x0) * step,
            )  # fmt: skip
            tint = strands_HW2[strand_row(v, level), strand_column(u), 1]
            root = 0.62 + 0.38 * min(v * 2.5, 1.0)
            red, green, blue = red * tint * root, green * tint * root, blue * tint * root
            out_red, out_green, out_blue = out_red * tint * root, out_green * tint * root, out_blue * tint * root
            slant = (tint - 1.0) * 0.15
            for k in range(light_count):
                lx, ly, lz = lights_L7[k, 0], lights_L7[k, 1], lights_L7[k, 2]
                along = tx * lx + ty * ly + tz * lz
                facing = nx * lx + ny * ly + nz * lz
                across = math.sqrt(max(1.0 - along * along, 0.0))
                diffuse = (0.55 * across + 0.45 * max(facing, 0.0)) * min(max(facing * 1.2 + 0.45, 0.0), 1.0)
                hx, hy, hz = lx + vx, ly + vy, lz + vz
                scale = 1.0 / math.sqrt(hx * hx + hy * hy + hz * hz + 1e-9)
                half = (tx * hx + ty * hy + tz * hz) * scale
                first, second = half + 0.06 + slant, half - 0.10 + slant
                ring = 1.0 / (1.0 + 420.0 * first * first)
                glow = 1.0 / (1.0 + 130.0 * second * second)
                gate = min(max(facing * 1.6 + 0.35, 0.0), 1.0)
                sun = (lit if k == 0 else 1.0) * contact
                white = 0.055 * ring * ring * gate
                tinted = 0.9 * glow * glow * gate
                out_red += sun * lights_L7[k, 3] * (red * (diffuse + tinted) + white)
                out_green += sun * lights_L7[k, 4] * (green * (diffuse + tinted) + white)
                out_blue += sun * lights_L7[k, 5] * (blue * (diffuse + tinted) + white)
        else:
            cos_view = abs(nx * vx + ny * vy + nz * vz)
            scale_red = 1.0 / ((1.0 + wrap_red) * (1.0 + wrap_red))
            scale_green = 1.0 / ((1.0 + wrap_green) * (1.0 + wrap_green))
            scale_blue = 1.0 / ((1.0 + wrap_blue) * (1.0 + wrap_blue))
            for k in range(light_count):
                lx, ly, lz, soft = lights_L7[k, 0], lights_L7[k, 1], lights_L7[k, 2], lights_L7[k, 6]
                form = gx * lx + gy * ly + gz * lz
                fine = nx * lx + ny * ly + nz * lz
                if form < -0.45 and fine < -0.45:
                    continue
                sun = direct * contact
                if lz < 0.0 and gz > 0.0:
                    # Light from behind reaches the rim of the form only; what faces the camera is shaded.
                    rim = max(1.0 - 1.5 * gz, 0.0)
                    sun *= 1.0 + min(-4.0 * lz, 1.0) * (rim - 1.0)
                    if sun <= 0.0:
                        continue
                sun_red = sun_green = sun_blue = sun
                if k == 0:
                    # Light that seeps under the skin softens the edge of a shadow, red the most.
                    soft_lit = math.sqrt(lit)
                    sun_red *= lit + (soft_lit - lit) * wrap_red
                    sun_green *= lit
                    sun_blue *= lit
                out_red += red * lights_L7[k, 3] * sun_red * bright(0.65 * form + 0.35 * fine, wrap_red, scale_red)
                middle = bright(0.25 * form + 0.75 * fine, wrap_green, scale_green)
                out_green += green * lights_L7[k, 4] * sun_green * middle
                out_blue += blue * lights_L7[k, 5] * sun_blue * bright(fine, wrap_blue, scale_blue)
                if fine > 0.0:
                    hx, hy, hz = lx + vx, ly + vy, lz + vz
                    scale = 1.0 / math.sqrt(hx * hx + hy * hy + hz * hz + 1e-9)
                    hx, hy, hz = hx * scale, hy * scale, hz * scale
                    cos_half, cos_view_half = nx * hx + ny * hy + nz * hz, vx * hx + vy * hy + vz * hz
                    spark = glint(cos_half, cos_view_half, min(rough + 0.25 * soft * rough, 1.0), mirror)
                    spark *= gloss * fine * sun_blue
                    out_red += spark * lights_L7[k, 3]
                    out_green += spark * lights_L7[k, 4]
                    out_blue += spark * lights_L7[k, 5]
            if material != PLAIN and material != CLOTH:
                # A glancing reflection of the surroundings.
                miss = 1.0 - min(cos_view, 1.0)
                fresnel = gloss * (mirror + (0.22 - 0.20 * rough) * miss * miss * miss * miss) * open_sky * direct * 0.8
                out_red += fresnel * sky_red
                out_green += fresnel * sky_green
                out_blue += fresnel * sky_blue

        weight = weight_R[r]
        p = pixel_R[r]
        colour_P3[p, 0] += weight * out_red
        colour_P3[p, 1] += weight * out_green
        colour_P3[p, 2] += weight * out_blue
        if weight > best_P[p]:
            best_P[p] = weight
            parts_P[p] = segment
            depth_P[p] = 1.0 / w
