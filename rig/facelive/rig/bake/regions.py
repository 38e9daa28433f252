"""Soft masks over the skin, from MakeHuman's own masks, the supports of its targets, and a few curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.cut import Bust
from facelive.rig.bake.source import Floats, Source
from facelive.rig.parts import Part, Region

_BODY_BONES = (
    "breast", "clavicle", "finger", "foot", "lowerarm", "lowerleg", "metacarpal", "pelvis", "root", "shoulder",
    "spine", "toe", "upperarm", "upperleg", "wrist",
)  # fmt: skip
_NECK_BONES = {"neck01": 0.2, "neck02": 0.5, "neck03": 0.8}
_SMOOTHING_STEPS = 12
# Hair line: degrees above the middle of the skull, by degrees from straight ahead.
_HAIRLINE = ((0, 25, 45, 60, 75, 88, 100, 115, 140, 180), (50, 48, 39, 27, 19, 6, -14, -28, -38, -42))
_SKULL_CENTRE = (0.0, 0.050, 0.030)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What the masks are made from."""

    bust: Bust
    vertices_V3: Floats
    morphs: dict[str, Floats]
    """Face units over the bust's vertices."""


def head_weight(source: Source, look: Look) -> Floats:
    """(V,) in [0, 1]: how much a vertex follows the head; 0 at the shoulders."""
    bones = source.bones()
    table = source.bone_weights(bones)[:, look.bust.kept_V]
    follow = np.array([_NECK_BONES.get(bone, float(not bone.startswith(_BODY_BONES))) for bone in bones])
    weight = follow @ table / np.maximum(table.sum(0), 1e-9)
    rigid = ~look.bust.of_parts(Part.SKIN)
    quads = look.bust.quads_Q4
    pairs = np.unique(np.sort(np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)]), axis=1), axis=0)
    degree = np.bincount(pairs.ravel(), minlength=len(weight))
    for _ in range(_SMOOTHING_STEPS):
        total = np.zeros_like(weight)
        np.add.at(total, pairs[:, 0], weight[pairs[:, 1]])
        np.add.at(total, pairs[:, 1], weight[pairs[:, 0]])
        weight = 0.5 * weight + 0.5 * total / np.maximum(degree, 1)
    weight[rigid] = 1.0
    return np.clip((weight - 0.02) / 0.96, 0.0, 1.0)


def _sampled(picture: NDArray[np.uint8], look: Look, uv_U2: Floats) -> Floats:
    """(V,) a mask of MakeHuman's layout at each vertex of the bust."""
    size = np.array(picture.shape[::-1])
    place = np.clip((uv_U2 * [1, -1] + [0, 1]) * size, 0, size - 1).astype(int)
    value = picture[place[:, 1], place[:, 0]] / 255.0
    total, count = np.zeros(len(look.vertices_V3)), np.zeros(len(look.vertices_V3))
    np.add.at(total, look.bust.quads_Q4.ravel(), value[look.bust.uv_quads_Q4.ravel()])
    np.add.at(count, look.bust.quads_Q4.ravel(), 1.0)
    return total / np.maximum(count, 1.0)


def _step(value: Floats, low: float, high: float) -> Floats:
    """Smooth step from 0 at ``low`` to 1 at ``high`` (which may be the smaller)."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _support(source: Source, look: Look, *targets: str) -> Floats:
    size = sum(np.linalg.norm(source.target(target)[look.bust.kept_V], axis=1) for target in targets)
    return np.clip(np.asarray(size) / np.asarray(size).max(), 0.0, 1.0)


def scalp_mask(points_V3: Floats) -> Floats:
    """(V,) 1 where hair grows on the head, by the hair line."""
    ray = points_V3 - np.array(_SKULL_CENTRE)
    around = np.degrees(np.abs(np.arctan2(ray[:, 0], ray[:, 2])))
    above = np.degrees(np.arctan2(ray[:, 1], np.hypot(ray[:, 0], ray[:, 2])))
    return _step(above - np.interp(around, *_HAIRLINE), -3.0, 4.0)


def lips(source: Source, look: Look, uv_U2: Floats) -> tuple[Floats, Floats]:
    """(V,) twice: masks of the upper and the lower lip, told apart by what the jaw takes with it."""
    both = _step(_sampled(source.mask("lips"), look, uv_U2), 0.2, 0.8)
    opened = -look.morphs["jawOpen"][:, 1]
    lower = _step(opened / opened[both > 0.5].max(), 0.25, 0.5)
    return both * (1.0 - lower), both * lower


def skin_regions(source: Source, look: Look, uv_U2: Floats, follow_V: Floats) -> Floats:
    """(R, V) in [0, 1], rows as ``Region``; zero off the skin."""
    points = look.vertices_V3
    x, y, z = points.T
    out = np.zeros((len(Region), len(points)))
    out[Region.LIP_UPPER], out[Region.LIP_LOWER] = lips(source, look, uv_U2)
    red = out[Region.LIP_UPPER] + out[Region.LIP_LOWER]
    out[Region.LIDS] = _step(_sampled(source.mask("eyelids"), look, uv_U2), 0.2, 0.8)
    brows = _support(source, look, "eyebrows/eyebrows-trans-up", "eyebrows/eyebrows-trans-down")
    out[Region.BROW_LEFT], out[Region.BROW_RIGHT] = (brows * _step(side * x, -0.002, 0.004) for side in (1.0, -1.0))
    out[Region.NOSE] = _step(_support(source, look, "nose/nose-trans-up", "nose/nose-trans-out"), 0.15, 0.6)
    out[Region.EARS] = _step(_sampled(source.mask("ears"), look, uv_U2), 0.2, 0.8)
    out[Region.NECK] = _step(1.0 - follow_V, 0.05, 0.5)
    outside = 1.0 - out[Region.EARS]
    out[Region.SCALP] = scalp_mask(points) * outside * (1.0 - out[Region.NECK])
    out[Region.FACE] = _sampled(source.mask("face"), look, uv_U2)
    mouth = points[red > 0.8].mean(0)
    jaw_line = np.interp(z, (0.0, 0.04, 0.09, 0.12), (0.045, 0.012, mouth[1] - 0.004, mouth[1] - 0.006))
    shaven = outside * (1.0 - red)
    out[Region.BEARD] = _step(jaw_line - y, -0.008, 0.006) * _step(y, -0.105, -0.082) * _step(z, 0.0, 0.02) * shaven
    out[Region.MOUSTACHE] = (
        _step(np.abs(x), 0.036, 0.026) * _step(y - mouth[1], -0.012, 0.0) * _step(y - mouth[1], 0.022, 0.014)
        * _step(z, 0.07, 0.085) * shaven * (1.0 - out[Region.NOSE])
    )  # fmt: skip
    out[Region.CHEEKS] = _support(source, look, "cheek/l-cheek-volume-incr", "cheek/r-cheek-volume-incr")
    out[Region.FOREHEAD] = _step(y, 0.052, 0.062) * (1.0 - out[Region.SCALP]) * _step(z, 0.02, 0.05) * outside
    out[Region.CHIN] = _support(source, look, "chin/chin-prominent-incr")
    out[:, ~look.bust.of_parts(Part.SKIN)] = 0.0
    return np.clip(out, 0.0, 1.0)
