"""Expressions that occur: something of the mouth, something of the brows, lids and gaze; sides linked, some extreme.

A rig whose shapes have other names gets a generic draw with the same linking of ...Left and ...Right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig import gaze
from facelive.rig.schema import Schema, Vector

Shapes = dict[str, float]
# A name without a side stands for both; values at full strength of the prototype.
MOUTHS: dict[str, Shapes] = {
    "rest": {},
    "parted": {"jawOpen": 0.18, "mouthLowerDown": 0.10},
    "smile": {"mouthSmile": 0.85, "cheekSquint": 0.35, "mouthDimple": 0.25, "eyeSquint": 0.20},
    "grin": {"mouthSmile": 0.90, "mouthUpperUp": 0.45, "mouthLowerDown": 0.35, "cheekSquint": 0.60, "jawOpen": 0.12,
             "eyeSquint": 0.45},
    "laugh": {"mouthSmile": 0.90, "jawOpen": 0.60, "cheekSquint": 0.75, "eyeSquint": 0.65, "mouthUpperUp": 0.40,
              "noseSneer": 0.20},
    "frown": {"mouthFrown": 0.85, "mouthShrugLower": 0.45, "mouthPress": 0.20},
    "ah": {"jawOpen": 0.60, "mouthLowerDown": 0.25, "mouthUpperUp": 0.15},
    "eh": {"jawOpen": 0.30, "mouthStretch": 0.35, "mouthLowerDown": 0.30, "mouthUpperUp": 0.15},
    "ee": {"jawOpen": 0.12, "mouthStretch": 0.40, "mouthSmile": 0.25, "mouthLowerDown": 0.35, "mouthUpperUp": 0.20},
    "oh": {"jawOpen": 0.40, "mouthFunnel": 0.60, "mouthPucker": 0.20},
    "oo": {"jawOpen": 0.15, "mouthPucker": 0.75, "mouthFunnel": 0.30},
    "mm": {"mouthPress": 0.50, "mouthRollLower": 0.35, "mouthRollUpper": 0.30, "mouthClose": 0.05},
    "ff": {"mouthRollLower": 0.55, "jawOpen": 0.10, "mouthUpperUp": 0.20},
    "held": {"jawOpen": 0.62, "mouthClose": 0.60},
    "shout": {"jawOpen": 1.0, "mouthLowerDown": 0.55, "mouthUpperUp": 0.35, "mouthStretch": 0.30},
    "pucker": {"mouthPucker": 1.0},
    "funnel": {"mouthFunnel": 0.95, "jawOpen": 0.20},
    "disgust": {"noseSneer": 0.80, "mouthUpperUp": 0.60, "mouthFrown": 0.35, "cheekSquint": 0.35},
    "press": {"mouthPress": 0.85, "mouthRollLower": 0.20},
    "shrug": {"mouthShrugUpper": 0.60, "mouthShrugLower": 0.75, "mouthFrown": 0.25},
    "rolled": {"mouthRollUpper": 0.80, "mouthRollLower": 0.85},
    "puff": {"cheekPuff": 0.90, "mouthPress": 0.25, "mouthPucker": 0.15},
    "grimace": {"mouthStretch": 0.90, "mouthLowerDown": 0.55, "mouthUpperUp": 0.25},
    "tongue": {"tongueOut": 0.95, "jawOpen": 0.50, "mouthLowerDown": 0.20},
    "forward": {"jawForward": 0.80},
}  # fmt: skip
_MOUTH_SHARES = {
    "rest": 0.14, "parted": 0.05, "smile": 0.08, "grin": 0.06, "laugh": 0.05, "frown": 0.045, "ah": 0.045, "eh": 0.04,
    "ee": 0.04, "oh": 0.04, "oo": 0.045, "mm": 0.05, "ff": 0.035, "held": 0.04, "shout": 0.03, "pucker": 0.035,
    "funnel": 0.03, "disgust": 0.03, "press": 0.04, "shrug": 0.04, "rolled": 0.045, "puff": 0.05, "grimace": 0.035,
    "tongue": 0.05, "forward": 0.045,
}  # fmt: skip
BROWS: dict[str, Shapes] = {
    "rest": {},
    "raised": {"browInnerUp": 0.75, "browOuterUp": 0.75, "eyeWide": 0.20},
    "sad": {"browInnerUp": 0.80},
    "angry": {"browDown": 0.85, "eyeSquint": 0.30, "noseSneer": 0.15},
    "worried": {"browInnerUp": 0.65, "browDown": 0.45},
    "surprised": {"browInnerUp": 0.90, "browOuterUp": 0.90, "eyeWide": 0.80},
    "focused": {"browDown": 0.40, "eyeSquint": 0.40},
}
_BROW_SHARES = {
    "rest": 0.38, "raised": 0.15, "sad": 0.08, "angry": 0.14, "worried": 0.06, "surprised": 0.10, "focused": 0.09,
}  # fmt: skip
_ASYMMETRIC, _EXTREME, _SIDEWAYS, _WINK = 0.15, 0.10, 0.16, 0.06
_SIDES = ("Left", "Right")
_GAZE_ANGLES = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")


def _add(schema: Schema, out_P: Vector, shapes: Shapes, strength: float, rng: np.random.Generator) -> None:
    """Add a prototype; a two-sided shape gets nearly equal sides, or now and then one that leads."""
    lean = rng.uniform(-0.8, 0.8) if rng.random() < _ASYMMETRIC else rng.normal(0.0, 0.05)
    for name, full in shapes.items():
        amount = strength * full * np.exp(rng.normal(0.0, 0.15))
        if name in schema:
            out_P[schema.index(name)] += amount
            continue
        for side, sign in zip(_SIDES, (1.0, -1.0), strict=True):
            if name + side in schema:
                out_P[schema.index(name + side)] += amount * min(1.0, 1.0 + sign * lean)


def _pick(shares: dict[str, float], rng: np.random.Generator) -> str:
    weight = np.array(tuple(shares.values()))
    return tuple(shares)[rng.choice(len(weight), p=weight / weight.sum())]


def _add_lids(schema: Schema, out_P: Vector, rng: np.random.Generator) -> None:
    kind = rng.random()
    if kind < 0.10:
        closed = rng.uniform(0.75, 1.0)
    elif kind < 0.28:
        closed = rng.uniform(0.10, 0.75)
    else:
        closed = abs(rng.normal(0.0, 0.04))
    both = np.clip(closed + rng.normal(0.0, 0.02, 2), 0.0, 1.0)
    if rng.random() < _WINK:
        _wink(schema, out_P, both, rng)
    for side, amount in zip(_SIDES, both, strict=True):
        if f"eyeBlink{side}" in schema:
            out_P[schema.index(f"eyeBlink{side}")] = amount
            if f"eyeWide{side}" in schema:
                out_P[schema.index(f"eyeWide{side}")] *= 1.0 - amount


def _wink(schema: Schema, out_P: Vector, lids_2: NDArray[np.float64], rng: np.random.Generator) -> None:
    """One lid shuts, the other stays open or narrows a little; the cheek of that side often helps, and the mouth."""
    side = int(rng.integers(2))
    lids_2[side], lids_2[1 - side] = rng.uniform(0.6, 1.0), rng.uniform(0.0, 0.25)
    helps = rng.random() * (rng.random() < 0.6)
    for stem, most in (("cheekSquint", 0.7), ("mouthSmile", 0.4)):
        name = stem + _SIDES[side]
        if name in schema:
            out_P[schema.index(name)] += most * helps


def _add_gaze(schema: Schema, out_P: Vector, rng: np.random.Generator) -> None:
    wide = 2.2 if rng.random() < _EXTREME else 1.0
    yaw, pitch = np.clip(rng.normal(0.0, (0.16 * wide, 0.11 * wide)), (-0.5, -0.40), (0.5, 0.45))
    nearer = abs(rng.normal(0.0, 0.03))  # eyes converge on things nearby
    angles = np.array([yaw - nearer, pitch, yaw + nearer, pitch]) + rng.normal(0.0, 0.01, 4)
    if not all(name in schema for name in _GAZE_ANGLES):
        return
    for name, angle in zip(_GAZE_ANGLES, angles, strict=True):
        out_P[schema.index(name)] = angle
    for name, amount in gaze.to_expression(angles.astype(np.float32)).items():
        if name in schema:
            out_P[schema.index(name)] = amount * rng.uniform(0.85, 1.1)


def _add_sideways(schema: Schema, out_P: Vector, rng: np.random.Generator) -> None:
    """Mouth or jaw to one side: never to both."""
    for stem in ("mouth", "jaw"):
        if rng.random() < _SIDEWAYS:
            name = stem + _SIDES[rng.integers(2)]
            if name in schema:
                out_P[schema.index(name)] += rng.beta(1.2, 1.8)


def _tidy(schema: Schema, out_P: Vector) -> Vector:
    """What cannot be: lips closed further than the jaw is open; values out of range."""
    if "mouthClose" in schema and "jawOpen" in schema:
        close, jaw = schema.index("mouthClose"), schema.index("jawOpen")
        out_P[close] = min(out_P[close], out_P[jaw])
    return np.clip(out_P, schema.minimum, schema.maximum)


def _generic(schema: Schema, out_P: Vector, rng: np.random.Generator) -> None:
    """Shapes of a foreign rig: most at rest, some at any strength, ...Right like ...Left."""
    for name in schema.group_names("expression"):
        other = name.replace("Right", "Left")
        index = schema.index(name)
        if other != name and other in schema:
            out_P[index] = out_P[schema.index(other)] * np.exp(rng.normal(0.0, 0.1))
        elif rng.random() < 0.35:
            span = schema.maximum[index] - schema.minimum[index]
            out_P[index] = schema.minimum[index] + span * rng.beta(1.2, 1.5)


def sample_expression(schema: Schema, rng: np.random.Generator, mouth: str | None = None) -> Vector:
    """(P,) float32: expression and gaze drawn, all else neutral. Combine with a person by ``prior.combine``.

    mouth: of ``MOUTHS``, what the mouth does; None: drawn as well. A foreign rig's shapes know no such names.
    """
    out = schema.neutral()
    names = schema.group_names("expression")
    if "jawOpen" not in names or "browInnerUp" not in names:
        _generic(schema, out, rng)
        _add_gaze(schema, out, rng)
        return np.clip(out, schema.minimum, schema.maximum)
    strength = rng.beta(2.0, 1.3) * (1.25 if rng.random() < _EXTREME else 1.0)
    _add(schema, out, MOUTHS[mouth or _pick(_MOUTH_SHARES, rng)], strength, rng)
    if rng.random() < 0.25:  # talking through a smile and the like
        _add(schema, out, MOUTHS[_pick(_MOUTH_SHARES, rng)], 0.5 * rng.random(), rng)
    _add(schema, out, BROWS[_pick(_BROW_SHARES, rng)], rng.beta(2.0, 1.4), rng)
    _add_sideways(schema, out, rng)
    _add_lids(schema, out, rng)
    _add_gaze(schema, out, rng)
    where = schema.indices("expression")
    few = rng.choice(where, size=3, replace=False)
    out[few] += rng.random(3) * (0.9 if rng.random() < _EXTREME else 0.12)
    return _tidy(schema, out)
