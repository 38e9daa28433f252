"""One face over time: who it is, what it does, and what of that is published."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema, Vector
from facelive.stream.calibration import Calibrator, Neutral, home_only
from facelive.stream.decode import ANGLES, GAZES, POSITION, PoseLayout
from facelive.stream.encoder import Observation
from facelive.stream.face_filter import FaceFilter, Signal
from facelive.stream.face_life import FaceLife, LifeState
from facelive.stream.frame import Face, FaceFlag
from facelive.stream.identity_lock import LEAST_LOOKS, REOPEN_AFTER_S, IdentityLock, frontality
from facelive.stream.live_config import FilterConfig, TrackerConfig
from facelive.stream.live_recognition import Answer, LookSchedule
from facelive.stream.look import Look
from facelive.stream.rotation import quaternion
from facelive.stream.state import AVATAR_GROUPS, Avatar

F32 = NDArray[np.float32]
_FLAGS = {
    LifeState.TRACKED: FaceFlag.TRACKED,
    LifeState.HELD: FaceFlag.HELD,
    LifeState.LOST: FaceFlag.LOST,
    LifeState.SEARCHING: FaceFlag.LOST,
}


class Person:
    """Identity lock, calibration, filters and life of one face."""

    def __init__(
        self, face_id: int, schema: Schema, tracker: TrackerConfig, filters: FilterConfig, look: Look,
        *, recognised: bool = False, next_revision: Callable[[], int] | None = None,
    ) -> None:  # fmt: skip
        """recognised: a translator looks at this face too, see ``wants_look``. next_revision: of this face id's
        avatars, counted on by whoever gives the same id to somebody else; None: from 1."""
        self.face_id = face_id
        self.life = FaceLife(hold_s=tracker.hold_s, ease_s=tracker.ease_s)
        self.neutral: Neutral | None = None
        """The user's own; None: only the place where the face was first seen is taken away."""
        self.calibrator: Calibrator | None = None
        self._schema = schema
        self._lock = IdentityLock(schema, least_looks=LEAST_LOOKS if recognised else 0)
        self._schedule = LookSchedule()
        self._filter = FaceFilter(schema, filters)
        self._look = look
        self._layout = PoseLayout.of(schema)
        self._expression_P = schema.indices("expression")
        self._avatar_P = np.sort(np.concatenate([schema.indices(group) for group in AVATAR_GROUPS]))
        self._index = {name: i for i, name in enumerate(schema.group_names("expression"))}
        rest = schema.neutral()
        self._rest = Signal(rest[self._expression_P], np.zeros(10, np.float32))
        self._last = self._rest
        self.refined = False
        """Whether the last answer was refined on its own frame."""
        self._home: Neutral | None = None
        self._revision = 0
        self._next_revision = next_revision or count(1).__next__
        self._confidence = 0.0

    @property
    def known_I(self) -> F32 | None:
        """Who it is, once that is settled: the encoder then measures expressions from this face's own rest."""
        return self._lock.known_I

    def use_filters(self, filters: FilterConfig) -> None:
        """Other constants from the next frame on."""
        self._filter = FaceFilter(self._schema, filters)

    def recognise(self, seen: Observation, time_ns: int) -> Avatar | None:
        """Identity lock: the avatar if it changes with this frame."""
        self._reopen_after_absence(time_ns)
        change = self._lock.add(seen)
        if change is None:
            return None
        return self._avatar(change.values_A, locked=change.locked, confidence=change.confidence)

    def wants_look(self, seen: Observation, time_ns: int) -> tuple[float, object, int] | None:
        """How well this frame shows the face, the ticket for a look at it and the look's turn; None: none is due."""
        self._reopen_after_absence(time_ns)
        quality = frontality(float(seen.pose[0]), float(seen.pose[1])) * seen.presence
        if self._lock.locked or not self._schedule.wants(quality):
            return None
        return quality, self._lock.sitting, self._schedule.looks

    def look_began(self) -> None:
        """A look is under way."""
        self._schedule.began()

    def hear(self, answer: Answer) -> None:
        """What a look found; one from before the face was learnt anew says nothing."""
        if answer.ticket is not self._lock.sitting:
            return
        self._schedule.done()
        if answer.likeness is not None:
            self._lock.add_likeness(answer.likeness, answer.quality)

    def _reopen_after_absence(self, time_ns: int) -> None:
        if self.life.absent_s(time_ns) > REOPEN_AFTER_S:
            self._lock.reopen()
            self._home = None  # whoever comes now has a seat of his own
            self._schedule = LookSchedule()

    def act(self, parameters: Vector, time_ns: int) -> Avatar | None:
        """A performance instead of a picture: its identity is the avatar, once. Nobody's rest is taken from it."""
        self._take(Signal(parameters[self._expression_P], self._layout.get(parameters)), 1.0, time_ns, None)
        return self._avatar(parameters[self._avatar_P], locked=True, confidence=1.0) if self._revision == 0 else None

    def express(self, expression_E: F32, pose: F32, confidence: float, time_ns: int) -> Neutral | None:
        """Calibration and filters: take in what was seen. Returns a neutral face that has just been learnt."""
        raw, learnt = Signal(expression_E, pose), None
        if self.calibrator is not None:
            learnt = self.calibrator.add(raw, time_ns)
            if learnt is not None:
                self.neutral, self.calibrator = learnt, None
                self._filter.reset()
        self._take(raw, confidence, time_ns, self.neutral)
        return learnt

    def _take(self, raw: Signal, confidence: float, time_ns: int, neutral: Neutral | None) -> None:
        if self.life.seen(time_ns) not in (LifeState.TRACKED, LifeState.HELD):
            self._filter.reset()
        if self._home is None:
            self._home = home_only(raw)
        self._last = self._filter((neutral or self._home).apply(raw), time_ns)
        self._confidence = confidence

    def miss(self, time_ns: int) -> LifeState:
        """The face was not seen. Returns the state before."""
        return self.life.missed(time_ns)

    def face(self, *, mirror: bool, link_blinks: bool) -> Face:
        """What is published of it now."""
        signal = self._look(self._faded(), mirror=mirror, link_blinks=link_blinks)
        yaw, pitch, roll = (float(angle) for angle in signal.pose[ANGLES])
        x, y, z = (float(metres) for metres in signal.pose[POSITION])
        left_yaw, left_pitch, right_yaw, right_pitch = (float(angle) for angle in signal.pose[GAZES])
        flags = _FLAGS[self.life.state]
        for on, flag in (
            (self.calibrator is not None, FaceFlag.CALIBRATING),
            (mirror, FaceFlag.MIRRORED),
            (self.refined and self.life.state is LifeState.TRACKED, FaceFlag.REFINED),
            (self._lock.locked, FaceFlag.LOCKED),
        ):
            flags |= flag if on else FaceFlag(0)
        return Face(
            face_id=self.face_id,
            weights=signal.expression_E,
            flags=flags,
            confidence=self._confidence if self.life.state is LifeState.TRACKED else 0.0,
            rotation=quaternion(yaw, pitch, roll),
            translation=(x, y, z),
            gaze=(left_yaw, left_pitch, right_yaw, right_pitch),
            avatar_revision=self._revision,
            index=self._index,
        )

    def _faded(self) -> Signal:
        """The last values, on their way to neutral if the face is lost."""
        share = np.float32(self.life.share)
        if share >= 1.0:
            return self._last
        rest, last = self._rest, self._last
        return Signal(
            rest.expression_E + share * (last.expression_E - rest.expression_E),
            rest.pose + share * (last.pose - rest.pose),
        )

    def _avatar(self, values_A: F32, *, locked: bool, confidence: float) -> Avatar:
        self._revision = self._next_revision()
        return Avatar(
            face_id=self.face_id, revision=self._revision, values=values_A, locked=locked, confidence=confidence
        )
