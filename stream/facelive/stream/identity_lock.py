"""Who somebody is, fused over frames and then left alone: an avatar whose nose changes while it talks is no avatar.

Weight of a frame: the encoder's confidence of the group times how frontal the face is. What the translator says, where
there is one, is averaged apart, and both are fused (``likeness_fusion``). Suffixes: I, S, C the sizes of the schema's
groups; A all three together, in schema order (``Avatar.values``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema
from facelive.stream.encoder import Observation
from facelive.stream.likeness_fusion import Fusion
from facelive.stream.state import AVATAR_GROUPS
from facelive.stream.translator import Likeness

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
LEAST_LOOKS = 3
"""Looks of the translator, where there is one, before it is settled."""
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
    looks: int = 0
    """Of the translator."""
    settled_before: bool = False

    def means(self) -> tuple[F64, F64, F64]:
        """Identity, style probabilities, colour."""
        return self.identity.mean, self.style.mean, self.colour.mean


class IdentityLock:
    """Fuses one face's identity, style and colour; says when the avatar changes."""

    def __init__(self, schema: Schema, *, least_looks: int = 0) -> None:
        """least_looks: of the translator, before the face may be settled; 0 where there is none."""
        self._schema = schema
        self._least_looks = least_looks
        self._fusion = Fusion(schema)
        self._where = {group: schema.indices(group) for group in AVATAR_GROUPS}
        self._avatar_A = np.sort(np.concatenate([self._where[group] for group in AVATAR_GROUPS]))
        self._published: F32 | None = None
        self._locked = False
        self._told_I: F32 | None = None
        self._sums = self._fresh()
        self._seen_alike = self._fresh()

    @property
    def locked(self) -> bool:
        """Settled: nothing changes any more."""
        return self._locked

    @property
    def known_I(self) -> F32 | None:
        """(I,) what the encoder itself has learnt of who it is; None until that is settled.

        Not what is published: told a likeness that is not its own, the encoder takes the difference for expression.
        """
        return self._told_I

    def reopen(self) -> None:
        """Learn anew; the avatar stays until somebody else has been learnt."""
        self._locked = False
        self._told_I = None
        self._sums = self._fresh()
        self._seen_alike = self._fresh()

    @property
    def sitting(self) -> object:
        """What is being learnt from; another object after ``reopen``."""
        return self._sums

    def add_likeness(self, likeness: Likeness, quality: float) -> None:
        """Take in what the translator says of a frame. quality: frontality times presence of that frame."""
        if self._locked:
            return
        sums, weight = self._seen_alike, _weight(quality)
        sums.looks += 1
        sums.identity.add(likeness.identity_I.astype(np.float64), weight)
        sums.style.add(self._fusion.probabilities(likeness.style_S), weight)
        sums.colour.add(likeness.colour_C.astype(np.float64), weight)

    def add(self, seen: Observation) -> IdentityChange | None:
        """Take a frame in. Returns the avatar when it is first known and when it is settled, otherwise None."""
        if self._locked:
            return None
        facing = frontality(float(seen.pose[0]), float(seen.pose[1])) * seen.presence
        sums = self._sums
        sums.frames += 1
        sums.identity.add(seen.identity_I.astype(np.float64), _weight(facing * float(seen.confidence[1])))
        sums.style.add(self._fusion.probabilities(seen.style_S), _weight(facing * float(seen.confidence[2])))
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
        settled = settled and self._seen_alike.looks >= self._least_looks
        return settled or identity.weight >= PATIENCE * LOCK_WEIGHT

    def _settle(self) -> IdentityChange | None:
        """Lock. Nothing is said if this is still the person that was settled before."""
        self._locked = True
        self._told_I = np.clip(self._sums.identity.mean, 0.0, 1.0).astype(np.float32)
        values, before = self._values(), self._published
        if before is not None and self._sums.settled_before:
            sliders = np.searchsorted(self._avatar_A, self._where["identity"])
            if not len(sliders) or float(np.abs(values - before)[sliders].mean()) < STRANGER:
                return None
        self._published = values
        return IdentityChange(values, locked=True, confidence=self._confidence())

    def _values(self) -> F32:
        """(A,) the fused identity, in range, styles one-hot."""
        vector = self._schema.neutral()
        encoder, alike = self._sums.means(), self._seen_alike.means()
        values = self._fusion.values(encoder, alike, self._seen_alike.looks) if self._seen_alike.looks else encoder
        for group, value in zip(AVATAR_GROUPS, values, strict=True):
            vector[self._where[group]] = value
        return self._schema.clip(np.nan_to_num(vector))[self._avatar_A]

    def _confidence(self) -> float:
        identity = self._sums.identity
        return float(min(1.0, identity.weight / max(1, self._sums.frames)))

    def _fresh(self) -> _Groups:
        sizes = {group: len(where) for group, where in self._where.items()}
        identity, style, colour = (_Mean.of(sizes[group]) for group in AVATAR_GROUPS)
        return _Groups(identity, style, colour, settled_before=self._published is not None)


def frontality(yaw_rad: float, pitch_rad: float) -> float:
    """1 for a face that looks into the camera, 0 from 60 degrees on: what a turned face hides cannot be learnt."""
    cosine = math.cos(yaw_rad) * math.cos(pitch_rad)
    return min(1.0, max(0.0, (cosine - 0.5) / 0.5)) ** 2


def _weight(value: float) -> float:
    """Never quite 0, so that somebody who only ever turns away has an avatar too."""
    return max(1e-3, value) if math.isfinite(value) else 1e-3
