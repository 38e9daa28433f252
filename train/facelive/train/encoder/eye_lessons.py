"""The look at the eyes, taught by itself: what an iris's colour is in any light.

``python -m facelive.train.encoder.eye_lessons --renders DIR --start encoder.pt -o OUT`` (--start may be an exported
file). For an encoder that does not look at the eyes yet: in an hour of its training an iris is not seen often enough.
Here only the small pictures of the eyes are kept, and the rest of the network stands still. Its own answer for irises
goes, the look's takes its place. OUT/encoder.pt is for ``--start-from``. An encoder that looks at the eyes already is
refused: all its other answers have learnt to use the look, and would change with it.

Shapes: N renders, M numbers of the second look, C colour columns of the iris.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from facelive.errors import UsageError
from facelive.likeness.projection import project
from facelive.rig.head import Head
from facelive.train.common.command import as_command
from facelive.train.data.shards import ShardReader
from facelive.train.encoder.batches import RenderSet
from facelive.train.encoder.close_look import Planes
from facelive.train.encoder.loop import begin_with
from facelive.train.encoder.model import CROP, Encoder
from facelive.train.encoder.points import FacePoints, twin
from facelive.train.encoder.run import renders_of

log = logging.getLogger(__name__)
_IRIS = "iris"
_NOISE = 0.8 / CROP
"""Of the points: what the heat maps err by."""
_BLOCK = 64
_HELD_OUT = 0.05
_LEAST = 1000
"""Renders."""


@dataclass(frozen=True)
class EyeLessons:
    """What the look sees of N faces, and the truth."""

    small_NCHW: Tensor
    """uint8: the small pictures, 0..255."""
    seen_NM: Tensor
    iris_NC: Tensor

    def __len__(self) -> int:
        return len(self.iris_NC)


def iris_columns(head: Head) -> slice:
    """Of the encoder's colours. Raises UsageError if the rig has no such colour."""
    where = head.schema.colours.get(_IRIS)
    if where is None:
        raise UsageError("this rig has no colour called iris: there is nothing to learn")
    first = int(head.schema.indices("colour")[0])
    return slice(where.start - first, where.stop - first)


@torch.no_grad()
def gather(encoder: Encoder, head: Head, renders: RenderSet, seed: int = 0) -> EyeLessons:
    """Of all renders that show a face; their points are told, with a little noise. Raises UsageError for too few."""
    assert encoder.eyes is not None
    encoder.eval()
    points, schema = twin(head, FacePoints.of(head).dense), head.schema
    centre = torch.from_numpy(np.asarray(head.face_centre, np.float32))
    groups = [schema.indices(group) for group in ("identity", "expression")]
    iris = schema.colours[_IRIS]
    rows, random = np.flatnonzero(renders.present_N > 0), torch.Generator().manual_seed(seed)
    if len(rows) < _LEAST:
        raise UsageError(f"{len(rows)} renders with a face are too few to learn from: {_LEAST} at least")
    small: list[Tensor] = []
    seen: list[Tensor] = []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        identity, expression = (torch.from_numpy(renders.params_NP[np.ix_(block, group)]) for group in groups)
        pose = torch.from_numpy(renders.pose_N10[block])
        at = project(points(identity, expression, pose[:, 6:10]), pose, centre)
        at = at + _NOISE * torch.randn(at.shape, generator=random)
        pixels = Planes(torch.from_numpy(renders.pictures(block, CROP)).permute(0, 3, 1, 2).float() / 255.0)
        moved, close = encoder.close(pixels, at, encoder.offsets(at))
        small.append(((encoder.eyes.small(pixels, moved) / 4.0 + 0.5) * 255.0).round().byte())
        seen.append(close.half())
        if start % (64 * _BLOCK) == 0:
            log.info("%d of %d renders", start, len(rows))
    return EyeLessons(torch.cat(small), torch.cat(seen), torch.from_numpy(renders.params_NP[rows, iris]))


def learn(
    encoder: Encoder, lessons: EyeLessons, columns: slice, *, epochs: int = 10, batch: int = 128, rate: float = 3e-3,
    seed: int = 0,
) -> list[float]:  # fmt: skip
    """Teach ``encoder.eyes`` and its columns of ``from_eyes``; mean error (0..1) of faces kept apart, per epoch."""
    assert encoder.eyes is not None
    assert encoder.from_eyes is not None
    torch.manual_seed(seed)
    where = _colours_of(encoder)
    middle, unit = (buffer[where][columns] for buffer in (encoder.middle, encoder.unit))
    with torch.no_grad():
        for part in (encoder.from_looks.weight, encoder.from_looks.bias):
            part[where][columns] = 0.0
    learnt = [*encoder.eyes.parameters(), *encoder.from_eyes.parameters()]
    known = int(len(lessons) * (1.0 - _HELD_OUT))
    steps = epochs * (known // batch)
    optimiser = torch.optim.AdamW(learnt, rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=max(steps, 1))

    def error(rows: Tensor) -> Tensor:
        assert encoder.eyes is not None
        assert encoder.from_eyes is not None
        small = (lessons.small_NCHW[rows].float() / 255.0 - 0.5) * 4.0
        said = encoder.from_eyes(encoder.eyes.read(small, lessons.seen_NM[rows].float()))[:, columns]
        return (said * unit + middle - lessons.iris_NC[rows]).abs().mean()

    found: list[float] = []
    for epoch in range(epochs):
        encoder.eyes.train()
        for rows in torch.randperm(known)[: known // batch * batch].view(-1, batch):
            loss = error(rows)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learnt, 1.0)
            optimiser.step()
            schedule.step()
        encoder.eyes.eval()
        with torch.no_grad():
            found.append(float(np.mean([float(error(rows)) for rows in torch.arange(known, len(lessons)).split(512)])))
        log.info("epoch %d: %.4f on faces kept apart", epoch + 1, found[-1])
    return found


def _colours_of(encoder: Encoder) -> slice:
    """Where colours are among all outputs."""
    names = list(encoder.sizes)
    start = sum(encoder.sizes[name] for name in names[: names.index("colour")])
    return slice(start, start + encoder.sizes["colour"])


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=Path, required=True, help="a folder of facelive dataset render")
    parser.add_argument("--start", type=Path, required=True, help="encoder.pt or encoder.onnx to begin with")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    head = Head.default()
    columns, renders = iris_columns(head), renders_of(ShardReader(options.renders, head.schema), CROP)
    encoder = Encoder(head.schema, FacePoints.of(head))
    if not begin_with(options.start, encoder, head, lambda: renders):
        raise UsageError(f"{options.start} looks at the eyes already: train it further (--start-from) instead")
    learn(encoder, gather(encoder, head, renders), columns, epochs=options.epochs)
    options.output.mkdir(parents=True, exist_ok=True)
    torch.save(encoder.state_dict(), options.output / "encoder.pt")
    print(options.output / "encoder.pt")


if __name__ == "__main__":
    as_command(main)
