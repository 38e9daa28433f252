"""facelive train parser: the network that tells the parts of a face."""

from __future__ import annotations

import importlib.util
import logging
import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from facelive.app.file_checks import check_folder
from facelive.app.looked_at import check_photos, kept_apart, looked_at
from facelive.app.numbers import check_numbers
from facelive.errors import ExtraMissing


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainParser:
    """Train the face parser on renders with masks and, if you have some, photos. The same command goes on."""

    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("runs/parser")
    """The folder of the run: checkpoints, log, parser.pt and parser.json (IoU)."""
    data: Path | None = None
    """A folder of facelive dataset render --segments; without it one is drawn into OUTPUT/renders first."""
    count: int = 6000
    """Pictures to draw if there is no data."""
    photos: Path | None = None
    """A folder of photos, as for facelive train encoder; they stay there. Some are kept apart to measure on."""
    recipe: Literal["v1", "smoke"] = "v1"
    """"smoke" takes seconds and shows that everything fits together."""
    steps: int = 0
    """Optimiser steps instead of the recipe's."""
    hours: float = math.inf
    """Stop with a checkpoint after so long."""
    threads: int = 2
    """CPU threads."""
    seed: int = 0
    """Of the pictures that are drawn."""

    def __post_init__(self) -> None:
        check_numbers(1, count=self.count, threads=self.threads)
        check_numbers(0, steps=self.steps, hours=self.hours, seed=self.seed)


def run(options: TrainParser) -> int:
    """Draw, train, measure."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("lightning") is None:
        raise ExtraMissing("training needs torch and lightning: pip install 'facelive[train]'")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr, force=True
    )
    from facelive.rig.head import Head
    from facelive.train.parser.recipes import RECIPES
    from facelive.train.parser.run import ParserRun, train_parser

    check_folder(options.output)
    check_photos(options.photos)
    recipe = RECIPES[options.recipe]()
    if options.steps:
        recipe = replace(recipe, steps=options.steps)
    data = options.data or _drawn(options)
    photos = held_out = None
    if options.photos is not None:
        photos = looked_at(options.photos, options.output / "photos")
        held_out = kept_apart(options.photos, options.output / "photos-held-out")
    report = train_parser(
        Head.default().schema, data, photos, held_out, recipe,
        ParserRun(output=options.output, budget_s=3600.0 * options.hours, threads=options.threads),
    )  # fmt: skip
    if report is None:
        print("the time is up; the same command goes on from here")
        return 0
    for name, figures in report.items():
        if isinstance(figures, dict):
            print(f"IoU on {name}: " + ", ".join(f"{part} {value:.2f}" for part, value in figures.items()))
    print(options.output / "parser.pt")
    return 0


def _drawn(options: TrainParser) -> Path:
    from facelive.app.dataset import DatasetRender
    from facelive.app.dataset import run as draw

    folder = options.output / "renders"
    draw(DatasetRender(count=options.count, output=folder, seed=options.seed, segments=True))
    return folder
