"""The meshes of a GLB: the head taken apart by material, and what it wears, a vertex per (position, UV) pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh
from facelive.rig.normals import vertex_normals
from facelive.rig.parts import Part

F32 = NDArray[np.float32]
Rgb = tuple[float, float, float]

_PIECES: tuple[tuple[str, Material, tuple[Part, ...]], ...] = (
    ("skin", Material.SKIN, (Part.SKIN, Part.SOCKETS, Part.INNER_MOUTH)),
    ("leftEye", Material.EYE, (Part.EYE_LEFT,)),
    ("rightEye", Material.EYE, (Part.EYE_RIGHT,)),
    ("teeth", Material.TEETH, (Part.TEETH_UPPER, Part.TEETH_LOWER)),
    ("tongue", Material.TONGUE, (Part.TONGUE,)),
    ("lashes", Material.LASH, (Part.LASHES,)),
)

_IN_MOUTH = (Material.TEETH, Material.TONGUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """One mesh with a vertex per (position, UV) pair. ``source_N`` are the fine vertices behind them."""

    name: str
    material: Material
    points_N3: F32
    normals_N3: F32
    uv_N2: F32 | None
    triangles_T3: NDArray[np.uint32]
    follow_N: F32
    """Head weight."""
    opacity_N: F32 | None
    light_N: F32 | None
    """Share of ambient light, for surfaces whose texture cannot hold it."""
    colour: Rgb | None
    source_N: NDArray[np.intp] | None


def _split(triangles_T3: NDArray[np.integer], uv_T3: NDArray[np.integer]) -> tuple[NDArray[np.intp], ...]:
    """Vertices (N,), UV vertices (N,) and triangles (T, 3) over the distinct pairs of both."""
    width = int(uv_T3.max()) + 1
    keys, where = np.unique(triangles_T3.astype(np.int64) * width + uv_T3, return_inverse=True)
    return keys // width, keys % width, where.reshape(-1, 3)


def _mouth_light(head: Head) -> F32 | None:
    """(V,) light that an open mouth lets in: lamps of other engines shine through the head. None: not baked."""
    if not len(head.data.occlusion_F) or "jawOpen" not in head.schema:
        return None
    wide = head.schema.neutral()
    wide[head.schema.index("jawOpen")] = 1.0
    return np.clip(head.occlusion_V(wide), 0.12, 1.0).astype(np.float32)


def head_pieces(head: Head, points_V3: F32) -> list[Geometry]:
    """The head's own meshes; points_V3: solved, not posed."""
    normals = vertex_normals(points_V3, head.triangles_T3)
    light_V = _mouth_light(head)
    out: list[Geometry] = []
    for name, material, parts in _PIECES:
        chosen = np.isin(head.part_T, parts)
        if not chosen.any():
            continue
        vertices, uvs, triangles = _split(head.triangles_T3[chosen], head.uv_triangles_T3[chosen])
        out.append(
            Geometry(
                name=name,
                material=material,
                points_N3=points_V3[vertices],
                normals_N3=normals[vertices].astype(np.float32),
                uv_N2=head.uv_U2[uvs],
                triangles_T3=triangles.astype(np.uint32),
                follow_N=head.head_weight_V[vertices],
                opacity_N=None,
                light_N=light_V[vertices] if material in _IN_MOUTH and light_V is not None else None,
                colour=None,
                source_N=vertices,
            )
        )
    return out


def worn_pieces(meshes: Sequence[Mesh]) -> list[Geometry]:
    """Hair, glasses, and the body below the bust."""
    out: list[Geometry] = []
    for number, mesh in enumerate(meshes):
        uv_triangles = mesh.triangles_T3 if mesh.uv_triangles_T3 is None else mesh.uv_triangles_T3
        vertices, uvs, triangles = _split(mesh.triangles_T3, uv_triangles)
        normals = mesh.normals_V3
        if normals is None:
            normals = vertex_normals(mesh.vertices_V3, mesh.triangles_T3).astype(np.float32)
        follow = np.ones(len(mesh.vertices_V3), np.float32) if mesh.head_weight_V is None else mesh.head_weight_V
        out.append(
            Geometry(
                name="torso" if mesh.material == Material.SKIN else f"{mesh.material.name.lower()}{number}",
                material=mesh.material,
                points_N3=mesh.vertices_V3[vertices],
                normals_N3=normals[vertices],
                uv_N2=None if mesh.uv_U2 is None else mesh.uv_U2[uvs],
                triangles_T3=triangles.astype(np.uint32),
                follow_N=follow[vertices],
                # The skin has its shirt there instead.
                opacity_N=None
                if mesh.opacity_V is None or mesh.material == Material.SKIN
                else mesh.opacity_V[vertices],
                light_N=None if mesh.occlusion_V is None else mesh.occlusion_V[vertices],
                colour=mesh.colour_rgb,
                source_N=None,
            )
        )
    return out
