"""What surrounds the head in a picture: camera, lights, background, exposure. Plain data, no numba.

Camera space: x right in the picture, y up, z towards the camera; metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError

Rgb = tuple[float, float, float]
Vec3 = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """A pinhole camera: ``c = rotation @ X + translation``, depth = -c_z, ``p = centre + focal * (c_x, -c_y) / depth``.

    X are points of the posed head frame; p is in pixels of a picture ``width`` pixels wide, pixel centres at integers.
    """

    focal: float
    """Focal length, pixels."""
    centre: tuple[float, float]
    """Principal point (x, y), pixels."""
    translation: Vec3
    """Head origin in camera space, metres; in front of the camera z is negative."""
    rotation: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    """(3, 3) float64."""

    def __post_init__(self) -> None:
        if not self.focal > 0.0:
            raise UsageError(f"a camera needs a positive focal length, got {self.focal}")

    @classmethod
    def portrait(
        cls, width: int, height: int, *, fov: float = 14.0, middle_y: float = 0.02, tall: float = 0.37
    ) -> Camera:
        """The default framing: a head with its hair and the neck, from the front.

        fov: vertical field of view, degrees. middle_y: height of the picture's middle above the head joint, metres.
        tall: metres that the picture shows from top to bottom at the face. A picture narrower than tall: across.
        """
        if not 1.0 <= fov <= 120.0:
            raise UsageError(f"the field of view must lie in 1..120 degrees, got {fov}")
        across = min(width, height)
        distance = 0.5 * tall / math.tan(math.radians(fov) / 2)
        return cls(
            focal=across * distance / tall,
            centre=((width - 1) / 2, (height - 1) / 2),
            translation=(0.0, -middle_y, -(distance + 0.09)),
        )

    def project(self, points_K3: NDArray[np.floating]) -> NDArray[np.float32]:
        """(K, 3) points of the posed head frame to (K, 2) float32 pixels."""
        seen = points_K3 @ self.rotation.T + np.asarray(self.translation)
        scale = self.focal / -seen[:, 2:]
        return (np.asarray(self.centre) + scale * seen[:, :2] * (1.0, -1.0)).astype(np.float32)


@dataclass(frozen=True, kw_only=True, slots=True)
class Light:
    """A light so far away that its rays are parallel."""

    direction: Vec3
    """Towards the light, camera space; any length."""
    colour: Rgb = (1.0, 1.0, 1.0)
    """Linear light; 1 makes a white surface that faces it as bright as white gets."""
    softness: float = 0.25
    """0: a hard sun, 1: a big soft box. Widens the highlight and the light's reach round the form."""


def studio() -> tuple[Light, ...]:
    """Key from the upper left, weak fill from the right, two rims from behind. The first light casts the shadows."""
    return (
        Light(direction=(-0.55, 0.75, 0.85), colour=(1.12, 1.07, 1.01), softness=0.35),
        Light(direction=(0.9, 0.15, 0.75), colour=(0.25, 0.27, 0.30), softness=0.8),
        Light(direction=(-0.95, 0.35, -0.55), colour=(0.34, 0.36, 0.40), softness=0.4),
        Light(direction=(0.95, 0.45, -0.50), colour=(0.42, 0.39, 0.36), softness=0.4),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Ambient:
    """Light from everywhere: a hemisphere, linear."""

    sky: Rgb = (0.40, 0.42, 0.46)
    ground: Rgb = (0.25, 0.22, 0.20)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gradient:
    """A backdrop that falls off from a bright spot. sRGB 0..1."""

    centre_rgb: Rgb = (0.77, 0.78, 0.79)
    edge_rgb: Rgb = (0.60, 0.63, 0.67)
    spot: tuple[float, float] = (0.5, 0.42)
    """Where the bright spot lies, in shares of width and height."""


Background = Rgb | Gradient | NDArray[np.uint8]
"""One sRGB colour (0..1), a gradient, or a picture (H, W, 3) uint8 BGR that is scaled to fill."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Everything in a picture that is not the character."""

    camera: Camera | None = None
    """None: ``Camera.portrait`` for the renderer's size and ``fov``."""
    fov: float = 14.0
    """Vertical field of view in degrees of the default camera."""
    lights: tuple[Light, ...] = field(default_factory=studio)
    """The first one casts shadows."""
    ambient: Ambient = field(default_factory=Ambient)
    background: Background = field(default_factory=Gradient)
    exposure: float = 1.0
    """Multiplies all light, before the tone curve; not the background."""
    white_balance: Rgb = (1.0, 1.0, 1.0)
    """Multiplies the picture's linear channels, background included."""
    shadows: bool = True
    cloth_rgb: Rgb | None = (0.16, 0.18, 0.22)
    """sRGB of the shirt; None: bare shoulders."""
    seed: int = 0
    """Seed of the skin's detail: pores, moles, blotches."""
    freckles: float = 0.0
    """0: none .. 1: many."""
    makeup: float = 0.0
    """0: bare .. 1: lipstick and eye shadow."""
