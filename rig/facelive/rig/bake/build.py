"""From the raw package to the arrays of ``head.npz``."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig import macro
from facelive.rig.bake import charts, mapping, mouth, regions, subdivide
from facelive.rig.bake.cut import Bust, cut_bust, quads_to_triangles
from facelive.rig.bake.occlusion import ambient_occlusion
from facelive.rig.bake.source import PINNED, Floats, Ints, Source
from facelive.rig.default_schema import ARKIT_52, MACRO, SLIDERS, default_schema
from facelive.rig.parts import Part, Region
from facelive.rig.rotation import rotation

FORMAT = "facelive-head"
VERSION = 1
_SMALLEST_M = 2e-6
"""Offsets below this are dropped: a tenth of the float16 error."""
_LID_SHARPNESS, _LIP_SHARPNESS = 0.5, 0.8
_BARED = {
    "jawOpen": 0.35, "mouthUpperUpLeft": 0.9, "mouthUpperUpRight": 0.9, "mouthLowerDownLeft": 0.9,
    "mouthLowerDownRight": 0.9, "mouthSmileLeft": 0.4, "mouthSmileRight": 0.4,
}  # fmt: skip
"""The mouth with its teeth bared, for the light on them."""
_MOUTH_LIGHT, _BACK_LIGHT = 0.22, 0.25
"""Light that wet surfaces throw about inside a mouth, and the share of all light that gets to its back."""
_GAZE = rotation(0.0, 0.09).astype(np.float64)
"""Where eyes at rest look: a little down from MakeHuman's straight ahead, so that pupils stand amid the lids."""
_LIDS_RAISED = 0.22
"""Share of ``eyeWide`` that is part of the face at rest: MakeHuman's faces look sleepy."""
_EYE_LIGHT = 0.9
_EYES = (Part.EYE_LEFT, Part.EYE_RIGHT)


def _morphs(source: Source, bust: Bust) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, Floats]]:
    """Offsets over the bust by slider name (towards 1, towards 0) and by face unit."""
    still = np.zeros((len(bust.kept_V), 3))

    def total(target: str | None) -> Floats:
        if target is None:
            return still.copy()
        return np.sum([source.target(name)[bust.kept_V] for name in mapping.files(target)], axis=0)

    positive = {name: total(high) for name, (_, high) in mapping.TARGETS.items()}
    negative = {name: total(low) for name, (low, _) in mapping.TARGETS.items()}
    units = {name: source.face_unit(name)[bust.kept_V] for name in ARKIT_52}
    for offsets in (*positive.values(), *negative.values()):
        _keep_round(offsets, source.mesh.vertices_V3[bust.kept_V], [bust.of_parts(part) for part in _EYES])
    eyes = bust.of_parts(*_EYES)
    for name, offsets in units.items():
        if name.startswith("eyeLook"):
            offsets[eyes] = 0.0  # eyeballs are turned by the gaze, not by these
    return positive, negative, units


def _sparse(morphs: list[Floats]) -> tuple[Ints, NDArray[np.uint16], NDArray[np.float16]]:
    """Offsets as (indptr, vertex index, float16 values), one run per morph."""
    lengths, index, values = [0], [], []
    for offsets in morphs:
        used = np.flatnonzero(np.abs(offsets).max(1) > _SMALLEST_M)
        lengths.append(len(used))
        index.append(used.astype(np.uint16))
        values.append(offsets[used].astype(np.float16))
    return np.cumsum(lengths), np.concatenate(index), np.concatenate(values)


def _eye_anchors(points_V3: Floats, members_V: NDArray[np.bool_]) -> Ints:
    """Three pairs of opposite vertices of an eyeball: their mean is its centre, wherever identity moves it."""
    which = np.flatnonzero(members_V)
    ball = points_V3[which] - points_V3[which].mean(0)
    first = ball.argmax(0)
    other = [int(np.linalg.norm(ball + ball[one], axis=1).argmin()) for one in first]
    return which[[*first, *other]]


def _stencil(bust: Bust, points: Floats, fine: subdivide.Refined, masks: Floats, anchors: list[Ints]) -> Any:
    count = len(points)
    linear = subdivide.linear_stencil(count, bust.quads_Q4, fine)
    smooth = subdivide.catmull_clark_stencil(count, bust.quads_Q4, fine)
    sharp = _LID_SHARPNESS * masks[Region.LIDS] + _LIP_SHARPNESS * (masks[Region.LIP_UPPER] + masks[Region.LIP_LOWER])
    sharp[bust.of_parts(Part.LASHES, *_EYES)] = 1.0
    rows = subdivide.mixed_stencil(smooth, linear, np.clip(linear @ sharp, 0.0, 1.0))
    for part, ring in zip(_EYES, anchors, strict=True):
        rows = subdivide.round_stencil(rows, bust.of_parts(part), points, ring)
    return rows


