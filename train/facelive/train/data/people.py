"""Who is drawn and what he does: identity, expression, head angles, distance, all from a seed and two numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facelive.rig.expressions import sample_expression
from facelive.rig.prior import combine, sample_identity
from facelive.rig.schema import Schema, Vector

_WHO, _HOW = 11, 12


@dataclass(frozen=True, kw_only=True, slots=True)
class PoseRange:
    """How heads are held. Most are near the front; a share is spread evenly to the limits."""

    yaw_deg: float = 16.0
    """Standard deviation, cut at ``usual_yaw_deg``."""
    usual_yaw_deg: float = 35.0
    wide_share: float = 0.2
    wide_yaw_deg: float = 50.0
    pitch_deg: float = 9.0
    limit_pitch_deg: float = 25.0
    roll_deg: float = 9.0
    """The framing takes the roll out of the crop, but light, neck and shoulders still show it."""
    nearest_m: float = 0.4
    furthest_m: float = 3.0

    def draw(self, schema: Schema, params_P: Vector, rng: np.random.Generator) -> float:
        """Set the head's angles in ``params_P`` and return the camera's distance in metres."""
        if rng.random() < self.wide_share:
            yaw = rng.uniform(-self.wide_yaw_deg, self.wide_yaw_deg)
            pitch = rng.uniform(-self.limit_pitch_deg, self.limit_pitch_deg)
        else:
            yaw = np.clip(rng.normal(0.0, self.yaw_deg), -self.usual_yaw_deg, self.usual_yaw_deg)
            pitch = np.clip(rng.normal(0.0, self.pitch_deg), -self.limit_pitch_deg, self.limit_pitch_deg)
        roll = rng.normal(0.0, self.roll_deg)
        for name, value in (("headYaw", yaw), ("headPitch", pitch), ("headRoll", roll)):
            params_P[schema.index(name)] = math.radians(float(value))
        return math.exp(rng.uniform(math.log(self.nearest_m), math.log(self.furthest_m)))


def person_rng(seed: int, person: int) -> np.random.Generator:
    """Decides who person number ``person`` is."""
    return np.random.default_rng((seed, _WHO, person))


def frame_rng(seed: int, person: int, frame: int) -> np.random.Generator:
    """Decides what a person does in a picture and how the picture is taken."""
    return np.random.default_rng((seed, _HOW, person, frame))


def identity(schema: Schema, seed: int, person: int) -> Vector:
    """(P,) person number ``person`` at rest."""
    return sample_identity(schema, person_rng(seed, person))


def doing(schema: Schema, who_P: Vector, pose: PoseRange, rng: np.random.Generator) -> tuple[Vector, float]:
    """(P,) the person with an expression, gaze and head angles, and the camera's distance in metres."""
    params = combine(schema, who_P, sample_expression(schema, rng))
    return params, pose.draw(schema, params, rng)
