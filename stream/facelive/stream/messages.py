"""The messages that change seldom: schema, avatar, event, heartbeat. A fixed envelope, then JSON. See docs/wire.md."""

from __future__ import annotations

import dataclasses
import math
import struct
from dataclasses import dataclass

import numpy as np

from facelive.errors import ProtocolError, SchemaError
from facelive.rig.schema import Schema
from facelive.stream.json_fields import (
    Json,
    boolean,
    dump_json,
    field,
    floats,
    integer,
    mapping,
    number,
    optional,
    parse_json,
    rows,
    text,
    u32,
)  # fmt: skip
from facelive.stream.packet import MAJOR, MAXIMUM_MESSAGE, MAXIMUM_VALUES, MINOR, check_version
from facelive.stream.state import Avatar, Event, StreamState

SCHEMA_MAGIC = b"FLSC"
AVATAR_MAGIC = b"FLAV"
EVENT_MAGIC = b"FLEV"
STATE_MAGIC = b"FLHB"
MAGICS = (SCHEMA_MAGIC, AVATAR_MAGIC, EVENT_MAGIC, STATE_MAGIC)

# magic, major, minor, header length, schema hash, stream id, sequence, sent, clock id, payload length, reserved
ENVELOPE = struct.Struct("<4sBBHQQQqQII")


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """What every message but the frame begins with."""

    magic: bytes
    schema_hash: int
    stream_id: int
    sequence: int
    """Counts the messages of the status port from 1; 0 on the data port."""
    sent_ns: int
    clock_id: int


def seal(envelope: Envelope, payload: Json) -> bytes:
    """The message of an envelope and its JSON payload."""
    body = dump_json(payload)
    return (
        ENVELOPE.pack(
            envelope.magic, MAJOR, MINOR, ENVELOPE.size, envelope.schema_hash, envelope.stream_id, envelope.sequence,
            envelope.sent_ns, envelope.clock_id, len(body), 0,
        )
        + body
    )  # fmt: skip


def unseal(message: bytes) -> tuple[Envelope, Json]:
    """The inverse of ``seal``. Raises ProtocolError on anything that is not a whole message of this major version."""
    if message[:4] not in MAGICS:
        raise ProtocolError("not a facelive message")
    check_version(message, message[:4])
    if not ENVELOPE.size <= len(message) <= MAXIMUM_MESSAGE:
        raise ProtocolError(f"a message of {len(message)} bytes")
    magic, _, _, header_length, schema_hash, stream_id, sequence, sent_ns, clock_id, length, _ = ENVELOPE.unpack_from(
        message
    )
    if header_length < ENVELOPE.size or header_length + length > len(message):
        raise ProtocolError(f"the message is cut off after {len(message)} bytes")
    envelope = Envelope(
        magic=magic,
        schema_hash=schema_hash,
        stream_id=stream_id,
        sequence=sequence,
        sent_ns=sent_ns,
        clock_id=clock_id,
    )
    return envelope, parse_json(message[header_length : header_length + length])


def avatar_to_json(avatar: Avatar) -> Json:
    """The payload of an avatar."""
    if not np.isfinite(avatar.values).all():
        raise SchemaError(f"the avatar of face {avatar.face_id} has a value that is not finite")
    return {
        "face_id": avatar.face_id,
        "revision": avatar.revision,
        "locked": avatar.locked,
        "confidence": avatar.confidence,
        "values": [float(value) for value in avatar.values],
    }


def avatar_from_json(data: Json) -> Avatar:
    """The avatar of a payload. Raises ProtocolError."""
    values = field(data, "values", floats)
    if len(values) > MAXIMUM_VALUES:
        raise ProtocolError(f"an avatar of {len(values)} values")
    return Avatar(
        face_id=field(data, "face_id", u32),
        revision=field(data, "revision", u32),
        locked=field(data, "locked", boolean),
        confidence=min(max(field(data, "confidence", number), 0.0), 1.0),
        values=values,
    )


def event_to_json(event: Event) -> Json:
    """The payload of an event."""
    return dataclasses.asdict(event)


def event_from_json(data: Json) -> Event:
    """The event of a payload. Raises ProtocolError."""
    return Event(
        kind=field(data, "kind", text),
        face_id=optional(data, "face_id", u32),
        text=field(data, "text", text),
        at_ns=field(data, "at_ns", integer),
    )


def state_to_json(state: StreamState) -> Json:
    """The payload of a heartbeat. Figures that are not finite become 0: a heartbeat never fails."""
    data = dataclasses.asdict(state)
    data["faces"] = [int(face) for face in state.faces]
    data["stage_ms"] = {str(name): _finite(value) for name, value in state.stage_ms.items()}
    for name in ("fps", "cpu_ms_per_frame", "age_ms"):
        data[name] = _finite(data[name])
    return data


def state_from_json(data: Json) -> StreamState:
    """The state of a payload; what a newer publisher adds is ignored. Raises ProtocolError."""
    return StreamState(
        phase=field(data, "phase", text),
        source=field(data, "source", text),
        fps=field(data, "fps", number),
        frames=field(data, "frames", integer),
        dropped=field(data, "dropped", integer),
        packets=field(data, "packets", integer),
        faces=tuple(u32(face, "faces") for face in field(data, "faces", rows)),
        cpu_ms_per_frame=field(data, "cpu_ms_per_frame", number),
        age_ms=field(data, "age_ms", number),
        stage_ms={name: number(value, name) for name, value in field(data, "stage_ms", mapping).items()},
        calibrating=field(data, "calibrating", boolean),
        recording=field(data, "recording", text),
        notice=field(data, "notice", text),
    )


def schema_from_json(data: object, expected_hash: int) -> Schema:
    """A schema from outside, checked against the hash that it was announced with. Raises ProtocolError."""
    try:
        schema = Schema.from_json(data)
        plain = all(
            isinstance(value, str) for p in schema.parameters for value in (p.name, p.unit, p.member_of)
        ) and all(isinstance(v, float | int) for p in schema.parameters for v in (p.minimum, p.maximum, p.neutral))
        if not plain or schema.hash != expected_hash:
            raise ProtocolError("the schema is not the one that its hash announces")
    except (SchemaError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ProtocolError(f"the schema is malformed: {error}") from None
    return schema


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
