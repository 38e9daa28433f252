"""When the translator looks at whom: seldom, seldomer with every look, and not at all once a face is settled.

A look costs more than a tracked frame. In a live run (``--pace source``) a thread does it, the newest chip
wins, and the answer counts from the frame on in which it is there: no frame waits. With ``--pace max`` the frame waits,
so that a file gives the same answers every time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FaceliveError, UsageError
from facelive.stream.encoder import Observation
from facelive.stream.latest_slot import LatestSlot
from facelive.stream.translator import Likeness, chip_of

logger = logging.getLogger("facelive.stream")
Picture = NDArray[np.uint8]
WELL_SEEN = 0.5
"""Frontality times presence from which on a frame is worth a look."""
ANY_AFTER = 45
"""Frames of one face after which any frame is worth a look: somebody may never turn to the camera."""
_JOIN_S = 2.0


class Looker(Protocol):
    """What looks at a chip: ``Translator``."""

    def look(self, chip: Picture) -> Likeness: ...


@dataclass(slots=True)
class LookSchedule:
    """The 2nd, 4th, 8th, 16th ... well-seen frame of a face."""

    frames: int = 0
    seen_well: int = 0
    due: int = 2
    asked: bool = False
    """A look is under way."""
    looks: int = 0
    """Looks that have ended."""

    def wants(self, quality: float) -> bool:
        """Counts a frame; whether it should be looked at. quality: frontality times presence."""
        self.frames += 1
        if quality < WELL_SEEN and self.frames < ANY_AFTER:
            return False
        self.seen_well += 1
        return self.seen_well >= self.due and not self.asked

    def began(self) -> None:
        self.asked = True

    def done(self) -> None:
        self.asked = False
        self.looks += 1
        while self.due <= self.seen_well:
            self.due *= 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look found, and to which question."""

    ticket: object
    likeness: Likeness | None
    """None if the look failed."""
    quality: float


@dataclass(frozen=True, slots=True)
class _Work:
    ticket: object
    chip: Picture
    quality: float


@dataclass(slots=True)
class LiveRecognition:
    """Looks now or beside the frames. A context manager that owns the thread, not the looker."""

    looker: Callable[[], Looker | None]
    """What looks now; None while there is nothing."""
    beside: bool = True
    """In a thread of its own."""
    looks: int = 0
    _slot: LatestSlot[_Work] = field(default_factory=LatestSlot)
    _answers: list[Answer] = field(default_factory=list)
    _busy: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    @property
    def ready(self) -> bool:
        """Whether there is anything that looks."""
        return self.looker() is not None

    def ask(self, image: Picture, seen: Observation, quality: float, ticket: object, turn: int = 0) -> bool:
        """Look at a face, now or soon; ``answers`` has it then. False if another look is under way, or it has no face.

        ticket: comes back with the answer. turn: how many looks the face has had (``face_chip.PLACEMENTS``).
        """
        if self._busy.is_set():
            return False
        try:
            work = _Work(ticket, chip_of(image, seen, turn), quality)
        except UsageError:
            return False  # 68 points in one place
        self._busy.set()
        if not self.beside:
            self._run(work)
            return True
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="facelive-likeness", daemon=True)
            self._thread.start()
        self._slot.put(work)
        return True

    def answers(self) -> list[Answer]:
        """What has been found since the last call."""
        if not self._answers:
            return []
        with self._lock:
            found, self._answers = self._answers, []
        return found

    def _run(self, work: _Work) -> None:
        likeness: Likeness | None = None
        try:
            looker = self.looker()
            likeness = None if looker is None else looker.look(work.chip)
            self.looks += likeness is not None
        except (FaceliveError, RuntimeError) as error:
            # The stream goes on with what the encoder says.
            logger.warning("recognition features cannot be had: %s", error)
        finally:
            with self._lock:
                self._answers.append(Answer(work.ticket, likeness, work.quality))
            self._busy.clear()

    def _serve(self) -> None:
        while not self._stop.is_set():
            work = self._slot.take(0.5)
            if work is not None:
                self._run(work)

    def close(self) -> None:
        """Stop the thread; may be called twice."""
        self._stop.set()
        self._slot.close(discard=True)
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None

    def __enter__(self) -> LiveRecognition:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
