"""The crop of one face from frame to frame: calm on a still face, prompt on a moving one, and never a wild jump."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.framing import CROP, Similarity, frame_face, scale_and_angle

Points = NDArray[np.float32]

# Moves below these are noise of the landmarks: the crop follows them only in part. Shares of the side; radians.
_CALM_SHIFT, _CALM_ZOOM, _CALM_TURN = 0.02, 0.03, 0.03
# Moves above these within one frame are no head's: at 30 fps half a crop, a third in size, 30 degrees.
_WILD_SHIFT, _WILD_ZOOM, _WILD_TURN = 0.35, 0.35, 0.55


@dataclass(frozen=True, slots=True)
class CropBox:
    """A square crop in the picture: centre and side in pixels, turn in radians."""

    x: float
    y: float
    side: float
    turn: float

    @classmethod
    def around(cls, landmarks_K2: Points) -> CropBox:
        """The aligned crop of 68 points (``frame_face``). Raises UsageError if they are no face's."""
        return cls.of(frame_face(landmarks_K2))

    @classmethod
    def of(cls, similarity: Similarity) -> CropBox:
        """The square that a similarity cuts out."""
        scale, turn = scale_and_angle(similarity)
        x, y = to_picture(similarity, 0.5 * (CROP - 1), 0.5 * (CROP - 1))
        return cls(x, y, CROP / scale, turn)

    def similarity(self) -> Similarity:
        """Picture -> 256 crop."""
        scale = CROP / self.side
        a, b = scale * math.cos(self.turn), scale * math.sin(self.turn)
        middle = 0.5 * (CROP - 1)
        return np.array(
            [
                [a, -b, middle - a * self.x + b * self.y],
                [b, a, middle - b * self.x - a * self.y],
            ],
            np.float32,
        )

    def change(self, target: CropBox) -> tuple[float, float, float]:
        """How far away another crop is: shift as a share of the side, zoom as a log ratio, turn in radians."""
        shift = math.hypot(target.x - self.x, target.y - self.y) / self.side
        return shift, abs(math.log(target.side / self.side)), abs(_wrapped(target.turn - self.turn))

    def is_jump(self, target: CropBox) -> bool:
        """Whether no head moves so far within a frame."""
        shift, zoom, turn = self.change(target)
        return shift > _WILD_SHIFT or zoom > _WILD_ZOOM or turn > _WILD_TURN

    def follow(self, target: CropBox) -> CropBox:
        """The next crop: the target if it is clearly elsewhere, hardly moved if it is just noise away.

        The encoder's answer depends a little on where the crop lies; a crop that trembles makes a face that trembles.
        """
        shift, zoom, turn = self.change(target)
        move, size, lean = _part(shift / _CALM_SHIFT), _part(zoom / _CALM_ZOOM), _part(turn / _CALM_TURN)
        return CropBox(
            self.x + move * (target.x - self.x),
            self.y + move * (target.y - self.y),
            self.side * math.exp(size * math.log(target.side / self.side)),
            _wrapped(self.turn + lean * _wrapped(target.turn - self.turn)),
        )

    def overlap(self, other: CropBox) -> float:
        """Intersection over union of the upright squares."""
        wide = _common(self.x, self.side, other.x, other.side)
        high = _common(self.y, self.side, other.y, other.side)
        both = wide * high
        return both / (self.side**2 + other.side**2 - both)

    def inside(self, width: int, height: int) -> bool:
        """Whether the centre lies in the picture."""
        return 0.0 <= self.x < width and 0.0 <= self.y < height


def to_picture(similarity: Similarity, x: float, y: float) -> tuple[float, float]:
    """A crop point in the picture. Closed form: an inverse by LAPACK costs more than all the rest of it."""
    (a, _, right), (b, _, down) = similarity.tolist()
    square = a * a + b * b
    x, y = x - right, y - down
    return (a * x + b * y) / square, (a * y - b * x) / square


def points_to_picture(similarity: Similarity, points_K2: Points) -> Points:
    """(K, 2) float32: crop points in the picture."""
    (a, _, right), (b, _, down) = similarity.tolist()
    square = a * a + b * b
    back = np.array([[a / square, -b / square], [b / square, a / square]], np.float32)
    return np.asarray((points_K2 - np.array([right, down], np.float32)) @ back, np.float32)


def _common(a: float, side_a: float, b: float, side_b: float) -> float:
    low = max(a - side_a / 2, b - side_b / 2)
    return max(0.0, min(a + side_a / 2, b + side_b / 2) - low)


def _part(change: float) -> float:
    """How much of a change is followed, if 1 is clearly more than noise."""
    return min(1.0, change * change)


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi
