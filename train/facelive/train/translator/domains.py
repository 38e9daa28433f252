"""What tells photos from renders, taken out: one linear map of features for both kinds.

The means of photos and renders differ before any person does. Centring each kind on its own mean needs to know the
kind; instead, the direction of that difference (and a few more that tell the kinds apart) is projected away, so that
the same numbers serve photos, screens and renders. What differs between pictures of one person is measured on photos,
and noise like that is added in training: where photos are noisy the network then learns to lean on the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Domains:
    """D features, K kept."""

    mean_D: F32
    enter_DK: F32
    """Whitening (of renders) and projection in one."""
    noise_KK: F32
    """Square root of what photos of one person vary more than renders of one person do, whitened."""


def measure(
    drawn_ND: F32, drawn_person_N: NDArray[np.integer], photo_MD: F32, photo_person_M: NDArray[np.integer],
    *, directions: int = 1, floor: float = 0.01,
) -> Domains:  # fmt: skip
    """directions: how many that tell the kinds apart go. floor: least variance that is whitened, of the largest."""
    drawn, photo = drawn_ND.astype(np.float64), photo_MD.astype(np.float64)
    mean = drawn.mean(0)
    values, vectors = np.linalg.eigh(np.cov((drawn - mean).T))
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    keep = values > floor * 1e-2 * values[0]
    white = vectors[:, keep] / np.sqrt(np.maximum(values[keep], floor * values[0]))
    a, b = (drawn - mean) @ white, (photo - mean) @ white
    for _ in range(directions):
        away = _telling(a, b)
        flat = np.eye(len(away)) - np.outer(away, away)
        white, a, b = white @ flat, a @ flat, b @ flat
    # The projected means agree; the rest of the difference is nothing.
    extra = _within(b, photo_person_M) - _within(a, drawn_person_N)
    strength, axes = np.linalg.eigh(extra)
    noise = axes * np.sqrt(np.maximum(strength, 0.0))
    return Domains(
        mean_D=mean.astype(np.float32), enter_DK=white.astype(np.float32), noise_KK=noise.T.astype(np.float32)
    )


def _telling(a: F64, b: F64) -> F64:
    """(K,) unit vector: first the difference of the means, then what still tells most about the spreads."""
    step = b.mean(0) - a.mean(0)
    length = float(np.linalg.norm(step))
    if length > 1e-6:
        return step / length
    values, vectors = np.linalg.eigh(np.cov(b.T) - np.cov(a.T))
    return vectors[:, np.argmax(np.abs(values))]


def _within(rows: F64, person: NDArray[np.integer]) -> F64:
    """Covariance of a person's rows about that person's mean."""
    order = np.argsort(person, kind="stable")
    rows, person = rows[order], person[order]
    starts = np.flatnonzero(np.r_[True, person[1:] != person[:-1]])
    counts = np.diff(np.r_[starts, len(rows)])
    means = np.add.reduceat(rows, starts) / counts[:, None]
    apart = rows - np.repeat(means, counts, 0)
    return apart.T @ apart / max(1, int((counts - 1).sum()))
