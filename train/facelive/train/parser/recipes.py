"""Recipes of the face parser."""

from __future__ import annotations

from dataclasses import dataclass, field

from facelive.likeness.parser import ParserConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class ParserRecipe:
    """All that decides a run, apart from the data."""

    model: ParserConfig = field(default_factory=ParserConfig)
    """The network."""
    steps: int = 4000
    """Optimiser steps."""
    batch: int = 16
    """Renders in a batch."""
    photos: int = 6
    """Photos beside them; 0 where no photos are given."""
    learning_rate: float = 3e-3
    """At the start; falls to a fiftieth by half a cosine."""
    weight_decay: float = 0.01
    """AdamW's."""
    photo_weight: float = 0.5
    """Of a photo's pixel against a render's."""
    part_weight: float = 4.0
    """Of a brow's, eye's or mouth's pixel against one of skin or background."""
    average: float = 0.995
    """Decay per step of the averaged weights, which are what is kept."""
    held_out: float = 0.05
    """Share of the rendered people that is only measured on."""
    seed: int = 0
    """Of initialisation, order and augmentation."""


def parser_v1() -> ParserRecipe:
    """What is meant to ship."""
    return ParserRecipe()


def parser_smoke() -> ParserRecipe:
    """Seconds on any machine: shows that everything fits together."""
    return ParserRecipe(model=ParserConfig(widths=(4, 6, 8, 8)), steps=8, batch=4, photos=2)


RECIPES = {"v1": parser_v1, "smoke": parser_smoke}
