"""The built-in performance: no pictures, but the parameters that they would have given, where there is no camera."""

from __future__ import annotations

import time

from facelive.errors import SourceError
from facelive.rig.schema import Schema
from facelive.stream.sources.source import SourceBase, SourceFrame

NAME = "performance"


class PerformanceSource(SourceBase):
    """``facelive.rig.performance`` at a given rate, once."""

    def __init__(self, *, fps: float = 30.0, schema: Schema | None = None) -> None:
        """schema: what the parameters follow; None: the built-in head's."""
        super().__init__("built-in performance")
        from facelive.rig.performance import PERFORMANCE_S, performance

        self._schema = schema
        self._play = performance
        self._fps = fps
        self._frames = int(PERFORMANCE_S * fps)
        if self._frames < 1:
            raise SourceError("the performance needs at least 1 frame a second")
        self._next = 0

    def read(self) -> SourceFrame | None:
        if self._next >= self._frames:
            return None
        at_s = self._next / self._fps
        self._next += 1
        return SourceFrame(
            media_ns=int(at_s * 1e9),
            captured_ns=time.perf_counter_ns(),
            parameters=self._play(at_s, self._schema),
        )

    def close(self) -> None:
        self._next = self._frames
