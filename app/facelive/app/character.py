"""A whole character as GLB: the head with its paint, hair and glasses, as the renderer shows it."""

from __future__ import annotations

import numpy as np

from facelive.rig.head import Head
from facelive.rig.schema import Vector

TEXTURE = 1024
"""Side of the skin's texture, pixels, in a file that somebody asked for."""
PAGE_TEXTURE = 512
"""The same for the page: painted in a quarter of the time."""


def character_glb(params_P: Vector, *, texture: int = TEXTURE, eye_morphs: bool = False) -> bytes:
    """The GLB of (P,) parameters of the built-in head. texture: 0 leaves the paint out, which takes a moment only.
    eye_morphs: as ``export_glb`` has it."""
    from facelive.rig.accessories import accessories
    from facelive.rig.appearance.textures import textures
    from facelive.rig.glb import export_glb
    from facelive.rig.normals import vertex_normals
    from facelive.rig.torso import find_torso

    head = Head.default()
    who_P = at_rest(head, params_P)
    vertices = head.solve(who_P)
    worn = accessories(head, who_P, vertices)
    if (torso := find_torso(head)) is not None:
        worn.append(torso.mesh(vertices, normals_V3=vertex_normals(vertices, head.triangles_T3).astype(np.float32)))
    painted = textures(head, who_P, texture) if texture else None
    return export_glb(head, who_P, worn=worn, textures=painted, eye_morphs=eye_morphs)


def page_glb(params_P: Vector, painted: bool) -> bytes:
    """What the page shows."""
    return character_glb(params_P, texture=PAGE_TEXTURE if painted else 0)


def at_rest(head: Head, params_P: Vector) -> Vector:
    """(P,) the same person, frontal and without expression."""
    schema = head.schema
    result, neutral = params_P.copy(), schema.neutral()
    for group in ("expression", "pose"):
        where = schema.indices(group)
        result[where] = neutral[where]
    return result
