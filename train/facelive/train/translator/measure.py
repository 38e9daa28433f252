"""How good a guess of a likeness is, on renders of people that were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class LikenessFigures:
    """Over renders; one picture each, or the mean of a person's."""

    renders: int
    identity_r2: float
    """Mean over the sliders of the share of variance explained."""
    well_known: dict[str, float]
    """The sliders with the largest share."""
    colour_r2: dict[str, float]
    """By colour."""
    shape_ratio: float
    """Error of face vertices at rest over the mean face's."""
    style_hits: dict[str, float]
    style_commonest: dict[str, float]
    """Share of the commonest option."""


def figures(head: Head, guess_NP: F32, truth_NP: F32, shapes: int = 150) -> LikenessFigures:
    """guess_NP: styles as scores. shapes: how many of them the shape error is taken from, evenly."""
    schema = head.schema
    identity = schema.indices("identity")
    r2 = _r2(guess_NP[:, identity], truth_NP[:, identity])
    names = schema.group_names("identity")
    best = np.argsort(r2)[::-1][:8]
    some = np.linspace(0, len(truth_NP) - 1, min(shapes, len(truth_NP))).astype(int)
    return LikenessFigures(
        renders=len(truth_NP),
        identity_r2=float(r2.mean()),
        well_known={names[i]: round(float(r2[i]), 3) for i in best},
        colour_r2={
            name: round(float(_r2(guess_NP[:, at], truth_NP[:, at]).mean()), 3) for name, at in schema.colours.items()
        },
        shape_ratio=_shape_ratio(head, [guess_NP[i] for i in some], [truth_NP[i] for i in some]),
        style_hits={
            name: round(float((guess_NP[:, at].argmax(1) == truth_NP[:, at].argmax(1)).mean()), 3)
            for name, at in schema.styles.items()
        },
        style_commonest={name: round(float(truth_NP[:, at].mean(0).max()), 3) for name, at in schema.styles.items()},
    )


def _r2(guess: F32, truth: F32) -> NDArray[np.float64]:
    error = np.square(guess.astype(np.float64) - truth).mean(0)
    return 1.0 - error / np.maximum(truth.astype(np.float64).var(0), 1e-12)


def _shape_ratio(head: Head, guesses: Sequence[Vector], truths: Sequence[Vector]) -> float:
    schema = head.schema
    where = schema.indices("identity")
    face = head.face_N

    def shape(values_I: Vector) -> F32:
        params = schema.neutral()
        params[where] = np.clip(values_I, 0.0, 1.0)
        return head.solve_identity(params)[face]

    mean = shape(schema.neutral()[where])
    true = [shape(params[where]) for params in truths]
    errors = [np.linalg.norm(shape(g[where]) - t, axis=1).mean() for g, t in zip(guesses, true, strict=True)]
    yardstick = [np.linalg.norm(mean - t, axis=1).mean() for t in true]
    return float(np.mean(errors) / np.mean(yardstick))
