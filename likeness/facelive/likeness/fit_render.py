"""The real renderer in a fit: the crop that a pose describes, drawn from parameters, and the chip a recogniser wants.

Nothing here has a gradient. It is the judge of every iterate, and on machines without an imitator the only picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.likeness.alignment import dlib_chip
from facelive.rig.crop_view import crop_camera, with_pose
from facelive.rig.framing import CROP, CropCamera, apply, invert, scale_and_angle
from facelive.rig.head import Head
from facelive.rig.render import Camera, Renderer, Scene
from facelive.rig.rotation import rotation
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """One real render in the frame of a crop."""

    image_HW3: NDArray[np.uint8]
    """BGR."""
    parts_HW: NDArray[np.uint8]
    """Values of ``Segment``."""
    landmarks_K2: F32
    """(68, 2) crop / 256."""


def moved_camera(camera: Camera, to_new_23: F32) -> Camera:
    """The same view through a similarity of its pixels: zoomed, rolled and shifted instead of warped."""
    zoom, clockwise = scale_and_angle(to_new_23)
    roll = rotation(0.0, 0.0, -clockwise).astype(np.float64)
    x, y = apply(to_new_23, np.array([camera.centre]))[0]
    place = roll @ np.asarray(camera.translation)
    return replace(
        camera,
        focal=camera.focal * zoom,
        centre=(float(x), float(y)),
        translation=(float(place[0]), float(place[1]), float(place[2])),
        rotation=roll @ camera.rotation,
    )


class RealDrawing:
    """Draws crops, and dlib's chips without a detour through crops. One per thread."""

    def __init__(self, head: Head, *, size: int = 256, chip: int = 150, samples: int = 2) -> None:
        """samples: per pixel and axis, for crops; chips are drawn with one less."""
        self.head, self.size, self.chip_size = head, size, chip
        self._crops = Renderer(head, size, samples=samples, texture=max(256, size))
        self._chips = Renderer(head, chip, samples=max(1, samples - 1), texture=256)
        self._points = head.linear(head.landmarks68)

    def crop(self, params_P: Vector, pose_10: F32, scene: Scene) -> Drawn:
        """The crop at ``size``; the scene's camera is replaced."""
        schema = self.head.schema
        camera = crop_camera(self.head, pose_10, self.size)
        picture = self._crops.render(with_pose(schema, params_P, pose_10), replace(scene, camera=camera))
        points = ((picture.landmarks68_K2 + 0.5) * (CROP / self.size) - 0.5) / CROP
        return Drawn(image_HW3=picture.image_HW3, parts_HW=picture.parts_HW, landmarks_K2=points.astype(np.float32))

    def landmarks(self, params_P: Vector, pose_10: F32) -> F32:
        """(68, 2) crop / 256, without drawing."""
        points = self._points.evaluate(with_pose(self.head.schema, params_P, pose_10))
        seen = CropCamera.from_encoder(pose_10).project(points, self.head.face_centre)
        return np.asarray(seen / CROP, np.float32)

    def chip(self, params_P: Vector, pose_10: F32, scene: Scene) -> NDArray[np.uint8]:
        """(150, 150, 3) uint8 BGR: what dlib cuts out of the crop, drawn at once."""
        at = torch.from_numpy(self.landmarks(params_P, pose_10))[None]
        to_chip = invert(dlib_chip(at, int(CROP), self.chip_size)[0].numpy())
        camera = moved_camera(crop_camera(self.head, pose_10, int(CROP)), to_chip)
        return self._chips.render(
            with_pose(self.head.schema, params_P, pose_10), replace(scene, camera=camera)
        ).image_HW3