def _fine_uv(bust: Bust, source: Source, points: Floats, fine_points: Floats, fine: subdivide.Refined,
             anchors: list[Ints]) -> tuple[Floats, Ints]:  # fmt: skip
    """UV coordinates and quads of the fine mesh."""
    raw = source.mesh.uv_U2[bust.kept_uv_U]
    left = np.zeros(len(raw))
    left[bust.uv_quads_Q4.ravel()] = points[bust.quads_Q4.ravel(), 0]
    uv = charts.skin_chart(raw, bust, left)
    for parts in ((Part.TEETH_UPPER, Part.TEETH_LOWER), (Part.TONGUE,), (Part.LASHES,)):
        uv = charts.plain_chart(uv, bust, *parts)
    uv_fine = subdivide.refine(len(uv), bust.uv_quads_Q4)
    uv = subdivide.linear_stencil(len(uv), bust.uv_quads_Q4, uv_fine) @ uv
    quads = uv_fine.quads_Q4.copy()
    part_F = np.repeat(bust.part_Q, 4)
    for part, ring in zip(_EYES, anchors, strict=True):
        of_eye = part_F == part
        vertices, local = np.unique(fine.quads_Q4[of_eye], return_inverse=True)
        quads[of_eye] = len(uv) + local.reshape(-1, 4)
        uv = np.concatenate([uv, charts.eye_chart(fine_points[vertices], points[ring].mean(0), _GAZE)])
    used, quads = np.unique(quads, return_inverse=True)
    return uv[used], quads.reshape(-1, 4)


