"""Growing strands: over the skull along great circles, then falling, kept off the skin; and noise to tousle them.

Grid axes: N strands side by side, M points along each, root to tip.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facelive.rig.bake.hair_scalp import CENTRE, Floats, Scalp, smooth_step, unit

_STEP_M = 0.004
_CHEST_WIDTH_M = 0.055


def lattice_noise(points: Floats, seed: int) -> Floats:
    """(...,) in -1..1, smooth, one bump per unit of (..., D) points; hashed lattice with smooth interpolation."""
    low = np.floor(points)
    share = points - low
    share = share * share * (3.0 - 2.0 * share)
    total = np.zeros(points.shape[:-1])
    size = points.shape[-1]
    for corner in range(1 << size):
        bits = np.array([(corner >> k) & 1 for k in range(size)])
        cell = (low + bits).astype(np.int64)
        mixed = np.full(points.shape[:-1], np.uint64(seed * 7919 + 12345), np.uint64)
        for k in range(size):
            mixed = (mixed ^ cell[..., k].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        value = (mixed >> np.uint64(40)).astype(np.float64) / float(1 << 24)
        total += value * np.prod(np.where(bits == 1, share, 1.0 - share), axis=-1)
    return 2.0 * total - 1.0


def slerp(start: Floats, end: Floats, share: ArrayLike) -> Floats:
    """(N, M, 3) directions on great circles from (N, 3) to (N, 3) at shares (M,) or (N, M)."""
    t = np.broadcast_to(np.asarray(share, float), (len(start), np.shape(share)[-1]))[..., None]
    angle = np.arccos(np.clip(np.sum(start * end, axis=1), -1.0, 1.0))[:, None, None]
    safe = np.maximum(np.sin(angle), 1e-6)
    return unit(np.sin((1.0 - t) * angle) / safe * start[:, None] + np.sin(t * angle) / safe * end[:, None])


def arc_length(points_NM3: Floats) -> Floats:
    """(N, M) metres from the root."""
    steps = np.linalg.norm(np.diff(points_NM3, axis=1), axis=2)
    return np.concatenate([np.zeros((len(points_NM3), 1)), np.cumsum(steps, axis=1)], axis=1)


def resample(points_NL3: Floats, share_M: ArrayLike) -> Floats:
    """(N, M, 3): each strand cut anew at shares (M,) of its own length."""
    share = np.asarray(share_M, float)
    length = arc_length(points_NL3)
    out = np.empty((len(points_NL3), len(share), 3))
    for strand, (points, along) in enumerate(zip(points_NL3, length, strict=True)):
        for k in range(3):
            out[strand, :, k] = np.interp(share * along[-1], along, points[:, k])
    return out


def smooth_across(values: Floats, rounds: int, *, closed: bool) -> Floats:
    """Average with both neighbours along the first axis; the two ends stay unless ``closed`` (first equals last)."""
    out = values.copy()
    for _ in range(rounds):
        middle = 0.25 * out[:-2] + 0.5 * out[1:-1] + 0.25 * out[2:]
        if closed:
            ends = 0.25 * out[-2] + 0.5 * out[0] + 0.25 * out[1]
            out = np.concatenate([ends[None], middle, ends[None]])
        else:
            out = np.concatenate([out[:1], middle, out[-1:]])
    return out


def fall(
    scalp: Scalp, over_NK3: Floats, length_N: Floats, *, clear: ArrayLike, stiff: float = 0.86, inward: float = 0.0,
    gather: tuple[float, float] | None = None,
) -> list[Floats]:  # fmt: skip
    """Let strands hang on from the end of their way over the skull.

    over_NK3: that way. length_N: metres that hang. clear: metres kept from the skin, scalar or (N,). stiff: share of
    the old course kept per step of 4 mm. inward: pull of the tips towards the neck. gather: (|x|, z) that they draw
    together to below the jaw. Returns N arrays (L, 3) of the whole strands.
    """
    count = int(np.ceil(length_N.max() / _STEP_M)) + 1
    place = over_NK3[:, -1].copy()
    course = unit(over_NK3[:, -1] - over_NK3[:, -2])
    side = np.sign(place[:, 0])
    # What starts further forward ends nearer to the middle of the chest.
    back = (place[:, 2].mean() - place[:, 2]) / max(float(np.ptp(place[:, 2])), 1e-3)
    spread = side * _CHEST_WIDTH_M * back
    clear_N = np.broadcast_to(np.asarray(clear, float), (len(place),))
    walked = [place.copy()]
    for step in range(count):
        pull = np.repeat([[0.0, -1.0, 0.0]], len(place), 0)
        if inward:
            away = unit((place - CENTRE) * [1.0, 0.0, 1.0])
            share = np.clip(step * _STEP_M / np.maximum(length_N, 0.02), 0.0, 1.0)
            pull -= inward * smooth_step(share, 0.55, 1.0)[:, None] * away
        if gather:
            below = smooth_step(place[:, 1], 0.0, -0.08)
            if gather[1] > 0.0:
                pull[:, 0] += below * np.clip((side * gather[0] + spread - place[:, 0]) / 0.03, -0.8, 0.8)
                pull[:, 2] += below * np.clip((gather[1] - place[:, 2]) / 0.03, 0.0, 0.9)
            else:
                pull[:, 0] -= below * np.clip((np.abs(place[:, 0]) - gather[0]) / 0.03, 0.0, 0.7) * side
                pull[:, 2] += below * np.clip((gather[1] - place[:, 2]) / 0.03, -0.9, 0.0)
        course = unit(stiff * course + (1.0 - stiff) * unit(pull))
        moved = scalp.push_out(place + _STEP_M * course, clear_N, steps=2)
        course = unit(0.5 * course + 0.5 * unit(moved - place))
        place = moved
        walked.append(place.copy())
    path = np.stack(walked, axis=1)
    keep = np.maximum(np.ceil(length_N / _STEP_M).astype(int), 1)
    return [np.concatenate([over[:-1], hang[: n + 1]]) for over, hang, n in zip(over_NK3, path, keep, strict=True)]


def row_shares(rows: int, power: float) -> Floats:
    """(M,) 0..1, closer together towards 1 for a power above 1."""
    return 1.0 - (1.0 - np.linspace(0.0, 1.0, rows)) ** power


def even(strands: list[Floats], rows: int, *, power: float = 1.0) -> Floats:
    """(N, M, 3) strands of any number of points, cut into the same number of rows."""
    share = row_shares(rows, power)
    return np.concatenate([resample(strand[None], share) for strand in strands])


def radial(points: Floats) -> Floats:
    """(..., 3) unit directions away from the skull above its middle and from the neck's axis below."""
    away = points - CENTRE
    away[..., 1] = np.where(away[..., 1] < 0.0, 0.25 * away[..., 1], away[..., 1])
    return unit(away)


def seeded(seed: int) -> np.random.Generator:
    """The bake's own randomness."""
    return np.random.default_rng(seed)


Bools = NDArray[np.bool_]
