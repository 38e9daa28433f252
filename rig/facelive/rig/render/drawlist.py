"""Everything that is drawn in one picture, joined into flat arrays for the kernels.

Classes are the kinds of surface: one per part of the head, then one per further mesh.
Suffixes: V vertices of all meshes, T triangles of all meshes, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh, Segment
from facelive.rig.parts import Part
from facelive.rig.render.tone import to_linear

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
_KEPT = 16
_BLENDED = (Material.LASH, Material.LENS)
_BOTH_SIDES = (Material.HAIR, Material.LASH, Material.LENS, Material.FRAME)
_PARTS: dict[Part, tuple[Material, Segment]] = {
    Part.SKIN: (Material.SKIN, Segment.SKIN),
    Part.EYE_LEFT: (Material.EYE, Segment.EYE_LEFT),
    Part.EYE_RIGHT: (Material.EYE, Segment.EYE_RIGHT),
    Part.TEETH_UPPER: (Material.TEETH, Segment.TEETH),
    Part.TEETH_LOWER: (Material.TEETH, Segment.TEETH),
    Part.TONGUE: (Material.TONGUE, Segment.TONGUE),
    Part.LASHES: (Material.LASH, Segment.SKIN),
    Part.SOCKETS: (Material.SKIN, Segment.SKIN),
    Part.INNER_MOUTH: (Material.SKIN, Segment.INNER_MOUTH),
}
# sRGB of what no colour parameter names.
TEETH_RGB, TONGUE_RGB, CLOTH_RGB, FRAME_RGB = (
    (0.96, 0.93, 0.87),
    (0.72, 0.40, 0.40),
    (0.2, 0.2, 0.2),
    (0.05, 0.05, 0.06),
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A stretch of triangles with one class."""

    first: int
    last: int
    material: Material
    segment: Segment
    both_sides: bool

    @property
    def blended(self) -> bool:
        """Whether it is laid over the picture instead of entering the visibility buffer."""
        return self.material in _BLENDED


@dataclass(frozen=True, kw_only=True)
class DrawList:
    """Joined static arrays; positions and normals are filled per picture."""

    runs: tuple[Run, ...]
    triangles_T3: I32
    uv_T6: F32
    class_T: NDArray[np.uint8]
    material_C: NDArray[np.uint8]
    segment_C: NDArray[np.uint8]
    starts: tuple[int, ...]
    """First vertex of the head (0), of each further mesh, and the end."""
    colour_C3: F32 = field(repr=False)
    """Linear light."""


def corner_uv(uv_U2: F32 | None, triangles_T3: I32) -> F32:
    """(T, 6): u, v of the three corners."""
    if uv_U2 is None:
        return np.zeros((len(triangles_T3), 6), np.float32)
    return np.ascontiguousarray(uv_U2[triangles_T3].reshape(-1, 6), np.float32)


def head_runs(head: Head, plain: bool) -> tuple[list[Run], I32, F32, NDArray[np.uint8]]:
    """The head's triangles sorted by part: runs, triangles, corner UVs, class of each triangle (= its part)."""
    order = np.argsort(head.part_T, kind="stable")
    part = head.part_T[order]
    runs: list[Run] = []
    for value in Part:
        first, last = np.searchsorted(part, [value, value + 1])
        material, segment = _PARTS[value]
        material = Material.PLAIN if plain else material
        runs.append(
            Run(
                first=int(first), last=int(last), material=material, segment=segment, both_sides=material in _BOTH_SIDES
            )
        )
    triangles = np.ascontiguousarray(head.triangles_T3[order])
    return runs, triangles, corner_uv(head.uv_U2, head.uv_triangles_T3[order]), part.astype(np.uint8)


