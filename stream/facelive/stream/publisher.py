"""The sending side of a stream: data, status and control sockets. The live loop never waits for any of them.

The live thread sends frames itself, so that no hand-over adds to their age. All that is seldom goes through the status
thread; questions are answered on the control thread. Every socket but the data socket belongs to one thread; the data
socket is shared under a lock that is held for microseconds.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import zmq

from facelive.rig.schema import Schema
from facelive.stream.clock import clock_id, now_ns
from facelive.stream.control import ControlHandler, NoControl
from facelive.stream.control_server import ControlServer
from facelive.stream.endpoints import DEFAULT_ADDRESS, Endpoints, bind
from facelive.stream.frame import Frame
from facelive.stream.keys import CurveServer, Gate, secure_server
from facelive.stream.messages import (
    AVATAR_MAGIC,
    EVENT_MAGIC,
    SCHEMA_MAGIC,
    STATE_MAGIC,
    Envelope,
    Json,
    avatar_to_json,
    event_to_json,
    seal,
    state_to_json,
)  # fmt: skip
from facelive.stream.packet import MAXIMUM_FACES, mark_resent, pack_frame
from facelive.stream.sockets import SocketGroup
from facelive.stream.state import Avatar, Event, StreamState
from facelive.stream.status_service import StatusService

logger = logging.getLogger("facelive.stream")
Tap = Callable[[bytes], None]
_DATA_QUEUE = 2
_SUBSCRIPTIONS_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class PublisherConfig:
    """Where a stream is offered, and to whom."""

    address: str = DEFAULT_ADDRESS
    """tcp://host:port; status and control take the two ports after it. Loopback unless you say otherwise."""
    curve: CurveServer | None = None
    """Keys (``facelive keys``): encrypt, and let in only who has the right keys."""
    heartbeat_s: float = 1.0
    """Seconds between heartbeats on the status port."""


