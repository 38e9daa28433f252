"""Tells how the run is doing: to the terminal, to the heartbeat, and in the summary at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from facelive.stream.live_control import LiveControl
from facelive.stream.live_stats import LiveStats
from facelive.stream.meter import Meter
from facelive.stream.pipeline import Pipeline
from facelive.stream.publisher import Publisher
from facelive.stream.reader import Reader
from facelive.stream.state import StreamState
from facelive.stream.summary import STAGES, Summary

logger = logging.getLogger("facelive.stream")
_EVERY_S = 0.5
_NO_FACE_S = 60.0
_NO_FACE = "no face for a minute: is the lens covered, is there light, is this the right camera?"


class Reporter:
    """Counts over windows of half a second and over the whole run."""

    def __init__(
        self, pipeline: Pipeline, meter: Meter, publisher: Publisher, control: LiveControl,
        on_stats: Callable[[LiveStats], None] | None,
    ) -> None:  # fmt: skip
        self._pipeline = pipeline
        self._meter = meter
        self._publisher = publisher
        self._control = control
        self._on_stats = on_stats
        self._reader: Reader | None = None
        self._notices: list[str] = []
        self._gap = ""
        self._closed_dropped = self._closed_cpu_ns = self._closed_wall_ns = self._closed_frames = 0
        self._before_cpu_ns = 0
        self._due_s = 0.0
        self._mark = (time.perf_counter(), 0, 0, dict.fromkeys(STAGES, 0))
        self._face_s = time.perf_counter()
        self._alone = False
        """Whether there has been no face for a minute, and still is none."""

    def source(self, reader: Reader) -> None:
        """Another reader from now on; what the last one did counts on."""
        if self._reader is not None:
            self._collect_notices()
            self._closed_dropped += self._reader.slot.dropped
            self._closed_cpu_ns += self._reader.cpu_ns
            self._closed_wall_ns += self._reader.wall_ns
            self._closed_frames += self._reader.frames
        self._reader = reader

    def start(self) -> None:
        """The meter starts: what was decoded before does not count."""
        self._before_cpu_ns = self._reader.cpu_ns if self._reader else 0
        self._meter.start()

    def notice(self, line: str) -> None:
        """A line for a person; the same one is not said twice in a row."""
        if not self._notices or self._notices[-1] != line:
            self._notices.append(line)
            logger.warning("%s", line)

    def tick(self) -> None:
        """Called for every frame, and when there is none; does something twice a second."""
        now_s = time.perf_counter()
        if self._pipeline.tracked:
            self._face_s, self._alone = now_s, False
        if now_s < self._due_s:
            return
        self._due_s = now_s + _EVERY_S
        self._collect_notices()
        if now_s - self._face_s > _NO_FACE_S:
            self.notice(_NO_FACE)
            self._face_s, self._alone = now_s, True
        self._tell(now_s)

    def summary(self, first_packet_ms: float) -> Summary:
        """The whole run; tells the last figures too."""
        self._collect_notices()
        self._tell(time.perf_counter(), phase="ended")
        meter, frames = self._meter, max(1, self._meter.frames)
        stage_ms = {name: spent * 1e-6 / frames for name, spent in meter.stage_ns.items()}
        stage_ms["decode"] = self._decode_wall_ns * 1e-6 / max(1, self._read_frames)
        return Summary(
            frames=meter.frames,
            frames_with_face=meter.with_face,
            packets=self._publisher.packets,
            fps=meter.frames / meter.seconds if meter.seconds else 0.0,
            cpu_ms_per_frame=self._own_cpu_ns * 1e-6 / frames,
            stage_ms=stage_ms,
            age_ms=meter.age_percentiles_ms(),
            dropped=self._dropped,
            first_packet_ms=first_packet_ms,
            notices=tuple(self._notices),
        )

    @property
    def _dropped(self) -> int:
        return self._closed_dropped + (self._reader.slot.dropped if self._reader else 0)

    @property
    def _read_frames(self) -> int:
        return self._closed_frames + (self._reader.frames if self._reader else 0)

    @property
    def _decode_wall_ns(self) -> int:
        return self._closed_wall_ns + (self._reader.wall_ns if self._reader else 0)

    @property
    def _own_cpu_ns(self) -> int:
        """CPU since the start, decoding apart."""
        decode_ns = self._closed_cpu_ns + (self._reader.cpu_ns if self._reader else 0) - self._before_cpu_ns
        return max(0, self._meter.cpu_ns - decode_ns)

    def _collect_notices(self) -> None:
        while self._pipeline.notices:
            self.notice(self._pipeline.notices.pop(0))
        if self._reader is not None:
            for line in self._reader.notices:
                if line not in self._notices:
                    self.notice(line)
            if self._reader.gap and self._reader.gap != self._gap:
                logger.warning("%s", self._reader.gap)  # stands only while it lasts: no notice of the whole run
            self._gap = self._reader.gap

    @property
    def _standing(self) -> str:
        """The newest line that still holds."""
        lines = [line for line in self._notices if line != _NO_FACE]
        return _NO_FACE if self._alone else (lines[-1] if lines else "")

    def _phase(self) -> str:
        if self._reader is not None and self._reader.gap:
            return "no camera"
        return self._pipeline.state.value

    def _tell(self, now_s: float, phase: str = "") -> None:
        stats = self._stats(now_s, phase or self._phase())
        self._publisher.set_state(
            StreamState(
                phase=stats.state, source=stats.source, fps=stats.fps, frames=stats.frames, dropped=stats.dropped,
                faces=self._pipeline.tracked, cpu_ms_per_frame=stats.cpu_ms_per_frame, age_ms=stats.age_ms,
                stage_ms=stats.stage_ms, calibrating=stats.calibrating, recording=self._control.recording,
                notice=stats.notice,
            )
        )  # fmt: skip
        if self._on_stats is not None:
            self._on_stats(stats)

    def _stats(self, now_s: float, state: str) -> LiveStats:
        """Figures since the last time they were told."""
        meter, (then_s, frames, cpu_ns, stage_ns) = self._meter, self._mark
        count, own_ns = max(1, meter.frames - frames), self._own_cpu_ns
        stage_ms = {name: (meter.stage_ns[name] - stage_ns[name]) * 1e-6 / count for name in STAGES}
        stage_ms["decode"] = self._decode_wall_ns * 1e-6 / max(1, self._read_frames)
        gap = self._reader.gap if self._reader is not None else ""
        stats = LiveStats(
            source=self._reader.name if self._reader is not None else "",
            state=state,
            seconds=meter.seconds,
            frames=meter.frames,
            dropped=self._dropped,
            packets=self._publisher.packets,
            faces=len(self._pipeline.tracked),
            fps=(meter.frames - frames) / max(1e-6, now_s - then_s),
            cpu_ms_per_frame=(own_ns - cpu_ns) * 1e-6 / count,
            age_ms=meter.age_ms,
            stage_ms=stage_ms,
            notice=gap or self._standing,
            calibrating=self._pipeline.calibrating,
            address=self._publisher.endpoints.data,
        )
        self._mark = (now_s, meter.frames, own_ns, dict(meter.stage_ns))
        return stats
