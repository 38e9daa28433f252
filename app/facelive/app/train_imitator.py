"""facelive train imitator: a network that draws like the renderer, or like your game engine."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from facelive.app.file_checks import check_file, check_folder
from facelive.app.numbers import check_numbers
from facelive.errors import ExtraMissing, UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainImitator:
    """Train an imitator. The same command goes on with an interrupted run; torchrun shares it between devices."""

    data: Path | None = None
    """A folder of facelive dataset plain, or of facelive dataset import; without it a plain set is drawn into
    OUTPUT/renders first (built-in head only)."""
    count: int = 20000
    """Pictures to draw if there is no data."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("runs/imitator")
    """The folder of the run: checkpoints, log.jsonl, previews, imitator.pt and a report."""
    recipe: Literal["live_256", "paper_512", "smoke"] = "live_256"
    """"live_256" is light; "paper_512" is the published network and schedule; "smoke" takes seconds."""
    schema: Path | None = None
    """Your character's schema.json; without it, the built-in head."""
    start_from: Path | None = None
    """An imitator.pt of the same rig to begin with instead of chance; its layers may be narrower."""
    steps: int = 0
    """Optimiser steps instead of the recipe's."""
    batch: int = 0
    """Pictures a step instead of the recipe's, over all devices."""
    budget_minutes: float = 0.0
    """Stop with a checkpoint after so long; 0: never."""
    preview_minutes: float = 5.0
    """Between two sheets in previews/."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """"bf16" is mixed precision."""
    threads: int = 0
    """CPU threads; 0: torch's own choice."""
    tensorboard: bool = False
    """Also write what TensorBoard shows (pip install tensorboard)."""

    def __post_init__(self) -> None:
        check_numbers(1, count=self.count)
        check_numbers(
            0, steps=self.steps, batch=self.batch, threads=self.threads, budget_minutes=self.budget_minutes,
            preview_minutes=self.preview_minutes,
        )  # fmt: skip


def run(options: TrainImitator) -> int:
    """Train, then measure on people who were kept apart."""
    need_torch()
    from facelive.train.imitator.loop import TrainConfig
    from facelive.train.imitator.recipes import RECIPES
    from facelive.train.imitator.rigs import rig_of
    from facelive.train.imitator.run import train_imitator

    check_folder(options.output)
    check_file(options.start_from)
    if options.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise ExtraMissing("TensorBoard is not installed: pip install tensorboard")
    recipe = RECIPES[options.recipe]()
    recipe = replace(recipe, steps=options.steps or recipe.steps, batch=options.batch or recipe.batch)
    data = options.data or _drawn(options, recipe.model.size)
    config = TrainConfig(
        output=options.output, budget_s=60.0 * options.budget_minutes or float("inf"),
        preview_every_s=60.0 * options.preview_minutes, precision=options.precision, threads=options.threads,
        tensorboard=options.tensorboard, start_from=options.start_from,
    )  # fmt: skip
    trained = train_imitator(data, rig_of(options.schema), recipe, config)
    if trained.figures is not None:
        face = trained.figures.l1_by_part.get("face", trained.figures.l1)
        print(f"held-out L1 per pixel: {trained.figures.l1:.4f}, on the face {face:.4f}", file=sys.stderr)
        print(trained.weights)
    if not trained.complete:
        print("the time is up; the same command goes on from here", file=sys.stderr)
    return 0


def _drawn(options: TrainImitator, size: int) -> Path:
    """The plain set, drawn or gone on with. Raises UsageError where nothing can draw it, or several would at once."""
    if options.schema is not None:
        raise UsageError("only the built-in head can be drawn here: give your character's pictures with --data")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError("several processes cannot draw one set: draw it first (facelive dataset plain), give --data")
    from facelive.app.dataset_plain import DatasetPlain
    from facelive.app.dataset_plain import run as draw

    folder = options.output / "renders"
    draw(DatasetPlain(count=options.count, output=folder, size=size))
    return folder


def need_torch() -> None:
    """Raises ExtraMissing if training is not installed. Also lets the log through to stderr."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("lightning") is None:
        raise ExtraMissing("training needs torch and lightning: pip install 'facelive[train]'")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr, force=True
    )