class Publisher:
    """Sends a stream; a ``Sink``. Open it with ``with``, give it frames with ``send``.

    Raises PortError if an address is taken, FileError if a key cannot be read; nothing stays open then.
    """

    def __init__(
        self,
        schema: Schema,
        config: PublisherConfig = PublisherConfig(),
        *,
        handler: ControlHandler | None = None,
        endpoints: Endpoints | None = None,
    ) -> None:
        """handler: who carries out what the control port asks. endpoints: three addresses of your own choice."""
        self.schema = schema
        self.stream_id = secrets.randbits(64) or 1
        self.clock_id = clock_id()
        self.endpoints = endpoints or Endpoints.at(config.address)
        self._lock = threading.Lock()
        self._standing_lock = threading.RLock()
        """Held while an avatar is sent and becomes one that stands; a tap may remove itself."""
        self._taps: tuple[Tap, ...] = ()
        self._avatars: dict[int, bytes] = {}
        self._state = StreamState()
        self._sequence = 0
        self._status_sequence = 0
        self._last_frame = b""
        self._closed = False
        self._data_subscribers = 0
        self._sockets = SocketGroup()
        self._gate: Gate | None = None
        self._status: StatusService | None = None
        self._control: ControlServer | None = None
        try:
            self._open(config, handler or NoControl())
        except BaseException:
            self.close()
            raise

    def _open(self, config: PublisherConfig, handler: ControlHandler) -> None:
        if config.curve is None and not self.endpoints.loopback:
            logger.warning(
                "%s can be reached from other machines and is NOT encrypted: anybody there can read and steer this "
                "stream. Use keys (facelive keys), or bind to 127.0.0.1.",
                self.endpoints.data,
            )
        if config.curve is not None and config.curve.allowed is not None:
            self._gate = Gate(self._sockets.context, config.curve.allowed)
        self._data = self._bound(zmq.XPUB, self.endpoints.data, config.curve)
        status = self._bound(zmq.XPUB, self.endpoints.status, config.curve)
        control = self._bound(zmq.ROUTER, self.endpoints.control, config.curve)
        self._schema_message = self._sealed(SCHEMA_MAGIC, self.schema.to_json(), sequence=0)
        self._status = StatusService(
            status,
            standing=self._standing,
            heartbeat=lambda: self._sealed(STATE_MAGIC, state_to_json(self.state)),
            tick=self._serve_subscriptions,
            heartbeat_s=config.heartbeat_s,
        )
        self._status.start()
        self._control = ControlServer(control, stream=self, handler=handler)
        self._control.start()

    def _bound(self, kind: int, address: str, curve: CurveServer | None) -> zmq.Socket[Any]:
        socket = self._sockets.socket(kind)
        if kind == zmq.XPUB:
            # VERBOSER: hear of every subscription, also to a topic that somebody else has already.
            socket.setsockopt(zmq.XPUB_VERBOSER, 1)
        if address == self.endpoints.data:
            socket.setsockopt(zmq.SNDHWM, _DATA_QUEUE)
        if curve is not None:
            secure_server(socket, curve)
        bind(socket, address)
        return socket

    @property
    def packets(self) -> int:
        """Frames published so far."""
        return self._sequence

    @property
    def subscribers(self) -> int:
        """Subscriptions to the data port now."""
        return self._data_subscribers

    @property
    def state(self) -> StreamState:
        """What the heartbeat says."""
        return replace(self._state, packets=self._sequence)

    @property
    def avatar_messages(self) -> tuple[bytes, ...]:
        """The newest avatar message of every face."""
        with self._lock:
            return tuple(self._avatars.values())

    def set_state(self, state: StreamState) -> None:
        """What the next heartbeats say."""
        self._state = state

    def send(self, frame: Frame) -> None:
        """Publish a frame now; takes microseconds and never waits. Raises SchemaError if it does not fit the format."""
        with self._lock:
            self._check_open()
            message = pack_frame(
                frame,
                schema_hash=self.schema.hash,
                stream_id=self.stream_id,
                sequence=self._sequence + 1,
                published_ns=now_ns(),
                clock_id=self.clock_id,
            )
            self._sequence += 1
            self._data.send(message, zmq.NOBLOCK)
            self._last_frame = message
            if self._data.getsockopt(zmq.EVENTS) & zmq.POLLIN:  # type: ignore[operator]
                self._answer_subscriptions()
        for tap in self._taps:
            tap(message)

    def send_avatar(self, avatar: Avatar) -> None:
        """Publish somebody's identity; it is repeated to everybody who subscribes later."""
        with self._standing_lock:
            self._check_open()
            message = self._sealed(AVATAR_MAGIC, avatar_to_json(avatar))
            # It stands before it is sent: who comes in between may hear of it twice, but not never.
            with self._lock:
                self._avatars.pop(avatar.face_id, None)
                self._avatars[avatar.face_id] = message
                while len(self._avatars) > MAXIMUM_FACES:
                    del self._avatars[next(iter(self._avatars))]
            self._hand_out(message)

    def send_event(self, event: Event) -> None:
        """Publish something that happened."""
        self._check_open()
        self._hand_out(
            self._sealed(EVENT_MAGIC, event_to_json(event if event.at_ns else replace(event, at_ns=now_ns())))
        )

    def add_tap(self, tap: Tap) -> None:
        """Give every message that goes out (and first the avatars that stand) to a function, for example
        ``RecordingWriter.write``. It runs on the sending thread and must not block."""
        with self._standing_lock:  # no avatar may slip in between those that stand and those that come
            for message in self.avatar_messages:
                tap(message)
            self._taps = (*self._taps, tap)

    def remove_tap(self, tap: Tap) -> None:
        """No longer call it; nothing happens if it is not there."""
        with self._standing_lock:
            self._taps = tuple(kept for kept in self._taps if kept != tap)

    def close(self) -> None:
        """End the threads and free the ports, within about 0.2 s; may be called twice."""
        with self._lock:
            self._closed = True
        ended = True
        if self._control is not None:
            ended = self._control.stop()
        if self._status is not None:
            ended = self._status.stop() and ended
        if self._gate is not None:
            self._gate.close()
            self._gate = None
        self._sockets.close(threads_ended=ended)

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this publisher is closed")

    def _hand_out(self, message: bytes) -> None:
        """To the status port and the taps."""
        if self._status is not None:
            self._status.post(message)
        for tap in self._taps:
            tap(message)

    def _sealed(self, magic: bytes, payload: Json, sequence: int | None = None) -> bytes:
        if sequence is None:
            with self._lock:
                self._status_sequence += 1
                sequence = self._status_sequence
        envelope = Envelope(
            magic=magic,
            schema_hash=self.schema.hash,
            stream_id=self.stream_id,
            sequence=sequence,
            sent_ns=now_ns(),
            clock_id=self.clock_id,
        )
        return seal(envelope, payload)

    def _standing(self) -> tuple[bytes, ...]:
        """What somebody who subscribes to the status port must know."""
        with self._lock:
            return (self._schema_message, *self._avatars.values())

    def _serve_subscriptions(self) -> None:
        """Called by the status thread now and then, so that a stream that stands still answers newcomers too."""
        with self._lock:
            if not self._closed and self._data.getsockopt(zmq.EVENTS) & zmq.POLLIN:  # type: ignore[operator]
                self._answer_subscriptions()

    def _answer_subscriptions(self) -> None:
        """Send schema and last frame once, however many have come. Holds the lock."""
        came = False
        for _ in range(_SUBSCRIPTIONS_AT_ONCE):
            try:
                event = self._data.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
            came = came or event[:1] == b"\x01"
            self._data_subscribers = max(0, self._data_subscribers + {b"\x01": 1, b"\x00": -1}.get(event[:1], 0))
        if came:
            self._data.send(self._schema_message, zmq.NOBLOCK)
            if self._last_frame:
                self._data.send(mark_resent(self._last_frame), zmq.NOBLOCK)
