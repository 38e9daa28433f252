"""Pairs for the translator: what both recognisers make of renders, with their parameters, and of photos.

``python -m facelive.train.translator.pairs --renders DIR [DIR ...] --photos CACHE -o pairs.npz`` (photos: training
people only). Features are those of ``recognisers``.
The file stays with whoever made it: features of photos are personal data.
Shapes: N renders, M photos, D = 1280 features, P parameters.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.rig.face_chip import WIDE, cut_chip
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.common.arrays import load_arrays, save_arrays
from facelive.train.common.command import as_command
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.shards import ShardReader
from facelive.train.translator.recognisers import Recognisers

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_BATCH = 8
_SETS = 10_000_000
"""Above every person's number in a set."""
_FORMAT = "facelive-translator-pairs-2"
_JITTER = (1.5, 0.02, 0.02, 2.0)
"""Spread of errors in the landmarks that a chip is cut by: shift (pixels of the crop), log scale, turn (rad), and
every point for itself (pixels)."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Features and what belongs to them."""

    drawn_ND: F32
    params_NP: F32
    person_N: NDArray[np.int64]
    """Whose render, unique over all sets."""
    photo_MD: F32
    photo_person_M: NDArray[np.int32]
    photo_row_M: NDArray[np.int64]
    """Row in the photo cache."""

    def save(self, path: Path) -> None:
        """Write atomically; features in half precision."""
        arrays = {
            "drawn": self.drawn_ND.astype(np.float16), "params": self.params_NP, "person": self.person_N,
            "photo": self.photo_MD.astype(np.float16), "photo_person": self.photo_person_M,
            "photo_row": self.photo_row_M,
        }  # fmt: skip
        save_arrays(path, _FORMAT, arrays)

    @classmethod
    def load(cls, path: Path) -> Pairs:
        """Raises FileError if the file holds no pairs."""
        data = load_arrays(path, _FORMAT, "pairs of features and parameters")
        return cls(
            drawn_ND=data["drawn"].astype(np.float32), params_NP=data["params"], person_N=data["person"],
            photo_MD=data["photo"].astype(np.float32), photo_person_M=data["photo_person"],
            photo_row_M=data["photo_row"],
        )  # fmt: skip


Look = Callable[[NDArray[np.uint8]], F32]
"""(N, 224, 224, 3) chips to (N, D) features; a ``Runner``."""


class Runner:
    """``Recognisers`` on one thread of OpenVINO, in batches; a third quicker than torch on a CPU."""

    def __init__(self, folder: Path) -> None:
        """folder: where a temporary ONNX file may lie."""
        import openvino

        path = folder / "features.onnx"
        example = torch.zeros(1, WIDE, WIDE, 3, dtype=torch.uint8)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the trace-based exporter announces its retirement
            torch.onnx.export(
                Recognisers.shipped(), (example,), str(path), dynamo=False, opset_version=17, input_names=["chip"],
                output_names=["features"], dynamic_axes={"chip": {0: "N"}, "features": {0: "N"}},
            )  # fmt: skip
        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape([_BATCH, WIDE, WIDE, 3])
        options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        self._compiled = core.compile_model(model, "CPU", options)
        path.unlink()

    def __call__(self, chips_NHWC: NDArray[np.uint8]) -> F32:
        """(N, D)."""
        rows: list[F32] = []
        for start in range(0, len(chips_NHWC), _BATCH):
            part = chips_NHWC[start : start + _BATCH]
            filled = np.zeros((_BATCH, *part.shape[1:]), np.uint8)
            filled[: len(part)] = part
            rows.append(np.array(self._compiled([filled])[0][: len(part)], np.float32))
        return np.concatenate(rows)


def jittered(points_K2: F32, rng: np.random.Generator) -> F32:
    """(68, 2) points as a network finds them that errs a little."""
    shift, zoom, turn, each = _JITTER
    middle = points_K2.mean(0)
    angle, scale = turn * rng.standard_normal(), np.exp(zoom * rng.standard_normal())
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (points_K2 - middle) @ matrix.T + middle + shift * rng.standard_normal(2)
    return (moved + each * rng.standard_normal(points_K2.shape)).astype(np.float32)


def of_renders(
    run: Look, folder: Path, schema: Schema, per_person: int, seed: int
) -> tuple[F32, F32, NDArray[np.int64]]:
    """Features (N, D), parameters (N, P) and person (N,) of at most ``per_person`` pictures of everybody in the set."""
    reader = ShardReader(folder, schema)
    rng = np.random.default_rng(seed)
    found: list[tuple[F32, F32, NDArray[np.int64]]] = []
    names = ("images", "landmarks68", "params", "present", "person")
    for images, points, params, present, person in zip(*(reader.blocks(name) for name in names), strict=True):
        rows = _some_of_each(np.asarray(person), np.asarray(present) > 0, per_person)
        chips = np.stack([cut_chip(np.asarray(images[i]), jittered(np.asarray(points[i]), rng)) for i in rows])
        found.append((run(chips), np.asarray(params[rows]), np.asarray(person[rows], np.int64)))
        log.info("%s: %d renders", folder, sum(len(part[0]) for part in found))
    features, values, people = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return features, values, people


def _some_of_each(person_n: NDArray[np.int32], shown_n: NDArray[np.bool_], count: int) -> list[int]:
    rows: list[int] = []
    for who in np.unique(person_n):
        mine = np.flatnonzero((person_n == who) & shown_n)
        rows.extend(
            mine[np.unique(np.linspace(0, len(mine) - 1, min(count, len(mine))).astype(int))] if len(mine) else []
        )
    return rows


def of_photos(run: Look, folder: Path, seed: int) -> tuple[F32, NDArray[np.int32], NDArray[np.int64]]:
    """Features (M, D), whose they are (M,) and rows in the cache (M,): colour photos that MediaPipe is sure of."""
    cache = PhotoCache.open(folder)
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(cache.sure_N & cache.colour_N)
    images = cache.images_N
    found = []
    for block in _blocks(rows, 256):
        points = cache.landmarks478_N[block][:, POINTS_68, :2]
        chips = [cut_chip(np.asarray(images[i]), jittered(p, rng)) for i, p in zip(block, points, strict=True)]
        found.append(run(np.stack(chips)))
        log.info("%s: %d photos", folder, sum(map(len, found)))
    return np.concatenate(found), cache.person_N[rows], rows.astype(np.int64)


def _blocks(rows: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--per-person", type=int, default=2, help="pictures of everybody at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    schema = Head.default().schema
    run = Runner(options.output.parent)
    photo, photo_person, photo_row = of_photos(run, options.photos, options.seed)
    parts = [of_renders(run, folder, schema, options.per_person, i) for i, folder in enumerate(options.renders)]
    Pairs(
        drawn_ND=np.concatenate([part[0] for part in parts]),
        params_NP=np.concatenate([part[1] for part in parts]),
        person_N=np.concatenate([part[2] + _SETS * i for i, part in enumerate(parts)]),
        photo_MD=photo, photo_person_M=photo_person, photo_row_M=photo_row,
    ).save(options.output)  # fmt: skip
    log.info("%s: %d renders, %d photos", options.output, sum(len(part[0]) for part in parts), len(photo))


if __name__ == "__main__":
    as_command(main)
