"""From what the encoder saw in a crop to the face in the whole picture: angles, metres, a schema vector, landmarks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.default_schema import GAZE, HEAD_ANGLES, HEAD_POSITION
from facelive.rig.framing import CropCamera, scale_and_angle
from facelive.rig.head import Head
from facelive.rig.rotation import angles, rotation
from facelive.rig.schema import Schema, Vector
from facelive.stream.crop import points_to_picture, to_picture
from facelive.stream.encoder import Observation

F32 = NDArray[np.float32]
POSE_NAMES = (*HEAD_ANGLES, *HEAD_POSITION, *GAZE)
"""What ``PoseLayout`` and all pose arrays of the live path hold, in this order: 3 angles, 3 metres, 4 gaze angles."""
ANGLES, POSITION, GAZES = slice(0, 3), slice(3, 6), slice(6, 10)


@dataclass(frozen=True)
class PoseLayout:
    """Where a rig keeps the ten pose numbers; a rig may lack some of them."""

    where: NDArray[np.intp]
    """(10,) index into a schema vector, -1 where the rig has no such parameter."""

    @classmethod
    def of(cls, schema: Schema) -> PoseLayout:
        return cls(np.array([schema.index(name) if name in schema else -1 for name in POSE_NAMES], np.intp))

    def put(self, vector: Vector, pose: F32) -> None:
        """Write the ten numbers into a (P,) vector; what the rig lacks is left out."""
        has = self.where >= 0
        vector[self.where[has]] = pose[has]

    def get(self, vector: Vector) -> F32:
        """(10,) float32 from a (P,) vector; what the rig lacks is 0."""
        return np.where(self.where >= 0, vector[self.where], np.float32(0.0)).astype(np.float32)


class Decoder:
    """Knows a head and a camera's field of view."""

    def __init__(self, head: Head, *, field_of_view_deg: float = 60.0) -> None:
        schema = head.schema
        self.schema = schema
        self.layout = PoseLayout.of(schema)
        self._groups = {
            group: schema.indices(group) for group in ("identity", "style", "colour", "expression")
        }  # fmt: skip
        self._focal_share = 0.5 / math.tan(math.radians(field_of_view_deg) / 2.0)
        self._points = head.linear(head.landmarks68)
        self._centre = np.asarray(head.face_centre, np.float32)

    def pose(self, seen: Observation, width: int, height: int) -> F32:
        """(10,) float32 in the order of ``POSE_NAMES``: the head as a camera sees it whose picture is width x height.

        Position is that of the head joint in metres: x right in the picture, y up, z towards the camera, which is the
        origin. Distance = focal length / scale of the crop camera (both in pixels), as for a pinhole.
        """
        camera = CropCamera.from_encoder(seen.pose)
        zoom, turned = scale_and_angle(seen.similarity)
        x, y = to_picture(seen.similarity, camera.cx, camera.cy)
        scale = max(camera.scale / zoom, 1e-3)
        # The crop was turned clockwise by ``turned``; the head in the picture is turned counter-clockwise by that.
        # Here and not ``camera.in_picture``: the matrix is needed as well as the angles, and this runs on every frame.
        whole = rotation(0.0, 0.0, turned) @ rotation(camera.yaw_rad, camera.pitch_rad, camera.roll_rad)
        focal = self._focal_share * width
        at_face = np.array([x - 0.5 * (width - 1), 0.5 * (height - 1) - y, -focal], np.float32) / np.float32(scale)
        joint = at_face - whole @ self._centre
        return np.array([*angles(whole), *joint, *seen.pose[6:10]], np.float32)

    def vector(self, seen: Observation, pose: F32) -> Vector:
        """(P,) float32: all that was seen, in range, each style as the one column with the largest logit."""
        values = self.schema.neutral()
        values[self._groups["identity"]] = seen.identity_I
        values[self._groups["style"]] = seen.style_S
        values[self._groups["colour"]] = seen.colour_C
        values[self._groups["expression"]] = seen.expression_E
        self.layout.put(values, pose)
        return _clip(self.schema, values)

    def projected68(self, seen: Observation) -> F32:
        """(68, 2) float32 picture pixels: where the head of the predicted parameters has the 68 points."""
        values = self.schema.neutral()
        values[self._groups["identity"]] = seen.identity_I
        values[self._groups["expression"]] = seen.expression_E
        points = self._points.evaluate(values)
        camera = CropCamera.from_encoder(seen.pose)
        return points_to_picture(seen.similarity, camera.project(points, self._centre))

    def disagreement(self, seen: Observation) -> float:
        """Mean distance of the encoder's landmarks from those of its own parameters, in outer eye distances.

        Two heads of one network that learnt the same thing in different ways: on a face they agree, on a wall they do
        not. The jaw is left out, it slides. 0 for a rig without the 68 points.
        """
        if len(self._points.mean_K3) != len(seen.landmarks_K2):
            return 0.0
        inner = slice(17, 68)
        gap = np.linalg.norm(self.projected68(seen)[inner] - seen.landmarks_K2[inner], axis=1).mean()
        eyes = float(np.linalg.norm(seen.landmarks_K2[36] - seen.landmarks_K2[45]))
        # A face in profile has its eyes close together: then its height is the better ruler.
        ruler = max(eyes, 0.6 * float(np.ptp(seen.landmarks_K2[inner, 1])), 1e-3)
        return float(gap) / ruler


def _clip(schema: Schema, values: Vector) -> Vector:
    """``schema.clip`` for values that may not be finite: a network can say anything, a stream must not pass it on."""
    return schema.clip(np.nan_to_num(values, nan=0.0, posinf=1e6, neginf=-1e6))


def crop_box(points_K2: F32) -> tuple[float, float, float]:
    """Centre x, y and side of the square around points, in their unit."""
    low, high = points_K2.min(0), points_K2.max(0)
    centre = 0.5 * (low + high)
    return float(centre[0]), float(centre[1]), float((high - low).max())
