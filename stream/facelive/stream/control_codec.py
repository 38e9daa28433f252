"""Requests and replies of the control port: JSON objects of one part. See docs/wire.md.

request: {"major", "id", "command", ...fields}; reply: {"major", "minor", "id", "ok": true, "result": {...}} or
{"major", "minor", "id", "ok": false, "error": "a line"}. Numbers of 64 bits that name something (schema hash, stream
id, clock id) are 16 hexadecimal digits in JSON, because many JSON readers lose integers beyond 2**53.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from facelive.errors import ProtocolError
from facelive.stream.clock import Ping
from facelive.stream.control import Camera, FilterChange, FilterSettings, Smoothing
from facelive.stream.json_fields import (
    Json,
    boolean,
    dump_json,
    field,
    from_hex64,
    hex64,
    integer,
    mapping,
    number,
    optional,
    parse_json,
    rows,
    text,
    u32,
)  # fmt: skip
from facelive.stream.packet import MAJOR, MINOR

MAXIMUM_REQUEST = 1 << 16
COMMANDS = (
    "hello", "ping", "schema", "state", "avatars", "calibrate", "filters", "cameras", "select_camera",
    "start_recording", "stop_recording",
)  # fmt: skip
_MAXIMUM_GROUPS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A question, as it arrived."""

    id: int
    command: str
    fields: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer: a result, or a line that says why not."""

    id: int
    ok: bool
    result: Json
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hello:
    """Who answers on a control port."""

    major: int
    minor: int
    software: str
    schema_hash: int
    schema_name: str
    stream_id: int
    clock_id: int
    commands: tuple[str, ...]


def encode_request(request_id: int, command: str, fields: Json) -> bytes:
    """The message of a request."""
    return dump_json({"major": MAJOR, "minor": MINOR, "id": request_id, "command": command, **fields})


def decode_request(message: bytes) -> Request:
    """Raises ProtocolError on anything that is not a request of this major version."""
    if len(message) > MAXIMUM_REQUEST:
        raise ProtocolError("the request is too long")
    data = parse_json(message)
    _check_major(data)
    return Request(id=field(data, "id", u32), command=field(data, "command", text), fields=data)


def encode_reply(reply: Reply) -> bytes:
    """The message of a reply."""
    head: Json = {"major": MAJOR, "minor": MINOR, "id": reply.id, "ok": reply.ok}
    return dump_json({**head, "result": reply.result} if reply.ok else {**head, "error": reply.error})


def decode_reply(message: bytes) -> Reply:
    """Raises ProtocolError on anything that is not a reply of this major version."""
    data = parse_json(message)
    _check_major(data)
    ok = field(data, "ok", boolean)
    return Reply(
        id=field(data, "id", u32),
        ok=ok,
        result=field(data, "result", mapping) if ok else {},
        error="" if ok else field(data, "error", text),
    )


def hello_to_json(hello: Hello) -> Json:
    return {
        "major": hello.major,
        "minor": hello.minor,
        "software": hello.software,
        "schema_hash": hex64(hello.schema_hash),
        "schema_name": hello.schema_name,
        "stream_id": hex64(hello.stream_id),
        "clock_id": hex64(hello.clock_id),
        "commands": list(hello.commands),
    }


def hello_from_json(data: Json) -> Hello:
    """Raises ProtocolError."""
    return Hello(
        major=field(data, "major", u32),
        minor=field(data, "minor", u32),
        software=field(data, "software", text),
        schema_hash=field(data, "schema_hash", from_hex64),
        schema_name=field(data, "schema_name", text),
        stream_id=field(data, "stream_id", from_hex64),
        clock_id=field(data, "clock_id", from_hex64),
        commands=tuple(text(command, "commands") for command in field(data, "commands", rows)),
    )


def ping_from_json(data: Json, returned_ns: int) -> Ping:
    """Raises ProtocolError."""
    return Ping(
        sent_ns=field(data, "sent_ns", integer),
        received_ns=field(data, "received_ns", integer),
        replied_ns=field(data, "replied_ns", integer),
        returned_ns=returned_ns,
    )


def filters_to_json(settings: FilterSettings | FilterChange) -> Json:
    """What is None is left out."""
    data = dataclasses.asdict(settings)
    data["smoothing"] = [dataclasses.asdict(smoothing) for smoothing in settings.smoothing]
    return {name: value for name, value in data.items() if value is not None}


def filter_change_from_json(data: Json) -> FilterChange:
    """Raises ProtocolError."""
    return FilterChange(
        enabled=optional(data, "enabled", boolean),
        mirror=optional(data, "mirror", boolean),
        link_blinks=optional(data, "link_blinks", boolean),
        smoothing=_smoothing(data.get("smoothing", [])),
    )


def filter_settings_from_json(data: Json) -> FilterSettings:
    """Raises ProtocolError."""
    return FilterSettings(
        enabled=field(data, "enabled", boolean),
        mirror=field(data, "mirror", boolean),
        link_blinks=field(data, "link_blinks", boolean),
        smoothing=_smoothing(field(data, "smoothing", rows)),
    )


def cameras_to_json(cameras: tuple[Camera, ...]) -> Json:
    return {"cameras": [dataclasses.asdict(camera) for camera in cameras]}


def cameras_from_json(data: Json) -> tuple[Camera, ...]:
    """Raises ProtocolError."""
    return tuple(
        Camera(
            source=field(row, "source", text),
            name=field(row, "name", text),
            width=field(row, "width", u32),
            height=field(row, "height", u32),
            fps=field(row, "fps", number),
            selected=field(row, "selected", boolean),
        )
        for row in (mapping(row, "a camera") for row in field(data, "cameras", rows))
    )


def _smoothing(value: Any) -> tuple[Smoothing, ...]:
    entries = rows(value, "smoothing")
    if len(entries) > _MAXIMUM_GROUPS:
        raise ProtocolError("too many groups")
    found: list[Smoothing] = []
    for row in (mapping(entry, "a group") for entry in entries):
        cutoff, beta = field(row, "min_cutoff_hz", number), field(row, "beta", number)
        if cutoff <= 0 or beta < 0:
            raise ProtocolError("'min_cutoff_hz' must be above 0 and 'beta' at least 0")
        found.append(Smoothing(group=field(row, "group", text), min_cutoff_hz=cutoff, beta=beta))
    return tuple(found)


def _check_major(data: Json) -> None:
    major = field(data, "major", integer)
    if major != MAJOR:
        raise ProtocolError(f"version {major} of the wire is not the {MAJOR} read here: update the older side")
