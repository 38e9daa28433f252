"""A character's paint as ordinary pictures, for other engines: what the GLB export embeds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.appearance.iris import eye_texture
from facelive.rig.appearance.lashes import lash_texture
from facelive.rig.appearance.paint import Painter
from facelive.rig.appearance.person import read_person
from facelive.rig.hair_texture import CURLED, MEAN, hair_texture
from facelive.rig.head import Head
from facelive.rig.mesh import Material
from facelive.rig.parts import Part
from facelive.rig.render.scene import Scene
from facelive.rig.render.shirt import shirt_height
from facelive.rig.render.tone import to_linear, to_srgb

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
_HAIR_SIDE = 512
_MOUTH_LIGHT = np.float32(0.25)


@lru_cache(maxsize=2)
def _painter(head: Head, size: int) -> Painter:
    return Painter(head, size)


def _bytes(linear_HW3: F32) -> U8:
    """Linear RGB to BGR bytes."""
    return np.ascontiguousarray(np.rint(to_srgb(np.clip(linear_HW3, 0, 1)) * 255).astype(np.uint8)[..., ::-1])


def _with_alpha(bgr: tuple[int, int, int], alpha_HW: F32) -> U8:
    out = np.empty((*alpha_HW.shape, 4), np.uint8)
    out[..., :3] = bgr
    out[..., 3] = np.rint(np.clip(alpha_HW, 0, 1) * 255)
    return out


def textures(head: Head, params_P: F32, size: int = 1024, scene: Scene | None = None) -> dict[Material, U8]:
    """Pictures by material over the head's UV, row 0 at v = 1. SKIN, EYE: (H, W, 3) BGR; LASH, HAIR: (H, W, 4) BGRA.

    The scene gives freckles, make-up, seed and the shirt, which is painted on the skin. HAIR is missing for the bald
    and repeats as ``hair_texture`` says. Empty for a head without a skin colour. Raises UsageError when size is not
    64..4096, SchemaError if P differs.
    """
    if not 64 <= size <= 4096:
        raise UsageError(f"a texture is 64..4096 pixels wide, got {size}")
    scene = scene or Scene()
    params = head.schema.check(params_P)
    if "skin" not in head.schema.colours:
        return {}
    painter = _painter(head, size)
    person = read_person(head.schema, params, scene)
    canvas = painter.canvas
    shade = np.maximum(canvas.occlusion_HW, 0.25)[..., None] ** np.float32(0.35)
    skin = (painter.paint(params, scene).skin_HW8[..., :3] * shade / 65535.0).astype(np.float32)
    # Our renderer works out how little light reaches the mouth's inside; other engines light it as they light a cheek.
    skin[canvas.part_HW == Part.INNER_MOUTH] *= _MOUTH_LIGHT
    if scene.cloth_rgb is not None:
        below = shirt_height(canvas.points_HW3.reshape(-1, 3)).reshape(size, size)
        dressed = np.clip(below * 0.1 / canvas.metres_HW + 0.5, 0, 1) * (canvas.part_HW == Part.SKIN)
        skin = skin + dressed[..., None] * (to_linear(np.array(scene.cloth_rgb)) - skin)
    out = {
        Material.SKIN: _bytes(skin),
        Material.EYE: _bytes(eye_texture(np.array(person.iris_rgb), max(size // 2, 64))),
        Material.LASH: _with_alpha((11, 13, 16), lash_texture(head, max(size // 2, 64))),
    }
    if person.hair != "bald":
        out[Material.HAIR] = _hair(person.hair, person.hair_rgb)
    return out


def _hair(style: str, rgb: tuple[float, float, float]) -> U8:
    """(512, 512, 4) BGRA: strands in their colour, darker at the root, as the renderer tints them."""
    grey = hair_texture(style, _HAIR_SIDE)
    tint = grey[..., :1].astype(np.float32) / MEAN
    if style not in CURLED:
        v = 1.0 - (np.arange(_HAIR_SIDE, dtype=np.float32)[:, None, None] + 0.5) / _HAIR_SIDE
        tint = tint * (0.62 + 0.38 * np.minimum(v * 2.5, 1.0))
    return np.concatenate([_bytes(tint * to_linear(np.array(rgb))), grey[..., 3:]], axis=-1)
