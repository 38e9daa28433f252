"""Which clock a time belongs to, and how far another machine's clock is off.

On Linux ``time.perf_counter_ns`` is CLOCK_MONOTONIC, one clock for all processes since boot, so publisher and reader
on one machine share it. Elsewhere the clock is taken as private to the process and compared by ping.
"""

from __future__ import annotations

import hashlib
import secrets
import sys
import time
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path

now_ns = time.perf_counter_ns
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_NAMESPACE = Path("/proc/self/ns/time")


@cache
def clock_id() -> int:
    """64 bits, never 0, that name the clock of ``now_ns``: equal in two processes only if they share it."""
    if sys.platform == "linux" and "CLOCK_MONOTONIC" in time.get_clock_info("perf_counter").implementation:
        try:
            boot = _BOOT_ID.read_text(encoding="ascii").strip()
            namespace = str(_TIME_NAMESPACE.readlink()) if _TIME_NAMESPACE.is_symlink() else ""
        except OSError:
            boot, namespace = "", ""
        if boot:
            digest = hashlib.sha256(f"{boot} CLOCK_MONOTONIC {namespace}".encode()).digest()
            return int.from_bytes(digest[:8], "little") or 1
    return secrets.randbits(64) or 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """Four time stamps of one question and its answer (as NTP, RFC 5905)."""

    sent_ns: int
    """Asker's clock, before sending."""
    received_ns: int
    """Publisher's clock, on arrival."""
    replied_ns: int
    """Publisher's clock, before the answer."""
    returned_ns: int
    """Asker's clock, on return."""

    @property
    def round_trip_ns(self) -> int:
        """Time on the way, without the time that the publisher took."""
        return (self.returned_ns - self.sent_ns) - (self.replied_ns - self.received_ns)

    @property
    def offset_ns(self) -> int:
        """Publisher's clock minus asker's clock; wrong by at most half the round trip."""
        return ((self.received_ns - self.sent_ns) + (self.replied_ns - self.returned_ns)) // 2


class ClockSync:
    """Offset of the publisher's clock from the pings with the smallest round trip.

    Old pings are forgotten (two crystals drift by some 20 us a second at worst), so that the answer follows the drift.
    """

    def __init__(self, *, window_s: float = 60.0, maximum: int = 128) -> None:
        self._window_ns = int(window_s * 1e9)
        self._pings: deque[Ping] = deque(maxlen=maximum)
        self._best: Ping | None = None

    def add(self, ping: Ping) -> bool:
        """Take a ping in. False if its stamps are impossible (a round trip below 0): it is ignored."""
        if ping.returned_ns < ping.sent_ns or ping.replied_ns < ping.received_ns or ping.round_trip_ns < 0:
            return False
        oldest = ping.returned_ns - self._window_ns
        while self._pings and self._pings[0].returned_ns < oldest:
            self._pings.popleft()
        self._pings.append(ping)
        self._best = min(self._pings, key=lambda kept: kept.round_trip_ns)
        return True

    def reset(self) -> None:
        """Forget everything: the publisher was started again, perhaps on another machine."""
        self._pings.clear()
        self._best = None

    @property
    def count(self) -> int:
        """Pings in the window."""
        return len(self._pings)

    @property
    def offset_ns(self) -> int | None:
        """Publisher's clock minus this one; None before the first ping."""
        return None if self._best is None else self._best.offset_ns

    @property
    def round_trip_ns(self) -> int | None:
        """The smallest round trip; half of it bounds the error of ``offset_ns``."""
        return None if self._best is None else self._best.round_trip_ns
