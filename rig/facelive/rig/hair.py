"""Hair on a head: a style fitted to an identity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.hair_data import HairStyle
from facelive.rig.mesh import Material, Mesh, Segment

F32 = NDArray[np.float32]


def fit(style: HairStyle, identity_V3: F32, vertices_V3: F32) -> F32:
    """(H, 3) float32: the style on a head.

    identity_V3: the head without expression, which carries the hair, so that it keeps still when the face moves.
    vertices_V3: the head with its expression, from which the hair is kept off.
    """
    from facelive.rig import hair_kernels as kernels

    out = np.empty((len(style.offset_H3), 3), np.float32)
    kernels.carry(style.offset_H3, style.carrier_HC, style.weight_HC, identity_V3, out)
    kernels.keep_off(style.guard_H, style.guard_normal_H3, style.least_H, vertices_V3, out)
    return out


def hair_mesh(style: HairStyle, points_H3: F32) -> Mesh:
    """A fitted style as the renderer draws it."""
    return Mesh(
        vertices_V3=points_H3,
        triangles_T3=style.triangles_T3,
        material=Material.HAIR,
        segment=Segment.HAIR,
        uv_U2=style.uv_H2,
        normals_V3=style.normals_H3,
        tangents_V3=style.tangents_H3,
        opacity_V=style.opacity_H,
        occlusion_V=style.occlusion_H,
        head_weight_V=style.follow_H,
    )
