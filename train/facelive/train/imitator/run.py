"""``facelive train imitator``: pictures with parameters in, an imitator and its figures out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from facelive.errors import SchemaError
from facelive.train.imitator.evaluate import Figures, write_report
from facelive.train.imitator.examples import Examples
from facelive.train.imitator.loop import WEIGHTS, TrainConfig, Trainer
from facelive.train.imitator.recipes import ImitatorRecipe, fitted
from facelive.train.imitator.rigs import Rig

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What a run left behind."""

    complete: bool
    """False if the budget ended first: the same command goes on."""
    weights: Path
    """Usable either way."""
    figures: Figures | None
    """On the test part; None if the set keeps none, and on all processes but the first."""


def train_imitator(data: Path, rig: Rig, recipe: ImitatorRecipe, config: TrainConfig) -> Trained:
    """Train (or go on training), then measure. Raises FileError and SchemaError for sets that do not fit the rig."""
    examples = Examples(data, rig.schema)
    if rig.head is None and not examples.has_landmarks and recipe.losses.landmarks:
        log.warning("no landmarks are known in %s: those of the imitator will mean nothing", data)
    if rig.head is not None and rig.head.schema.hash != rig.schema.hash:
        raise SchemaError("the head does not belong to the schema")
    recipe = fitted(recipe, geometry=rig.head is not None, parts=examples.has_parts)
    log.info("%d pictures to train on, %d for the test", len(examples.train), len(examples.test))
    trainer = Trainer(examples, recipe, config, rig.head)
    complete = trainer.run()
    figures = None
    if trainer.fabric.is_global_zero and len(examples.test):
        figures = write_report(trainer.averaged(), examples, config.output / "report")
    return Trained(complete=complete, weights=config.output / WEIGHTS, figures=figures)
