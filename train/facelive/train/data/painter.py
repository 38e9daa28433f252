"""Who draws the faces of a data set: the built-in renderer in random scenes, or anything else with the same calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.render.scene import Camera
from facelive.rig.schema import Vector
from facelive.train.data.scenes import Looks, draw_looks, random_scene


@dataclass(frozen=True, kw_only=True, slots=True)
class Painting:
    """One drawn crop."""

    image_HW3: NDArray[np.uint8]
    segments_HW: NDArray[np.uint8] | None
    """Values of ``Segment``; None unless asked for."""
    light: tuple[float, float, float]
    """Direction to the strongest light, camera space; zeros where that means nothing."""


class Painter(Protocol):
    """Draws people. One per process; ``head`` tells what its parameters are."""

    @property
    def head(self) -> Head: ...

    def person(self, rng: np.random.Generator) -> object:
        """What stays the same in all pictures of a person beyond the parameters; goes back into ``paint``."""
        ...

    def paint(
        self, params_P: Vector, camera: Camera, person: object, segments: bool, rng: np.random.Generator
    ) -> Painting:
        """Draw the head as the camera sees it, in light and before a background that ``rng`` decides."""
        ...


class BuiltInPainter:
    """The head and the renderer of this package."""

    def __init__(self, size: int) -> None:
        from facelive.rig.accessories import accessories
        from facelive.rig.render import Renderer

        self.head = Head.default()
        # A crop of 256 cannot show more of the skin than 384 texels, and painting a person costs by the texel.
        self._renderer = Renderer(self.head, size=size, dress=accessories, texture=max(192, 3 * size // 2))

    def person(self, rng: np.random.Generator) -> Looks:
        """Skin detail, freckles, make-up and clothes."""
        return draw_looks(rng)

    def paint(
        self, params_P: Vector, camera: Camera, person: object, segments: bool, rng: np.random.Generator
    ) -> Painting:
        """See ``Painter.paint``."""
        assert isinstance(person, Looks)
        scene = replace(random_scene(rng, person), camera=camera)
        picture = self._renderer.render(params_P, scene)
        strongest = max(scene.lights, key=lambda light: sum(light.colour), default=None)
        light = np.zeros(3) if strongest is None else np.asarray(strongest.direction, float)
        length = float(np.linalg.norm(light)) or 1.0
        x, y, z = (float(value) / length for value in light)
        parts = picture.parts_HW if segments else None
        return Painting(image_HW3=picture.image_HW3, segments_HW=parts, light=(x, y, z))


def built_in(size: int) -> Painter:
    """The default painter of crops of ``size`` pixels."""
    return BuiltInPainter(size)
