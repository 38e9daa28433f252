"""Random scenes: light from one to five lamps or windows, any colour of it, any backdrop.

Lights are drawn as shares of what reaches the face, so that the exposure is right on average, as a camera's would be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.render.scene import Ambient, Light, Rgb, Scene

_BACKDROP = 128
"""Side of a drawn backdrop in pixels; it is scaled up, and mostly out of focus anyway."""
_COLOURFUL = 0.18
"""Standard deviation of log gain per channel of what stands around people."""


def _rgb(values: NDArray[np.floating]) -> Rgb:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _warmth(rng: np.random.Generator, spread: float = 0.10) -> NDArray[np.float64]:
    """(3,) gains of about candle light (red) to blue sky, mean 1, with a little green or magenta."""
    warm, green = rng.normal(0.0, spread), rng.normal(0.0, 0.3 * spread)
    gains = np.exp([warm, green, -warm])
    return gains / gains.mean()


def _direction(
    rng: np.random.Generator, azimuth_deg: float, low_deg: float, high_deg: float
) -> tuple[float, float, float]:
    """Towards a light within +-azimuth of the camera and between two elevations."""
    azimuth = math.radians(rng.uniform(-azimuth_deg, azimuth_deg))
    elevation = math.radians(rng.uniform(low_deg, high_deg))
    flat = math.cos(elevation)
    return flat * math.sin(azimuth), math.sin(elevation), flat * math.cos(azimuth)


def _lights(rng: np.random.Generator, key_share: float) -> tuple[Light, ...]:
    tint = _warmth(rng)
    key = Light(
        direction=_direction(rng, 100.0, -15.0, 75.0),
        colour=_rgb(1.15 * key_share * tint),
        softness=float(rng.uniform(0.1, 1.0)),
    )
    lights = [key]
    for _ in range(rng.integers(0, 3)):
        fill = key_share * rng.uniform(0.05, 0.6)
        colour = _rgb(fill * _warmth(rng, 0.16))
        lights.append(Light(direction=_direction(rng, 120.0, -30.0, 60.0), colour=colour, softness=0.8))
    for _ in range(rng.choice(3, p=[0.6, 0.25, 0.15])):
        x, y, z = _direction(rng, 60.0, 0.0, 50.0)
        colour = _rgb(rng.uniform(0.1, 0.7) * _warmth(rng, 0.16))
        lights.append(Light(direction=(x, y, -abs(z)), colour=colour, softness=0.4))
    return tuple(lights)


def _patch(base: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """(3,) the colour of a thing before a backdrop: mostly lighter or darker, now and then bright and coloured."""
    strong = 3.0 if rng.random() < 0.15 else 1.0
    return (base + rng.normal(0.0, 60.0)) * np.exp(strong * _COLOURFUL * rng.standard_normal(3))


def _picture(rng: np.random.Generator) -> NDArray[np.uint8]:
    """(128, 128, 3) something like a room, a street or leaves, out of focus to any degree."""
    base = rng.uniform(10.0, 240.0) * np.exp(_COLOURFUL * rng.standard_normal(3))
    image = np.clip(np.full((_BACKDROP, _BACKDROP, 3), base), 0, 255).astype(np.uint8)
    for _ in range(rng.integers(2, 22)):
        low = rng.integers(-30, _BACKDROP, 2)
        extent = rng.integers(4, 90, 2)
        colour = tuple(float(v) for v in np.clip(_patch(base, rng), 0, 255))
        kind = rng.random()
        x, y = int(low[0]), int(low[1])
        if kind < 0.6:
            cv2.rectangle(image, (x, y), (x + int(extent[0]), y + int(extent[1])), colour, -1)
        elif kind < 0.85:
            cv2.ellipse(image, ((x, y), (float(extent[0]), float(extent[1])), float(rng.uniform(0, 180))), colour, -1)
        else:
            cv2.line(
                image, (x, y), (int(rng.integers(0, 128)), int(rng.integers(0, 128))), colour, int(rng.integers(1, 9))
            )
    if rng.random() < 0.4:
        cells = int(rng.integers(4, 60))
        leaves = rng.normal(0.0, rng.uniform(8.0, 45.0), (cells, cells, 1)) * np.exp(0.3 * rng.standard_normal(3))
        large = cv2.resize(leaves.astype(np.float32), (_BACKDROP, _BACKDROP), interpolation=cv2.INTER_CUBIC)
        image = np.clip(image + large, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        # As soft as a Gaussian of half that many pixels, in a fraction of the time.
        side = 2 * round(rng.uniform(1.0, 16.0)) + 1
        image = np.asarray(cv2.stackBlur(image, (side, side)), np.uint8)
    return image


def _gradient(rng: np.random.Generator) -> NDArray[np.uint8]:
    """(128, 128, 3) one colour, or one that falls off from a spot."""
    colour = np.clip(rng.uniform(0.02, 0.98) * np.exp(_COLOURFUL * rng.standard_normal(3)), 0.0, 1.0)
    edge = colour
    if rng.random() < 0.7:
        edge = np.clip(colour * rng.uniform(0.3, 1.1) + rng.normal(0.0, 0.04, 3), 0.0, 1.0)
    x, y = rng.uniform(0.0, _BACKDROP, 2)
    rows, columns = np.mgrid[0:_BACKDROP, 0:_BACKDROP]
    away = np.clip(np.hypot(columns - x, rows - y) / _BACKDROP, 0.0, 1.0)[..., None]
    return np.rint(255.0 * (colour + away * (edge - colour))).astype(np.uint8)


def _background(rng: np.random.Generator) -> NDArray[np.uint8]:
    return _picture(rng) if rng.random() < 0.62 else _gradient(rng)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """What stays with a person from picture to picture beyond the parameters; fields as in ``Scene``."""

    seed: int
    freckles: float
    makeup: float
    cloth_rgb: Rgb | None


def draw_looks(rng: np.random.Generator) -> Looks:
    """Skin detail, freckles, make-up, clothes."""
    cloth = rng.uniform(0.02, 0.9) * _warmth(rng, 0.25).clip(0.5, 1.5) / 1.5
    return Looks(
        seed=int(rng.integers(0, 2**31)),
        freckles=float(rng.beta(1.2, 3.0)) if rng.random() < 0.2 else 0.0,
        makeup=float(rng.random()) if rng.random() < 0.2 else 0.0,
        cloth_rgb=None if rng.random() < 0.1 else _rgb(cloth),
    )


def random_scene(rng: np.random.Generator, looks: Looks | None = None) -> Scene:
    """A scene that could be anywhere; the camera is left to the caller. ``looks``: of the person, else drawn too."""
    key_share = float(rng.beta(2.2, 1.3))
    around = (1.0 - 0.75 * key_share) * rng.uniform(0.7, 1.1) * _warmth(rng)
    below = around * rng.uniform(0.3, 0.9) * _warmth(rng, 0.1)
    looks = looks or draw_looks(rng)
    return Scene(
        lights=_lights(rng, key_share),
        ambient=Ambient(sky=_rgb(0.75 * around), ground=_rgb(0.75 * below)),
        background=_background(rng),
        exposure=math.exp(rng.normal(-0.05, 0.3)),
        white_balance=_rgb(_warmth(rng, 0.06)),
        shadows=bool(rng.random() < 0.85),
        cloth_rgb=looks.cloth_rgb,
        seed=looks.seed,
        freckles=looks.freckles,
        makeup=looks.makeup,
    )
