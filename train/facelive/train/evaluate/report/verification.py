"""Verification by a cosine: are these two photos the same person? The protocol of Labeled Faces in the Wild.

Ten folds by person; in each as many matched pairs (two videos of one person) as mismatched ones; the threshold that
does best on nine folds is tried on the tenth. The figure proves nothing alone: a random matrix applied to a
recogniser's embedding passes it too. So it is printed only beside the rank of the right render and beside that matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
FOLDS = 10
PAIRS = 300
"""Of each kind in a fold, at most; as many as LFW has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """The answer of the protocol."""

    accuracy: float
    """Mean over the folds."""
    standard_error: float
    """Of that mean, as LFW reports it."""
    pairs: int
    people: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows to compare. One fold per pair; nobody is in two folds."""

    one_M: Ints
    other_M: Ints
    same_M: NDArray[np.bool_]
    fold_M: Ints


def draw_pairs(person_N: Ints, video_N: Ints, seed: int = 0, pairs: int = PAIRS, folds: int = FOLDS) -> Pairs | None:
    """Pairs of photos, balanced in every fold; None if some fold cannot have any (few people, or one video each)."""
    rng = np.random.default_rng((seed, 51))
    people = rng.permutation(np.unique(person_N))
    rows: list[tuple[int, int, bool, int]] = []
    for fold in range(folds):
        inside = np.flatnonzero(np.isin(person_N, people[fold::folds]))
        one, other = (inside[index] for index in np.triu_indices(len(inside), 1))
        same = person_N[one] == person_N[other]
        matched = np.flatnonzero(same & (video_N[one] != video_N[other]))
        mismatched = np.flatnonzero(~same)
        count = min(pairs, len(matched), len(mismatched))
        if not count:
            return None
        for kind, of_kind in ((True, matched), (False, mismatched)):
            rows += [(int(one[k]), int(other[k]), kind, fold) for k in rng.choice(of_kind, count, replace=False)]
    one_M, other_M, same_M, fold_M = (np.array(column) for column in zip(*rows, strict=True))
    return Pairs(one_M, other_M, same_M.astype(bool), fold_M)


def verify(features_ND: Floats, person_N: Ints, pairs: Pairs | None) -> Verified | None:
    """Accuracy by the cosine of features, each about its mean and in its spread over the other nine folds' people.

    Slider, colour and probability have no common unit: without the spread a style's probabilities outweigh all sliders.
    None without pairs.
    """
    if pairs is None:
        return None
    features = np.asarray(features_ND, np.float64)
    accuracies: list[float] = []
    for fold in np.unique(pairs.fold_M):
        tried = pairs.fold_M == fold
        taught = np.unique(np.concatenate([pairs.one_M[~tried], pairs.other_M[~tried]]))
        spread = features[taught].std(0)
        # What never changes says nothing about who it is, and dividing by its last bits would.
        moves = spread > 1e-6 * max(1.0, float(spread.max()))
        centred = (features - features[taught].mean(0))[:, moves] / spread[moves]
        unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
        cosine_M = (unit[pairs.one_M] * unit[pairs.other_M]).sum(1)
        threshold = best_threshold(cosine_M[~tried], pairs.same_M[~tried])
        accuracies.append(float(((cosine_M[tried] >= threshold) == pairs.same_M[tried]).mean()))
    spread = float(np.std(accuracies, ddof=1)) / np.sqrt(len(accuracies))
    used = np.unique(person_N[np.concatenate([pairs.one_M, pairs.other_M])])
    return Verified(
        accuracy=float(np.mean(accuracies)), standard_error=spread, pairs=len(pairs.same_M), people=len(used)
    )


def best_threshold(score_M: Floats, same_M: NDArray[np.bool_]) -> float:
    """The value with most pairs right when what reaches it is called the same; between two scores, not on one."""
    order = np.argsort(score_M, kind="stable")
    score, same = np.asarray(score_M, np.float64)[order], same_M[order]
    # Cutting before position k calls everything from k on the same.
    right = np.concatenate([[0], np.cumsum(~same)]) + np.concatenate([np.cumsum(same[::-1])[::-1], [0]])
    # No cut between equal scores.
    possible = np.concatenate([[True], np.diff(score) > 0.0, [True]])
    cut = int(np.argmax(np.where(possible, right, -1)))
    edges = np.concatenate([[score[0] - 1.0], 0.5 * (score[1:] + score[:-1]), [score[-1] + 1.0]])
    return float(edges[cut])


def random_projection(embedding_ND: Floats, outputs: int, seed: int = 0) -> Floats:
    """(N, outputs) the control: a matrix of normal deviates, which knows nothing about faces, on an embedding."""
    rng = np.random.default_rng((seed, 52))
    return np.asarray(embedding_ND, np.float64) @ rng.standard_normal((embedding_ND.shape[1], outputs))