def default_colour(material: Material, hair_rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    """sRGB of a material that brings no colour of its own."""
    return {
        Material.TEETH: TEETH_RGB, Material.TONGUE: TONGUE_RGB, Material.CLOTH: CLOTH_RGB, Material.FRAME: FRAME_RGB,
        Material.HAIR: hair_rgb, Material.LASH: (0.06, 0.045, 0.04), Material.LENS: (0.62, 0.66, 0.70),
    }.get(material, (0.7, 0.7, 0.7))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Joined:
    """Topology of a head and what it wears. Keeps the arrays that it was made of: they are known by their identity."""

    made_of: tuple[Mesh, ...] = field(repr=False)
    runs: tuple[Run, ...]
    triangles_T3: I32 = field(repr=False)
    uv_T6: F32 = field(repr=False)
    class_T: NDArray[np.uint8] = field(repr=False)
    material_C: NDArray[np.uint8]
    segment_C: NDArray[np.uint8]
    starts: tuple[int, ...]


class Joiner:
    """Appends meshes to a head. Remembers topologies: meshes that share their triangle and UV arrays with earlier ones
    are not copied again, so whoever changes such an array must make a new one.
    """

    def __init__(self, head: Head, plain: bool) -> None:
        self.runs, self.triangles_T3, self.uv_T6, self._class_T = head_runs(head, plain)
        self._vertex_count = head.vertex_count
        self._kept: dict[tuple[object, ...], _Joined] = {}

    def __call__(
        self, meshes: Sequence[Mesh], hair_rgb: tuple[float, float, float], cloth_rgb: tuple[float, float, float]
    ) -> DrawList:
        """What one picture draws."""
        key = tuple(_identity(mesh) for mesh in meshes)
        found = self._kept.pop(key, None)
        if found is None:
            found = self._append(meshes)
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[key] = found
        colours = [default_colour(run.material, hair_rgb) for run in self.runs]
        # The skin's class colour is what its shirt has: the skin itself is painted.
        colours[Part.SKIN] = cloth_rgb
        for mesh in meshes:
            own = cloth_rgb if mesh.material == Material.SKIN else default_colour(mesh.material, hair_rgb)
            colours.append(mesh.colour_rgb or own)
        return DrawList(
            runs=found.runs,
            triangles_T3=found.triangles_T3,
            uv_T6=found.uv_T6,
            class_T=found.class_T,
            material_C=found.material_C,
            segment_C=found.segment_C,
            starts=found.starts,
            colour_C3=to_linear(np.array(colours)),
        )

    def _append(self, meshes: Sequence[Mesh]) -> _Joined:
        runs, starts = list(self.runs), [0, self._vertex_count]
        triangles, uvs, classes = [self.triangles_T3], [self.uv_T6], [self._class_T]
        for mesh in meshes:
            first = runs[-1].last
            last, both = first + len(mesh.triangles_T3), mesh.material in _BOTH_SIDES
            runs.append(Run(first=first, last=last, material=mesh.material, segment=mesh.segment, both_sides=both))
            triangles.append(mesh.triangles_T3.astype(np.int32, copy=False) + np.int32(starts[-1]))
            corners = mesh.triangles_T3 if mesh.uv_triangles_T3 is None else mesh.uv_triangles_T3
            uvs.append(corner_uv(mesh.uv_U2, corners))
            classes.append(np.full(len(mesh.triangles_T3), len(runs) - 1, np.uint8))
            starts.append(starts[-1] + len(mesh.vertices_V3))
        return _Joined(
            made_of=tuple(meshes),
            runs=tuple(runs),
            triangles_T3=np.concatenate(triangles),
            uv_T6=np.concatenate(uvs),
            class_T=np.concatenate(classes),
            material_C=np.array([run.material for run in runs], np.uint8),
            segment_C=np.array([run.segment for run in runs], np.uint8),
            starts=tuple(starts),
        )


def _identity(mesh: Mesh) -> tuple[object, ...]:
    return (
        id(mesh.triangles_T3), id(mesh.uv_U2), id(mesh.uv_triangles_T3), mesh.material, mesh.segment,
        len(mesh.vertices_V3),
    )  # fmt: skip
