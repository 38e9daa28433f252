"""The translator in eight bits, for CPUs: less than half of a look's time, and what that costs.

``python -m facelive.train.translator.quantise --start translator.onnx --photos CACHE --renders DIR -o
translator.int8.onnx``. Photos and renders set the ranges; others of both say how far the answers move. The first
kernels stay as they are: they would save half a millisecond, and cost a quarter of all that moves (docs/log.md).
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, WeightsError
from facelive.likeness.onnx_weights import initialisers
from facelive.rig.face_chip import cut_chip
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.common.int8 import off, quantise_nodes
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache, require_split
from facelive.train.data.shards import ShardReader
from facelive.train.encoder.half import halve
from facelive.train.translator.export import OUTPUTS
from facelive.train.translator.face_res import PREFIX
from facelive.train.translator.going_on import weights_beside

if TYPE_CHECKING:
    import onnx

log = logging.getLogger(__name__)
Chips = NDArray[np.uint8]
_OPERATORS = ("Conv", "Add", "Relu", "Clip")
_WIDEST = 3
"""FaceRes' first depthwise kernels that stay as they are."""
_CALIBRATED = 100
"""Chips of each kind that set the ranges; as many others are measured."""
MOST = 0.25
"""Of an output's spread over photos or renders, root mean square: another placement of the chip moves sliders more."""


def quantise(source: Path, target: Path, chips_NHWC: Chips) -> None:
    """Write the int8 twin of a translator's file. chips_NHWC: (N, 224, 224, 3) like those of live use."""
    quantise_nodes(source, target, ({"chip": chip[None]} for chip in chips_NHWC), _of_recognisers, _OPERATORS)
    halve(target)


def _of_recognisers(graph: onnx.GraphProto) -> list[str]:
    """Names of the recognisers' nodes but FaceRes' and dlib's first kernels and the depthwise ones right behind."""
    rows = [node for node in graph.node if "/features/" in node.name and node.op_type in _OPERATORS]
    shapes = {constant.name: tuple(constant.dims) for constant in graph.initializer}
    kernels = [node for node in rows if node.op_type == "Conv"]
    first = [node.name for node in kernels if shapes[node.input[1]][1] == 3]
    deep = [node.name for node in kernels if shapes[node.input[1]][1] == 1]
    kept = {*first, *deep[:_WIDEST]}
    return [node.name for node in rows if node.name not in kept]


def cost(source: Path, target: Path, chips_NHWC: Chips) -> dict[str, float]:
    """How far each output moves, over its spread over the chips."""
    one, other = _said(source, chips_NHWC), _said(target, chips_NHWC)
    return {name: off(one[name], other[name]) for name in OUTPUTS}


def _said(path: Path, chips_NHWC: Chips) -> dict[str, NDArray[np.float32]]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rows = [session.run(list(OUTPUTS), {"chip": chip[None]}) for chip in chips_NHWC]
    return {name: np.concatenate([np.asarray(row[i]) for row in rows]) for i, name in enumerate(OUTPUTS)}


def chips_of_photos(cache: PhotoCache, count: int, seed: int = 0) -> Chips:
    """(count, 224, 224, 3) of photos that MediaPipe is sure of, drawn at random."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(cache.sure_N))[:count]
    if len(rows) < 2:
        raise FileError("the photo cache shows nobody whom MediaPipe is sure of")
    points = cache.landmarks478_N[rows][:, POINTS_68, :2]
    crops = (np.ascontiguousarray(cache.images_N[i]) for i in rows)
    return np.stack([cut_chip(crop, at) for crop, at in zip(crops, points, strict=True)])


def chips_of_renders(folder: Path, schema: Schema, count: int) -> Chips:
    """(count, 224, 224, 3) of a set's first renders that show a face, one of a person."""
    reader = ShardReader(folder, schema)
    chips: list[Chips] = []
    for images, points, present, person in zip(
        *(reader.blocks(name) for name in ("images", "landmarks68", "present", "person")), strict=True
    ):
        rows = np.unique(np.asarray(person), return_index=True)[1]
        rows = rows[np.asarray(present)[rows] > 0]
        chips += [cut_chip(np.asarray(images[i]), np.asarray(points[i])) for i in rows]
        if len(chips) >= count:
            break
    if len(chips) < 2:
        raise FileError(f"the renders in {folder} show no faces")
    return np.stack(chips[:count])


def main() -> None:
    """Quantise, measure. Refuses what moves answers too far."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--start", type=Path, required=True, help="the translator.onnx")
    parser.add_argument("--photos", type=Path, required=True, help="a photo cache of training people")
    parser.add_argument("--renders", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    weights_beside(options.output, options.start)
    if not initialisers(options.start, PREFIX):
        raise FileError(f"{options.start} is no translator: it holds no FaceRes")
    require_split(options.photos, "train")
    kinds = {
        "photos": chips_of_photos(PhotoCache.open(options.photos), 2 * _CALIBRATED),
        "renders": chips_of_renders(options.renders, Head.default().schema, 2 * _CALIBRATED),
    }
    shown = np.concatenate([chips[: len(chips) // 2] for chips in kinds.values()])
    with tempfile.TemporaryDirectory(dir=options.output.parent) as folder:
        tried = Path(folder) / options.output.name
        quantise(options.start, tried, shown)
        costs = {name: cost(options.start, tried, chips[len(chips) // 2 :]) for name, chips in kinds.items()}
        log.info("%s", json.dumps({"moved": costs, "bytes": tried.stat().st_size}, indent=1))
        if max(value for moved in costs.values() for value in moved.values()) > MOST:
            raise WeightsError(f"eight bits move this translator's answers too far: {costs}")
        tried.replace(options.output)


if __name__ == "__main__":
    as_command(main)
