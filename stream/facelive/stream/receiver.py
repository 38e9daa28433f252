"""The receiving side of a stream, for Python: ``for frame in Receiver("tcp://127.0.0.1:47800"): ...``.

No thread of its own. ZeroMQ keeps the newest frame in one slot (CONFLATE) and connects again by itself. Use a receiver
from one thread; only ``stop`` may be called from another.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from types import TracebackType
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

from facelive.errors import ProtocolError, SchemaError, SourceError
from facelive.rig.schema import Schema
from facelive.stream.clock import now_ns
from facelive.stream.endpoints import DEFAULT_ADDRESS, Endpoints, connect, connect_again
from facelive.stream.frame import Face, Frame, FrameFlag
from facelive.stream.keys import CurveClient, secure_client
from facelive.stream.layout import Layout
from facelive.stream.packet import FRAME_MAGIC, decode_frame, schema_hash_of
from facelive.stream.side_channel import SideChannel
from facelive.stream.sockets import SocketGroup
from facelive.stream.state import Avatar, Event, StreamState

_SLICE_MS = 100
_WAITING_FOR_SCHEMA = 1024
_EVERY_FRAME_QUEUE = 10_000
_STATUS_QUEUE = 1000
_SERVE_NS = 50_000_000
SILENT_NS = 5_000_000_000
_HEARTBEAT_MS = 2000
_PEER_TIMEOUT_MS = 6000


@dataclass(slots=True)
class ReceiverCounts:
    """What a receiver has seen so far."""

    frames: int = 0
    """Frames handed out."""
    missed: int = 0
    """Frames that were published but did not get here: replaced by newer ones, or lost on the way."""
    repeated: int = 0
    """Frames that came a second time (the publisher repeats the last one for newcomers)."""
    rejected: int = 0
    """Malformed messages, skipped."""
    streams: int = 0
    """Publishers seen one after the other; above 1 it was started again."""


class Receiver:
    """Frames of one stream.

    Raises PortError if the address is malformed and FileError if a key cannot be read. A publisher that is not there
    yet is no error: the receiver waits for it, and for it to come back.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        timeout_ms: int | None = None,
        latest: bool = True,
        curve: CurveClient | None = None,
        endpoints: Endpoints | None = None,
        tap: Callable[[bytes], None] | None = None,
    ) -> None:
        """address: the data port. timeout_ms: iteration ends after so long without a frame; None waits for ever.

        latest: only the newest frame counts (a slow reader misses frames but never lags); False gives every frame.
        endpoints: three addresses of your own choice. tap: gets every accepted message as it came (a recording does).
        """
        self.endpoints = endpoints or Endpoints.at(address)
        self._timeout_ms = timeout_ms
        self._tap = tap
        self._stop = threading.Event()
        self._counts = ReceiverCounts()
        self._newest: Frame | None = None
        self._heard_ns = self._connected_ns = now_ns()
        self._served_ns = 0
        self._stream_id: int | None = None
        self._sequence = 0
        self._pending: deque[tuple[bytes, int]] = deque(maxlen=1 if latest else _WAITING_FOR_SCHEMA)
        self._sockets = SocketGroup()
        try:
            self._data = self._open(zmq.SUB, curve)
            if latest:
                self._data.setsockopt(zmq.CONFLATE, 1)
            else:
                self._data.setsockopt(zmq.RCVHWM, _EVERY_FRAME_QUEUE)
            self._data.setsockopt(zmq.SUBSCRIBE, FRAME_MAGIC)
            connect(self._data, self.endpoints.data)
            self._status = status = self._open(zmq.SUB, curve)
            status.setsockopt(zmq.RCVHWM, _STATUS_QUEUE)
            status.setsockopt(zmq.SUBSCRIBE, b"")
            connect(status, self.endpoints.status)
            self._control = control = self._open(zmq.DEALER, curve)
            # Questions go to a publisher that is there, they do not pile up for one that may come.
            control.setsockopt(zmq.IMMEDIATE, 1)
            connect(control, self.endpoints.control)
        except BaseException:
            self._sockets.close()
            raise
        self._side = SideChannel(status, control, tap)
        self._poller = zmq.Poller()
        for socket in (self._data, status, control):
            self._poller.register(socket, zmq.POLLIN)

    def _open(self, kind: int, curve: CurveClient | None) -> zmq.Socket[Any]:
        socket = self._sockets.socket(kind)
        socket.setsockopt(zmq.RECONNECT_IVL, 100)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        # A publisher whose machine vanished without a word is noticed, and connected to again.
        socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _PEER_TIMEOUT_MS)
        if curve is not None:
            secure_client(socket, curve)
        return socket

    def __iter__(self) -> Iterator[Frame]:
        """Frames until ``stop``, ``close``, or ``timeout_ms`` without one."""
        while (frame := self.read_next(self._timeout_ms)) is not None:
            yield frame

    def read_next(self, timeout_ms: int | None = None) -> Frame | None:
        """The next frame (the newest, unless ``latest=False``); None after the timeout, ``stop`` or ``close``."""
        deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
        if not self._stop.is_set() and now_ns() - self._served_ns > _SERVE_NS:
            self._serve()
        while not self._stop.is_set():
            # The frame first: everything else can wait until it is handed out.
            frame = self._take()
            if frame is None and self._serve():
                frame = self._take()
            if frame is not None:
                return frame
            wait_ms = _SLICE_MS
            if deadline is not None:
                wait_ms = min(wait_ms, ceil((deadline - time.monotonic()) * 1000))
                if wait_ms <= 0:
                    return None
            self._poller.poll(wait_ms)
        return None

    def read_latest(self, max_age_ms: float = 1000.0) -> Frame | None:
        """Without waiting: the newest frame that has come, if it came at most so long ago; the same one again if there
        is no newer one. None if there is none."""
        if self._stop.is_set():
            return None
        self._serve()
        while (frame := self._take()) is not None:
            self._newest = frame
        newest = self._newest
        fresh = newest is not None and (now_ns() - newest.received_ns) / 1e6 <= max_age_ms
        return newest if fresh else None

    def wait_for_schema(self, timeout_ms: int = 5000) -> Schema:
        """The stream's schema, once its first frame has come. Raises SourceError if there is none in time."""
        if self._newest is None and self.read_next(timeout_ms) is None:
            raise SourceError(f"nothing came from {self.endpoints.data} in {timeout_ms} ms: is facelive live running?")
        return self._known_layout().schema

    @property
    def schema(self) -> Schema | None:
        """The schema of the newest frame; None before the first."""
        return None if self._newest is None else self._known_layout().schema

    @property
    def layout(self) -> Layout | None:
        """Where the parameters of that schema lie; None before the first frame."""
        return None if self._newest is None else self._known_layout()

    @property
    def state(self) -> StreamState | None:
        """What the last heartbeat said; None before the first."""
        return self._side.state

    @property
    def counts(self) -> ReceiverCounts:
        """Frames handed out, missed, repeated, rejected so far."""
        return replace(self._counts, rejected=self._counts.rejected + self._side.rejected)

    @property
    def round_trip_ms(self) -> float | None:
        """Smallest round trip to the publisher; None on one machine, where no ping is needed."""
        return None if self._side.round_trip_ns is None else self._side.round_trip_ns / 1e6

    def avatar(self, face_id: int) -> Avatar | None:
        """Who a face of the stream is; None until that has been published."""
        return None if self._stream_id is None else self._side.avatar(self._stream_id, face_id)

    def take_events(self) -> list[Event]:
        """What has happened since the last call; the newest 256 at most."""
        events = list(self._side.events)
        self._side.events.clear()
        return events

    def parameters(self, frame: Frame, face: Face | None = None) -> NDArray[np.float32]:
        """(P,) float32: all parameters of a face (None: the main person), its avatar included as far as it is known.

        Raises NoFaceError if the frame is empty, SchemaError if its schema is not the stream's.
        """
        layout = self._side.layout(frame.schema_hash)
        if layout is None:
            raise SchemaError("this frame is of a schema that this receiver has not seen")
        face = face or frame.face
        # A frame that says "none yet" may be of somebody new with the number of somebody who has left.
        known = face.avatar_revision > 0
        return layout.parameters(face, self._side.avatar(frame.stream_id, face.face_id) if known else None)

    def stop(self) -> None:
        """End an iteration that runs in another thread, within 0.1 s."""
        self._stop.set()

    def close(self) -> None:
        """Free everything; may be called twice. From the thread that reads."""
        self._stop.set()
        self._sockets.close()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> bool:
        """All but frames. Heartbeats come every second: silence means no publisher, or a connection that is dead.

        Whether anything came.
        """
        came = self._side.serve()
        self._served_ns = now = now_ns()
        if now - max(self._heard_ns, self._connected_ns) > SILENT_NS:
            connect_again(self._data, self.endpoints.data)
        elif now - max(self._side.heard_ns, self._connected_ns) <= SILENT_NS:
            return came
        connect_again(self._status, self.endpoints.status)
        connect_again(self._control, self.endpoints.control)
        self._connected_ns = now
        return came

    def _known_layout(self) -> Layout:
        layout = self._side.layout(self._newest.schema_hash) if self._newest is not None else None
        if layout is None:
            raise SchemaError("the schema of the stream is not known")
        return layout

    def _take(self) -> Frame | None:
        """The next acceptable frame that is already here."""
        while True:
            try:
                message = self._data.recv(zmq.NOBLOCK)
                self._heard_ns = now_ns()
                self._pending.append((message, self._heard_ns))
            except zmq.Again:
                if not self._pending:
                    return None
            message, received_ns = self._pending[0]
            try:
                layout = self._side.layout(schema_hash_of(message))
                if layout is None:
                    return None
                self._pending.popleft()
                frame = self._accept(decode_frame(message, layout.index), received_ns)
            except ProtocolError:
                self._counts.rejected += 1
                if self._pending and self._pending[0][0] is message:
                    self._pending.popleft()
                continue
            if frame is not None:
                if self._tap is not None:
                    self._tap(message)
                return frame

    def _accept(self, frame: Frame, received_ns: int) -> Frame | None:
        """The frame with its time of arrival, counted; None if it is here a second time."""
        if frame.stream_id != self._stream_id:
            self._stream_id = frame.stream_id
            self._counts.streams += 1
        elif frame.sequence == self._sequence or (frame.sequence < self._sequence and frame.flags & FrameFlag.RESENT):
            self._counts.repeated += 1
            return None
        else:
            self._counts.missed += max(0, frame.sequence - self._sequence - 1)
        self._sequence = frame.sequence
        self._counts.frames += 1
        offset_ns = self._side.clock_offset_ns(frame.clock_id)
        self._newest = replace(frame, received_ns=received_ns, clock_offset_ns=offset_ns)
        return self._newest
