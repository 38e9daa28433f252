"""The control port's thread: answers who we are and what time it is, and hands wishes to the pipeline."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

import zmq

from facelive.errors import FaceliveError, ProtocolError, UsageError
from facelive.rig.schema import Schema
from facelive.stream.clock import now_ns
from facelive.stream.control import ControlHandler, check_recording_name
from facelive.stream.control_codec import (
    COMMANDS,
    MAXIMUM_REQUEST,
    Hello,
    Reply,
    Request,
    cameras_to_json,
    decode_request,
    encode_reply,
    filter_change_from_json,
    filters_to_json,
    hello_to_json,
)  # fmt: skip
from facelive.stream.json_fields import Json, boolean, field, hex64, optional, text
from facelive.stream.messages import state_to_json, unseal
from facelive.stream.packet import MAJOR, MINOR
from facelive.stream.state import StreamState

logger = logging.getLogger("facelive.stream")
_POLL_MS = 50
_JOIN_S = 0.8
_REQUESTS_AT_ONCE = 32


class ControlledStream(Protocol):
    """What the control server asks of its publisher."""

    @property
    def schema(self) -> Schema: ...
    @property
    def stream_id(self) -> int: ...
    @property
    def clock_id(self) -> int: ...
    @property
    def state(self) -> StreamState: ...
    @property
    def avatar_messages(self) -> tuple[bytes, ...]: ...


class ControlServer:
    """Owns the control socket (ROUTER) while its thread runs."""

    def __init__(self, socket: zmq.Socket[Any], *, stream: ControlledStream, handler: ControlHandler) -> None:
        socket.setsockopt(zmq.MAXMSGSIZE, MAXIMUM_REQUEST)
        self._socket = socket
        self._stream = stream
        self._handler = handler
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facelive-control", daemon=True)
        self._commands: dict[str, Callable[[Json], Json]] = {
            "hello": self._hello,
            "schema": lambda _: {"hash": hex64(stream.schema.hash), "schema": stream.schema.to_json()},
            "state": lambda _: state_to_json(stream.state),
            "avatars": lambda _: {"avatars": [unseal(message)[1] for message in stream.avatar_messages]},
            "calibrate": self._calibrate,
            "filters": lambda data: filters_to_json(handler.change_filters(filter_change_from_json(data))),
            "cameras": lambda _: cameras_to_json(handler.cameras()),
            "select_camera": self._select_camera,
            "start_recording": self._start_recording,
            "stop_recording": lambda _: {"summary": handler.stop_recording()},
        }

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> bool:
        """End the thread; whether it has ended. May be called twice, and before ``start``."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._socket.poll(_POLL_MS):
                continue
            for _ in range(_REQUESTS_AT_ONCE):
                try:
                    parts = self._socket.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                self._serve(parts, now_ns())

    def _serve(self, parts: list[bytes], received_ns: int) -> None:
        """Answer one request. REQ peers send an empty part before it, DEALER peers need not; the answer does alike."""
        if len(parts) not in (2, 3) or (len(parts) == 3 and parts[1]):
            return
        reply = self._answer(parts[-1], received_ns)
        # Nobody waits for a peer that does not read: ROUTER drops what it cannot queue.
        self._socket.send_multipart([*parts[:-1], encode_reply(reply)], zmq.NOBLOCK)

    def _answer(self, message: bytes, received_ns: int) -> Reply:
        request_id = 0
        try:
            request = decode_request(message)
            request_id = request.id
            return Reply(id=request.id, ok=True, result=self._carry_out(request, received_ns))
        except FaceliveError as error:
            return Reply(id=request_id, ok=False, result={}, error=str(error))
        except Exception:
            logger.exception("a control request failed")
            return Reply(id=request_id, ok=False, result={}, error="internal error, see the publisher's log")

    def _carry_out(self, request: Request, received_ns: int) -> Json:
        if request.command == "ping":
            sent_ns = request.fields.get("sent_ns")
            stamps: Json = {"sent_ns": sent_ns if isinstance(sent_ns, int) else 0, "received_ns": received_ns}
            return {**stamps, "clock_id": hex64(self._stream.clock_id), "replied_ns": now_ns()}
        command = self._commands.get(request.command)
        if command is None:
            raise ProtocolError(f"unknown command; known are {', '.join(COMMANDS)}")
        return command(request.fields)

    def _hello(self, _: Json) -> Json:
        stream = self._stream
        hello = Hello(
            major=MAJOR,
            minor=MINOR,
            software="facelive",
            schema_hash=stream.schema.hash,
            schema_name=stream.schema.name,
            stream_id=stream.stream_id,
            clock_id=stream.clock_id,
            commands=COMMANDS,
        )
        return hello_to_json(hello)

    def _calibrate(self, data: Json) -> Json:
        self._handler.calibrate(clear=bool(optional(data, "clear", boolean)))
        return {}

    def _select_camera(self, data: Json) -> Json:
        """Only what the handler lists: a peer of this port must not open files or addresses on this machine."""
        source = field(data, "source", text)
        if source not in {camera.source for camera in self._handler.cameras()}:
            raise UsageError("no such camera: ask for 'cameras'")
        self._handler.select_camera(source)
        return {}

    def _start_recording(self, data: Json) -> Json:
        return {"file": self._handler.start_recording(check_recording_name(field(data, "name", text)))}
