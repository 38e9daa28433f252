"""A whole character as GLB: the head with its paint, hair and glasses, as the renderer shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.schema import Vector

if TYPE_CHECKING:
    from facelive.rig.appearance.paint import Painter
    from facelive.rig.mesh import Material

TEXTURE = 1024
"""Side of the skin's texture, pixels."""
_LASH_BGR = (12, 14, 16)


def glb_exporter(head: Head, *, texture: int = TEXTURE) -> Callable[[Vector], bytes]:
    """Makes GLB bytes of (P,) vectors for one head. The painter's masks are drawn once, at the first call."""
    from facelive.rig.accessories import accessories
    from facelive.rig.appearance.paint import Painter
    from facelive.rig.glb import export_glb

    painter = Painter(head, texture)

    def export(params_P: Vector) -> bytes:
        who_P = at_rest(head, params_P)
        worn = accessories(head, who_P, head.solve(who_P))
        return export_glb(head, who_P, worn=worn, textures=painted(painter, who_P))

    return export


def at_rest(head: Head, params_P: Vector) -> Vector:
    """(P,) the same person, frontal and without expression."""
    schema = head.schema
    result, neutral = params_P.copy(), schema.neutral()
    for group in ("expression", "pose"):
        where = schema.indices(group)
        result[where] = neutral[where]
    return result


def painted(painter: Painter, params_P: Vector) -> dict[Material, NDArray[np.uint8]]:
    """The pictures of a character's surfaces, row 0 at v = 1, BGR or BGRA; empty for a rig without appearance."""
    from facelive.rig.mesh import Material
    from facelive.rig.render.scene import Scene

    if painter.plain:
        return {}
    paint = painter.paint(params_P, Scene())
    lashes = np.empty((*paint.lash_HW.shape, 4), np.uint8)
    lashes[..., :3] = _LASH_BGR
    lashes[..., 3] = np.clip(paint.lash_HW, 0.0, 1.0) * 255
    return {
        Material.SKIN: _bgr(paint.skin_HW8[..., :3]),
        Material.EYE: _bgr(paint.eye_HW3),
        Material.LASH: lashes,
    }


def _bgr(linear_HW3: NDArray[np.float32]) -> NDArray[np.uint8]:
    """uint8 BGR of linear light."""
    from facelive.rig.render.tone import to_srgb

    return np.rint(to_srgb(linear_HW3[..., ::-1]).clip(0.0, 1.0) * 255).astype(np.uint8)
