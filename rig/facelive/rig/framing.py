"""From a picture to the aligned crop and back, and where head points fall in the crop.

All points are pixels, x right, y down, pixel centres at integers; a ``Similarity`` maps a picture to a crop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.rotation import angles, exact_rotation, rotation

CROP = 256
"""The crop's size that scales are given for."""
CAMERA_DISTANCE_M = 1.0
FRAMING = "eyes-level box68 side1.75 up0.15"
"""Written into an encoder's metadata: whoever changes ``frame_face`` changes this."""
_SIDE, _UP = 1.75, 0.15
_ACROSS_EYES = np.zeros(68)
"""Of the 68 points: the weights of the vector from the eye that is left in the picture to the other."""
_ACROSS_EYES[36:42], _ACROSS_EYES[42:48] = -1.0 / 6.0, 1.0 / 6.0

Similarity = NDArray[np.float32]
"""(2, 3) float32: ``crop = M[:, :2] @ picture + M[:, 2]``; M[:, :2] is a positive scale times a rotation."""
Points = NDArray[np.floating]


def apply(similarity: Similarity, points_K2: Points) -> NDArray[np.float32]:
    """(K, 2) float32: picture points in the crop."""
    points = np.asarray(points_K2, np.float64)
    return (points @ similarity[:, :2].T.astype(np.float64) + similarity[:, 2]).astype(np.float32)


def invert(similarity: Similarity) -> Similarity:
    """The map from crop to picture."""
    linear = np.linalg.inv(similarity[:, :2].astype(np.float64))
    return np.column_stack([linear, -linear @ similarity[:, 2]]).astype(np.float32)


def compose(after: Similarity, before: Similarity) -> Similarity:
    """``after`` of ``before``: the map that does ``before`` first."""
    first, second = before.astype(np.float64), after.astype(np.float64)
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]]).astype(
        np.float32
    )


def scale_and_angle(similarity: Similarity) -> tuple[float, float]:
    """Crop pixels per picture pixel, and the turn in radians (clockwise on the screen is positive)."""
    a, b = float(similarity[0, 0]), float(similarity[1, 0])
    return math.hypot(a, b), math.atan2(b, a)


def frame_face(landmarks_K2: Points, size: int = CROP) -> Similarity:
    """Where the aligned crop lies, from the 68 points in the picture.

    Turned so that the line through the eye centres is level; in that frame the box of the 68 points is w x h, the
    crop's centre is the box's centre moved up by 0.15 max(w, h), its side 1.75 max(w, h).
    Raises UsageError if there are not 68 finite points of some extent.
    """
    points = np.asarray(landmarks_K2, np.float64)
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise UsageError(f"framing needs 68 finite points, got an array of shape {points.shape}")
    # Plain numbers from here on: on every frame, of a dozen values, numpy's calls would be most of the time.
    across, down = (_ACROSS_EYES @ points).tolist()
    angle = -math.atan2(down, across)
    cos, sin = math.cos(angle), math.sin(angle)
    level = points @ np.array([[cos, sin], [-sin, cos]])
    (left, top), (right, bottom) = level.min(0).tolist(), level.max(0).tolist()
    extent = max(right - left, bottom - top)
    if extent <= 0.0:
        raise UsageError("framing needs 68 points of some extent, but they coincide")
    scale = size / (_SIDE * extent)
    # The crop spans pixel centres 0 .. size-1; its middle is (size-1)/2.
    middle = 0.5 * (size - 1)
    x = middle - scale * 0.5 * (left + right)
    y = middle - scale * (0.5 * (top + bottom) - _UP * extent)
    return np.array([[scale * cos, -scale * sin, x], [scale * sin, scale * cos, y]], np.float32)


@dataclass(frozen=True, kw_only=True, slots=True)
class CropCamera:
    """Weak-perspective-like camera of a 256 crop, looking at a head turned about its origin.

    ``p = (cx, cy) + s * (q_x, -q_y) / (1 - q_z / D)`` with ``q = R (X - F)`` and D = 1 m; F is ``head.face_centre``.
    """

    yaw_rad: float
    pitch_rad: float
    roll_rad: float
    cx: float
    cy: float
    scale: float
    """Pixels of a 256 crop per metre at the face's centre."""

    @classmethod
    def from_encoder(cls, pose_10: Points) -> CropCamera:
        """From an encoder's pose output: yaw, pitch, roll, cx / 256, cy / 256, log(s / 1000), and the gaze unread."""
        yaw, pitch, roll, cx, cy, log_scale = (float(value) for value in pose_10[:6])
        return cls(
            yaw_rad=yaw, pitch_rad=pitch, roll_rad=roll, cx=cx * CROP, cy=cy * CROP, scale=1000.0 * math.exp(log_scale)
        )

    def to_encoder(self) -> NDArray[np.float32]:
        """(6,) float32: the inverse of ``from_encoder`` without the gaze."""
        values = (self.yaw_rad, self.pitch_rad, self.roll_rad, self.cx / CROP, self.cy / CROP)
        return np.array([*values, math.log(self.scale / 1000.0)], np.float32)

    def project(self, points_K3: Points, face_centre: Points) -> NDArray[np.float32]:
        """(K, 2) float32 pixels of the crop, for unposed head points in metres."""
        matrix = rotation(self.yaw_rad, self.pitch_rad, self.roll_rad)
        q = (np.asarray(points_K3, np.float32) - np.asarray(face_centre, np.float32)) @ matrix.T
        near = self.scale / (1.0 - q[:, 2:] / CAMERA_DISTANCE_M)
        return (np.array([self.cx, self.cy], np.float32) + near * (q[:, :2] * [1.0, -1.0])).astype(np.float32)

    def project_to_picture(self, points_K3: Points, face_centre: Points, similarity: Similarity) -> NDArray[np.float32]:
        """(K, 2) float32 pixels of the whole picture that the crop was cut from with ``similarity``."""
        return apply(invert(similarity), self.project(points_K3, face_centre))

    def in_picture(self, similarity: Similarity) -> CropCamera:
        """The same camera in pixels of the whole picture: the head as that picture shows it.

        The roll takes up the crop's turn; cx, cy and scale become picture pixels.
        """
        size, turned = scale_and_angle(similarity)
        centre = apply(invert(similarity), np.array([[self.cx, self.cy]]))[0]
        # R = Rz(turned) @ Ry @ Rx @ Rz: undoing the crop's clockwise turn is a counter-clockwise one of the picture.
        whole = exact_rotation(0.0, 0.0, turned) @ exact_rotation(self.yaw_rad, self.pitch_rad, self.roll_rad)
        yaw, pitch, roll = angles(whole)
        return replace(
            self,
            yaw_rad=yaw,
            pitch_rad=pitch,
            roll_rad=roll,
            cx=float(centre[0]),
            cy=float(centre[1]),
            scale=self.scale / size,
        )
