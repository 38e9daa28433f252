"""Seen, held, lost: what happens to a face's values when the face goes away."""

from __future__ import annotations

from enum import Enum


class LifeState(Enum):
    """Where a face is in its life."""

    SEARCHING = "searching"
    """Never seen, or gone for good: neutral."""
    TRACKED = "tracked"
    HELD = "held"
    """Not seen just now: the last values stand."""
    LOST = "lost"
    """On the way to neutral."""


class FaceLife:
    """One face's states over time. ``share`` says how much of the last values is left."""

    def __init__(self, *, hold_s: float, ease_s: float) -> None:
        self._hold_ns = int(hold_s * 1e9)
        self._ease_ns = max(1, int(ease_s * 1e9))
        self._seen_ns: int | None = None
        self.state = LifeState.SEARCHING
        self.share = 0.0
        """1 while tracked or held, then smoothly to 0."""

    @property
    def ever_seen(self) -> bool:
        return self._seen_ns is not None

    def absent_s(self, time_ns: int) -> float:
        """Seconds since the face was last seen; 0 if it never was."""
        return 0.0 if self._seen_ns is None else (time_ns - self._seen_ns) * 1e-9

    def seen(self, time_ns: int) -> LifeState:
        """The face is there. Returns the state before."""
        before, self.state = self.state, LifeState.TRACKED
        self._seen_ns, self.share = time_ns, 1.0
        return before

    def missed(self, time_ns: int) -> LifeState:
        """The face is not there. Returns the state before."""
        before = self.state
        if self._seen_ns is None:
            return before
        gone_ns = time_ns - self._seen_ns
        if gone_ns <= self._hold_ns:
            self.state, self.share = LifeState.HELD, 1.0
            return before
        progress = min(1.0, (gone_ns - self._hold_ns) / self._ease_ns)
        self.share = 1.0 - progress * progress * (3.0 - 2.0 * progress)
        self.state = LifeState.LOST if progress < 1.0 else LifeState.SEARCHING
        return before
