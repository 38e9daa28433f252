"""The camera of the contract's crop, for the real renderer: what an encoder's ``pose`` describes can be drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.framing import CAMERA_DISTANCE_M, CROP, CropCamera
from facelive.rig.head import Head
from facelive.rig.render import Camera
from facelive.rig.rotation import rotation
from facelive.rig.schema import Schema, Vector

F32 = NDArray[np.float32]
_POSED = ("headYaw", "headPitch", "headRoll", "headX", "headY", "headZ")
_GAZE = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")


def with_pose(schema: Schema, params_P: Vector, pose_10: F32) -> Vector:
    """(P,) a copy with the head's angles and the gaze of an encoder's ``pose``, standing at the origin."""
    out = params_P.copy()
    for name, value in zip(_POSED, (*pose_10[:3], 0.0, 0.0, 0.0), strict=True):
        if name in schema:
            out[schema.index(name)] = value
    for name, value in zip(_GAZE, pose_10[6:10], strict=True):
        if name in schema:
            out[schema.index(name)] = np.clip(
                value, schema.minimum[schema.index(name)], schema.maximum[schema.index(name)]
            )
    return out


def crop_camera(head: Head, pose_10: F32, size: int) -> Camera:
    """The pinhole camera that sees what ``CropCamera`` describes: p = c + s q / (1 - q_z / D) is a focal length s D."""
    seen = CropCamera.from_encoder(pose_10)
    turned = rotation(seen.yaw_rad, seen.pitch_rad, seen.roll_rad) @ head.face_centre
    ratio = size / CROP
    return Camera(
        focal=seen.scale * CAMERA_DISTANCE_M * ratio,
        centre=((seen.cx + 0.5) * ratio - 0.5, (seen.cy + 0.5) * ratio - 0.5),
        translation=(-float(turned[0]), -float(turned[1]), -float(turned[2]) - CAMERA_DISTANCE_M),
    )
