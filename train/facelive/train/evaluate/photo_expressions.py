"""What faces on photos are said to do, where nobody knows what they do: what no face does must not be said.

Renders have true expressions, photos have none. But a jaw does not go left and right at once, and people who are
photographed hardly ever puff their cheeks. An encoder that says so fits points of another convention than its rig's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facelive.rig.schema import Schema
from facelive.train.evaluate.photo_landmarks import Encoded
from facelive.train.evaluate.statistics import Floats, Interval, bootstrap

_SIDES = ("Left", "Right")
OPPOSITES: tuple[tuple[str, str], ...] = (
    ("jawLeft", "jawRight"),
    ("mouthLeft", "mouthRight"),
    *((f"eyeLookIn{side}", f"eyeLookOut{side}") for side in _SIDES),
    *((f"eyeLookUp{side}", f"eyeLookDown{side}") for side in _SIDES),
    *((f"eyeBlink{side}", f"eyeWide{side}") for side in _SIDES),
)
"""Of these two one is 0."""
IDLE = ("tongueOut", "cheekPuff", "jawForward", "jawLeft", "jawRight")
"""Hardly anybody does this before a camera."""


@dataclass(frozen=True, kw_only=True)
class PhotoExpressions:
    """Over all photos. Intervals: bootstrap over people."""

    photos: int
    people: int
    opposites: Interval
    """Mean, over the pairs of ``OPPOSITES``, of the smaller one: 0 where nothing is contradicted."""
    idle: Interval
    """Mean of the shapes of ``IDLE``."""
    mean: dict[str, float]
    """Of every shape."""


def summarise(schema: Schema, encoded: list[Encoded]) -> PhotoExpressions | None:
    """None without photos, and for a rig that has none of these shapes."""
    names = schema.group_names("expression")
    column = {name: i for i, name in enumerate(names)}
    pairs = np.array([[column[a], column[b]] for a, b in OPPOSITES if a in column and b in column], np.intp)
    idle = [column[name] for name in IDLE if name in column]
    if not encoded or not len(pairs) or not idle:
        return None
    per_person: dict[str, list[Floats]] = {}
    for one in encoded:
        said_E = np.clip(one.outputs["expression"][0], 0.0, 1.0)
        per_person.setdefault(one.photo.person, []).append(
            np.array([said_E[pairs].min(1).mean(), said_E[idle].mean(), *said_E])
        )
    people = [np.stack(rows) for rows in per_person.values()]
    every = np.concatenate(people)
    return PhotoExpressions(
        photos=len(every),
        people=len(people),
        opposites=bootstrap(people, lambda rows: float(rows[:, 0].mean())),
        idle=bootstrap(people, lambda rows: float(rows[:, 1].mean())),
        mean=dict(zip(names, map(float, every[:, 2:].mean(0)), strict=True)),
    )
