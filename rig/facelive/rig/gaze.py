"""Gaze angles and ARKit's ``eyeLook*`` shapes, both ways.

The shapes are what most senders have; the angles are what turns the eyeballs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema

# Angle of an eye at full ``eyeLook*``, radians: about the reach of comfortable eye movement (30, 25 and 30 degrees).
SIDEWAYS_RAD, UP_RAD, DOWN_RAD = 0.52, 0.44, 0.52
_SIDES = ("Left", "Right")

F32 = NDArray[np.float32]


def from_expression(schema: Schema, params_P: F32) -> F32:
    """(4,) float32 radians: left yaw, left pitch, right yaw, right pitch, from the eight ``eyeLook*`` of ``params_P``.

    Shapes that the schema lacks count as zero.
    """

    def value(name: str) -> float:
        return float(params_P[schema.index(name)]) if name in schema else 0.0

    out: list[float] = []
    for side, outwards in zip(_SIDES, (1.0, -1.0), strict=True):
        sideways = value(f"eyeLookOut{side}") - value(f"eyeLookIn{side}")
        pitch = value(f"eyeLookDown{side}") * DOWN_RAD - value(f"eyeLookUp{side}") * UP_RAD
        out += [outwards * sideways * SIDEWAYS_RAD, pitch]
    return np.array(out, np.float32)


def to_expression(gaze_4: F32) -> dict[str, float]:
    """The eight ``eyeLook*`` in [0, 1] for (left yaw, left pitch, right yaw, right pitch) in radians."""
    out: dict[str, float] = {}
    for side, outwards, (yaw, pitch) in zip(_SIDES, (1.0, -1.0), np.reshape(gaze_4, (2, 2)), strict=True):
        sideways = outwards * float(yaw) / SIDEWAYS_RAD
        shapes = {
            "Out": sideways,
            "In": -sideways,
            "Down": float(pitch) / DOWN_RAD,
            "Up": -float(pitch) / UP_RAD,
        }
        out |= {f"eyeLook{word}{side}": min(max(amount, 0.0), 1.0) for word, amount in shapes.items()}
    return out


def with_gaze(schema: Schema, params_P: F32) -> F32:
    """A copy with the gaze angles set from ``eyeLook*``: for senders that know only the shapes."""
    out = np.array(params_P, np.float32)
    names = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")
    for name, angle in zip(names, from_expression(schema, out), strict=True):
        if name in schema:
            out[schema.index(name)] = angle
    return out


def with_looks(schema: Schema, params_P: F32) -> F32:
    """A copy with ``eyeLook*`` set from the gaze angles: lids that follow the eyes."""
    out = np.array(params_P, np.float32)
    gaze = np.array(
        [out[schema.index(n)] for n in ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")], np.float32
    )
    for name, amount in to_expression(gaze).items():
        if name in schema:
            out[schema.index(name)] = amount
    return out
