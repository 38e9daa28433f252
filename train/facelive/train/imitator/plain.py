"""Plain pictures for imitators: fixed studio light, grey background, nothing in the way, one distance.

An imitator is told identity, styles, colours, expression and pose; whatever else a picture varies in would only blur
it. So light, clothes and skin detail stay the same, heads are not tilted against the shoulders, and the camera stands
1 m away, where the contract's crop camera is exact. The crops are off by a little, at random and with exact labels:
fitting moves through such places.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from facelive.likeness.drawing import IMITATED_BACKGROUND
from facelive.rig.head import Head
from facelive.rig.render.scene import Camera, Scene
from facelive.rig.schema import Vector
from facelive.train.data.painter import Painter, Painting
from facelive.train.data.people import PoseRange
from facelive.train.data.picture import RenderConfig, clean


class PlainPainter:
    """The head and the renderer of this package, always in the same studio."""

    def __init__(self, size: int) -> None:
        from facelive.rig.accessories import accessories
        from facelive.rig.render import Renderer

        self.head = Head.default()
        self._renderer = Renderer(self.head, size=size, dress=accessories, texture=max(192, 3 * size // 2))

    def person(self, rng: np.random.Generator) -> None:
        """Nothing: all that a person has is in the parameters."""

    def paint(
        self, params_P: Vector, camera: Camera, person: object, segments: bool, rng: np.random.Generator
    ) -> Painting:
        """See ``Painter.paint``."""
        picture = self._renderer.render(params_P, Scene(camera=camera, background=IMITATED_BACKGROUND))
        parts = picture.parts_HW if segments else None
        return Painting(image_HW3=picture.image_HW3, segments_HW=parts, light=(0.0, 0.0, 0.0))


def plain(size: int) -> Painter:
    """The painter of plain crops of ``size`` pixels."""
    return PlainPainter(size)


def plain_config(output: Path, count: int, *, size: int = 256, seed: int = 100, workers: int = 1) -> RenderConfig:
    """What ``facelive dataset plain`` draws: two pictures of each person, with part masks."""
    config = RenderConfig(
        output=output, count=count, seed=seed, size=size, workers=workers, per_person=2, segments=True,
        pose=PoseRange(roll_deg=0.0, nearest_m=1.0, furthest_m=1.0), painter=plain,
    )  # fmt: skip
    return replace(clean(config), jitter_scale=0.06, jitter_shift=0.03, jitter_turn_deg=3.0)
