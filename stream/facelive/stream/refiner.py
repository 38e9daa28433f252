"""Refinement of the encoder's answer within a time budget, never in the way of the frame rate.

What improves an answer (``Improver``) comes from outside; ``facelive.likeness.refine`` opens them. Here it is decided
when it may run. If one step fits into the budget it runs on the frame itself, and the frame is marked REFINED. If not,
a thread works at its own rate on the newest frame, a step at a time, and what it found is carried over to the next
frames while it is fresh: a slow machine refines less often, it does not get slower.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.framing import Similarity
from facelive.stream.crop import CropBox
from facelive.stream.encoder import Observation, cut

logger = logging.getLogger("facelive.stream")
Picture = NDArray[np.uint8]
F32 = NDArray[np.float32]
_FRESH_NS = 300_000_000
"""Age at which a correction counts for 1/e."""
_SAME_FACE = 0.35
"""Overlap of two crops of one face."""
_FACES = 4
"""So many are refined at a time."""
_MARGIN = 1.25
"""A step must fit into the budget so many times over to run on the frame: not every step takes the same."""
_PATIENCE = 30
"""Frames that go to the thread after a step was late, before the frame is tried again."""
_JOIN_S = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RefineConfig:
    """How much is refined."""

    steps: int = 0
    """Of the improver, a frame at most; 0 switches it off."""
    budget_ms: float = 20.0
    """Time that a frame may give to it."""

    def __post_init__(self) -> None:
        if self.steps < 0 or self.budget_ms <= 0.0:
            raise UsageError("--refine cannot be negative, and --budget-ms must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Improved:
    """What an improver found."""

    seen: Observation
    steps: int
    """How many were done."""


class Improver(Protocol):
    """Makes an answer fit the picture better. Used from one thread at a time."""

    def improve(
        self, crop: Picture | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        """One answer made better.

        crop: (256, 256, 3) uint8 BGR that ``seen`` was read from; None if ``needs_picture`` is False. start: where to
        begin (``seen`` with what was learnt on earlier frames). At most ``steps`` steps; none is begun that would, by
        what the last one took, end after ``until_ns`` (perf_counter_ns) - but one is always done.
        """
        ...

    @property
    def needs_picture(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Correction:
    """What refinement changed on one frame."""

    box: CropBox
    made_ns: int
    identity_I: F32
    expression_E: F32
    pose: F32

    @classmethod
    def between(cls, seen: Observation, better: Observation, now_ns: int) -> Correction:
        return cls(
            CropBox.of(seen.similarity), now_ns, better.identity_I - seen.identity_I,
            better.expression_E - seen.expression_E, better.pose - seen.pose,
        )  # fmt: skip

    @property
    def finite(self) -> bool:
        return all(np.isfinite(values).all() for values in (self.identity_I, self.expression_E, self.pose))

    def apply(self, seen: Observation, now_ns: int) -> Observation:
        """The same correction on a later frame, weaker the older it is."""
        share = np.float32(math.exp(-max(0, now_ns - self.made_ns) / _FRESH_NS))
        return replace(
            seen,
            identity_I=np.clip(seen.identity_I + share * self.identity_I, 0.0, 1.0).astype(np.float32),
            expression_E=np.clip(seen.expression_E + share * self.expression_E, 0.0, 1.0).astype(np.float32),
            pose=(seen.pose + share * self.pose).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class _Work:
    crop: Picture | None
    seen: Observation
    start: Observation


class LiveRefiner:
    """The pipeline's refiner. A context manager: it may own a thread."""

    def __init__(self, improver: Improver, config: RefineConfig) -> None:
        self._improver = improver
        self._config = config
        self._corrections: list[Correction] = []
        self._step_ns = 0.0
        self._hold_off = 0
        self._waiting: list[_Work] = []
        """The newest of each face, who has waited longest first."""
        self._came = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.refined = 0
        """Frames refined on the frame itself."""
        self.beside = 0
        """Frames refined by the thread."""
        self.failed = False
        """The improver raised something: from then on every frame keeps the encoder's answer."""

    def refine(self, image: Picture, seen: Observation) -> Observation:
        """The better answer if it can be had in time, else the encoder's with the newest correction."""
        if self._config.steps == 0 or self.failed:
            return seen
        now_ns = time.perf_counter_ns()
        carried = self._carried(seen)
        # What was found begins whole again: what fades is the trust that it holds for a frame nobody has looked at.
        start = seen if carried is None else carried.apply(seen, carried.made_ns)
        work = _Work(self._crop(image, seen.similarity), seen, start)
        # The thread may be at work: then this frame does not wait for it.
        if self._fits() and self._lock.acquire(blocking=False):
            try:
                return self._here(work, now_ns)
            finally:
                self._lock.release()
        self._hold_off = max(0, self._hold_off - 1)
        self._start_thread()
        self._wait_with(work)
        return seen if carried is None else carried.apply(seen, now_ns)

    def _wait_with(self, work: _Work) -> None:
        """In the place of the same face's older frame, else behind the others; a crowd's tail is left out."""
        box = CropBox.of(work.seen.similarity)
        with self._came:
            for place, other in enumerate(self._waiting):
                if CropBox.of(other.seen.similarity).overlap(box) > _SAME_FACE:
                    self._waiting[place] = work
                    break
            else:
                if len(self._waiting) < _FACES:
                    self._waiting.append(work)
            self._came.notify()

    def _fits(self) -> bool:
        """Whether a step fits into a frame. The first is made by the thread: nobody knows yet what it takes."""
        return self._hold_off == 0 and 0.0 < self._step_ns * _MARGIN <= self._config.budget_ms * 1e6

    def _here(self, work: _Work, now_ns: int) -> Observation:
        budget_ns = int(self._config.budget_ms * 1e6)
        better = self._run(work, self._config.steps, now_ns + budget_ns)
        if better is None:
            return work.seen
        if time.perf_counter_ns() - now_ns > budget_ns:
            self._hold_off = _PATIENCE
        self.refined += 1
        return replace(better, refined=True)

    def _run(self, work: _Work, steps: int, until_ns: int) -> Observation | None:
        """The better answer; None if the improver failed, which is told once; it is not asked again. Under the lock."""
        if self.failed:
            return None
        began_ns = time.perf_counter_ns()
        try:
            found = self._improver.improve(work.crop, work.seen, work.start, steps=steps, until_ns=until_ns)
        except Exception as error:
            # Refinement is an extra: the stream goes on without it, whatever a network or a driver raised.
            self.failed = True
            logger.warning("refining has failed and is off now: %r", error)
            logger.debug("where refining failed", exc_info=True)
            return None
        ended_ns = time.perf_counter_ns()
        took_ns = (ended_ns - began_ns) / max(found.steps, 1)
        self._step_ns = took_ns if self._step_ns == 0.0 else 0.8 * self._step_ns + 0.2 * took_ns
        self._remember(Correction.between(work.seen, found.seen, ended_ns))
        return found.seen

    def _crop(self, image: Picture, similarity: Similarity) -> Picture | None:
        return cut(image, similarity) if self._improver.needs_picture else None

    def _carried(self, seen: Observation) -> Correction | None:
        """The newest of this face, if it is fresh."""
        box, now_ns = CropBox.of(seen.similarity), time.perf_counter_ns()
        for correction in self._corrections:
            if now_ns - correction.made_ns < 4 * _FRESH_NS and correction.box.overlap(box) > _SAME_FACE:
                return correction
        return None

    def _remember(self, new: Correction) -> None:
        """The newest first, one per face. What is no number is forgotten: it would be carried on for ever."""
        if not new.finite:
            return
        others = [old for old in self._corrections if old.box.overlap(new.box) <= _SAME_FACE]
        self._corrections = [new, *others[: _FACES - 1]]

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="facelive-refine", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._came:
                if not self._waiting:
                    self._came.wait(0.1)
                if not self._waiting:
                    continue
                work = self._waiting.pop(0)
            with self._lock:
                # One step, however many are wanted: a newer frame is worth more than a second look at an old one, and
                # begins with what this one finds (docs/log.md).
                better = self._run(work, 1, time.perf_counter_ns())
            if better is None:
                return
            self.beside += 1

    def close(self) -> None:
        """Stop the thread; may be called twice."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None

    def __enter__(self) -> LiveRefiner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
