"""What the Python decoder makes of a message, in the words of the C# runner's ``decode``."""

from __future__ import annotations

import hashlib

import numpy as np

from facelive.errors import FaceliveError
from facelive.stream.frame import Face, Frame
from facelive.stream.messages import (
    AVATAR_MAGIC,
    EVENT_MAGIC,
    SCHEMA_MAGIC,
    avatar_from_json,
    event_from_json,
    schema_from_json,
    state_from_json,
    unseal,
)  # fmt: skip
from facelive.stream.packet import FRAME_MAGIC, decode_frame


def describe(message: bytes) -> str:
    """One line; ``refused`` if the decoder refuses the message. No other error may escape."""
    try:
        if message[:4] == FRAME_MAGIC:
            return "frame " + describe_frame(decode_frame(message))
        return _describe_envelope(message)
    except FaceliveError:
        return "refused"


def describe_frame(frame: Frame) -> str:
    """Every field; floats by the MD5 of their bits."""
    head = (
        frame.schema_hash, frame.stream_id, frame.sequence, frame.captured_ns, frame.inferred_ns, frame.published_ns,
        frame.clock_id, int(frame.flags), len(frame.faces),
    )  # fmt: skip
    return " ".join([*map(str, head), *map(_describe_face, frame.faces)])


def _describe_face(face: Face) -> str:
    floats = np.array([face.confidence, *face.rotation, *face.translation, *face.gaze, *face.weights], np.float32)
    digest = hashlib.md5(floats.tobytes(), usedforsecurity=False).hexdigest()
    return f"{face.face_id},{int(face.flags)},{face.avatar_revision},{digest},{face.weights.size}"


def _describe_envelope(message: bytes) -> str:
    envelope, payload = unseal(message)
    head = f"{envelope.schema_hash} {envelope.sequence}"
    if envelope.magic == SCHEMA_MAGIC:
        schema = schema_from_json(payload, envelope.schema_hash)
        return f"schema {head} {schema.name} {len(schema)}"
    if envelope.magic == AVATAR_MAGIC:
        avatar = avatar_from_json(payload)
        return f"avatar {head} {avatar.face_id} {avatar.revision} {len(avatar.values)}"
    if envelope.magic == EVENT_MAGIC:
        event = event_from_json(payload)
        return f"event {head} {event.kind} {-1 if event.face_id is None else event.face_id}"
    state = state_from_json(payload)
    return f"state {head} {state.phase} {state.frames}"
