"""The mirror image of a face in parameters: left and right change places, turns to the side change sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema, Vector

# Signed quantities that change sign in a mirror, by the end of their name; every other parameter keeps its value.
_NEGATED = ("Yaw", "Roll", "headX")
_SIDES = (("Left", "Right"), ("left", "right"))

# iBUG 300-W, 68 points: where each point of the mirrored face is found in the original (Sagonas et al. 2013, figure 1).
MIRROR_68: NDArray[np.intp] = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37,
     36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65],
    np.intp,
)  # fmt: skip

# The same for an encoder's pose (docs/architecture.md): yaw, pitch, roll, place and size in the crop, gaze.
MIRROR_POSE: NDArray[np.intp] = np.array([0, 1, 2, 3, 4, 5, 8, 9, 6, 7], np.intp)
POSE_SIGN: NDArray[np.float32] = np.array([-1, 1, -1, 1, 1, 1, -1, 1, -1, 1], np.float32)
POSE_X = 3
MIRRORED_AT = 255.0 / 256.0
"""Where x = 0 comes to lie: labels are centres of pixels of a 256 crop, divided by 256."""


def mirrored_points(points_K2: NDArray[np.float32], order_K: NDArray[np.intp] = MIRROR_68) -> NDArray[np.float32]:
    """(..., K, 2) crop / 256: where the points of the mirrored crop's face are."""
    mirrored = points_K2[..., order_K, :].copy()
    mirrored[..., 0] = MIRRORED_AT - mirrored[..., 0]
    return mirrored


def mirrored_pose(pose_10: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 10): the pose of the mirrored crop's face."""
    mirrored = pose_10[..., MIRROR_POSE] * POSE_SIGN
    mirrored[..., POSE_X] = MIRRORED_AT - mirrored[..., POSE_X]
    return mirrored


def _other_side(name: str) -> str:
    for one, other in _SIDES:
        if one in name:
            return name.replace(one, other)
        if other in name:
            return name.replace(other, one)
    return name


@dataclass(frozen=True)
class Mirror:
    """``mirrored = vector[..., order] * sign``; applying it twice gives the original back."""

    order: NDArray[np.intp]
    """(P,) where each mirrored parameter comes from."""
    sign: NDArray[np.float32]
    """(P,) -1 for quantities that change sign, else 1."""

    @classmethod
    def of(cls, schema: Schema, names: tuple[str, ...] | None = None) -> Mirror:
        """The mirror of a whole schema, or of the given names only (both sides must be among them).

        A parameter named Left or Right whose other side does not exist keeps its place.
        """
        names = schema.names if names is None else names
        where = {name: i for i, name in enumerate(names)}
        order = np.array([where.get(_other_side(name), i) for i, name in enumerate(names)], np.intp)
        sign = np.array([-1.0 if name.endswith(_NEGATED) else 1.0 for name in names], np.float32)
        for i, name in enumerate(names):
            parameter = schema.parameters[schema.index(name)]
            if sign[i] < 0 and parameter.minimum != -parameter.maximum:
                sign[i] = 1.0  # a foreign rig may use such a name for something that is not symmetric about zero
        return cls(order, sign)

    def __call__(self, vector: Vector) -> Vector:
        """(..., P) -> (..., P)."""
        return vector[..., self.order] * self.sign
