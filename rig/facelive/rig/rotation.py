"""Rotations of the head frame: ``R = Ry(yaw) @ Rx(pitch) @ Rz(roll)``, right-handed, radians."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def rotation(yaw_rad: float, pitch_rad: float, roll_rad: float = 0.0) -> NDArray[np.float32]:
    """(3, 3) float32. Positive yaw turns to the subject's left, positive pitch looks down, positive roll leans left."""
    return exact_rotation(yaw_rad, pitch_rad, roll_rad).astype(np.float32)


def exact_rotation(yaw_rad: float, pitch_rad: float, roll_rad: float = 0.0) -> NDArray[np.float64]:
    """The same as ``rotation`` in (3, 3) float64, for angles that are taken out again."""
    cy, sy = math.cos(yaw_rad), math.sin(yaw_rad)
    cx, sx = math.cos(pitch_rad), math.sin(pitch_rad)
    cz, sz = math.cos(roll_rad), math.sin(roll_rad)
    # Multiplied out: three matrices of numpy cost ten times as much, several times a frame.
    return np.array(
        [
            [cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx],
            [cx * sz, cx * cz, -sx],
            [-sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx],
        ]
    )


def angles(matrix_33: NDArray[np.floating]) -> tuple[float, float, float]:
    """Yaw, pitch, roll of a rotation: the inverse of ``rotation`` for pitches within +-90 degrees."""
    (_, _, right), (up, level, down), (_, _, ahead) = matrix_33.tolist()
    return math.atan2(right, ahead), math.asin(min(1.0, max(-1.0, -down))), math.atan2(up, level)
