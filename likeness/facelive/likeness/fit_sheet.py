"""The sheet of a fit: photo | aligned | avatar as the photo shows it, three views, and how the loss fell."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.likeness.fit_render import RealDrawing, with_pose
from facelive.likeness.fit_types import Fitted, Iterate, PhotoFace
from facelive.rig.head import Head
from facelive.rig.render import Renderer, Scene
from facelive.rig.schema import Vector

Picture = NDArray[np.uint8]
_SIDE = 320
_GAP = 8
_PAPER = 250
_VIEWS = (("front", 0.0), ("half left", 0.6), ("half right", -0.6))
"""Name and yaw in radians."""
_COLOURS = {
    "encoder": (110, 110, 110),
    "start": (150, 150, 150),
    "landmarks": (180, 130, 40),
    "imitator": (60, 160, 60),
    "renderer": (40, 60, 200),
    "styles": (160, 60, 160),
}
"""BGR of each stage's dots."""


def draw_sheet(head: Head, photo: Picture, face: PhotoFace, fitted: Fitted) -> Picture:
    """(H, W, 3) BGR. photo: the whole picture that ``face`` was cut from."""
    white_balance, exposure = fitted.light
    drawing = RealDrawing(head, size=_SIDE)
    posed = fitted.params_P.copy()
    posed[head.schema.indices("expression")] = fitted.expression_BE[0]
    avatar = drawing.crop(posed, fitted.pose_B10[0], Scene(exposure=exposure, white_balance=white_balance)).image_HW3
    top = [_titled(_inside(photo, _SIDE), "photo"), _titled(_scaled(face.image_HW3), "aligned")]
    top.append(_titled(avatar, "avatar, as the photo"))
    renderer = Renderer(head, _SIDE, samples=3)
    views = [_titled(renderer.render(turned(head, fitted.params_P, yaw)).image_HW3, name) for name, yaw in _VIEWS]
    upper, lower = _row(top), _row(views)
    curve = _curve(fitted.history, fitted.best, upper.shape[0] + lower.shape[0] + _GAP)
    left = np.vstack([upper, np.full((_GAP, upper.shape[1], 3), _PAPER, np.uint8), lower])
    return np.hstack([left, np.full((len(left), _GAP, 3), _PAPER, np.uint8), curve])


def turned(head: Head, params_P: Vector, yaw_rad: float) -> Vector:
    """(P,) the person at rest, turned."""
    schema = head.schema
    rest = params_P.copy()
    neutral = schema.neutral()
    for group in ("expression", "pose"):
        rest[schema.indices(group)] = neutral[schema.indices(group)]
    return with_pose(schema, rest, np.array([yaw_rad, *[0.0] * 9], np.float32))


def _scaled(image: Picture) -> Picture:
    return np.asarray(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def _inside(image: Picture, side: int) -> Picture:
    """The whole picture on a square of paper."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC)
    out = np.full((side, side, 3), _PAPER, np.uint8)
    y, x = (side - size[1]) // 2, (side - size[0]) // 2
    out[y : y + size[1], x : x + size[0]] = small
    return out


def _titled(image: Picture, title: str) -> Picture:
    out = np.full((image.shape[0] + 24, image.shape[1], 3), _PAPER, np.uint8)
    out[24:] = image
    _write(out, title, (4, 17))
    return out


def _row(pictures: Sequence[Picture]) -> Picture:
    gap = np.full((pictures[0].shape[0], _GAP, 3), _PAPER, np.uint8)
    parts: list[Picture] = [pictures[0]]
    for picture in pictures[1:]:
        parts += [gap, picture]
    return np.hstack(parts)


def _write(image: Picture, text: str, at: tuple[int, int], colour: tuple[int, int, int] = (60, 60, 60)) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


def _curve(history: Sequence[Iterate], best: int, height: int) -> Picture:
    """Loss of every judged iterate over time; the kept one has a ring."""
    width, left, top = 420, 52, 60
    out = np.full((height, width, 3), _PAPER, np.uint8)
    _write(out, "loss by the real renderer", (left, 20))
    losses = np.array([iterate.loss for iterate in history])
    seconds = np.array([iterate.seconds for iterate in history])
    low, high = float(losses.min()), float(max(losses.max(), losses.min() + 1e-6))
    floor = height - 150
    x = left + (width - left - 20) * seconds / max(float(seconds.max()), 1e-6)
    y = floor - (floor - top) * (losses - low) / (high - low)
    cv2.line(out, (left, floor), (width - 16, floor), (190, 190, 190), 1)
    _write(out, f"{high:.2f}", (4, top + 5))
    _write(out, f"{low:.2f}", (4, floor))
    _write(out, f"{seconds.max():.0f} s", (width - 50, floor + 18))
    points = np.stack([x, y], 1).astype(np.int32)
    cv2.polylines(out, [points[:, None]], False, (200, 200, 200), 1, cv2.LINE_AA)
    for (px, py), iterate in zip(points.tolist(), history, strict=True):
        cv2.circle(out, (px, py), 4, _COLOURS[iterate.stage], -1, cv2.LINE_AA)
    cv2.circle(out, tuple(points[best].tolist()), 8, (0, 0, 0), 1, cv2.LINE_AA)
    for number, stage in enumerate(dict.fromkeys(iterate.stage for iterate in history)):
        _write(out, stage, (left + 90 * (number % 4), floor + 44 + 18 * (number // 4)), _COLOURS[stage])
    first, kept = history[0], history[best]
    _write(out, f"identity cosine {first.cosine:.2f} -> {kept.cosine:.2f}", (left, floor + 90))
    _write(
        out,
        f"landmarks {100 * first.landmarks:.1f} -> {100 * kept.landmarks:.1f} % of the eye distance",
        (left, floor + 112),
    )
    return out
