"""Asking and steering a running stream: the other side of the control port."""

from __future__ import annotations

import time
from math import ceil
from types import TracebackType

import zmq

from facelive.errors import ProtocolError, SourceError, UsageError
from facelive.rig.schema import Schema
from facelive.stream.clock import ClockSync, Ping, now_ns
from facelive.stream.control import Camera, FilterChange, FilterSettings
from facelive.stream.control_codec import (
    Hello,
    Reply,
    cameras_from_json,
    decode_reply,
    encode_request,
    filter_settings_from_json,
    filters_to_json,
    hello_from_json,
    ping_from_json,
)  # fmt: skip
from facelive.stream.endpoints import DEFAULT_ADDRESS, Endpoints, connect
from facelive.stream.json_fields import Json, field, from_hex64, mapping, rows, text
from facelive.stream.keys import CurveClient, secure_client
from facelive.stream.messages import avatar_from_json, schema_from_json, state_from_json
from facelive.stream.sockets import SocketGroup
from facelive.stream.state import Avatar, StreamState


class ControlClient:
    """Asks one stream; use it with ``with``, from one thread.

    Every method raises SourceError if no answer comes in time, UsageError with the publisher's line if it refuses, and
    ProtocolError if the answer is malformed or of another version.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        timeout_ms: int = 2000,
        curve: CurveClient | None = None,
        endpoints: Endpoints | None = None,
    ) -> None:
        """address: the stream's data port, as for ``Receiver``. Raises PortError or FileError."""
        self.endpoints = endpoints or Endpoints.at(address)
        self._timeout_ms = timeout_ms
        self._requests = 0
        self._sockets = SocketGroup()
        try:
            self._socket = self._sockets.socket(zmq.DEALER)
            if curve is not None:
                secure_client(self._socket, curve)
            connect(self._socket, self.endpoints.control)
        except BaseException:
            self._sockets.close()
            raise

    def hello(self) -> Hello:
        """Who answers."""
        return hello_from_json(self._ask("hello", {}))

    def schema(self) -> Schema:
        """The stream's schema."""
        result = self._ask("schema", {})
        return schema_from_json(field(result, "schema", mapping), field(result, "hash", from_hex64))

    def state(self) -> StreamState:
        """How the stream is doing now."""
        return state_from_json(self._ask("state", {}))

    def avatars(self) -> tuple[Avatar, ...]:
        """Who is in the stream."""
        found = field(self._ask("avatars", {}), "avatars", rows)
        return tuple(avatar_from_json(mapping(row, "an avatar")) for row in found)

    def calibrate(self, *, clear: bool = False) -> None:
        """Take the coming second as the neutral face, or forget the calibration."""
        self._ask("calibrate", {"clear": clear})

    def filters(self, change: FilterChange | None = None) -> FilterSettings:
        """Change the filters (None: only read); the settings after that."""
        return filter_settings_from_json(self._ask("filters", filters_to_json(change or FilterChange())))

    def cameras(self) -> tuple[Camera, ...]:
        """The cameras of the publisher's machine."""
        return cameras_from_json(self._ask("cameras", {}))

    def select_camera(self, source: str) -> None:
        """Read from another camera: ``Camera.source``."""
        self._ask("select_camera", {"source": source})

    def start_recording(self, name: str) -> str:
        """Record on the publisher's machine under a plain name; the file that is written."""
        return field(self._ask("start_recording", {"name": name}), "file", text)

    def stop_recording(self) -> str:
        """Finish that recording; a line that says what it holds."""
        return field(self._ask("stop_recording", {}), "summary", text)

    def ping(self) -> Ping:
        """Four time stamps: the way there and back."""
        result = self._ask("ping", {"sent_ns": now_ns()})
        return ping_from_json(result, now_ns())

    def synchronise(self, pings: int = 8) -> ClockSync:
        """Several pings; the one with the smallest round trip says how far the publisher's clock is off."""
        sync = ClockSync()
        for _ in range(pings):
            sync.add(self.ping())
        return sync

    def close(self) -> None:
        """Free everything; may be called twice."""
        self._sockets.close()

    def __enter__(self) -> ControlClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, command: str, fields: Json) -> Json:
        self._requests += 1
        deadline = time.monotonic() + self._timeout_ms / 1000
        try:
            self._socket.send(encode_request(self._requests, command, fields), zmq.NOBLOCK)
        except zmq.Again:
            deadline = 0.0
        while (left_s := deadline - time.monotonic()) > 0:
            if not self._socket.poll(ceil(left_s * 1000)):
                break
            reply = decode_reply(self._socket.recv())
            if reply.id in (self._requests, 0):
                return self._result(reply)
        raise SourceError(f"no answer from {self.endpoints.control}: is facelive live running there?")

    @staticmethod
    def _result(reply: Reply) -> Json:
        if reply.ok:
            return reply.result
        # Id 0: the publisher could not even read the question, so we speak another language.
        raise UsageError(reply.error) if reply.id else ProtocolError(reply.error)
