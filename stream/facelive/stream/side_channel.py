"""What a receiver learns beside the frames: schemas, avatars, events, the publisher's state and its clock.

No thread: the receiver calls ``serve`` whenever it looks for a frame. Messages that are malformed are counted and
skipped; whatever is kept is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import zmq

from facelive.errors import ProtocolError
from facelive.rig.default_schema import default_schema
from facelive.rig.schema import Schema
from facelive.stream.clock import ClockSync, clock_id, now_ns
from facelive.stream.control_codec import Reply, decode_reply, encode_request, ping_from_json
from facelive.stream.json_fields import field, from_hex64, mapping
from facelive.stream.layout import Layout
from facelive.stream.messages import (
    AVATAR_MAGIC,
    EVENT_MAGIC,
    SCHEMA_MAGIC,
    STATE_MAGIC,
    Envelope,
    Json,
    avatar_from_json,
    event_from_json,
    schema_from_json,
    state_from_json,
    unseal,
)  # fmt: skip
from facelive.stream.packet import MAXIMUM_FACES
from facelive.stream.state import Avatar, Event, StreamState

_AT_ONCE = 64
_KEPT_SCHEMAS = 8
_KEPT_STREAMS = 2
_KEPT_EVENTS = 256
_ASK_AGAIN_NS = 500_000_000
_FIRST_PINGS = 8
_FIRST_PINGS_NS = 50_000_000
_PING_NS = 2_000_000_000


class SideChannel:
    """The status and control sockets of a receiver.

    tap: gets every avatar and event message as it came, for a recording.
    """

    def __init__(
        self, status: zmq.Socket[Any], control: zmq.Socket[Any], tap: Callable[[bytes], None] | None = None
    ) -> None:
        self._status = status
        self._control = control
        self._tap = tap
        self._layouts: dict[int, Layout] = {}
        self._avatars: dict[int, dict[int, Avatar]] = {}
        self._sync = ClockSync()
        self._synced_clock = 0
        self._pings = 0
        self._next_ping_ns = 0
        self._next_question_ns = 0
        self._requests = 0
        self.events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self.state: StreamState | None = None
        self.state_ns = 0
        self.rejected = 0
        self.heard_ns = now_ns()
        """When something last came on the status port."""
        self.learn(default_schema())

    def learn(self, schema: Schema) -> Layout:
        """Know a schema from now on."""
        while len(self._layouts) >= _KEPT_SCHEMAS and schema.hash not in self._layouts:
            # The first is the built-in one; the oldest of the others goes.
            del self._layouts[list(self._layouts)[1]]
        return self._layouts.setdefault(schema.hash, Layout(schema))

    def layout(self, schema_hash: int) -> Layout | None:
        """The schema of a hash, if it is known. If not, the publisher is asked, twice a second at most."""
        layout = self._layouts.get(schema_hash)
        if layout is None and now_ns() >= self._next_question_ns and self._ask("schema", {}):
            self._next_question_ns = now_ns() + _ASK_AGAIN_NS
        return layout

    def avatar(self, stream_id: int, face_id: int) -> Avatar | None:
        """The newest avatar of a face, if one has come."""
        return self._avatars.get(stream_id, {}).get(face_id)

    def clock_offset_ns(self, their_clock: int) -> int | None:
        """That clock minus ours; 0 if it is ours. None until a ping has come back."""
        if their_clock == clock_id():
            return 0
        self._ping_if_due()
        return self._sync.offset_ns if their_clock == self._synced_clock else None

    @property
    def round_trip_ns(self) -> int | None:
        """The smallest round trip of the pings; half of it bounds the error of the clock's offset."""
        return self._sync.round_trip_ns

    def serve(self) -> bool:
        """Take in what has come, and say whether there was anything; returns at once."""
        came = 0
        for _ in range(_AT_ONCE):
            try:
                message = self._status.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
            came += 1
            self.heard_ns = now_ns()
            self._guarded(self._take_status, message)
        for _ in range(_AT_ONCE):
            try:
                message = self._control.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
            came += 1
            returned_ns = now_ns()
            self._guarded(lambda reply, at_ns=returned_ns: self._take_reply(reply, at_ns), message)
        return came > 0

    def _guarded(self, take: Callable[[bytes], None], message: bytes) -> None:
        try:
            take(message)
        except ProtocolError:
            self.rejected += 1

    def _take_status(self, message: bytes) -> None:
        envelope, payload = unseal(message)
        match envelope.magic:
            case magic if magic == SCHEMA_MAGIC:
                if envelope.schema_hash not in self._layouts:
                    self.learn(schema_from_json(payload, envelope.schema_hash))
            case magic if magic == AVATAR_MAGIC:
                self._keep_avatar(envelope, avatar_from_json(payload))
                self._forward(message)
            case magic if magic == EVENT_MAGIC:
                self.events.append(event_from_json(payload))
                self._forward(message)
            case magic if magic == STATE_MAGIC:
                self.state = state_from_json(payload)
                self.state_ns = now_ns()

    def _keep_avatar(self, envelope: Envelope, avatar: Avatar) -> None:
        avatars = self._avatars.setdefault(envelope.stream_id, {})
        avatars.pop(avatar.face_id, None)
        avatars[avatar.face_id] = avatar
        while len(avatars) > MAXIMUM_FACES:
            del avatars[next(iter(avatars))]
        while len(self._avatars) > _KEPT_STREAMS:
            del self._avatars[next(iter(self._avatars))]

    def _forward(self, message: bytes) -> None:
        if self._tap is not None:
            self._tap(message)

    def _take_reply(self, message: bytes, returned_ns: int) -> None:
        reply: Reply = decode_reply(message)
        if not reply.ok:
            return
        if "replied_ns" in reply.result:
            clock = field(reply.result, "clock_id", from_hex64)
            if clock != self._synced_clock:
                self._sync.reset()
                self._synced_clock = clock
            self._sync.add(ping_from_json(reply.result, returned_ns))
        elif "schema" in reply.result:
            schema = field(reply.result, "schema", mapping)
            self.learn(schema_from_json(schema, field(reply.result, "hash", from_hex64)))

    def _ping_if_due(self) -> None:
        if now_ns() >= self._next_ping_ns and self._ask("ping", {"sent_ns": now_ns()}):
            self._pings += 1
            self._next_ping_ns = now_ns() + (_FIRST_PINGS_NS if self._pings <= _FIRST_PINGS else _PING_NS)

    def _ask(self, command: str, fields: Json) -> bool:
        """Whether it could be sent: not while nobody is connected."""
        self._requests = (self._requests + 1) & 0xFFFFFFFF
        try:
            self._control.send(encode_request(self._requests, command, fields), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True
