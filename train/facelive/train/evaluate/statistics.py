"""Small statistics: correlations per column, bootstrap over people, angles between rotations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.rotation import rotation

Floats = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A figure and where 95 % of its bootstrap copies lie."""

    value: float
    low: float
    high: float


def correlations(one_NE: Floats, other_NE: Floats, least_spread: float = 0.02) -> Floats:
    """(E,) Pearson's r per column; 0 where the first does not vary, NaN where the second (the truth) hardly does."""
    one = one_NE - one_NE.mean(0)
    other = other_NE - other_NE.mean(0)
    product = np.sqrt((one**2).sum(0) * (other**2).sum(0))
    r = (one * other).sum(0) / np.where(product > 1e-12, product, 1.0)
    return np.where(other_NE.std(0) < least_spread, np.nan, r)


def gains(one_NE: Floats, truth_NE: Floats, least_spread: float = 0.02) -> Floats:
    """(E,) slope of each column on its truth: how much of a movement arrives; NaN where the truth hardly moves.

    A correlation does not see that half of every movement, or all but a trace of it, is missing.
    """
    truth = truth_NE - truth_NE.mean(0)
    squares = (truth**2).sum(0)
    slope = ((one_NE - one_NE.mean(0)) * truth).sum(0) / np.where(squares > 1e-12, squares, 1.0)
    return np.where(truth_NE.std(0) < least_spread, np.nan, slope)


def bootstrap(
    people: Sequence[Floats], figure: Callable[[Floats], float], draws: int = 1000, seed: int = 0
) -> Interval:
    """The figure of all rows, and its spread when whole people are drawn anew. ``people``: one array of rows each."""
    rng = np.random.default_rng(seed)
    rows = [np.asarray(part, np.float64) for part in people if len(part)]
    copies = [figure(np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])) for _ in range(draws)]
    low, high = np.percentile(copies, [2.5, 97.5])
    return Interval(value=float(figure(np.concatenate(rows))), low=float(low), high=float(high))


def angle_between_deg(one_N3: Floats, other_N3: Floats) -> Floats:
    """(N,) degrees between head rotations given as yaw, pitch, roll in radians."""
    out = []
    for one, other in zip(one_N3, other_N3, strict=True):
        turn = rotation(*map(float, one)).astype(np.float64) @ rotation(*map(float, other)).T
        out.append(np.degrees(np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0))))
    return np.array(out)
