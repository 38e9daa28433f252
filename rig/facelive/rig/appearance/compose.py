"""Layers of paint over the bare skin, texel by texel: the only step that is done anew for every person."""

from __future__ import annotations

from typing import Any

from facelive.rig.render.raster import jit


@jit
def compose(
    base_rgb: Any, amount_L: Any, mul_L3: Any, add_L3: Any, gloss_L: Any, rough_L: Any, masks_LHW: Any,
    weight_M: Any, slopes_MHW3: Any, shape_4: Any, out_HW8: Any,
) -> None:  # fmt: skip
    """Fill the skin texture: linear RGB, gloss, normal offset (3), roughness.

    A layer changes colour c to ``c * mul + add`` where its mask (uint8) says so, times its amount; gloss and roughness
    move towards the layer's. slopes_MHW3: int8 tilts of the normal by wrinkles and pores, weight_M per unit of 1/127.
    shape_4: gloss and roughness of bare skin, unused, unused.
    """
    layers, height, width = masks_LHW.shape
    bumps = slopes_MHW3.shape[0]
    for y in range(height):
        for x in range(width):
            red, green, blue = base_rgb[0], base_rgb[1], base_rgb[2]
            gloss, rough = shape_4[0], shape_4[1]
            for k in range(layers):
                mask = masks_LHW[k, y, x]
                if mask == 0:
                    continue
                a = amount_L[k] * mask * (1.0 / 255.0)
                red += a * (red * (mul_L3[k, 0] - 1.0) + add_L3[k, 0])
                green += a * (green * (mul_L3[k, 1] - 1.0) + add_L3[k, 1])
                blue += a * (blue * (mul_L3[k, 2] - 1.0) + add_L3[k, 2])
                a = min(max(a, 0.0), 1.0)
                gloss += a * (gloss_L[k] - gloss)
                rough += a * (rough_L[k] - rough)
            dx, dy, dz = 0.0, 0.0, 0.0
            for k in range(bumps):
                weight = weight_M[k] * (1.0 / 127.0)
                dx += weight * slopes_MHW3[k, y, x, 0]
                dy += weight * slopes_MHW3[k, y, x, 1]
                dz += weight * slopes_MHW3[k, y, x, 2]
            out_HW8[y, x, 0] = max(red, 0.0)
            out_HW8[y, x, 1] = max(green, 0.0)
            out_HW8[y, x, 2] = max(blue, 0.0)
            out_HW8[y, x, 3] = gloss
            out_HW8[y, x, 4] = dx
            out_HW8[y, x, 5] = dy
            out_HW8[y, x, 6] = dz
            out_HW8[y, x, 7] = rough
