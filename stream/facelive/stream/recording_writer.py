"""Writing a recording. A thread does the disk; whoever hands messages over never waits for it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

from facelive.errors import FileError
from facelive.rig.schema import Schema
from facelive.stream.clock import now_ns
from facelive.stream.messages import AVATAR_MAGIC, EVENT_MAGIC
from facelive.stream.packet import FRAME_MAGIC
from facelive.stream.receiver import Receiver
from facelive.stream.recording import Recording, pack_file_header, pack_record

logger = logging.getLogger("facelive.stream")
Mode = Literal["create", "append", "replace"]
_RECORDED = (FRAME_MAGIC, AVATAR_MAGIC, EVENT_MAGIC)
_FLUSH_S = 0.25
_JOIN_S = 5.0
QUEUE_BYTES = 8 << 20
"""What may wait for the disk: more than ten minutes of one face at 30 fps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WriterSummary:
    """What became of a recording."""

    path: Path
    frames: int
    """Handed to the disk, which took them."""
    dropped: int
    """Messages that the disk was too slow (or too full) for."""
    problem: str
    """A line if the disk failed, else empty."""

    def __str__(self) -> str:
        dropped = f", {self.dropped} messages dropped" if self.dropped else ""
        return f"{self.path}: {self.frames} frames{dropped}{': ' + self.problem if self.problem else ''}"


class RecordingWriter:
    """Records messages; give ``write`` to ``Publisher.add_tap`` or to ``Receiver(tap=...)``.

    mode: ``create`` refuses an existing file, ``append`` goes on after its last whole record (what lies behind that is
    cut off), ``replace`` starts anew. Raises FileError if the file cannot be opened so.
    """

    def __init__(self, path: Path, schema: Schema, *, mode: Mode = "create", software: str = "facelive") -> None:
        self.path = path
        self._file = _open(path, schema, mode, software)
        self._queue: deque[tuple[bytes, bool]] = deque()
        """Records, and whether each is a frame."""
        self._queued_bytes = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._frames = 0
        self._dropped = 0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="facelive-recording", daemon=True)
        self._thread.start()

    @property
    def summary(self) -> WriterSummary:
        """Figures so far."""
        return WriterSummary(path=self.path, frames=self._frames, dropped=self._dropped, problem=self._problem)

    def write(self, message: bytes) -> None:
        """Record a message now; schema and heartbeat messages are not recorded. Never waits, never raises."""
        if message[:4] not in _RECORDED:
            return
        record = pack_record(message, now_ns())
        with self._lock:
            if self._stop.is_set() or self._problem or self._queued_bytes + len(record) > QUEUE_BYTES:
                self._dropped += 1
                return
            self._queue.append((record, message[:4] == FRAME_MAGIC))
            self._queued_bytes += len(record)

    def close(self) -> WriterSummary:
        """Write what waits and close the file; may be called twice."""
        self._stop.set()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            self._problem = self._problem or "the disk does not answer; the end of the recording may be missing"
            logger.warning("%s: %s", self.path, self._problem)
        return self.summary

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._stop.wait(_FLUSH_S):
                self._write_waiting()
            self._write_waiting()
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._fail(error)
        finally:
            self._close_file()

    def _write_waiting(self) -> None:
        with self._lock:
            records = tuple(self._queue)
            self._queue.clear()
            self._queued_bytes = 0
        if not records:
            return
        try:
            self._file.write(b"".join(record for record, _ in records))
            self._file.flush()
        except OSError:
            self._dropped += len(records)  # some may be whole on the disk; none is promised
            raise
        self._frames += sum(is_frame for _, is_frame in records)

    def _fail(self, error: OSError) -> None:
        with self._lock:
            self._problem = f"the disk failed ({error.strerror}); what was written before can be read"
            self._dropped += len(self._queue)
            self._queue.clear()
        logger.warning("%s: %s", self.path, self._problem)

    def _close_file(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            if not self._problem:
                self._fail(error)


def _open(path: Path, schema: Schema, mode: Mode, software: str) -> BinaryIO:
    if mode == "append" and path.exists():
        return _open_to_append(path, schema)
    if mode == "create" and path.exists():
        raise FileError(
            f"{path} exists: choose another name, or let facelive record go on with it (--append) or replace it "
            "(--overwrite)"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb" if mode == "replace" else "xb")
    except OSError as error:
        raise FileError(f"cannot write the recording {path}: {error.strerror}") from error
    try:
        file.write(pack_file_header(schema, created_unix_s=time.time(), software=software))
        file.flush()
    except OSError as error:
        file.close()
        raise FileError(f"cannot write the recording {path}: {error.strerror}") from error
    return file


def _open_to_append(path: Path, schema: Schema) -> BinaryIO:
    recording = Recording(path)
    if recording.schema.hash != schema.hash:
        raise FileError(f"{path} holds another rig ({recording.schema.name!r}): record to another file")
    end = recording.data_start
    for record in recording.records():
        end = record.end
    try:
        file = path.open("r+b")
        file.truncate(end)
        file.seek(end)
    except OSError as error:
        raise FileError(f"cannot append to the recording {path}: {error.strerror}") from error
    return file


def record_stream(
    receiver_of: Callable[[Callable[[bytes], None]], Receiver],
    path: Path,
    *,
    mode: Mode = "create",
    seconds: float | None = None,
    wait_ms: int = 5000,
    stop: threading.Event | None = None,
    on_frame: Callable[[WriterSummary], None] | None = None,
) -> WriterSummary:
    """Record a stream from outside: ``record_stream(lambda tap: Receiver(address, latest=False, tap=tap), path)``.

    wait_ms: how long to wait for the first frame. seconds: how long to record; None until ``stop`` or Ctrl-C.
    on_frame: called after every frame. Raises SourceError if nothing comes, FileError if the file cannot be opened.
    """
    early: list[bytes] = []
    taps: list[Callable[[bytes], None]] = [early.append]
    stop = stop or threading.Event()
    with receiver_of(lambda message: taps[0](message)) as receiver:
        schema = receiver.wait_for_schema(wait_ms)
        with RecordingWriter(path, schema, mode=mode) as writer:
            taps[0] = writer.write
            for message in early:
                writer.write(message)
            deadline = None if seconds is None else time.monotonic() + seconds
            try:
                while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
                    if receiver.read_next(100) is not None and on_frame is not None:
                        on_frame(writer.summary)
            except KeyboardInterrupt:
                pass
            return writer.close()
