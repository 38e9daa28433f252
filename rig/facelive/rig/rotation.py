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
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return about_y @ about_x @ about_z


def angles(matrix_33: NDArray[np.floating]) -> tuple[float, float, float]:
    """Yaw, pitch, roll of a rotation: the inverse of ``rotation`` for pitches within +-90 degrees."""
    m = np.asarray(matrix_33, np.float64)
    pitch = math.asin(float(np.clip(-m[1, 2], -1.0, 1.0)))
    return math.atan2(m[0, 2], m[2, 2]), pitch, math.atan2(m[1, 0], m[1, 1])
