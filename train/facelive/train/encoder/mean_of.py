"""The mean of several encoders' weights, exported: between a network and itself trained further on other terms.

``python -m facelive.train.encoder.mean_of A/encoder.pt B/encoder.pt --renders DIR -o OUT``. A may be the exported file
that B began with, if DIR is what B was trained on: it is then unfolded the same way. Networks that one start
leads to lie in one valley, and half of the way often keeps most of what either does better (Wortsman et al., "Model
soups", ICML 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from facelive.errors import FileError, UsageError
from facelive.rig.head import Head
from facelive.train.common.command import as_command
from facelive.train.data.shards import ShardReader
from facelive.train.encoder.beginning import load_weights
from facelive.train.encoder.model import CROP, Encoder
from facelive.train.encoder.points import FacePoints
from facelive.train.encoder.run import export_all, renders_of
from facelive.train.encoder.unfold import settling_crops, unfold


def mean_of(weights: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Number by number, running means of batch norm among them; whole numbers as in the first.

    Raises UsageError if there are not two, FileError if they are not of one form.
    """
    if len(weights) < 2:
        raise UsageError("a mean needs two encoder.pt at least")
    first = weights[0]
    for other in weights[1:]:
        if {n: v.shape for n, v in first.items()} != {n: v.shape for n, v in other.items()}:
            raise FileError("these encoders are not of one form")
    return {
        name: torch.stack([one[name] for one in weights]).mean(0) if value.is_floating_point() else value
        for name, value in first.items()
    }


def _weights(path: Path, reader: ShardReader, encoder: Encoder, points: FacePoints) -> dict[str, Tensor]:
    if path.suffix == ".onnx":
        unfold(path, encoder, settling_crops(renders_of(reader, CROP)))
    else:
        load_weights(path, encoder, points)
    return {name: value.clone() for name, value in encoder.state_dict().items()}


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--renders", type=Path, required=True, help="a folder of facelive dataset render, for int8")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    head = Head.default()
    points = FacePoints.of(head)
    encoder = Encoder(head.schema, points)
    reader = ShardReader(options.renders, head.schema)
    encoder.load_state_dict(mean_of([_weights(path, reader, encoder, points) for path in options.weights]))
    options.output.mkdir(parents=True, exist_ok=True)
    torch.save(encoder.state_dict(), options.output / "encoder.pt")
    trained = export_all(encoder.eval(), reader, head.schema, options.output)
    print(f"{trained.onnx}\n{trained.int8}")


if __name__ == "__main__":
    as_command(main)
