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
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facelive.errors import FileError
from facelive.rig.expressions import sample_expression
from facelive.rig.framing import FRAMING
from facelive.rig.head import Head
from facelive.rig.prior import sample_identity
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.data import shards
from facelive.train.data.painter import Painter
from facelive.train.data.picture import META_NAMES, RenderConfig, clean, render_one

__all__ = ["RenderConfig", "clean", "manifest", "render_dataset", "render_one"]
log = logging.getLogger(__name__)


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


def _work(config: RenderConfig, todo: list[int]) -> Iterator[int]:
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
    with _one_thread_each(), ProcessPoolExecutor(workers, context, _start_worker, (config,)) as pool:
        pending = [pool.submit(_work_on, index) for index in todo]
        try:
            for future in as_completed(pending):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside have single-threaded libraries: more threads would only fight with the other workers.

    The libraries read these when they are loaded, which in a new process is before any code of ours runs.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_worker: list[tuple[RenderConfig, Painter]] = []


def _end_with_parent() -> None:
    """Leave when the parent is gone, however it went: nobody waits for the pictures, and nobody would stop us."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="facelive-parent", daemon=True).start()


def _start_worker(config: RenderConfig) -> None:
    _end_with_parent()
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
        if there["count"] > wanted["count"]:
            raise FileError(
                f"{config.output} holds {there['count']} pictures and loses none: give --count {there['count']} or more"
            )
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
        "population": _population(head.schema),
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


def _population(schema: Schema) -> str:
    """Of whom is drawn and what they do, by some draws: the same seed must not go on with other people or habits."""
    draws = [
        sample(schema, np.random.default_rng(k)) for k in range(64) for sample in (sample_identity, sample_expression)
    ]
    return hashlib.sha256(np.round(np.stack(draws), 3).tobytes()).hexdigest()[:16]


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


if __name__ == "__main__":
    as_command(main)
