"""Going live: one call that opens everything, runs the pipeline and closes everything."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from facelive.errors import SourceError, UsageError
from facelive.stream.character import character_head
from facelive.stream.decode import Decoder
from facelive.stream.live_config import LiveConfig
from facelive.stream.live_control import LiveControl
from facelive.stream.live_recognition import LiveRecognition
from facelive.stream.live_stats import LiveStats
from facelive.stream.meter import Meter
from facelive.stream.pipeline import Pipeline
from facelive.stream.publisher import Publisher, PublisherConfig, Tap
from facelive.stream.reader import Reader
from facelive.stream.refiner import Improver, LiveRefiner, RefineConfig
from facelive.stream.reporter import Reporter
from facelive.stream.sinks import FanOut, Sink
from facelive.stream.sources import CameraRequest, open_source
from facelive.stream.sources.performance import PerformanceSource
from facelive.stream.state import Event
from facelive.stream.summary import Summary
from facelive.stream.translator import Translator
from facelive.stream.vision import Vision

logger = logging.getLogger("facelive.stream")
Picture = NDArray[np.uint8]
_WAIT_S = 0.2
"""So long the loop waits for a picture before it looks after everything else."""
_GAP_S = 1.0 / 30.0
"""Between two packets while a camera is gone: faces are held and eased to neutral as if nobody were there."""


def run_live(
    config: LiveConfig,
    *,
    publisher: PublisherConfig = PublisherConfig(),  # noqa: B008 (frozen)
    taps: Sequence[Tap] = (),
    sinks: Sequence[Sink] = (),
    on_stats: Callable[[LiveStats], None] | None = None,
    on_picture: Callable[[Picture], None] | None = None,
    on_start: Callable[[LiveControl], None] | None = None,
    stop_event: threading.Event | None = None,
    improver: Improver | None = None,
) -> Summary:
    """Run until the source ends, ``config.seconds`` are over, ``stop_event`` is set or Ctrl-C (which ends it cleanly).

    taps: get every message that goes out. sinks: get every frame after the publisher; the caller closes them. on_stats:
    called from this thread about twice a second and once at the end. on_picture: the frame (BGR uint8 HWC, not to be
    changed) after its packet was sent, for a preview. on_start: once, with the controls, when the first frame is about
    to be read. improver: what ``config.refine`` refines with.
    Raises SourceError, WeightsError, EngineUnavailable, PortError or UsageError; all threads are joined first.
    """
    began_ns = time.perf_counter_ns()
    with ExitStack() as stack:
        stack.enter_context(_one_cv2_thread())
        stop = stop_event or threading.Event()
        live = _Live(config, publisher, taps, sinks, stack, on_stats, on_picture, stop, improver)
        if on_start is not None:
            on_start(live.control)
        try:
            live.run()
        except KeyboardInterrupt:
            logger.info("stopped")
        return live.finish(began_ns)


class _Live:
    """Everything that is open while it runs; the exit stack closes it, newest first."""

    def __init__(
        self, config: LiveConfig, publisher: PublisherConfig, taps: Sequence[Tap], sinks: Sequence[Sink],
        stack: ExitStack, on_stats: Callable[[LiveStats], None] | None,
        on_picture: Callable[[Picture], None] | None, stop: threading.Event, improver: Improver | None,
    ) -> None:  # fmt: skip
        self._config = config
        self._stack = stack
        self._on_picture = on_picture
        self._stop = stop
        self._request = CameraRequest(width=config.camera_width, height=config.camera_height, fps=config.camera_fps)
        head = character_head(config.schema)
        self._schema = head.schema
        source = stack.enter_context(open_source(config.source, self._request, head.schema))
        self.control = LiveControl(config, head.schema)
        self._publisher = stack.enter_context(Publisher(head.schema, publisher, handler=self.control))
        self.control.attach(self._publisher)
        self.control.source_name = lambda: self._reader.name
        stack.callback(self.control.close)
        for tap in taps:
            self._publisher.add_tap(tap)
        self._vision = stack.enter_context(Vision(config, head.schema))
        if not isinstance(source, PerformanceSource):
            self._vision.open()
        self._reader = stack.enter_context(Reader(source, config.pace))
        if source.live:
            self._reader.start()  # a camera needs its time too; a file must not run while nobody looks
        self._recognition = stack.enter_context(LiveRecognition(self._translator, beside=config.pace == "source"))
        self.meter = Meter()
        self._pipeline = Pipeline(
            config,
            decoder=Decoder(head, field_of_view_deg=config.field_of_view_deg),
            encoder=self._vision,
            finder=self._vision,
            sink=FanOut(self._publisher, *sinks) if sinks else self._publisher,
            control=self.control,
            meter=self.meter,
            refiner=_refiner(config, improver, stack),
            recognition=self._recognition if config.recognition else None,
        )
        self._reporter = Reporter(self._pipeline, self.meter, self._publisher, self.control, on_stats)
        self._reporter.source(self._reader)
        self._vision.wait()
        if self._vision.notice:
            self._reporter.notice(self._vision.notice)
        self._first_packet_ns = 0
        self._due_ns = 0

    def _translator(self) -> Translator | None:
        return self._vision.translator

    def run(self) -> None:
        """Take pictures out of the slot until there are no more."""
        self._reader.start()
        self._reporter.start()
        while not self._stop.is_set() and not self._time_is_over():
            self._wait_for_cap()
            picture = self._reader.take(_GAP_S if self._reader.gap else _WAIT_S)
            if picture is None and self._reader.ended:
                break
            if picture is None and self._reader.gap:
                self._pipeline.without_picture()
            if picture is not None:
                self._pipeline.step(picture)
                self._first_packet_ns = self._first_packet_ns or time.perf_counter_ns()
                if self._on_picture is not None and picture.image is not None:
                    self._on_picture(picture.image)
            self._reporter.tick()
            if (wanted := self.control.take_source()) is not None:
                self._change_source(wanted)

    def finish(self, began_ns: int) -> Summary:
        """The figures; says to everybody that the stream has ended."""
        self.meter.stop()
        self._publisher.send_event(Event(kind="ended"))
        first_ms = (self._first_packet_ns - began_ns) * 1e-6 if self._first_packet_ns else 0.0
        return self._reporter.summary(first_ms)

    def _time_is_over(self) -> bool:
        return 0.0 < self._config.seconds <= self.meter.seconds

    def _wait_for_cap(self) -> None:
        """Keep below ``fps``: sleep, while newer frames replace older ones in the slot."""
        if self._config.fps <= 0.0:
            return
        now_ns = time.perf_counter_ns()
        if now_ns < self._due_ns:
            self._stop.wait((self._due_ns - now_ns) * 1e-9)
        self._due_ns = max(now_ns, self._due_ns) + int(1e9 / self._config.fps)

    def _change_source(self, wanted: str) -> None:
        """Open the other source first; if that fails, the old one goes on."""
        try:
            source = open_source(wanted, self._request, self._schema)
            if not isinstance(source, PerformanceSource):
                self._vision.open()
                self._vision.wait()
        except SourceError as error:
            self._reporter.notice(str(error))
            return
        self._reader.close()
        self._reader = self._stack.enter_context(Reader(source, self._config.pace))
        self._reader.start()
        self._pipeline.reset()
        self._reporter.source(self._reader)
        self._publisher.send_event(Event(kind="source", text=self._reader.name))


def _refiner(config: LiveConfig, improver: Improver | None, stack: ExitStack) -> LiveRefiner | None:
    """What refines, closed by the stack; None if nothing is to be refined. Raises UsageError."""
    if config.refine == 0:
        return None
    if improver is None:
        raise UsageError("refining needs an improver: run_live(config, improver=...), as facelive live does it")
    return stack.enter_context(LiveRefiner(improver, RefineConfig(steps=config.refine, budget_ms=config.budget_ms)))


@contextmanager
def _one_cv2_thread() -> Iterator[None]:
    """A warp of 256 x 256 is too small for threads: waking them costs more than they save."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
