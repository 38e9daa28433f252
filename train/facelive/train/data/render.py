"""Rendered training pictures with exact labels, in shards; the same for a seed on any number of workers.

A shard is the unit of work: a worker renders it in memory and writes it whole. What is on disk is skipped, so that an
interrupted run goes on. Several pictures show the same person, in other light and doing something else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, UsageError
from facelive.rig.framing import FRAMING
from facelive.rig.head import Head
from facelive.train.data import shards
from facelive.train.data.degrade import DAMAGE_NAMES, Damage, Degradation, degrade
from facelive.train.data.occlusion import occlude
from facelive.train.data.painter import Painter, built_in
from facelive.train.data.people import PoseRange, doing, frame_rng, identity
from facelive.train.data.placing import CropJitter, Placed, at_size, place

log = logging.getLogger(__name__)
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
        if self.count < 1 or self.workers < 1 or self.per_person < 1 or self.size < 32:
            raise UsageError("count, workers and per_person must be at least 1, size at least 32")
        if self.shard < 1 or self.shard % self.per_person:
            raise UsageError(f"a shard of {self.shard} pictures cannot hold whole people of {self.per_person} each")

    @property
    def shard_count(self) -> int:
        """How many shards there are."""
        return -(-self.count // self.shard)

    def rows(self, index: int) -> range:
        """Numbers of the pictures of a shard."""
        return range(index * self.shard, min(self.count, (index + 1) * self.shard))


def render_dataset(config: RenderConfig, on_progress: Callable[[int, int], None] | None = None) -> shards.ShardReader:
    """Render what is missing and open the set. ``on_progress(pictures done, pictures in all)``.

    Raises FileError if the folder holds a set of other settings.
    """
    _agree_on_manifest(config)
    todo = [i for i in range(config.shard_count) if not _finished(config, i)]
    done = config.count - sum(len(config.rows(i)) for i in todo)
    if on_progress:
        on_progress(done, config.count)
    for index in _work(config, todo):
        done += len(config.rows(index))
        if on_progress:
            on_progress(done, config.count)
    return shards.ShardReader(config.output)


def _work(config: RenderConfig, todo: list[int]) -> Any:
    """Yields the number of each shard when it is written."""
    if config.workers == 1 or len(todo) <= 1:
        painter = config.painter(config.size) if todo else None
        for index in todo:
            assert painter is not None
            _write(config, index, painter)
            yield index
        return
    workers = min(config.workers, len(todo))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (config,)) as pool:
        pending = [pool.submit(_work_on, index) for index in todo]
        try:
            for future in as_completed(pending):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_worker: list[tuple[RenderConfig, Painter]] = []


def _start_worker(config: RenderConfig) -> None:
    # One core each: the libraries' own threads would only fight with the other workers.
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    cv2.setNumThreads(1)
    _worker.append((config, config.painter(config.size)))


def _work_on(index: int) -> int:
    config, painter = _worker[0]
    _write(config, index, painter)
    return index


def _write(config: RenderConfig, index: int, painter: Painter) -> None:
    rows = [render_one(config, painter, number) for number in config.rows(index)]
    shards.write_shard(config.output, index, {name: np.stack([row[name] for row in rows]) for name in rows[0]})


def _agree_on_manifest(config: RenderConfig) -> None:
    wanted = manifest(config)
    if (config.output / shards.MANIFEST).exists():
        there = shards.read_manifest(config.output)
        differing = [key for key in wanted if key != "count" and there.get(key) != wanted[key]]
        if differing:
            raise FileError(
                f"{config.output} holds a data set of another {', '.join(differing)}; choose another folder"
            )
        if there["count"] == wanted["count"]:
            return
    try:
        config.output.mkdir(parents=True, exist_ok=True)
        shards.write_json(config.output / shards.MANIFEST, wanted)
    except OSError as error:
        raise FileError(f"cannot write to {config.output}: {error.strerror}") from error


def manifest(config: RenderConfig) -> dict[str, Any]:
    """What a set says about itself. A set may be asked to grow: only ``count`` may differ on the next run."""
    head = Head.default()
    return {
        "format": shards.FORMAT,
        "version": shards.VERSION,
        "schema": f"{head.schema.hash:016x}",
        "head": _fingerprint(head),
        "framing": FRAMING,
        "seed": config.seed,
        "count": config.count,
        "size": config.size,
        "shard": config.shard,
        "per_person": config.per_person,
        "segments": config.segments,
        "meta": list(META_NAMES),
        "recipe": repr(
            (config.negatives, config.occluded, config.jitter_scale, config.jitter_shift, config.jitter_turn_deg,
             config.pose, config.damage, config.painter.__qualname__)
        ),
    }  # fmt: skip


def _fingerprint(head: Head) -> str:
    """Of the head's shape and landmarks: a set must not go on with another bake."""
    neutral = head.solve_identity(head.schema.neutral())
    points = head.landmarks68.points(neutral, head.triangles_T3)
    return hashlib.sha256(np.round(np.concatenate([neutral, points]), 5).tobytes()).hexdigest()[:16]


def _finished(config: RenderConfig, index: int) -> bool:
    """Whether a shard is on disk in full length; a shorter one (the set has grown since) is rendered again."""
    folder = config.output / shards.shard_name(index)
    try:
        count = json.loads((folder / "shard.json").read_text(encoding="utf-8"))["count"]
    except (OSError, ValueError, KeyError):
        count = -1
    if count == len(config.rows(index)):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def render_one(config: RenderConfig, painter: Painter, number: int) -> dict[str, NDArray[Any]]:
    """Picture number ``number`` of a set and its labels, one row of every array."""
    person, frame = divmod(number, config.per_person)
    head = painter.head
    who_P = identity(head.schema, config.seed, person)
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
    row = _labels(config, placed, damage, not negative, person)
    row["meta"] = np.array([*damage.numbers(), distance_m, float(hidden.mean()), *painting.light], np.float32)
    row["images"] = image
    if config.segments:
        assert painting.segments_HW is not None
        half = painting.segments_HW[::2, ::2].copy()
        half[hidden[::2, ::2] > 0.5] = shards.OCCLUDED
        row[shards.SEGMENTS] = half
    return row


def _labels(
    config: RenderConfig, placed: Placed, damage: Damage, present: bool, person: int
) -> dict[str, NDArray[Any]]:
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


def main() -> None:
    """``python -m facelive.train.data.render --count 8000 -o DIR``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--segments", action="store_true")
    parser.add_argument("--clean", action="store_true", help="no occlusion, no damage, exact crops, no negatives")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    config = RenderConfig(
        output=options.output, count=options.count, seed=options.seed, size=options.size, workers=options.workers,
        segments=options.segments,
    )  # fmt: skip
    if options.clean:
        config = clean(config)
    start = time.perf_counter()
    first: list[int] = []

    def tell(done: int, total: int) -> None:
        first[:] = first or [done]
        rate = (done - first[0]) / max(time.perf_counter() - start, 1e-9)
        log.info("%d of %d pictures, %.1f a second", done, total, rate)

    render_dataset(config, tell)


def clean(config: RenderConfig) -> RenderConfig:
    """The same pictures as a perfect camera takes them, exactly framed and with nothing in the way."""
    return replace(
        config, negatives=0.0, occluded=0.0, jitter_scale=0.0, jitter_shift=0.0, jitter_turn_deg=0.0,
        damage=Degradation.none(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
