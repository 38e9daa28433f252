"""facelive train own-encoder: an encoder for your own character."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from facelive.app.file_checks import check_folder
from facelive.app.numbers import check_numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOwnEncoder:
    """Train an encoder for a character of your own, from its pictures and its imitator."""

    data: Path
    """A folder of facelive dataset import."""
    imitator: Path
    """imitator.pt of facelive train imitator."""
    schema: Path
    """Your character's schema.json."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("runs/own-encoder")
    """The folder of the run: checkpoint, log.jsonl and encoder.onnx."""
    recipe: Literal["own", "smoke"] = "own"
    """"smoke" takes seconds."""
    steps: int = 0
    """Optimiser steps instead of the recipe's."""
    budget_minutes: float = 0.0
    """Stop with a checkpoint after so long; 0: never."""

    def __post_init__(self) -> None:
        check_numbers(0, steps=self.steps, budget_minutes=self.budget_minutes)


def run(options: TrainOwnEncoder) -> int:
    """Train and export."""
    from facelive.app.train_imitator import need_torch

    need_torch()
    check_folder(options.output)
    from facelive.likeness.imitator import Imitator
    from facelive.train.imitator.examples import Examples
    from facelive.train.imitator.own_training import RECIPES, train_own
    from facelive.train.imitator.rigs import rig_of

    rig = rig_of(options.schema)
    recipe = RECIPES[options.recipe]()
    recipe = replace(recipe, steps=options.steps or recipe.steps)
    imitator = Imitator.load(options.imitator, rig.schema, rig.head)
    budget_s = 60.0 * options.budget_minutes or float("inf")
    encoder = train_own(Examples(options.data, rig.schema), imitator, recipe, options.output, budget_s)
    if encoder is None:
        print("the time is up; the same command goes on from here", file=sys.stderr)
        return 0
    print(encoder)
    return 0
