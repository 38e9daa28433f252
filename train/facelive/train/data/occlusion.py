"""Things in front of a face: hands, microphones, rectangles, rags. Crude on purpose: what matters is what they hide."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.float32]
KINDS = ("hand", "microphone", "rectangle", "rag", "edge")
_SHARES = (0.34, 0.16, 0.18, 0.17, 0.15)


def _soft(mask: NDArray[np.uint8], sigma: float) -> Mask:
    return (np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma)) / 255.0).astype(np.float32)


def _shaded(size: int, colour: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """(size, size, 3) a colour that falls off to one side and is a little uneven; BGR 0..255."""
    angle = rng.uniform(0.0, 2.0 * math.pi)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / np.float32(size) - np.float32(0.5)
    slope = 1.0 + rng.uniform(0.0, 0.9) * (math.cos(angle) * x + math.sin(angle) * y)
    patch = rng.normal(1.0, 0.09, (9, 9)).astype(np.float32)
    uneven = cv2.resize(patch, (size, size), interpolation=cv2.INTER_CUBIC)
    return (slope * uneven)[..., None].astype(np.float32) * colour.astype(np.float32)


def _hand(size: int, rng: np.random.Generator) -> Mask:
    """A palm and fingers that come in from below or from a side."""
    mask = np.zeros((size, size), np.uint8)
    x, y = rng.uniform(0.15, 0.85) * size, rng.uniform(0.45, 1.0) * size
    towards = -math.pi / 2 + rng.normal(0.0, 0.5)
    palm = rng.uniform(0.09, 0.15) * size
    cv2.ellipse(mask, ((x, y), (2.0 * palm, 2.4 * palm), math.degrees(towards) + 90.0), 255, -1)
    spread, bend = rng.uniform(0.08, 0.3), rng.normal(0.0, 0.2)
    for finger in range(int(rng.integers(1, 5))):
        angle = towards + (finger - 1.5) * spread + bend
        length = palm * rng.uniform(1.8, 2.6)
        root = np.array([x, y]) + 0.8 * palm * np.array([math.cos(angle), math.sin(angle)])
        tip = root + length * np.array([math.cos(angle + bend), math.sin(angle + bend)])
        thick = max(3, round(0.42 * palm))
        cv2.line(mask, (int(root[0]), int(root[1])), (int(tip[0]), int(tip[1])), 255, thick, cv2.LINE_AA)
    arm = (np.array([x, y]) - 2.0 * size * np.array([math.cos(towards), math.sin(towards)])).astype(int)
    cv2.line(mask, (int(x), int(y)), (int(arm[0]), int(arm[1])), 255, round(1.3 * palm), cv2.LINE_AA)
    return _soft(mask, 1.0)


def _microphone(size: int, rng: np.random.Generator) -> Mask:
    mask = np.zeros((size, size), np.uint8)
    x, y = rng.uniform(0.3, 0.7) * size, rng.uniform(0.68, 0.92) * size
    angle = math.pi / 2 + rng.normal(0.0, 0.6)
    radius = rng.uniform(0.05, 0.11) * size
    end = (int(x + size * math.cos(angle)), int(y + size * math.sin(angle)))
    cv2.line(mask, (int(x), int(y)), end, 255, max(3, round(1.1 * radius)), cv2.LINE_AA)
    cv2.ellipse(mask, ((x, y), (2.0 * radius, 2.6 * radius), math.degrees(angle) + 90.0), 255, -1)
    return _soft(mask, 0.7)


def _rectangle(size: int, rng: np.random.Generator) -> Mask:
    mask = np.zeros((size, size), np.uint8)
    middle = rng.uniform(0.1, 0.9, 2) * size
    extent = rng.uniform(0.08, 0.38, 2) * size
    corners = cv2.boxPoints((tuple(middle), tuple(extent), float(rng.uniform(0, 180))))  # type: ignore[arg-type]
    cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), 255, cv2.LINE_AA)
    return _soft(mask, 0.6)


def _rag(size: int, rng: np.random.Generator) -> Mask:
    """A closed, wavy outline."""
    count = int(rng.integers(5, 10))
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    radius = rng.uniform(0.05, 0.2, count) * size
    middle = rng.uniform(0.1, 0.9, 2) * size
    points = middle + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 255, cv2.LINE_AA)
    return _soft(mask, rng.uniform(0.8, 4.0))


def _edge(size: int, rng: np.random.Generator) -> Mask:
    """The picture ended here: what the crop covers beyond it is black."""
    share = rng.uniform(0.04, 0.28)
    turn = rng.normal(0.0, 0.12)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / np.float32(size)
    along = (y, 1.0 - y, x, 1.0 - x)[rng.choice(4, p=[0.4, 0.1, 0.25, 0.25])]
    across = x if along is y else y
    return np.asarray(along + turn * (across - 0.5) < share, np.float32)


def occlude(image: Image, skin_bgr: NDArray[np.floating], rng: np.random.Generator) -> tuple[Image, Mask]:
    """A copy with one thing in front, and how far it hides each pixel, 0..1.

    ``skin_bgr``: 0..255, the person's skin as the picture's light shows it, for the hand.
    """
    size = image.shape[0]
    kind = KINDS[rng.choice(len(KINDS), p=_SHARES)]
    maker = {"hand": _hand, "microphone": _microphone, "rectangle": _rectangle, "rag": _rag, "edge": _edge}[kind]
    mask = maker(size, rng)
    if kind == "edge":
        colour = np.zeros(3)
    elif kind == "hand":
        colour = np.asarray(skin_bgr, np.float64) * math.exp(rng.normal(0.0, 0.15))
    elif kind == "microphone":
        colour = rng.uniform(8.0, 70.0) * np.exp(rng.normal(0.0, 0.1, 3))
    else:
        colour = rng.uniform(0.0, 255.0) * np.exp(rng.normal(0.0, 0.35, 3))
    front = _shaded(size, colour, rng)
    blended = image + mask[..., None] * (front - image)
    return np.clip(np.rint(blended), 0, 255).astype(np.uint8), mask
