"""Who somebody is, fused over frames and then left alone: an avatar whose nose changes while it talks is no avatar.

Weight of a frame: the encoder's confidence of the group times how frontal the face is. Suffixes: I, S, C the sizes of
the schema's groups; A all three together, in schema order (``Avatar.values``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema
from facelive.stream.encoder import Observation
from facelive.stream.state import AVATAR_GROUPS

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

FIRST_AFTER = 3
"""Frames until the first, provisional avatar: at once a stranger would look back."""
LOCK_WEIGHT = 25.0
"""Sum of weights (1 = one sure, frontal frame) from which on it may be settled."""
LOCK_ERROR = 0.012
"""Standard error of the mean slider at which it is settled; 0.012 of a slider is below what an eye sees."""
PATIENCE = 8.0
"""At so many times LOCK_WEIGHT it is settled anyway."""
REOPEN_AFTER_S = 5.0
"""After so long an absence it may be somebody else: then it is learnt anew, and changed if it is."""
STRANGER = 0.08
"""Mean slider distance from the settled identity above which the newly learnt one is somebody else's."""


@dataclass(slots=True)
class _Mean:
    """Running weighted mean and spread (West 1979)."""

    mean: F64
    spread: F64
    weight: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, size: int) -> _Mean:
        return cls(np.zeros(size), np.zeros(size))

    def add(self, value: F64, weight: float) -> None:
        self.weight += weight
        self.squares += weight * weight
        step = value - self.mean
        self.mean += (weight / self.weight) * step
        self.spread += weight * step * (value - self.mean)

    @property
    def error(self) -> float:
        """Standard error of the mean, averaged over the channels. Frames next to each other are not independent: a
        second of video counts as about six looks."""
        if self.weight <= 0.0 or not self.mean.size:
            return math.inf
        looks = max(1.0, self.weight * self.weight / self.squares / 5.0)
        return float(np.sqrt(np.maximum(self.spread, 0.0) / self.weight / looks).mean())


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """The avatar to publish now."""

    values_A: F32
    locked: bool
    confidence: float


@dataclass(slots=True)
class _Groups:
    identity: _Mean
    style: _Mean
    colour: _Mean
    frames: int = 0
    extra: dict[str, float] = field(default_factory=dict)


class IdentityLock:
    """Fuses one face's identity, style and colour; says when the avatar changes."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._where = {group: schema.indices(group) for group in AVATAR_GROUPS}
        self._avatar_A = np.sort(np.concatenate([self._where[group] for group in AVATAR_GROUPS]))
        style = self._where["style"]
        offset = int(style[0]) if len(style) else 0
        self._styles = [slice(s.start - offset, s.stop - offset) for s in schema.styles.values()]
        self._published: F32 | None = None
        self._locked = False
        self._sums = self._fresh()

    @property
    def locked(self) -> bool:
        """Settled: nothing changes any more."""
        return self._locked

    @property
    def known_I(self) -> F32 | None:
        """(I,) the settled identity; None while it is being learnt."""
        if not self._locked or self._published is None:
            return None
        return self._published[np.searchsorted(self._avatar_A, self._where["identity"])]

    def reopen(self) -> None:
        """Learn anew; the avatar stays until somebody else has been learnt."""
        self._locked = False
        self._sums = self._fresh()

    def add(self, seen: Observation) -> IdentityChange | None:
        """Take a frame in. Returns the avatar when it is first known and when it is settled, otherwise None."""
        if self._locked:
            return None
        facing = frontality(float(seen.pose[0]), float(seen.pose[1])) * seen.presence
        sums = self._sums
        sums.frames += 1
        sums.identity.add(seen.identity_I.astype(np.float64), _weight(facing * float(seen.confidence[1])))
        sums.style.add(self._probabilities(seen.style_S), _weight(facing * float(seen.confidence[2])))
        sums.colour.add(seen.colour_C.astype(np.float64), _weight(facing * float(seen.confidence[3])))
        if self._certain():
            return self._settle()
        if self._published is None and sums.frames >= FIRST_AFTER:
            self._published = self._values()
            return IdentityChange(self._published, locked=False, confidence=self._confidence())
        return None

    def _certain(self) -> bool:
        identity = self._sums.identity
        settled = identity.weight >= LOCK_WEIGHT and identity.error <= LOCK_ERROR
        return settled or identity.weight >= PATIENCE * LOCK_WEIGHT

    def _settle(self) -> IdentityChange | None:
        """Lock. Nothing is said if this is still the person that was settled before."""
        self._locked = True
        values, before = self._values(), self._published
        if before is not None and self._sums.extra.get("settled_before"):
            sliders = np.searchsorted(self._avatar_A, self._where["identity"])
            if not len(sliders) or float(np.abs(values - before)[sliders].mean()) < STRANGER:
                return None
        self._published = values
        return IdentityChange(values, locked=True, confidence=self._confidence())

    def _values(self) -> F32:
        """(A,) the fused identity, in range, styles one-hot."""
        vector = self._schema.neutral()
        vector[self._where["identity"]] = self._sums.identity.mean
        vector[self._where["style"]] = self._sums.style.mean
        vector[self._where["colour"]] = self._sums.colour.mean
        return self._schema.clip(np.nan_to_num(vector))[self._avatar_A]

    def _confidence(self) -> float:
        identity = self._sums.identity
        return float(min(1.0, identity.weight / max(1, self._sums.frames)))

    def _probabilities(self, logits_S: F32) -> F64:
        """Softmax within each style."""
        out = np.asarray(logits_S, np.float64).copy()
        for where in self._styles:
            shifted = np.exp(out[where] - out[where].max())
            out[where] = shifted / shifted.sum()
        return out

    def _fresh(self) -> _Groups:
        sizes = {group: len(where) for group, where in self._where.items()}
        extra = {"settled_before": 1.0} if self._published is not None else {}
        return _Groups(_Mean.of(sizes["identity"]), _Mean.of(sizes["style"]), _Mean.of(sizes["colour"]), 0, extra)


def frontality(yaw_rad: float, pitch_rad: float) -> float:
    """1 for a face that looks into the camera, 0 from 60 degrees on: what a turned face hides cannot be learnt."""
    cosine = math.cos(yaw_rad) * math.cos(pitch_rad)
    return min(1.0, max(0.0, (cosine - 0.5) / 0.5)) ** 2


def _weight(value: float) -> float:
    """Never quite 0, so that somebody who only ever turns away has an avatar too."""
    return max(1e-3, value) if math.isfinite(value) else 1e-3
