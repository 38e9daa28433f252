"""A built-in performance of about 20 seconds: a head that talks, smiles, wonders, looks about and blinks.

Plain functions of time, so that any frame rate plays the same thing; it loops without a seam.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from facelive.rig.default_schema import default_schema
from facelive.rig.gaze import with_looks
from facelive.rig.schema import Schema, Vector

PERFORMANCE_S = 20.0


class Move(NamedTuple):
    """A shape that rises from ``start_s`` over ``rise_s``, holds, and falls over ``fall_s`` before ``end_s``."""

    names: str
    """One or several names; one without a side moves both."""
    amount: float
    start_s: float
    end_s: float
    rise_s: float = 0.35
    fall_s: float = 0.45


MOVES = (
    # greeting: a nod with raised brows, then talk
    Move("browInnerUp browOuterUp", 0.55, 0.5, 1.6),
    Move("mouthSmile", 0.45, 0.4, 2.0, 0.4, 0.6),
    Move("headPitch", 0.14, 0.7, 1.3, 0.3, 0.3),
    Move("browInnerUp", 0.35, 2.9, 3.7),
    Move("headRoll", 0.07, 2.4, 4.8, 0.8, 0.8),
    Move("browDown", 0.30, 4.6, 5.9),
    # a broad smile, then a laugh
    Move("mouthSmile", 0.85, 6.2, 9.3, 0.5, 0.6),
    Move("cheekSquint", 0.55, 6.4, 9.2, 0.5, 0.6),
    Move("eyeSquint", 0.35, 6.6, 9.1, 0.5, 0.6),
    Move("mouthUpperUp mouthLowerDown", 0.30, 7.0, 8.9, 0.4, 0.5),
    Move("jawOpen", 0.30, 7.3, 8.7, 0.35, 0.5),
    Move("headPitch", -0.10, 7.2, 9.0, 0.5, 0.6),
    # surprise
    Move("browInnerUp browOuterUp", 0.9, 9.7, 11.0, 0.18, 0.5),
    Move("eyeWide", 0.75, 9.7, 10.9, 0.15, 0.5),
    Move("jawOpen", 0.50, 9.75, 10.9, 0.2, 0.45),
    Move("mouthFunnel", 0.35, 9.85, 10.8, 0.25, 0.4),
    # a doubtful turn while talking
    Move("browDownLeft browOuterUpRight", 0.6, 13.0, 14.6),
    Move("mouthLeft", 0.35, 14.2, 15.2),
    Move("headYaw", 0.42, 12.2, 15.0, 0.8, 0.9),
    # thinking: look up and to the other side, pout, puff
    Move("headYaw", -0.48, 15.2, 18.2, 0.8, 0.9),
    Move("headPitch", -0.12, 15.4, 17.2, 0.6, 0.6),
    Move("mouthPucker", 0.7, 15.6, 16.7),
    Move("cheekPuff", 0.75, 16.6, 17.5, 0.25, 0.25),
    Move("mouthPress", 0.4, 16.6, 17.5, 0.25, 0.25),
    Move("noseSneer", 0.5, 17.6, 18.3, 0.2, 0.3),
    # goodbye: a wink and a smile
    Move("mouthSmile", 0.65, 18.3, 19.8, 0.4, 0.5),
    Move("eyeBlinkLeft", 0.95, 18.7, 19.15, 0.12, 0.18),
    Move("headRoll", -0.09, 18.2, 19.9, 0.5, 0.6),
)
_BLINKS_S = (0.25, 2.3, 4.3, 4.62, 6.1, 9.35, 11.3, 12.35, 15.1, 16.0, 17.75, 19.5)
_TALKS_S = ((2.0, 6.0), (11.3, 14.6))
_SYLLABLES = ("ah", "ee", "mm", "oh", "eh", "ff", "oo", "ah", "eh", "mm", "ee", "oh")
_SYLLABLE_S = 0.19
# (start, yaw, pitch): where the eyes go; they jump within a twentieth of a second, as eyes do.
_LOOKS = (
    (0.0, 0.0, 0.0), (1.7, 0.12, 0.05), (2.6, 0.0, 0.0), (3.8, -0.16, 0.08), (4.7, 0.0, 0.0), (9.4, 0.0, -0.12),
    (11.0, 0.0, 0.0), (12.1, 0.30, 0.02), (13.2, -0.10, 0.02), (14.8, -0.32, -0.10), (16.2, -0.05, -0.28),
    (17.3, -0.25, 0.05), (18.2, 0.0, 0.0),
)  # fmt: skip


def _ease(t: float) -> float:
    """Smooth step over 0..1."""
    t = min(max(t, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _level(move: Move, t_s: float) -> float:
    rising = _ease((t_s - move.start_s) / move.rise_s)
    return move.amount * min(rising, _ease((move.end_s - t_s) / move.fall_s))


def _blink(t_s: float) -> float:
    """Lids close in 0.08 s and open in 0.16."""
    closed = 0.0
    for start in _BLINKS_S:
        if start <= t_s < start + 0.26:
            closed = max(closed, min(_ease((t_s - start) / 0.08), _ease((start + 0.26 - t_s) / 0.16)))
    return closed


def _talk(t_s: float) -> dict[str, float]:
    from facelive.rig.expressions import MOUTHS

    out: dict[str, float] = {}
    for start, end in _TALKS_S:
        loud = min(_ease((t_s - start) / 0.3), _ease((end - t_s) / 0.4))
        if loud <= 0.0:
            continue
        place = (t_s - start) / _SYLLABLE_S
        first, blend = int(place), _ease(place % 1.0)
        for k, share in ((first, 1.0 - blend), (first + 1, blend)):
            stress = 0.55 + 0.3 * math.sin(1.7 * k + start)
            for name, amount in MOUTHS[_SYLLABLES[k % len(_SYLLABLES)]].items():
                out[name] = out.get(name, 0.0) + loud * share * stress * amount
    return out


def _gaze(t_s: float) -> tuple[float, float]:
    yaw = pitch = 0.0
    for start, to_yaw, to_pitch in _LOOKS:
        blend = _ease((t_s - start) / 0.05)
        yaw, pitch = yaw + blend * (to_yaw - yaw), pitch + blend * (to_pitch - pitch)
    return yaw + 0.008 * math.sin(5.1 * t_s), pitch + 0.006 * math.sin(4.3 * t_s + 1.0)


def performance(t_s: float, schema: Schema | None = None) -> Vector:
    """(P,) float32 at any time in seconds (it loops); identity neutral. Names that a schema lacks are left out."""
    schema = schema or default_schema()
    t = t_s % PERFORMANCE_S
    values: dict[str, float] = {}
    for move in MOVES:
        level = _level(move, t)
        if level > 0.0 if move.amount > 0 else level < 0.0:
            for name in move.names.split():
                values[name] = values.get(name, 0.0) + level
    for name, amount in _talk(t).items():
        values[name] = values.get(name, 0.0) + amount
    values["eyeBlink"] = _blink(t)
    circle = 2.0 * math.pi * t / PERFORMANCE_S  # idle sway of whole periods per loop
    values["headYaw"] = values.get("headYaw", 0.0) + 0.03 * math.sin(3 * circle) + 0.012 * math.sin(8 * circle)
    values["headPitch"] = values.get("headPitch", 0.0) + 0.02 * math.sin(4 * circle + 1.0)
    values["headRoll"] = values.get("headRoll", 0.0) + 0.015 * math.sin(2 * circle + 0.5)
    yaw, pitch = _gaze(t)
    values |= {"leftGazeYaw": yaw - 0.02, "rightGazeYaw": yaw + 0.02, "leftGazePitch": pitch, "rightGazePitch": pitch}
    out = schema.neutral()
    for name, amount in values.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in schema:
                out[schema.index(full)] += amount
    if "leftGazeYaw" in schema and "rightGazePitch" in schema:
        out = with_looks(schema, out)
    return np.clip(out, schema.minimum, schema.maximum)
