"""The thread that reads a source into the slot, keeps its pace and counts its own CPU time."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from facelive.stream.latest_slot import LatestSlot
from facelive.stream.live_config import Pace
from facelive.stream.sources import Gap, Source, SourceFrame

_JOIN_S = 0.6


class Reader:
    """Reads one source from ``start`` until its end. A context manager: leaving it ends thread and source."""

    def __init__(self, source: Source, pace: Pace) -> None:
        self.slot: LatestSlot[SourceFrame] = LatestSlot()
        self.gap = ""
        """Why there are no pictures just now; empty while there are."""
        self.cpu_ns = 0
        """CPU time that reading and decoding took so far."""
        self.wall_ns = 0
        """Wall time of the same."""
        self.frames = 0
        self._source = source
        self._every = pace == "max" and not source.live
        self._paced = pace == "source" and not source.live
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facelive-source", daemon=True)

    @property
    def name(self) -> str:
        """What is read."""
        return self._source.name

    @property
    def notices(self) -> tuple[str, ...]:
        """Lines for a person from the source."""
        return self._source.notices

    def take(self, timeout_s: float) -> SourceFrame | None:
        """The newest picture; None after the timeout or at the end. Raises what the source raised, at last."""
        frame = self.slot.take(timeout_s)
        if frame is None and self._error is not None:
            error, self._error = self._error, None
            raise error
        return frame

    @property
    def ended(self) -> bool:
        """The source has ended and everything was taken."""
        return self.slot.closed and self._error is None

    def start(self) -> None:
        """Begin to read; nothing happens the second time."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """End the thread and close the source. A driver that blocks keeps the (daemon) thread, not the program."""
        self._stop.set()
        self.slot.close(discard=True)
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)
        if not self._thread.is_alive():
            self._source.close()  # closing a capture under a thread that reads it crashes

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._read_all()
        except Exception as error:  # noqa: BLE001 (handed to the thread that takes)
            self._error = error
        finally:
            self.slot.close()

    def _read_all(self) -> None:
        began_ns: int | None = None
        while not self._stop.is_set():
            cpu_ns, wall_ns = time.thread_time_ns(), time.perf_counter_ns()
            item = self._source.read()
            self.cpu_ns += time.thread_time_ns() - cpu_ns
            self.wall_ns += time.perf_counter_ns() - wall_ns
            if item is None:
                return
            if isinstance(item, Gap):
                self.gap = item.reason
                self._stop.wait(item.wait_s)
                continue
            self.gap = ""
            self.frames += 1
            if self._paced:
                if began_ns is None:
                    began_ns = item.captured_ns - item.media_ns
                item = self._wait_for(item, began_ns + item.media_ns)
            if self._every:
                self.slot.put_next(item)
            else:
                self.slot.put(item)

    def _wait_for(self, item: SourceFrame, due_ns: int) -> SourceFrame:
        """Hold a file's frame back until its time: that is then when it was 'captured'."""
        late_ns = time.perf_counter_ns() - due_ns
        if late_ns < 0:
            self._stop.wait(-late_ns * 1e-9)
        return SourceFrame(
            media_ns=item.media_ns, captured_ns=time.perf_counter_ns(), image=item.image, parameters=item.parameters
        )
