"""Train the translator, measure it on people it has not seen, write the file that ships.

``python -m facelive.train.translator.run --pairs pairs.npz --renders DIR -o translator.onnx`` (pairs: see ``pairs``;
renders: a set that a few probe chips for the parity check are cut from).
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition
from facelive.likeness.identity_weights import dlib_face
from facelive.rig.face_chip import cut_chip
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.data.shards import ShardReader
from facelive.train.translator import domains, learning, measure
from facelive.train.translator.export import export
from facelive.train.translator.network import GROUPS, Translator, widened
from facelive.train.translator.pairs import Pairs
from facelive.train.translator.recognisers import DLIB, Recognisers, embedding

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
HELD_OUT = 12
"""One person of so many is kept apart."""


def held_out(person_N: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N,) rows of the people that are kept apart; by a hash of the number, so the same in every set."""
    mixed = (person_N.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    return np.asarray(mixed % np.uint64(HELD_OUT) == 0)


def train(schema: Schema, pairs: Pairs, recipe: learning.Recipe) -> Translator:
    """On everybody but the held-out people."""
    rows = ~held_out(pairs.person_N)
    to_embedding_VD = embedding(pairs.photo_MD)
    found = domains.measure(pairs.drawn_ND[rows], pairs.person_N[rows], pairs.photo_MD, pairs.photo_person_M)
    data = learning.Data.of(
        schema, pairs.drawn_ND[rows], pairs.params_NP[rows], pairs.photo_MD, pairs.photo_person_M, to_embedding_VD
    )
    net = learning.train_translator(data, found, recipe)
    if recipe.echo:
        net = learning.train_on_photos(net, learning.train_echo(data, recipe), data, found, recipe)
    return widened(net, data.photo_MD, data.photo_person_M, recipe.gain)


def guesses(net: Translator, schema: Schema, features_ND: F32) -> F32:
    """(N, P) values, styles as scores."""
    with torch.no_grad():
        values = torch.cat(net(torch.from_numpy(np.ascontiguousarray(features_ND))), 1).numpy()
    out = np.repeat(schema.neutral()[None], len(values), 0)
    out[:, np.concatenate([schema.indices(group) for group in GROUPS])] = values
    return out


def report(head: Head, pairs: Pairs, net: Translator) -> dict[str, dict[str, object]]:
    """Figures of held-out people, one picture and two each: mean face, the linear map that ships, this network."""
    rows = np.flatnonzero(held_out(pairs.person_N))
    truth, person = pairs.params_NP[rows], pairs.person_N[rows]
    linear = Recognition.load(SHIPPED_RECOGNITION, head.schema)
    dlib_NV = pairs.drawn_ND[rows][:, DLIB] @ dlib_face().last.weight.detach().numpy().T
    said = {
        "mean face": np.repeat(head.schema.neutral()[None], len(rows), 0),
        "linear map": linear.params_mean_P + (dlib_NV - linear.drawn_mean_D) @ linear.to_params_DP,
        "translator": guesses(net, head.schema, pairs.drawn_ND[rows]),
    }
    out: dict[str, dict[str, object]] = {}
    for name, guess in said.items():
        out[name] = asdict(measure.figures(head, guess, truth))
        out[f"{name}, two pictures"] = asdict(measure.figures(head, *_by_person(guess, truth, person)))
    return out


def _by_person(guess: F32, truth: F32, person: NDArray[np.int64]) -> tuple[F32, F32]:
    names, first, which = np.unique(person, return_index=True, return_inverse=True)
    mean = np.zeros((len(names), guess.shape[1]), np.float32)
    np.add.at(mean, which, guess)
    return mean / np.bincount(which)[:, None].astype(np.float32), truth[first]


def asks_to_go_on(doc: str | None) -> argparse.ArgumentParser:
    """What every command asks that goes on from a translator."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="translator.pt or translator.onnx to begin with")
    parser.add_argument("--renders", type=Path, required=True, help="for the parity check's chips")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    return parser


def weights_beside(output: Path, start: Path | None = None) -> Path:
    """Where the weights go that belong to an exported file. Raises UsageError if its folder is missing, or if they
    would replace what is begun with."""
    weights = output.with_suffix(".pt")
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent} for {output.name}: make it")
    if start is not None and start.exists() and start.resolve() in (weights.resolve(), output.resolve()):
        raise UsageError(f"{start} is what is begun with, and would be replaced: choose another --output")
    return weights


def probe_chips(folder: Path, schema: Schema, count: int = 16) -> NDArray[np.uint8]:
    """(n, 224, 224, 3) of the first renders that show a face."""
    reader = ShardReader(folder, schema)
    images, points, present = (reader.blocks(name)[0] for name in ("images", "landmarks68", "present"))
    rows = np.flatnonzero(np.asarray(present) > 0)[:count]
    return np.stack([cut_chip(np.asarray(images[i]), np.asarray(points[i])) for i in rows])


def main() -> None:
    """Train, report, export."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--renders", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=learning.Recipe().steps)
    parser.add_argument("--echo", type=float, default=learning.Recipe().echo)
    parser.add_argument("--gain", type=float, default=learning.Recipe().gain)
    parser.add_argument("--noise", type=float, default=learning.Recipe().noise)
    parser.add_argument("--threads", type=int, default=1, help="layers this small wait for each other on more")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    head, weights = Head.default(), weights_beside(options.output)
    pairs = Pairs.load(options.pairs)
    recipe = learning.Recipe(steps=options.steps, echo=options.echo, noise=options.noise, gain=options.gain)
    net = train(head.schema, pairs, recipe)
    torch.save(net.state_dict(), weights)
    found = report(head, pairs, net)
    worst = export(Recognisers.shipped(), net, head.schema, options.output, probe_chips(options.renders, head.schema))
    log.info("%s", json.dumps({"figures": found, "parity": worst}, indent=1))


if __name__ == "__main__":
    as_command(main)
