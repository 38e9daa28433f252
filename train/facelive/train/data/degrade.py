"""What cameras, networks and light do to a picture on its way: tint, blur, few pixels, noise, compression.

All random numbers come from the generator that is passed in; pictures are (256, 256, 3) uint8 BGR.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Degradation:
    """How strong each step may get, and how often it happens. ``none()`` leaves pictures alone."""

    tint: float = 0.05
    """Standard deviation of log gain per channel, beyond what the scene's own light does."""
    exposure: float = 0.18
    """Standard deviation of log gain, before clipping."""
    gamma: float = 0.12
    """Standard deviation of log gamma."""
    grey: float = 0.03
    """Share of pictures without colour."""
    motion_blur: float = 0.12
    """Share of pictures; up to 14 pixels."""
    blur: float = 0.35
    """Share of pictures; sigma up to 2.2 pixels."""
    small: float = 0.55
    """Share of pictures that came from fewer pixels: down to ``smallest`` of face height."""
    smallest: float = 60.0
    noise: float = 0.65
    """Share of pictures; sigma up to 12 grey levels at the camera's own resolution."""
    jpeg: float = 0.6
    """Share of pictures; quality 25 to 95."""

    @classmethod
    def none(cls) -> Degradation:
        """Every step switched off."""
        return cls(tint=0, exposure=0, gamma=0, grey=0, motion_blur=0, blur=0, small=0, noise=0, jpeg=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """What was done to one picture."""

    exposure: float = 1.0
    blur_px: float = 0.0
    side_px: float = 256.0
    """Side of the crop in the camera's own pixels."""
    noise_sigma: float = 0.0
    jpeg_quality: float = 100.0

    def numbers(self) -> tuple[float, ...]:
        """In the order of the fields."""
        return self.exposure, self.blur_px, self.side_px, self.noise_sigma, self.jpeg_quality


DAMAGE_NAMES = ("exposure", "blur_px", "side_px", "noise_sigma", "jpeg_quality")
_FACE_SHARE = 1.0 / 1.75
"""Face height as a share of the crop's side, by the framing."""
_BANK_SIDE = 512
_bank: list[NDArray[np.float32]] = []


def _noise(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(height, width, 3) unit normal noise: a random corner of a fixed bank, drawn once, as drawing it is slow."""
    if not _bank:
        _bank.append(np.random.default_rng(20).standard_normal((_BANK_SIDE, _BANK_SIDE, 3), np.float32))
    top, left = rng.integers(0, _BANK_SIDE - height + 1), rng.integers(0, _BANK_SIDE - width + 1)
    part = _bank[0][top : top + height, left : left + width]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    return part[::-1] if rng.random() < 0.5 else part


def _tone(image: Image, how: Degradation, rng: np.random.Generator) -> tuple[Image, float]:
    """Gains, gamma and grey as one table per channel."""
    exposure = math.exp(how.exposure * rng.standard_normal())
    gains = exposure * np.exp(how.tint * rng.standard_normal(3))
    gamma = math.exp(how.gamma * rng.standard_normal())
    level = np.arange(256) / 255.0
    table = 255.0 * np.clip(level[:, None] * gains, 0.0, 1.0) ** gamma
    image = np.asarray(cv2.LUT(image, np.rint(table)[None].astype(np.uint8)), np.uint8)
    if rng.random() < how.grey:
        image = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    return image, exposure


def _motion(image: Image, rng: np.random.Generator) -> Image:
    length = rng.uniform(3.0, 14.0)
    angle = rng.uniform(0.0, math.pi)
    side = 15
    kernel = np.zeros((side, side), np.float32)
    reach = 0.5 * length * np.array([math.cos(angle), math.sin(angle)])
    middle = np.full(2, side // 2)
    one, other = (tuple(int(v) for v in np.rint((middle + sign * reach) * 16)) for sign in (-1.0, 1.0))
    cv2.line(kernel, one, other, 1.0, 1, cv2.LINE_AA, 4)
    # Trimmed to what the line needs: from 130 entries on OpenCV goes by way of a Fourier transform, five times slower.
    rows, columns = np.nonzero(kernel)
    high, wide = np.abs(rows - middle[0]).max(), np.abs(columns - middle[0]).max()
    kernel = kernel[middle[0] - high : middle[0] + high + 1, middle[0] - wide : middle[0] + wide + 1]
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def degrade(image: Image, how: Degradation, rng: np.random.Generator) -> tuple[Image, Damage]:
    """A damaged copy of a square picture, the same size, and what was done to it."""
    side = image.shape[0]
    image, exposure = _tone(image, how, rng)
    blur = 0.0
    if rng.random() < how.motion_blur:
        image = _motion(image, rng)
    if rng.random() < how.blur:
        blur = rng.uniform(0.4, 2.2)
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8)
    own = float(side)
    if rng.random() < how.small:
        lowest = how.smallest / _FACE_SHARE
        own = math.exp(rng.uniform(math.log(min(lowest, side)), math.log(1.2 * side)))
    sigma = 12.0 * rng.random() ** 2 if rng.random() < how.noise else 0.0
    quality = rng.uniform(25.0, 95.0) if rng.random() < how.jpeg else 100.0
    pixels = min(side, round(own))
    if pixels < side:
        image = np.asarray(cv2.resize(image, (pixels, pixels), interpolation=cv2.INTER_AREA), np.uint8)
    if sigma > 0.0:
        noisy = cv2.addWeighted(image.astype(np.float32), 1.0, _noise(pixels, pixels, rng), sigma, 0.0)
        image = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    if quality < 100.0:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    if pixels < side:
        way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
        image = np.asarray(cv2.resize(image, (side, side), interpolation=way), np.uint8)
    return image, Damage(
        exposure=exposure, blur_px=blur, side_px=own, noise_sigma=sigma, jpeg_quality=float(int(quality))
    )
