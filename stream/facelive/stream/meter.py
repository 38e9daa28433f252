"""Where the time of a frame goes: wall clock by stage, CPU by frame, age by packet."""

from __future__ import annotations

import time
from types import TracebackType

import numpy as np

from facelive.stream.summary import STAGES

_AGES = 200_000
"""Ages that are kept for the percentiles, the newest: two hours at 30 fps."""


class Stage:
    """A ``with`` block whose time belongs to one stage; a block inside another is taken off the outer one."""

    __slots__ = ("_began_ns", "_inner_ns", "_meter", "_name", "_outer")

    def __init__(self, meter: Meter, name: str) -> None:
        self._meter = meter
        self._name = name
        self._inner_ns = 0
        self._began_ns = 0
        self._outer: Stage | None = None

    def __enter__(self) -> None:
        self._outer, self._meter.current = self._meter.current, self
        self._inner_ns = 0
        self._began_ns = time.perf_counter_ns()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        spent_ns = time.perf_counter_ns() - self._began_ns
        self._meter.stage_ns[self._name] += spent_ns - self._inner_ns
        self._meter.current = self._outer
        if self._outer is not None:
            self._outer._inner_ns += spent_ns


class Meter:
    """Figures since the first frame; for one thread."""

    def __init__(self) -> None:
        self.stage_ns: dict[str, int] = dict.fromkeys(STAGES, 0)
        self.current: Stage | None = None
        self.frames = 0
        self.with_face = 0
        self._stages = {name: Stage(self, name) for name in STAGES}
        # As numbers of a list they were all that grew in a run of hours: 7 MB.
        self._ages_ms = np.zeros(_AGES, np.float32)
        self._aged = 0
        self._began_ns = 0
        self._cpu_began_ns = 0
        self._ended_ns = 0
        self._cpu_ended_ns = 0

    def stage(self, name: str) -> Stage:
        """``with meter.stage("encode"): ...``; one of ``STAGES``."""
        return self._stages[name]

    def start(self) -> None:
        """Start-up is over: count from here."""
        self._began_ns = time.perf_counter_ns()
        self._cpu_began_ns = time.process_time_ns()

    def stop(self) -> None:
        """The last frame is done; closing down does not count."""
        self._ended_ns = time.perf_counter_ns()
        self._cpu_ended_ns = time.process_time_ns()

    def add_age(self, age_ns: int) -> None:
        """Capture to publish of a packet."""
        self._ages_ms[self._aged % _AGES] = age_ns * 1e-6
        self._aged += 1

    @property
    def seconds(self) -> float:
        """Wall clock since ``start``."""
        return 0.0 if not self._began_ns else ((self._ended_ns or time.perf_counter_ns()) - self._began_ns) * 1e-9

    @property
    def cpu_ns(self) -> int:
        """CPU of the whole process since ``start``, decoding among it."""
        return 0 if not self._began_ns else (self._cpu_ended_ns or time.process_time_ns()) - self._cpu_began_ns

    @property
    def age_ms(self) -> float:
        """Of the newest packet."""
        return float(self._ages_ms[(self._aged - 1) % _AGES]) if self._aged else 0.0

    def age_percentiles_ms(self) -> dict[str, float]:
        """p50, p95, p99; zeros if nothing was sent."""
        if not self._aged:
            return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
        values = np.percentile(self._ages_ms[: self._aged], (50, 95, 99))
        return dict(zip(("p50", "p95", "p99"), (float(v) for v in values), strict=True))
