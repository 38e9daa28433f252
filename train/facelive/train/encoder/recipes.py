"""Recipes: functions that return a configuration. A variant is ``dataclasses.replace`` of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from facelive.train.encoder.losses import LossWeights
from facelive.train.encoder.model import EncoderConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """One stretch of training at one picture size."""

    steps: int
    """Optimiser steps."""
    size: int = 256
    """Side of the crop in pixels: 256 or 128."""
    batch: int = 64
    """Renders in a batch."""
    photos: int = 0
    """Photos beside them; 0 where no photos are given."""
    learning_rate: float = 2e-3
    """At the start of the phase; falls to a twentieth by half a cosine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderRecipe:
    """All that decides a training run, apart from the data."""

    model: EncoderConfig = field(default_factory=EncoderConfig)
    """The network."""
    phases: tuple[Phase, ...]
    """One after the other; weights and optimiser go on."""
    losses: LossWeights = field(default_factory=LossWeights)
    """Weights of the terms."""
    weight_decay: float = 0.02
    """AdamW's, on matrices and kernels only."""
    average: float = 0.998
    """Decay per step of the averaged weights, which are what is exported."""
    seed: int = 0
    """Of initialisation, shuffling and augmentation."""


def encoder_v1() -> EncoderRecipe:
    """What is shipped: the trunk sees the crop at half size. About 55 minutes on two otherwise idle cores."""
    return EncoderRecipe(phases=(Phase(steps=3600, size=128, batch=64, photos=16),))


def encoder_256() -> EncoderRecipe:
    """The finer network, for machines with a GPU; it warms up at half size."""
    return EncoderRecipe(
        model=EncoderConfig(sight=256),
        phases=(
            Phase(steps=3200, size=128, batch=64, photos=16),
            Phase(steps=6000, size=256, batch=64, photos=16, learning_rate=8e-4),
        ),
    )


def encoder_smoke() -> EncoderRecipe:
    """A minute on any machine: shows that everything fits together, not that it learns."""
    return EncoderRecipe(
        model=EncoderConfig(stem=8, widths=(16, 24, 32, 48), depths=(0, 0, 0, 0), squeeze=8, hidden=32),
        phases=(Phase(steps=20, size=128, batch=8, photos=2), Phase(steps=5, batch=4, photos=2, learning_rate=5e-4)),
    )


RECIPES = {"v1": encoder_v1, "256": encoder_256, "smoke": encoder_smoke}
