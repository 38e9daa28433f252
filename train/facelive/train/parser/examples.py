"""Pictures with labels for the parser: renders from shards, photos from a cache, and batches of both.

A batch follows from the recipe and its number alone, so that a resumed run sees what the uninterrupted one would.
Shapes: B batch, H = W = 128.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.errors import FileError
from facelive.rig.schema import Schema
from facelive.train.common.order import Order
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.shards import SEGMENTS, ShardReader
from facelive.train.parser.labels import SIDE, from_landmarks, from_segments, mirror_table
from facelive.train.parser.recipes import ParserRecipe

Pictures = NDArray[np.uint8]


class Batch(NamedTuple):
    """What a step sees."""

    image_BCHW: Tensor
    """(B, 3, 128, 128) float BGR in [0, 1]."""
    label_BHW: Tensor
    """(B, 128, 128) int64: see ``labels``."""
    weight_B: Tensor


@dataclass(frozen=True)
class RenderParts:
    """Renders with part masks; people are split into training and held out."""

    images: list[Pictures]
    segments: list[Pictures]
    train: NDArray[np.intp]
    held_out: NDArray[np.intp]

    @classmethod
    def open(cls, folder: Path, schema: Schema, held_out: float) -> RenderParts:
        """Raises FileError if the set has no masks."""
        reader = ShardReader(folder, schema)
        if not reader.manifest.get("segments"):
            raise FileError(f"{folder} has no part masks: render a set with facelive dataset render --segments")
        shown = np.flatnonzero(reader.join("present") > 0)
        person = reader.join("person")[shown]
        people = np.unique(person)
        last = people[round((1.0 - held_out) * len(people)) :]
        out = np.isin(person, last)
        return cls(reader.images, reader.blocks(SEGMENTS), shown[~out], shown[out])

    def read(self, index: int) -> tuple[Pictures, Pictures]:
        """(128, 128, 3) picture and (128, 128) labels."""
        for images, segments in zip(self.images, self.segments, strict=True):
            if index < len(images):
                return _half(images[index]), from_segments(np.asarray(segments[index]))
            index -= len(images)
        raise IndexError(index)


@dataclass(frozen=True)
class PhotoParts:
    """Photos on which MediaPipe's landmarks are trusted."""

    cache: PhotoCache
    rows: NDArray[np.intp]

    @classmethod
    def open(cls, folder: Path) -> PhotoParts:
        cache = PhotoCache.open(folder)
        return cls(cache, np.flatnonzero(np.isfinite(cache.landmarks478_N).all((1, 2)) & ~cache.suspicious_N))

    def read(self, index: int, *, borders: bool = True) -> tuple[Pictures, Pictures]:
        """(128, 128, 3) picture and (128, 128) labels."""
        row = int(self.rows[index])
        return _half(self.cache.images_N[row]), from_landmarks(self.cache.landmarks478_N[row], borders=borders)


def _half(image: Pictures) -> Pictures:
    """The picture at 128, by areas."""
    import cv2

    return np.asarray(cv2.resize(np.asarray(image), (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


class Batches:
    """Batch number n of a run."""

    def __init__(self, recipe: ParserRecipe, renders: RenderParts, photos: PhotoParts | None) -> None:
        self._recipe, self._renders, self._photos = recipe, renders, photos
        self._order = Order(len(renders.train), recipe.seed)
        self._photo_order = Order(len(photos.rows), recipe.seed + 1) if photos is not None else None
        self._mirror = mirror_table()

    def make(self, number: int) -> Batch:
        """The same for the same number."""
        recipe, rng = self._recipe, np.random.default_rng((self._recipe.seed, 77, number))
        rows = self._order.take(number * recipe.batch, recipe.batch)
        pairs = [self._renders.read(int(self._renders.train[row])) for row in rows]
        weights = [1.0] * len(pairs)
        if self._photos is not None and self._photo_order is not None and recipe.photos:
            chosen = self._photo_order.take(number * recipe.photos, recipe.photos)
            pairs += [self._photos.read(int(row)) for row in chosen]
            weights += [recipe.photo_weight] * len(chosen)
        return joined([self._varied(*pair, rng) for pair in pairs], weights)

    def _varied(self, image: Pictures, labels: Pictures, rng: np.random.Generator) -> tuple[Pictures, Pictures]:
        """Mirrored half of the time, in other light, sometimes grey."""
        if rng.random() < 0.5:
            image, labels = image[:, ::-1], self._mirror[labels[:, ::-1]]
        value = image.astype(np.float32) / 255.0
        value = value ** np.float32(np.exp(rng.normal(0.0, 0.2))) * np.exp(rng.normal(0.0, 0.08, 3)).astype(np.float32)
        if rng.random() < 0.1:
            value = np.repeat(value.mean(2, keepdims=True), 3, 2)
        value = value + rng.normal(0.0, 0.02, value.shape).astype(np.float32)
        return np.clip(255.0 * value, 0, 255).astype(np.uint8), np.ascontiguousarray(labels)


def joined(pairs: list[tuple[Pictures, Pictures]], weights: list[float]) -> Batch:
    """A batch of pictures and labels."""
    images = np.stack([np.ascontiguousarray(image) for image, _ in pairs])
    labels = np.stack([label for _, label in pairs])
    return Batch(
        torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255.0,
        torch.from_numpy(labels.astype(np.int64)),
        torch.tensor(weights),
    )