def _occlusion(rows: Any, zero: Floats, units: dict[str, Floats], triangles: Ints,
               part_T: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:  # fmt: skip
    """(V',) uint8 twice: mouth closed, mouth open. What closed lips hide keeps the light of a bared mouth."""
    casts = part_T != Part.LASHES

    def light(shapes: dict[str, float]) -> NDArray[np.float32]:
        pose = zero + sum((amount * units[name] for name, amount in shapes.items()), np.zeros_like(zero))
        return ambient_occlusion(rows @ pose, triangles, casts)

    closed, opened, bared = light({}), light({"jawOpen": 1.0}), light(_BARED)
    inside = np.zeros(len(closed), bool)
    inside[triangles[np.isin(part_T, (Part.TEETH_UPPER, Part.TEETH_LOWER, Part.TONGUE))]] = True
    depth = (rows @ zero)[:, 2]
    front = np.clip((depth - depth[inside].min()) / np.ptp(depth[inside]), 0.0, 1.0) ** 2
    hidden = (_MOUTH_LIGHT + (1.0 - _MOUTH_LIGHT) * np.maximum(opened, bared)) * (
        _BACK_LIGHT + (1 - _BACK_LIGHT) * front
    )
    cavity = np.zeros(len(closed), bool)
    cavity[triangles[part_T == Part.INNER_MOUTH]] = True
    closed, opened = np.where(inside, hidden, closed), np.where(inside | cavity, hidden, opened)
    # Shade that is baked into an eyeball would turn with it.
    eyes = np.unique(triangles[np.isin(part_T, _EYES)])
    closed[eyes] = opened[eyes] = _EYE_LIGHT
    return np.rint(255 * closed).astype(np.uint8), np.rint(255 * opened).astype(np.uint8)


def _keep_round(offsets_V3: Floats, points_V3: Floats, eyes: list[NDArray[np.bool_]]) -> None:
    """Reduce what an identity shape does to each eyeball to a shift and a scale, in place.

    MakeHuman's also turn and bend eyeballs (by 0.2 rad between its men and women): no gaze would then be straight.
    """
    for members in eyes:
        ray = points_V3[members] - points_V3[members].mean(0)
        shift = offsets_V3[members].mean(0)
        growth = ((offsets_V3[members] - shift) * ray).sum() / (ray * ray).sum()
        offsets_V3[members] = shift + growth * ray


def _mended(source: Source, bust: Bust, units: dict[str, Floats]) -> tuple[Floats, Floats]:
    """The mesh (V, 3) and its macro corners (C, V, 3) with a mouth that closes and shows its teeth; mends ``units``."""
    points = source.mesh.vertices_V3[bust.kept_V]
    corners = np.stack([source.target(f"macrodetails/{name}")[bust.kept_V] for name in macro.CORNERS])
    rest = mouth.mend_tongue(units, points, bust.of_parts(Part.TONGUE))
    look = regions.Look(bust=bust, vertices_V3=points, morphs=units)
    eyes = [bust.of_parts(part) for part in _EYES]
    points = points.copy()
    for members in eyes:
        centre = points[members].mean(0)
        points[members] = (points[members] - centre) @ _GAZE.T + centre
    for offsets in corners:
        _keep_round(offsets, points, eyes)
    closing = mouth.closing_lips(*regions.lips(source, look, source.mesh.uv_U2[bust.kept_uv_U]))
    gaps = np.array([mouth.lip_gap(name) for name in macro.CORNERS])
    corners += gaps[:, None, None] * closing
    lids = np.zeros_like(points)
    for side in ("Left", "Right"):
        raised = _LIDS_RAISED * units[f"eyeWide{side}"]
        lids += raised
        units[f"eyeBlink{side}"] = units[f"eyeBlink{side}"] - raised  # a blink still closes
    points = (
        points + lids + rest + mouth.lowered_teeth(points, bust.of_parts(Part.TEETH_UPPER)) + mouth.mesh_gap() * closing
    )
    return points, corners


def build(source: Source) -> dict[str, NDArray[Any]]:
    """All arrays of the head's file. See ``facelive.rig.head`` for their meaning."""
    bust = cut_bust(source.mesh)
    positive, negative, units = _morphs(source, bust)
    points, corners = _mended(source, bust, units)
    zero = points + np.tensordot(macro.corner_weights(np.full(6, 0.5)), corners, 1)
    look = regions.Look(bust=bust, vertices_V3=zero, morphs=units)
    follow = regions.head_weight(source, look)
    masks = regions.skin_regions(source, look, source.mesh.uv_U2[bust.kept_uv_U], follow)
    fine = subdivide.refine(len(points), bust.quads_Q4)
    linear = subdivide.linear_stencil(len(points), bust.quads_Q4, fine)
    anchors = [_eye_anchors(points, bust.of_parts(part)) for part in _EYES]
    rows = _stencil(bust, points, fine, masks, anchors)
    uv, uv_quads = _fine_uv(bust, source, points, rows @ points, fine, anchors)
    triangles = quads_to_triangles(fine.quads_Q4)
    part = np.repeat(bust.part_Q, 8)
    shade = _occlusion(rows, zero, units, triangles, part)
    indptr, index, values = _sparse([*positive.values(), *negative.values(), *units.values()])
    eye_quads = {side: np.unique(bust.quads_Q4[bust.part_Q == part]) for side, part in zip("lr", _EYES, strict=True)}
    about = {"format": FORMAT, "version": VERSION, "source": PINNED, "macro": MACRO, "sliders": SLIDERS[len(MACRO):],
             "expression": ARKIT_52, "schema": default_schema().name}  # fmt: skip
    return {
        "about": np.array(json.dumps(about)),
        "mean_V3": points.astype(np.float32),
        "macro_CV3": corners.astype(np.float16),
        "morph_indptr": indptr.astype(np.int32),
        "morph_index": index,
        "morph_value": values,
        "stencil_indptr": rows.indptr.astype(np.int32),
        "stencil_index": rows.indices.astype(np.uint16),
        "stencil_weight": rows.data.astype(np.float16),
        "base_quads_Q4": bust.quads_Q4.astype(np.uint16),
        "side_V": (0.5 + 0.5 * np.clip(points[:, 0] / 0.004, -1, 1)).astype(np.float16),
        "eyeballs_2K": np.stack([eye_quads["l"], eye_quads["r"]]).astype(np.uint16),
        "eye_anchors_26": np.stack(anchors).astype(np.uint16),
        "triangles_T3": triangles.astype(np.uint16),
        "uv_triangles_T3": quads_to_triangles(uv_quads).astype(np.uint16),
        "uv_U2": np.rint(np.clip(uv, 0, 1) * 65535).astype(np.uint16),
        "part_T": part,
        "regions_RV": np.rint(255 * np.clip(linear @ masks.T, 0, 1).T).astype(np.uint8),
        "head_weight_V": np.clip(linear @ follow, 0, 1).astype(np.float16),
        "occlusion_V": shade[0],
        "occlusion_open_V": shade[1],
        "face_centre": zero[np.concatenate(anchors)].mean(0).astype(np.float32),
    }
