"""Recipes of imitators: functions that return a configuration. A variant is ``dataclasses.replace`` of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from facelive.likeness import imitator
from facelive.likeness.imitator import ImitatorConfig
from facelive.train.imitator.losses import LossWeights


@dataclass(frozen=True, kw_only=True, slots=True)
class ImitatorRecipe:
    """All that decides a training run, apart from the data."""

    model: ImitatorConfig
    """The network."""
    steps: int = 0
    """Optimiser steps; 0: as many as ``epochs`` need."""
    epochs: float = 0.0
    """Rounds through the training part, where ``steps`` is 0."""
    batch: int = 16
    """Pictures a step, over all devices."""
    optimiser: Literal["sgd", "adam"] = "adam"
    """sgd: momentum 0.9."""
    learning_rate: float = 2e-3
    """At the start."""
    schedule: Literal["cosine", "staircase"] = "cosine"
    """cosine: half of one, down to a fiftieth, after a short warm-up. staircase: times 0.9 every 50 epochs."""
    losses: LossWeights = field(default_factory=LossWeights)
    """Weights of the terms."""
    average: float = 0.998
    """Decay per step of the averaged weights, which are what is exported; 0: the last ones."""
    clip: float = 0.0
    """Largest norm of the gradient; 0: any."""
    seed: int = 0
    """Of initialisation and order."""


def paper_512() -> ImitatorRecipe:
    """Shi et al. 2019, section 4.1: SGD, batch 16, 0.01 times 0.9 every 50 epochs, 500 epochs, L1 and nothing else.

    Landmarks come from the rig's geometry where it has one; else a small head learns them beside.
    """
    return ImitatorRecipe(
        model=imitator.paper_512(),
        epochs=500,
        optimiser="sgd",
        learning_rate=0.01,
        schedule="staircase",
        losses=LossWeights.plain(),
        average=0.0,
    )


def live_256() -> ImitatorRecipe:
    """Light and sharp: 256x256, weights on eyes and mouth, edges, parts."""
    return ImitatorRecipe(model=imitator.live_256(), steps=30_000, learning_rate=4e-3, clip=1.0)


def smoke() -> ImitatorRecipe:
    """Seconds on any machine: shows that everything fits together, not that it learns much. 64x64."""
    model = ImitatorConfig(
        widths=(24, 16, 12), code=48, base=12, maps=8, maps_at=32, more_points=32, landmark_hidden=32
    )
    return ImitatorRecipe(model=model, steps=30, batch=8, average=0.9, clip=1.0)


RECIPES: dict[str, Callable[[], ImitatorRecipe]] = {"paper_512": paper_512, "live_256": live_256, "smoke": smoke}


def fitted(recipe: ImitatorRecipe, *, geometry: bool, parts: bool) -> ImitatorRecipe:
    """The recipe for a rig without a differentiable head, or a set without part masks."""
    model = recipe.model
    geometry, parts = geometry and model.geometry, parts and model.parts
    normals, palette = geometry and model.normals, parts and model.palette
    return replace(recipe, model=replace(model, geometry=geometry, parts=parts, normals=normals, palette=palette))
