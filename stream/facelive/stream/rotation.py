"""Yaw, pitch and roll to the quaternion on the wire, and back. ``R = Ry(yaw) @ Rx(pitch) @ Rz(roll)``, radians."""

from __future__ import annotations

from math import asin, atan2, copysign, cos, pi, sin

from facelive.stream.frame import Quaternion

_POLE = 0.9999999


def quaternion(yaw: float, pitch: float, roll: float) -> Quaternion:
    """Unit quaternion x, y, z, w (w >= 0) of head angles in radians."""
    sy, cy = sin(yaw / 2), cos(yaw / 2)
    sx, cx = sin(pitch / 2), cos(pitch / 2)
    sz, cz = sin(roll / 2), cos(roll / 2)
    x = cy * sx * cz + sy * cx * sz
    y = sy * cx * cz - cy * sx * sz
    z = cy * cx * sz - sy * sx * cz
    w = cy * cx * cz + sy * sx * sz
    return (x, y, z, w) if w >= 0 else (-x, -y, -z, -w)


def angles(rotation: Quaternion) -> tuple[float, float, float]:
    """Yaw, pitch, roll in radians of a unit quaternion; pitch in [-pi/2, pi/2], at its ends roll is 0."""
    x, y, z, w = rotation
    sine = 2 * (w * x - y * z)
    if abs(sine) > _POLE:
        return 2 * atan2(y, w), copysign(pi / 2, sine), 0.0
    yaw = atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    roll = atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return yaw, asin(sine), roll
