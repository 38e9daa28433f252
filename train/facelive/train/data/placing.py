"""A camera whose whole picture is the aligned crop of a face, as the tracker would have cut it, and the exact labels.

Rendering into the crop itself costs one small picture and no warp. Turning, zooming and shifting a picture is the same
as rolling the camera, changing its focal length and moving its principal point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facelive.rig.correspondence import Correspondence
from facelive.rig.framing import CAMERA_DISTANCE_M, CROP, compose, frame_face, scale_and_angle
from facelive.rig.head import Head, blend
from facelive.rig.render.scene import Camera
from facelive.rig.rotation import angles, rotation
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]
_ANGLES = ("headYaw", "headPitch", "headRoll")
_GAZE = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")
_PLANE = 1000.0
"""Focal length in pixels of the picture in which the crop is sought; any number would do."""
_RIGID, _LEAST_POINTS = 0.995, 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CropJitter:
    """How far the crop is from the one that exact landmarks would give."""

    scale: float = 1.0
    """Greater than 1: the face is larger in the crop."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Right and down, as shares of the crop's side."""
    turn_rad: float = 0.0
    """Clockwise as seen."""

    @classmethod
    def draw(cls, rng: np.random.Generator, scale: float, shift: float, turn_rad: float) -> CropJitter:
        """Evenly within +-scale (a share), +-shift (shares of the side), +-turn."""
        right, down = rng.uniform(-shift, shift, 2)
        return cls(
            scale=math.exp(rng.uniform(-1.0, 1.0) * math.log1p(scale)),
            shift=(float(right), float(down)),
            turn_rad=float(rng.uniform(-turn_rad, turn_rad)),
        )

    def matrix(self) -> F32:
        """(2, 3): from the exact 256 crop to the jittered one."""
        cos, sin = self.scale * math.cos(self.turn_rad), self.scale * math.sin(self.turn_rad)
        linear = np.array([[cos, -sin], [sin, cos]])
        middle = np.full(2, 0.5 * (CROP - 1))
        shift = middle - linear @ middle + CROP * np.array(self.shift)
        return np.column_stack([linear, shift]).astype(np.float32)


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A face placed in its crop."""

    camera: Camera
    """Renders the 256 crop from ``params_P``; ``at_size`` gives it for other sizes."""
    params_P: Vector
    """What the camera must be shown: the head's angles as drawn."""
    label_P: Vector
    """The same with the head's angles as the crop shows them."""
    landmarks68: F32
    """(68, 2) pixels of the 256 crop."""
    landmarks478: F32
    """(478, 2) pixels of the 256 crop; (0, 2) if the rig has no such points."""
    pose_10: F32
    """The encoder's ``pose`` output (docs/architecture.md)."""


def at_size(camera: Camera, size: int) -> Camera:
    """The same view for a crop of another size."""
    ratio = size / CROP
    x, y = camera.centre
    return replace(camera, focal=camera.focal * ratio, centre=((x + 0.5) * ratio - 0.5, (y + 0.5) * ratio - 0.5))


def place(head: Head, params_P: Vector, distance_m: float, jitter: CropJitter) -> Placed:
    """Look at the posed face from ``distance_m`` and cut the crop that the jitter asks for.

    The angles of ``params_P`` are those of the head against the line of sight. Raises UsageError if the head has no
    68 landmarks.
    """
    schema = head.schema
    turned = rotation(*(float(params_P[schema.index(name)]) for name in _ANGLES))
    vertices = head.solve(params_P)
    points68 = _turned_points(head, head.landmarks68, vertices, turned)
    points478 = _turned_points(head, head.landmarks478, vertices, turned)
    centre = (turned @ head.face_centre).astype(np.float64)
    straight = Camera(focal=_PLANE, centre=(0.0, 0.0), translation=(-centre[0], -centre[1], -centre[2] - distance_m))
    to_crop = compose(jitter.matrix(), frame_face(straight.project(points68)))
    zoom, clockwise = scale_and_angle(to_crop)
    roll = rotation(0.0, 0.0, -clockwise).astype(np.float64)
    camera = Camera(
        focal=_PLANE * zoom,
        centre=(float(to_crop[0, 2]), float(to_crop[1, 2])),
        translation=tuple(float(value) for value in roll @ straight.translation),  # type: ignore[arg-type]
        rotation=roll,
    )
    seen68 = camera.project(points68)
    in_crop = (roll @ turned).astype(np.float32)
    label = np.array(params_P, np.float32)
    for name, angle in zip(_ANGLES, angles(in_crop), strict=True):
        label[schema.index(name)] = angle
    flat = head.landmarks68.points(vertices, head.triangles_T3)
    return Placed(
        camera=camera,
        params_P=params_P,
        label_P=label,
        landmarks68=seen68,
        landmarks478=camera.project(points478) if len(points478) else np.zeros((0, 2), np.float32),
        pose_10=_pose(head, label, in_crop, flat, seen68),
    )


def _turned_points(head: Head, points: Correspondence, vertices_V3: F32, turned_33: F32) -> F32:
    """(K, 3): ``points`` of ``head.pose``, posing only the corners that they need."""
    corners_K3 = head.triangles_T3[points.triangle_K]
    posed = blend(vertices_V3[corners_K3].reshape(-1, 3), turned_33, head.head_weight_V[corners_K3].ravel())
    return np.einsum("kc,kcn->kn", points.barycentric_K3, posed.reshape(-1, 3, 3)).astype(np.float32)


def _pose(head: Head, label_P: Vector, in_crop_33: F32, unposed_K3: F32, seen_K2: F32) -> F32:
    """Angles as they are; place and scale such that the crop camera meets the seen points best (least squares).

    The crop camera stands 1 m away; a real one nearer or further away differs by a little perspective.
    """
    # Points that bend with the neck (the lowest of the jaw) are not what a rigid camera should follow.
    follows = head.landmarks68.points(head.head_weight_V[:, None], head.triangles_T3)[:, 0] > _RIGID
    rigid = follows if follows.sum() >= _LEAST_POINTS else np.ones_like(follows)
    q = (unposed_K3[rigid] - head.face_centre) @ in_crop_33.T
    flat = q[:, :2] * [1.0, -1.0] / (1.0 - q[:, 2:] / CAMERA_DISTANCE_M)
    middle, seen_middle = flat.mean(0), seen_K2[rigid].mean(0)
    spread = flat - middle
    scale = float((spread * (seen_K2[rigid] - seen_middle)).sum() / (spread**2).sum())
    x, y = seen_middle - scale * middle
    schema = head.schema
    angles_3 = [label_P[schema.index(name)] for name in _ANGLES]
    gaze_4 = [label_P[schema.index(name)] if name in schema else 0.0 for name in _GAZE]
    return np.array([*angles_3, x / CROP, y / CROP, math.log(scale / 1000.0), *gaze_4], np.float32)
