"""Measure how what ``facelive encode --refine 3`` says of a person errs: the file that fits search by.

``python -m facelive.train.doubt -o doubt.npz``: one render each of people whom neither training nor the report has
seen, answered as a fit's photo is. What leaves it is one covariance. To be repeated when another encoder ships.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, WeightsError
from facelive.likeness.fit_doubt import Doubt
from facelive.rig.head import Head
from facelive.stream.redraw import STEPS, Redraw
from facelive.stream.weights_folder import encoder_path
from facelive.train.common.command import as_command
from facelive.train.data.scenes import random_scene
from facelive.train.evaluate.encoders import Encoder
from facelive.train.evaluate.fused import FusedEncoder
from facelive.train.evaluate.report.faces import held_out_renders
from facelive.train.evaluate.report.looks import as_encode
from facelive.train.evaluate.report.methods import RefinedMethod
from facelive.train.evaluate.run import EvaluateConfig, of_one_picture, open_encoder

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_FIRST_PERSON = 70_000
_TOLD = 100


def answers(head: Head, encoder: Encoder, people: int) -> Iterator[tuple[F32, F32]]:
    """((I,) said, (I,) true) of each of so many people."""
    redrawn = RefinedMethod(improver=Redraw(head, as_encode(encoder, head)), steps=STEPS)
    columns = head.schema.indices("identity")
    first = of_one_picture(encoder, head)
    drawn = held_out_renders(head, first, random_scene, people, 1, _tell, first=_FIRST_PERSON)
    for one in drawn:
        yield redrawn.answer(one.face)["identity"][0], one.placed.label_P[columns]


def _tell(done: int, total: int) -> None:
    if done % _TOLD == 0:
        log.info("%d of %d people drawn", done, total)


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--encoder", type=Path, default=None, help="another one than the package's")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if not options.output.parent.is_dir():
        raise FileError(f"{options.output.parent} is no folder: make it first")
    head = Head.default()
    said, true = [], []
    config = EvaluateConfig(output=options.output.parent, encoder=encoder_path(options.encoder))
    with open_encoder(config, head) as (encoder, _):
        if not isinstance(encoder, FusedEncoder):
            raise WeightsError("the translator cannot be had: a fit begins with what it says too")
        for one in answers(head, encoder, options.people):
            said.append(one[0])
            true.append(one[1])
            if len(said) % _TOLD == 0:
                log.info("%d of %d answers drawn and looked at", len(said), options.people)
    Doubt.measure(head.schema, np.stack(said), np.stack(true)).save(options.output)
    log.info("%s: errors of %d answers", options.output, len(said))


if __name__ == "__main__":
    as_command(main)
