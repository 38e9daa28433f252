"""Train the translator, measure it on people it has not seen, write the file that ships.

``python -m facelive.train.translator.run --pairs pairs.npz --renders DIR -o translator.onnx`` (pairs: see ``pairs``;
renders: a set that a few probe chips for the parity check are cut from).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.translator import domains, learning
from facelive.train.translator.going_on import Going
from facelive.train.translator.network import Translator, widened
from facelive.train.translator.pairs import Pairs
from facelive.train.translator.recognisers import embedding
from facelive.train.translator.report import held_out


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
    going = Going.on(options)
    recipe = learning.Recipe(steps=options.steps, echo=options.echo, noise=options.noise, gain=options.gain)
    going.end(train(going.schema, going.pairs, recipe), {})


if __name__ == "__main__":
    as_command(main)
