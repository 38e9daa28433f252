"""Portraits of likenesses near the answers that are given today, and what the recognisers see in them.

``python -m facelive.train.translator.portraits --sitters sitters.npz --pairs pairs.npz --start translator.pt -o
p1.npz``. Two of these with two seeds side by side keep two cores busy: some 25 portraits a second each.
Shapes: N portraits, A = I + S + C numbers of a likeness, D = 1280 features.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.rig.accessories import accessories
from facelive.rig.face_chip import cut_chip
from facelive.rig.head import Head
from facelive.rig.render import Renderer, Scene
from facelive.rig.schema import Schema
from facelive.stream.likeness_fusion import Fusion
from facelive.train.common.arrays import load_arrays, save_arrays
from facelive.train.common.command import as_command
from facelive.train.evaluate.run import neutral_portrait
from facelive.train.translator.network import GROUPS, Translator
from facelive.train.translator.pairs import Look, Pairs, Runner
from facelive.train.translator.sitters import Sitters
from facelive.train.translator.unfold import begin_with

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_FORMAT = "facelive-portraits-2"
SIZE = 256
_BATCH = 64
_STRANGERS = 0.15
"""Share of portraits of the rig's own random people: the answers of tomorrow may lie elsewhere."""
_REACH = (0.0, 0.3, 0.6, 1.0)
"""How far sliders are moved from an answer, in spreads of the answers; one of these for each portrait."""
_MOVED = (0.15, 0.5, 1.0)
"""Share of the sliders that are moved."""
_SLIDER_FLOOR = 0.03
_STYLE_FLOOR = 0.15
"""Share of the styles that are drawn at random, whatever the answer says."""
_COLOUR_REACH = 0.05


@dataclass(frozen=True, kw_only=True)
class Portraits:
    """What was drawn and what was seen."""

    values_NA: F32
    """Identity, style (one-hot), colour."""
    features_ND: F32

    def save(self, path: Path) -> None:
        """Write atomically."""
        save_arrays(path, _FORMAT, {"values": self.values_NA, "features": self.features_ND})

    @classmethod
    def load(cls, *paths: Path) -> Portraits:
        """All files together. Raises FileError if one holds no portraits."""
        parts = [load_arrays(path, _FORMAT, "portraits") for path in paths]
        values, features = (np.concatenate([part[name] for part in parts]) for name in ("values", "features"))
        return cls(values_NA=values, features_ND=features)


class Painter:
    """Draws likenesses from the front, at rest, in the renderer's own light, and cuts the face."""

    def __init__(self, head: Head) -> None:
        self.head, self._renderer = head, Renderer(head, size=SIZE, dress=accessories)
        self._columns = np.concatenate([head.schema.indices(group) for group in GROUPS])

    def chip(self, values_A: F32) -> NDArray[np.uint8]:
        """(224, 224, 3) uint8 BGR."""
        params_P = self.head.schema.neutral()
        params_P[self._columns] = values_A
        drawn = self._renderer.render(neutral_portrait(self.head, self.head.schema.clip(params_P)), Scene())
        return cut_chip(drawn.image_HW3, drawn.landmarks68_K2)


def fused(schema: Schema, sitters: Sitters, net: Translator) -> tuple[F64, F64, F64]:
    """(M, I), (M, S) probabilities and (M, C): what ``facelive encode`` would say of each photo."""
    fusion = Fusion(schema)
    with torch.no_grad():
        identity, style, colour = (part.double().numpy() for part in net(torch.from_numpy(sitters.features_MD)))
    shares = np.stack([fusion.probabilities(row) for row in style])
    own = (sitters.identity_MI.astype(float), sitters.style_MS.astype(float), sitters.colour_MC.astype(float))
    return fusion.values(own, (identity, shares, colour), 1.0)


def one_hot(schema: Schema, style_NS: NDArray[np.floating]) -> F32:
    """(N, S) the likeliest option of every style."""
    out = np.zeros(style_NS.shape, np.float32)
    for where in schema.style_columns.values():
        out[np.arange(len(out)), where.start + style_NS[:, where].argmax(1)] = 1.0
    return out


def near(schema: Schema, answers: tuple[F64, F64, F64], strangers_NP: F32, count: int, rng: np.random.Generator) -> F32:
    """(count, A) likenesses about the answers, and some strangers."""
    identity, style, colour = answers
    reach_I = np.maximum(identity.std(0), _SLIDER_FLOOR)
    columns = np.concatenate([schema.indices(group) for group in GROUPS])
    styles = slice(identity.shape[1], identity.shape[1] + style.shape[1])
    out = np.empty((count, len(columns)), np.float32)
    for row in out:
        if rng.random() < _STRANGERS:
            row[:] = strangers_NP[rng.integers(len(strangers_NP))][columns]
            continue
        who = rng.integers(len(identity))
        moved_I = rng.choice(_REACH) * reach_I * rng.standard_normal(len(reach_I))
        moved_I *= rng.random(len(reach_I)) < rng.choice(_MOVED)
        row[: styles.start] = np.clip(identity[who] + moved_I, 0.0, 1.0)
        row[styles] = np.concatenate([_drawn(style[who, where], rng) for where in schema.style_columns.values()])
        shift = rng.choice((0.0, _COLOUR_REACH)) * rng.standard_normal(colour.shape[1])
        row[styles.stop :] = np.clip(colour[who] + shift, 0.0, 1.0)
    out[:, styles] = one_hot(schema, out[:, styles])
    return out


def _drawn(shares_S: F64, rng: np.random.Generator) -> F64:
    """One option: mostly a likely one."""
    shares_S = np.power(shares_S, 0.7)
    shares_S = (1.0 - _STYLE_FLOOR) * shares_S / shares_S.sum() + _STYLE_FLOOR / len(shares_S)
    out = np.zeros(len(shares_S))
    out[rng.choice(len(shares_S), p=shares_S / shares_S.sum())] = 1.0
    return out


def paint(head: Head, values_NA: F32, run: Look) -> Portraits:
    """Draw and look."""
    painter, features = Painter(head), []
    for start in range(0, len(values_NA), _BATCH):
        chips = [painter.chip(row) for row in values_NA[start : start + _BATCH]]
        features.append(run(np.stack(chips)))
        if start % (16 * _BATCH) == 0:
            log.info("%d of %d portraits", start + len(chips), len(values_NA))
    return Portraits(values_NA=values_NA, features_ND=np.concatenate(features).astype(np.float32))


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sitters", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument(
        "--start", type=Path, required=True, help="translator.pt or translator.onnx whose answers are drawn"
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=6500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    head = Head.default()
    with tempfile.TemporaryDirectory() as folder:
        run = Runner(Path(folder))
    answers = fused(head.schema, Sitters.load(options.sitters), begin_with(options.start, head.schema))
    rng = np.random.default_rng(options.seed)
    values_NA = near(head.schema, answers, Pairs.load(options.pairs).params_NP, options.count, rng)
    paint(head, values_NA, run).save(options.output)
    log.info("%s: %d portraits", options.output, options.count)


if __name__ == "__main__":
    as_command(main)
