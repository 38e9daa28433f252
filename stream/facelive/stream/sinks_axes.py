"""From the head frame (right-handed, +x to the subject's left) to Unity's (left-handed, a character looks along +z)."""

from __future__ import annotations

from math import acos, sin, sqrt

from facelive.stream.frame import Point, Quaternion
from facelive.stream.rotation import quaternion


def unity_rotation(rotation: Quaternion) -> Quaternion:
    """x, y, z, w of the same rotation: x changes sign, so rotations about y and z do."""
    x, y, z, w = rotation
    return x, -y, -z, w


def unity_gaze(yaw: float, pitch: float) -> Quaternion:
    """An eye's rotation in the head, of radians."""
    return unity_rotation(quaternion(yaw, pitch, 0.0))


def unity_position(position: Point) -> Point:
    """Metres."""
    return -position[0], position[1], position[2]


def part_of(rotation: Quaternion, share: float) -> Quaternion:
    """The same turn, share times as far: two parts whose shares add up to 1 multiply to the whole."""
    x, y, z, w = rotation if rotation[3] >= 0 else (-rotation[0], -rotation[1], -rotation[2], -rotation[3])
    length = sqrt(x * x + y * y + z * z)
    if length < 1e-7:
        return 0.0, 0.0, 0.0, 1.0
    half = acos(min(1.0, w)) * share
    scale = sin(half) / length
    rest = sqrt(max(0.0, 1.0 - sin(half) ** 2))
    return x * scale, y * scale, z * scale, rest
