"""Recipes: functions that return a configuration. A variant is ``dataclasses.replace`` of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from facelive.train.encoder.imitated import ImitatedWeights
from facelive.train.encoder.losses import LossWeights
from facelive.train.encoder.model import EncoderConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """One stretch of training at one picture size."""

    steps: int
    """Optimiser steps."""
    size: int = 256
    """Side of the crop in pixels: 256, or 128, which takes a quarter of the memory and does not show fine things."""
    batch: int = 24
    """Renders in a batch; 0 for a phase without pictures."""
    photos: int = 0
    """Photos beside them; 0 where no photos are given."""
    imagined: int = 0
    """Faces of which only the points are imagined, beside them: they teach the reader of points."""
    imitated: int = 0
    """So many of the photos are drawn by the frozen imitator, and the drawing is compared with the photo."""
    ramp: int = 0
    """Steps over which the terms beside the points' own come in: a reader must not learn from points still lost."""
    learning_rate: float = 1.5e-3
    """At the start of the phase; falls to a twentieth by half a cosine."""
    reader_rate: float = 1.0
    """The reader of points learns at so many times that rate: where pictures are new, what it knows must not go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderRecipe:
    """All that decides a training run, apart from the data."""

    model: EncoderConfig = field(default_factory=EncoderConfig)
    """The network."""
    phases: tuple[Phase, ...]
    """One after the other; weights and optimiser go on."""
    losses: LossWeights = field(default_factory=LossWeights)
    """Weights of the terms."""
    imitation: ImitatedWeights = field(default_factory=ImitatedWeights)
    """Weights of the terms through the imitator."""
    optimiser: Literal["adamw", "muon"] = "adamw"
    """muon: steps of inner matrices and kernels have no preferred directions (``common.muon``)."""
    weight_decay: float = 0.01
    """On matrices and kernels only."""
    average: float = 0.998
    """Decay per step of the averaged weights, which are what is exported."""
    seed: int = 0
    """Of initialisation, shuffling and augmentation."""


_READ = Phase(steps=3000, batch=0, imagined=512)
"""Points alone: five minutes that spare an hour of pictures."""


def encoder_v1() -> EncoderRecipe:
    """As what is shipped. Some four hours on two cores, by the time of a step (never run whole); longer is better.

    The second half begins at a high rate again; its reader of points, taught anew, is kept from forgetting.
    """
    first = Phase(steps=7500, batch=24, photos=6, imagined=64, ramp=600)
    again = replace(_READ, steps=2500, learning_rate=1e-3)
    second = Phase(steps=8500, batch=24, photos=8, imagined=160, learning_rate=1e-3, reader_rate=0.4)
    return EncoderRecipe(phases=(_READ, first, again, second))


def encoder_further() -> EncoderRecipe:
    """On from an encoder that is there: some 45 minutes on one quick core in bf16 (docs/log.md: what it brought)."""
    more = Phase(steps=6000, batch=24, photos=8, imagined=96, learning_rate=8e-4, reader_rate=0.4)
    return EncoderRecipe(phases=(more,), losses=LossWeights(shape=4.0, style=1.5, colour=1.5), optimiser="muon")


def encoder_256() -> EncoderRecipe:
    """The finer network, for machines with a GPU; it warms up at half size."""
    return EncoderRecipe(
        model=EncoderConfig(sight=256),
        phases=(
            _READ,
            Phase(steps=20000, size=128, batch=64, photos=16, imagined=64, ramp=600),
            Phase(steps=30000, size=256, batch=64, photos=16, imagined=64, learning_rate=8e-4),
        ),
    )


def encoder_imitator() -> EncoderRecipe:
    """v1, then the paper's losses through the frozen imitator, at a low rate: with photos only."""
    through = Phase(steps=3000, batch=16, photos=12, imagined=64, imitated=8, learning_rate=4e-4, reader_rate=0.4)
    return EncoderRecipe(phases=(*encoder_v1().phases, through))


def encoder_smoke() -> EncoderRecipe:
    """A minute on any machine: shows that everything fits together, not that it learns."""
    return EncoderRecipe(
        model=EncoderConfig(
            stem=8, widths=(16, 24, 32, 48), depths=(0, 0, 0, 0), neck=16, free=2, squeeze=8, reader=48, hidden=32
        ),
        phases=(
            Phase(steps=20, size=128, batch=0, imagined=16),
            Phase(steps=20, size=128, batch=8, photos=2, imagined=8, ramp=5),
            Phase(steps=5, size=256, batch=4, photos=2, learning_rate=5e-4),
        ),
    )


RECIPES = {
    "v1": encoder_v1, "further": encoder_further, "imitator": encoder_imitator, "256": encoder_256,
    "smoke": encoder_smoke,
}  # fmt: skip
