"""One rendered training picture: what decides it, how it is drawn, and its labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.head import Head
from facelive.rig.schema import Vector
from facelive.train.data import shards
from facelive.train.data.degrade import DAMAGE_NAMES, Degradation, degrade
from facelive.train.data.occlusion import occlude
from facelive.train.data.painter import Painter, built_in
from facelive.train.data.people import PoseRange, doing, frame_rng, identity
from facelive.train.data.placing import CropJitter, Placed, at_size, place

_LARGEST = 4096
"""Side of a crop, pixels: more than any network reads."""
META_NAMES = (*DAMAGE_NAMES, "distance_m", "occluded", "light_x", "light_y", "light_z")


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderConfig:
    """All that decides a data set, and where it goes."""

    output: Path
    """Folder of the data set."""
    count: int
    """Pictures."""
    seed: int = 0
    """Of everything drawn."""
    size: int = 256
    """Side of a picture in pixels."""
    workers: int = 2
    """Processes; does not change the pictures."""
    per_person: int = 4
    """Pictures of the same person."""
    shard: int = 256
    """Pictures in a shard; a multiple of ``per_person``."""
    segments: bool = False
    """Whether to store part masks (half size)."""
    negatives: float = 0.03
    """Share of pictures without a (properly framed) face."""
    occluded: float = 0.18
    """Share of pictures with something in front of the face."""
    jitter_scale: float = 0.10
    jitter_shift: float = 0.06
    jitter_turn_deg: float = 8.0
    pose: PoseRange = field(default_factory=PoseRange)
    damage: Degradation = field(default_factory=Degradation)
    painter: Callable[[int], Painter] = built_in
    """Makes the painter in each worker; a function at the top of a module."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.workers < 1 or self.per_person < 1 or not 32 <= self.size <= _LARGEST:
            raise UsageError(f"count, workers and per_person must be at least 1, size 32 to {_LARGEST}")
        if self.shard < 1 or self.shard % self.per_person:
            raise UsageError(f"a shard of {self.shard} pictures cannot hold whole people of {self.per_person} each")

    @property
    def shard_count(self) -> int:
        """How many shards there are."""
        return -(-self.count // self.shard)

    def rows(self, index: int) -> range:
        """Numbers of the pictures of a shard."""
        return range(index * self.shard, min(self.count, (index + 1) * self.shard))


def clean(config: RenderConfig) -> RenderConfig:
    """The same pictures as a perfect camera takes them, exactly framed and with nothing in the way."""
    return replace(
        config, negatives=0.0, occluded=0.0, jitter_scale=0.0, jitter_shift=0.0, jitter_turn_deg=0.0,
        damage=Degradation.none(),
    )  # fmt: skip


def render_one(config: RenderConfig, painter: Painter, number: int) -> dict[str, NDArray[Any]]:
    """Picture number ``number`` of a set and its labels, one row of every array."""
    person, frame = divmod(number, config.per_person)
    head = painter.head
    who_P = _who(head, config.seed, person)
    looks = painter.person(np.random.default_rng((config.seed, 13, person)))
    rng = frame_rng(config.seed, person, frame)
    params, distance_m = doing(head.schema, who_P, config.pose, rng)
    negative = rng.random() < config.negatives
    jitter = _astray(rng) if negative else CropJitter.draw(
        rng, config.jitter_scale, config.jitter_shift, np.radians(config.jitter_turn_deg)
    )  # fmt: skip
    placed = place(head, params, distance_m, jitter)
    painting = painter.paint(placed.params_P, at_size(placed.camera, config.size), looks, config.segments, rng)
    image, hidden = painting.image_HW3, np.zeros(painting.image_HW3.shape[:2], np.float32)
    if rng.random() < config.occluded:
        image, hidden = occlude(image, _skin(image, placed, config.size), rng)
    image, damage = degrade(image, config.damage, rng)
    row = _labels(placed, not negative, person)
    row["meta"] = np.array([*damage.numbers(), distance_m, float(hidden.mean()), *painting.light], np.float32)
    row["images"] = image
    if config.segments:
        assert painting.segments_HW is not None
        half = painting.segments_HW[::2, ::2].copy()
        half[hidden[::2, ::2] > 0.5] = shards.OCCLUDED
        row[shards.SEGMENTS] = half
    return row


@lru_cache(maxsize=2)
def _who(head: Head, seed: int, person: int) -> Vector:
    """(P,) the person at rest: the same in several pictures that follow each other."""
    who_P = identity(head.schema, seed, person)
    who_P.setflags(write=False)
    return who_P


def _labels(placed: Placed, present: bool, person: int) -> dict[str, NDArray[Any]]:
    return {
        "params": placed.label_P,
        "pose": placed.pose_10,
        "landmarks68": placed.landmarks68,
        "landmarks478": placed.landmarks478,
        "present": np.float32(present),  # type: ignore[dict-item]
        "person": np.int32(person),  # type: ignore[dict-item]
    }


def _astray(rng: np.random.Generator) -> CropJitter:
    """A crop that the tracker must not take for a face: beside it, far too close, or so wide that it is a dot."""
    kind = rng.random()
    angle = rng.uniform(0.0, 2.0 * np.pi)
    if kind < 0.65:
        away = rng.uniform(0.75, 2.5)
        shift = (float(away * np.cos(angle)), float(away * np.sin(angle)))
        return CropJitter(shift=shift, turn_rad=float(rng.uniform(-0.5, 0.5)), scale=float(rng.uniform(0.7, 1.4)))
    if kind < 0.85:
        shift = (float(rng.uniform(-2.0, 2.0)), float(rng.uniform(-2.0, 2.0)))
        return CropJitter(shift=shift, scale=float(rng.uniform(3.0, 6.0)))
    shift = (float(rng.uniform(-0.4, 0.4)), float(rng.uniform(-0.4, 0.4)))
    return CropJitter(shift=shift, scale=float(rng.uniform(0.06, 0.2)))


def _skin(image: NDArray[np.uint8], placed: Placed, size: int) -> NDArray[np.float64]:
    """(3,) BGR of the cheeks and the nose as the picture shows them."""
    points = placed.landmarks68[[2, 14, 28, 29, 30, 31, 35]] * (size / 256.0)
    inside = points[((points >= 0) & (points < size - 1)).all(1)].astype(int)
    if not len(inside):
        return np.full(3, 120.0)
    return np.median(image[inside[:, 1], inside[:, 0]].astype(np.float64), axis=0)
