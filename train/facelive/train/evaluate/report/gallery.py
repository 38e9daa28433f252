"""Whose render is it: every photo of some people against renders that were made from other photos of them.

Like ``rank.rank_figures``, but renders need not have been made from every photo: a slow method has few of them, and a
fast one is then measured on the same few. Embeddings are the judge's, of unit length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.train.evaluate.statistics import Interval, bootstrap

F32 = NDArray[np.float32]
Ints = NDArray[np.integer]
_NAN = Interval(value=float("nan"), low=float("nan"), high=float("nan"))


@dataclass(frozen=True, kw_only=True)
class Photos:
    """All photos of the evaluation people."""

    embedding_ND: F32
    person_N: Ints
    video_N: Ints


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Shares of photos whose right render comes first among all people's, and cosines. Intervals over people."""

    people: int
    photos: int
    renders: int
    same_video: Interval
    """The right render was made from another frame of the same video."""
    other_video: Interval
    own_photo: Interval
    """... from this very photo."""
    photo_ceiling: Interval
    """Photos instead of the renders, other video: what the judge can do at best."""
    cosine_own: Interval
    """Photo and renders of the same person from other videos; from other photos where there is one video."""
    cosine_others: Interval
    cosine_gap: Interval
    """Own minus others."""
    cosine_step: Interval | None
    """Own, above what it was with the renders before: the same photos, each with itself."""
    chance: float


def likeness(photos: Photos, renders_MD: F32, made_from_M: Ints, before_MD: F32 | None = None) -> Likeness:
    """made_from: the photo (a row of ``photos``) that each render was made from. Only people with renders count.

    before: renders of the same photos by another method, which this one is to be compared with.
    """
    people = np.unique(photos.person_N[made_from_M])
    rows = np.flatnonzero(np.isin(photos.person_N, people))
    person, video = photos.person_N[rows], photos.video_N[rows]
    of, of_video = photos.person_N[made_from_M], photos.video_N[made_from_M]
    seen = _cosines(photos.embedding_ND[rows], renders_MD)
    ceiling = _cosines(photos.embedding_ND[rows], photos.embedding_ND[made_from_M])
    mine = person[:, None] == of[None]
    own = rows[:, None] == made_from_M[None]
    same = mine & (video[:, None] == of_video[None]) & ~own
    other = mine & (video[:, None] != of_video[None])

    def share(similarity_NM: F32, right_NM: NDArray[np.bool_]) -> Interval:
        return by_person(person, first_shares(similarity_NM, right_NM, mine, of))

    near, far = masked_means(seen, other), masked_means(seen, ~mine)
    step = None
    if before_MD is not None:
        step = by_person(person, near - masked_means(_cosines(photos.embedding_ND[rows], before_MD), other))
    return Likeness(
        people=len(people), photos=len(rows), renders=len(made_from_M), same_video=share(seen, same),
        other_video=share(seen, other), own_photo=share(seen, own), photo_ceiling=share(ceiling, other),
        cosine_own=by_person(person, near), cosine_others=by_person(person, far),
        cosine_gap=by_person(person, near - far), cosine_step=step, chance=1.0 / len(people),
    )  # fmt: skip


def _cosines(one_ND: F32, other_MD: F32) -> F32:
    """(N, M), rounded: equal pictures must tie, and the last bit of a product depends on where its column stands."""
    return np.round(one_ND @ other_MD.T, 6)


def first_shares(
    similarity_NM: F32, right_NM: NDArray[np.bool_], mine_NM: NDArray[np.bool_], of_M: Ints
) -> NDArray[np.float64]:
    """(N,) chance that a right render beats one random render of every other person; NaN without a right render.

    The others are drawn independently, so the chance is a product over people; ties count half.
    """
    order = np.argsort(of_M, kind="stable")
    starts = np.flatnonzero(np.diff(of_M[order], prepend=of_M[order[0]] - 1))
    sizes = np.diff(starts, append=len(of_M))
    out = np.full(len(similarity_NM), np.nan)
    for row in np.flatnonzero(right_NM.any(1)):
        values = similarity_NM[row]
        right = values[right_NM[row]][:, None]
        beaten = (values[None, order] < right) + 0.5 * (values[None, order] == right)
        shares = np.add.reduceat(beaten, starts, axis=1) / sizes
        shares[:, mine_NM[row, order[starts]]] = 1.0
        out[row] = shares.prod(1).mean()
    return out


def masked_means(values_NM: F32, chosen_NM: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(N,) mean of the chosen ones of each row; NaN where none is."""
    count = chosen_NM.sum(1)
    total = np.where(chosen_NM, values_NM, 0.0).sum(1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def by_person(person_N: Ints, values_N: NDArray[np.floating]) -> Interval:
    """Mean of the values that are no NaN, bootstrapped over people; NaN if there are none."""
    parts = [values_N[(person_N == person) & ~np.isnan(values_N)] for person in np.unique(person_N)]
    kept = [part for part in parts if len(part)]
    return bootstrap(kept, lambda rows: float(rows.mean())) if kept else _NAN
