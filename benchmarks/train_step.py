"""What a step of the encoder costs in its network: heat maps a few pictures at a time or all at once, and in bfloat16.

``python benchmarks/train_step.py [--rounds N] [--threads N]``: forward and backward through the whole network on a
batch of 32 crops of noise, the ways in turns; making batches, losses and the optimiser are left out. Writes
benchmarks/results/train_step.json.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from machine import save_result

from facelive.rig.head import Head
from facelive.train.common.devices import Precision
from facelive.train.encoder import model
from facelive.train.encoder.points import FacePoints

_BATCH, _HEATED = 32, 4
WAYS: dict[str, tuple[int, int, Precision]] = {
    "all at once, all logits": (_BATCH, 1, "fp32"),
    "a few at a time": (model._AT_ONCE, _HEATED, "fp32"),
    "a few at a time, bf16": (model._AT_ONCE, _HEATED, "bf16"),
}
"""Pictures in hand, every how many of the maps' logits are asked for, precision."""


def step(network: model.Encoder, image_BCHW: torch.Tensor, way: str) -> float:
    """Seconds."""
    model._AT_ONCE, every, network.precision = WAYS[way]
    began = time.perf_counter()
    outputs = network(image_BCHW, heated=slice(0, None, every))
    chosen = outputs["heat"][:, ::_HEATED] if every == 1 else outputs["heat"]
    terms = [value.square().mean() for name, value in outputs.items() if name != "heat"]
    (torch.stack(terms).sum() + chosen.log_softmax(-1).square().mean()).backward()
    return time.perf_counter() - began


def measure(rounds: int, size: int = model.CROP) -> dict[str, dict[str, float]]:
    """Per way: median and least seconds."""
    head = Head.default()
    network = model.Encoder(head.schema, FacePoints.of(head)).train()
    image_BCHW = torch.rand(_BATCH, 3, size, size).contiguous(memory_format=torch.channels_last)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(rounds + 1):
        for way, found in seconds.items():
            took = step(network, image_BCHW, way)
            if number:  # the first one sets everything up
                found.append(took)
    return {
        way: {"median_s": round(float(np.median(found)), 3), "least_s": round(min(found), 3)}
        for way, found in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    found = measure(options.rounds)
    for way, row in found.items():
        print(way, row)
    print(save_result("train_step", {
        "command": "python benchmarks/train_step.py", "threads": options.threads, "batch": _BATCH,
        "rounds": options.rounds, "ways": found,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
