"""Glasses on a head: round and square frames that rest on the nose and the ears of any identity.

The frame stands upright before the eyes, tilted a little; it is slid forward until nothing of the face touches it, then
its arms are bent round the temples to the ears. It follows the identity alone, so that it keeps still when the face
moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.glasses_shape import DESIGNS, Design, inside, outline, tube_triangles
from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh, Segment
from facelive.rig.parts import Part

F32 = NDArray[np.float32]
_RIM_POINTS, _LENS_RINGS, _SIDES = 32, 2, 6
_PUPILS_M = 0.063
_TILT, _WRAP = 0.10, 0.06
"""Slope of the lenses: top forward, outer edge back."""
_OFF_LENS_M, _OFF_RIM_M = 0.0035, 0.0012
_ARM_OFF_M = 0.0022
_CELL_M = 0.002
_ARM_HALF_M = 0.0009
_FORWARD = np.array([0.0, 0.0, 1.0], np.float32)
_UPWARD = np.array([0.0, 1.0, 0.0], np.float32)
# Where the arm passes on the neutral head, from the temple to behind the ear (left side).
_ARM = (
    (0.064, 0.044, 0.060),
    (0.068, 0.045, 0.045),
    (0.070, 0.046, 0.030),
    (0.071, 0.046, 0.014),
    (0.071, 0.046, -0.001),
)
_HOOK = ((0.0015, -0.004, -0.012), (-0.0015, -0.020, -0.020))
_LENS_RGB = (0.75, 0.80, 0.85)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Anchors:
    """Vertices of the built-in head that glasses are fitted by."""

    face_K: NDArray[np.intp]
    """Skin, lids, lashes and eyes about the eyes, both sides."""
    bridge_K: NDArray[np.intp]
    """The ridge of the nose between the eyes."""
    arm_NK: NDArray[np.intp]
    """Skin beside each point of ``_ARM``, left side."""
    arm_right_NK: NDArray[np.intp]


def _foremost(points_V3: F32, members_K: NDArray[np.intp]) -> NDArray[np.intp]:
    """The foremost member in every cell of 2 x 2 mm seen from the front: what a lens would touch first."""
    cell = np.floor(points_V3[members_K, :2] / _CELL_M).astype(np.int64)
    order = np.lexsort((-points_V3[members_K, 2], cell[:, 1], cell[:, 0]))
    _, first = np.unique(cell[order], axis=0, return_index=True)
    return np.sort(members_K[order[first]])


@cache
def _anchors() -> _Anchors:
    head = Head.default()
    points = head.solve_identity(head.schema.neutral())
    seen = np.isin(head.part_T, (Part.SKIN, Part.LASHES, Part.EYE_LEFT, Part.EYE_RIGHT))
    outer = np.zeros(len(points), bool)
    outer[np.unique(head.triangles_T3[seen])] = True
    eyes = head.eye_centres(head.schema.neutral())
    x, y, z = points.T
    near = outer & (np.abs(y - eyes[0, 1]) < 0.045) & (np.abs(x) < 0.075) & (z > eyes[0, 2] - 0.02)
    ridge = near & (np.abs(x) < 0.004) & (np.abs(y - eyes[0, 1]) < 0.02)
    skin = np.unique(head.triangles_T3[head.part_T == Part.SKIN])

    def beside(side: float) -> NDArray[np.intp]:
        wanted = np.array(_ARM) * [side, 1.0, 1.0]
        gap = np.linalg.norm(points[skin][None] - wanted[:, None], axis=2)
        return skin[np.argsort(gap, axis=1)[:, :6]].astype(np.intp)

    return _Anchors(
        face_K=_foremost(points, np.flatnonzero(near)),
        bridge_K=np.flatnonzero(ridge),
        arm_NK=beside(1.0),
        arm_right_NK=beside(-1.0),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """Where the front of the frame stands; metres."""

    scale: float
    middle: F32
    """(3,) between the lenses, in their plane."""
    lens_x: float
    """From there to the middle of the left lens."""
    bridge_z: float

    def plane(self, x: F32, y: F32) -> F32:
        """z of the lens surface at x, y (head frame)."""
        return (self.middle[2] + _TILT * (y - self.middle[1]) - _WRAP * np.maximum(np.abs(x) - 0.008, 0.0)).astype(
            np.float32
        )


def _place(design: Design, identity_V3: F32, eyes_23: F32) -> _Place:
    anchors = _anchors()
    apart = float(eyes_23[0, 0] - eyes_23[1, 0])
    scale = float(np.clip(0.5 + 0.5 * apart / _PUPILS_M, 0.85, 1.15))
    lens_x = max(0.5 * apart + 0.001, design.half_width * scale + 0.0065)
    centre = eyes_23.mean(0, dtype=np.float32)
    centre[1] -= design.sink
    place = _Place(scale=scale, middle=centre, lens_x=lens_x, bridge_z=0.0)
    face = identity_V3[anchors.face_K]
    x, y = np.abs(face[:, 0] - centre[0]), face[:, 1]
    lens = inside(design, (x - lens_x) / scale, (y - centre[1]) / scale, 0.0) < 1.0
    rim = inside(design, (x - lens_x) / scale, (y - centre[1]) / scale, 0.003) < 1.0
    over = face[:, 2] - place.plane(face[:, 0] - centre[0], y)
    room = np.where(lens, _OFF_LENS_M, _OFF_RIM_M + design.depth)
    forward = float((over + room)[lens | rim].max())
    middle = centre + np.array([0.0, 0.0, forward], np.float32)
    height = middle[1] + 0.35 * design.half_height * scale
    ridge = identity_V3[anchors.bridge_K]
    beside = np.abs(ridge[:, 1] - height) < 0.006
    bridge_z = float((ridge[beside, 2] if beside.any() else ridge[:, 2]).max()) + design.depth + 0.0015
    return _Place(scale=scale, middle=middle, lens_x=lens_x, bridge_z=bridge_z)


def _rim_line(design: Design, place: _Place, side: float) -> F32:
    """(N, 3) around one lens."""
    flat = outline(design, _RIM_POINTS) * place.scale
    x = side * (place.lens_x + flat[:, 0])
    y = place.middle[1] + flat[:, 1]
    return np.stack([place.middle[0] + x, y, place.plane(x, y)], axis=1).astype(np.float32)


def _bridge_line(design: Design, place: _Place) -> F32:
    """(N, 3) from lens to lens over the nose."""
    reach = place.lens_x - design.half_width * place.scale * 0.93
    t = np.linspace(-1.0, 1.0, 9, dtype=np.float32)
    x = reach * t
    y = place.middle[1] + design.half_height * place.scale * (0.35 + 0.12 * (1.0 - t**2))
    flat = place.plane(x, y)
    z = flat + np.maximum(place.bridge_z - flat, 0.001) * (1.0 - t**4)
    return np.stack([place.middle[0] + x, y, z], axis=1).astype(np.float32)


def _arm_line(design: Design, place: _Place, identity_V3: F32, side: float) -> F32:
    """(N, 3) from the outer end of the front round the temple to behind the ear."""
    anchors = _anchors()
    beside = identity_V3[anchors.arm_NK if side > 0 else anchors.arm_right_NK]
    skin = beside.mean(1)
    skin[:, 0] = side * (np.abs(beside[:, :, 0]).max(1) + _ARM_OFF_M)
    height = place.middle[1] + 0.45 * design.half_height * place.scale
    start_x = side * (place.lens_x + design.half_width * place.scale)
    front = np.array([place.middle[0] + start_x, height, 0.0], np.float32)
    front[2] = place.plane(front[0:1] - place.middle[0], front[1:2])[0]
    widest = max(abs(start_x) + 0.003, abs(float(skin[0, 0])) - 0.006)
    corner = front + np.array([side * (widest - abs(start_x)), 0.0, -0.005], np.float32)
    t = np.linspace(0.0, 1.0, len(skin) + 1)[1:, None]
    straight = corner + (skin[-1] - corner) * t
    arm = np.stack([side * np.maximum(np.abs(straight[:, 0]), np.abs(skin[:, 0])), straight[:, 1], skin[:, 2]], axis=1)
    hook = arm[-1] + np.array(_HOOK) * [side, 1.0, 1.0]
    return np.concatenate([front[None], corner[None], arm, hook]).astype(np.float32)


@cache
def _frame_triangles(counts: tuple[int, ...]) -> NDArray[np.int32]:
    """(T, 3) of tubes with so many points each; the first two are the closed rims."""
    starts = np.cumsum([0, *counts[:-1]]) * _SIDES
    return np.concatenate(
        [
            tube_triangles(count, _SIDES, number < 2) + np.int32(start)
            for number, (count, start) in enumerate(zip(counts, starts, strict=True))
        ]
    ).astype(np.int32)


def _frame(design: Design, place: _Place, identity_V3: F32) -> Mesh:
    from facelive.rig.glasses_kernels import sweep

    arm_high = 0.0014 + 0.5 * design.rim
    tubes = (
        (_rim_line(design, place, 1.0), _FORWARD, design.rim, design.depth),
        (_rim_line(design, place, -1.0)[::-1], _FORWARD, design.rim, design.depth),
        (_bridge_line(design, place), _UPWARD, design.depth, 1.1 * design.rim),
        (_arm_line(design, place, identity_V3, 1.0), _UPWARD, _ARM_HALF_M, arm_high),
        (_arm_line(design, place, identity_V3, -1.0), _UPWARD, _ARM_HALF_M, arm_high),
    )
    counts = tuple(len(line) for line, *_ in tubes)
    vertices = np.empty((sum(counts) * _SIDES, 3), np.float32)
    normals = np.empty_like(vertices)
    start = 0
    for number, (line, up, across, high) in enumerate(tubes):
        end = start + len(line) * _SIDES
        sweep(np.ascontiguousarray(line), up, across, high, _SIDES, number < 2, vertices[start:end], normals[start:end])
        start = end
    return Mesh(
        vertices_V3=vertices,
        triangles_T3=_frame_triangles(counts),
        material=Material.FRAME,
        segment=Segment.GLASSES,
        normals_V3=normals,
        colour_rgb=design.rgb,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Disc:
    """What never changes of a pair of lenses."""

    flat_N2: F32
    """The left lens around its middle."""
    dome_N: F32
    uv_U2: F32
    """Of both lenses; over each from 0 to 1."""
    triangles_T3: NDArray[np.int32]


@cache
def _disc(design: Design) -> _Disc:
    ring_N2 = outline(design, _RIM_POINTS)
    rings = [ring_N2 * np.float32(ring / _LENS_RINGS) for ring in range(1, _LENS_RINGS + 1)]
    flat = np.concatenate([np.zeros((1, 2), np.float32), *rings])
    share = flat / np.array([design.half_width, design.half_height], np.float32)
    fan = [(0, 1 + k, 1 + (k + 1) % _RIM_POINTS) for k in range(_RIM_POINTS)]
    for ring in range(1, _LENS_RINGS):
        inner, outer = 1 + (ring - 1) * _RIM_POINTS, 1 + ring * _RIM_POINTS
        for k in range(_RIM_POINTS):
            n = (k + 1) % _RIM_POINTS
            fan += [(inner + k, outer + k, outer + n), (inner + k, outer + n, inner + n)]
    triangles = np.array(fan, np.int32)
    uv = 0.5 + 0.5 * share
    return _Disc(
        flat_N2=flat,
        dome_N=(0.0012 * (1.0 - np.square(share).sum(1).clip(0.0, 1.0))).astype(np.float32),
        uv_U2=np.concatenate([uv, uv]).astype(np.float32),
        triangles_T3=np.concatenate([triangles, triangles[:, ::-1] + np.int32(len(flat))]).astype(np.int32),
    )


def _lenses(design: Design, place: _Place) -> Mesh:
    """Both lenses, slightly domed."""
    disc = _disc(design)
    sides: list[F32] = []
    for side in (1.0, -1.0):
        x = side * (place.lens_x + disc.flat_N2[:, 0] * place.scale)
        y = place.middle[1] + disc.flat_N2[:, 1] * place.scale
        sides.append(np.stack([place.middle[0] + x, y, place.plane(x, y) + disc.dome_N], axis=1).astype(np.float32))
    return Mesh(
        vertices_V3=np.concatenate(sides),
        triangles_T3=disc.triangles_T3,
        material=Material.LENS,
        segment=Segment.GLASSES,
        uv_U2=disc.uv_U2,
        colour_rgb=_LENS_RGB,
    )


def glasses(kind: str, identity_V3: F32, eyes_23: F32) -> list[Mesh]:
    """Frame and lenses on the built-in head, unposed.

    kind: a key of ``glasses_shape.DESIGNS``. identity_V3: ``head.solve_identity``. eyes_23: ``head.eye_centres``.
    """
    design = DESIGNS[kind]
    place = _place(design, identity_V3, eyes_23)
    return [_frame(design, place, identity_V3), _lenses(design, place)]
