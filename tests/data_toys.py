"""A painter that costs nothing: a grey picture with a white dot at every landmark of the posed head."""

from __future__ import annotations

import numpy as np

from facelive.rig.head import Head
from facelive.rig.render.scene import Camera
from facelive.rig.schema import Vector
from facelive.train.data.painter import Painting


class DotPainter:
    """Projects the 68 landmarks with the camera and marks the pixels."""

    def __init__(self, size: int) -> None:
        self.head = Head.default()
        self._size = size

    def person(self, rng: np.random.Generator) -> object:
        return float(rng.uniform(20.0, 120.0))

    def paint(
        self, params_P: Vector, camera: Camera, person: object, segments: bool, rng: np.random.Generator
    ) -> Painting:
        assert isinstance(person, float)
        image = np.full((self._size, self._size, 3), round(person + rng.uniform(0.0, 20.0)), np.uint8)
        posed = self.head.pose(self.head.solve(params_P), params_P)
        points = np.rint(camera.project(self.head.landmarks68.points(posed, self.head.triangles_T3))).astype(int)
        inside = points[((points >= 0) & (points < self._size)).all(1)]
        image[inside[:, 1], inside[:, 0]] = 255
        parts = np.zeros((self._size, self._size), np.uint8) if segments else None
        return Painting(image_HW3=image, segments_HW=parts, light=(0.0, 0.0, 1.0))


def dots(size: int) -> DotPainter:
    return DotPainter(size)
