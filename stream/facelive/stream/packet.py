"""The frame message: a little-endian packed struct. docs/wire.md describes every byte.

A fixed header, then one block per face. Header and blocks say how long they are, so that a reader skips what a newer
minor version has appended. Only the first four bytes (the topic) and the version never change.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence

import numpy as np

from facelive.errors import ProtocolError, SchemaError
from facelive.stream.frame import Face, FaceFlag, Frame, FrameFlag, Weights

MAJOR = 1
MINOR = 0
FRAME_MAGIC = b"FLFR"
MAXIMUM_FACES = 32
MAXIMUM_VALUES = 4096
MAXIMUM_MESSAGE = 1 << 20
"""Bytes. No message is longer; sockets drop a peer that sends more."""

# magic, major, minor, header length, schema hash, stream id, sequence, captured, inferred, published, clock id,
# flags, face count, face length, face header length, value count, 6 bytes reserved
HEADER = struct.Struct("<4sBBHQQQqqqQHHHHHHI")
# face id, flags, avatar revision, reserved, confidence, rotation 4, translation 3, gaze 4
FACE = struct.Struct("<IIII12f")
_STATE = int(FaceFlag.TRACKED | FaceFlag.HELD | FaceFlag.LOST)
# All combinations of known bits, made once: enum is slow, and it caches every combination that it has ever seen, which
# a hostile peer could feed for ever. Unknown bits are dropped.
_FRAME_FLAGS = tuple(FrameFlag(bits) for bits in range(sum(FrameFlag) + 1))
_FACE_FLAGS = tuple(FaceFlag(bits) for bits in range(sum(FaceFlag) + 1))
_FRAME_BITS = len(_FRAME_FLAGS) - 1
_FACE_BITS = len(_FACE_FLAGS) - 1
_FLAGS_OFFSET = 64
_UNIT_TOLERANCE = 0.01


def encode_frame(frame: Frame) -> bytes:
    """The message of a frame whose every field is filled. Raises SchemaError as ``pack_frame``."""
    return pack_frame(
        frame,
        schema_hash=frame.schema_hash,
        stream_id=frame.stream_id,
        sequence=frame.sequence,
        published_ns=frame.published_ns,
        clock_id=frame.clock_id,
    )


def pack_frame(
    frame: Frame, *, schema_hash: int, stream_id: int, sequence: int, published_ns: int, clock_id: int
) -> bytes:
    """The message of a frame with the publisher's stamps.

    Raises SchemaError if the faces differ in their number of weights, or a value is not finite or out of the format.
    """
    faces = frame.faces
    count = faces[0].weights.size if faces else 0
    if count > MAXIMUM_VALUES or len(faces) > MAXIMUM_FACES:
        raise SchemaError(f"a frame holds at most {MAXIMUM_FACES} faces of {MAXIMUM_VALUES} values")
    length = FACE.size + 4 * count
    try:
        header = HEADER.pack(
            FRAME_MAGIC, MAJOR, MINOR, HEADER.size, schema_hash, stream_id, sequence, frame.captured_ns,
            frame.inferred_ns, published_ns, clock_id, frame.flags, len(faces), length, FACE.size, count, 0, 0,
        )  # fmt: skip
        parts = [header]
        for face in faces:
            _pack_face(face, count, parts)
    except (struct.error, OverflowError) as error:
        raise SchemaError(f"a field of the frame does not fit the format: {error}") from error
    return b"".join(parts)


def _pack_face(face: Face, count: int, parts: list[bytes]) -> None:
    weights = face.weights
    if weights.dtype != np.float32 or weights.shape != (count,):
        raise SchemaError(f"all faces of a frame need ({count},) float32 weights, face {face.face_id} has others")
    block = FACE.pack(
        face.face_id, face.flags, face.avatar_revision, 0, face.confidence, *face.rotation, *face.translation,
        *face.gaze,
    )  # fmt: skip
    problem = _problem(face.confidence, face.rotation, (*face.translation, *face.gaze))
    if problem or not _finite(weights):
        raise SchemaError(f"face {face.face_id}: {problem or 'a weight is not a finite number'}")
    parts.append(block)
    parts.append(weights.tobytes())


def _problem(confidence: float, rotation: Sequence[float], rest: Sequence[float]) -> str:
    """What is wrong with a face's fixed numbers; empty if nothing is. Comparisons are false for NaN."""
    if not 0.0 <= confidence <= 1.0:
        return "confidence is not in 0 .. 1"
    x, y, z, w = rotation
    if not abs(x * x + y * y + z * z + w * w - 1.0) <= _UNIT_TOLERANCE:
        return "rotation is no unit quaternion"
    if not math.isfinite(sum(rest)):
        return "translation or gaze is not finite"
    return ""


def _finite(weights: Weights) -> bool:
    """A sum in double precision is finite exactly if every float32 is: for some 50 values quicker than np.isfinite."""
    return math.isfinite(sum(weights.tolist()))


def schema_hash_of(message: bytes) -> int:
    """Which schema a frame message speaks of. Raises ProtocolError if it is too short for that."""
    if len(message) < HEADER.size:
        raise ProtocolError(f"a frame has at least {HEADER.size} bytes, got {len(message)}")
    return int.from_bytes(message[8:16], "little")


def decode_frame(message: bytes, index: Mapping[str, int] | None = None) -> Frame:
    """The frame of a message. The weights are read-only views of it.

    index: name -> position of the expression of its schema; a face with another number of weights is refused then.
    Raises ProtocolError on anything that is not a whole, sane frame of this major version. Allocates no more than the
    message holds.
    """
    if len(message) < HEADER.size:
        check_version(message, FRAME_MAGIC)
        raise ProtocolError(f"a frame has at least {HEADER.size} bytes, got {len(message)}")
    (
        magic, major, _, header_length, schema_hash, stream_id, sequence, captured_ns, inferred_ns, published_ns,
        clock_id, flags, face_count, face_length, face_header_length, value_count, _, _,
    ) = HEADER.unpack_from(message)  # fmt: skip
    if magic != FRAME_MAGIC or major != MAJOR:
        check_version(message, FRAME_MAGIC)
    if not HEADER.size <= header_length <= len(message) <= MAXIMUM_MESSAGE:
        raise ProtocolError(f"a frame with a header of {header_length} in {len(message)} bytes")
    if face_count:
        if face_count > MAXIMUM_FACES or value_count > MAXIMUM_VALUES:
            raise ProtocolError(f"{face_count} faces of {value_count} values are more than a frame may hold")
        if index is not None and value_count != len(index):
            raise ProtocolError(f"a face of {value_count} values where the schema has {len(index)}")
        if face_header_length < FACE.size or face_length < face_header_length + 4 * value_count:
            raise ProtocolError(f"a face of {face_length} bytes cannot hold {value_count} values")
        if header_length + face_count * face_length > len(message):
            raise ProtocolError(f"the frame is cut off after {len(message)} bytes")
    faces = tuple(
        _unpack_face(message, header_length + i * face_length, face_header_length, value_count, index)
        for i in range(face_count)
    )
    return Frame(
        captured_ns=captured_ns,
        inferred_ns=inferred_ns,
        faces=faces,
        flags=_FRAME_FLAGS[flags & _FRAME_BITS],
        published_ns=published_ns,
        sequence=sequence,
        schema_hash=schema_hash,
        stream_id=stream_id,
        clock_id=clock_id,
    )


def _unpack_face(message: bytes, start: int, header_length: int, count: int, index: Mapping[str, int] | None) -> Face:
    face_id, flags, revision, _, confidence, *floats = FACE.unpack_from(message, start)
    weights = np.frombuffer(message, "<f4", count, start + header_length)
    state = flags & _STATE
    problem = _problem(confidence, floats[0:4], floats[4:])
    if problem or state & (state - 1) or not state:
        raise ProtocolError(f"face {face_id}: {problem or 'is not one of tracked, held and lost'}")
    if not _finite(weights):
        raise ProtocolError(f"face {face_id}: a weight is not a finite number")
    return Face(
        face_id=face_id,
        weights=weights,
        flags=_FACE_FLAGS[flags & _FACE_BITS],
        confidence=confidence,
        rotation=(floats[0], floats[1], floats[2], floats[3]),
        translation=(floats[4], floats[5], floats[6]),
        gaze=(floats[7], floats[8], floats[9], floats[10]),
        avatar_revision=revision,
        index=index,
    )


def mark_resent(message: bytes) -> bytes:
    """The same frame message with the flag RESENT."""
    changed = bytearray(message)
    changed[_FLAGS_OFFSET] |= FrameFlag.RESENT
    return bytes(changed)


def check_version(message: bytes, magic: bytes) -> None:
    """Raises ProtocolError unless the message starts with this topic and our major version."""
    if message[:4] != magic:
        raise ProtocolError(f"not a {magic.decode()} message")
    if len(message) < 5 or message[4] != MAJOR:
        theirs = message[4] if len(message) > 4 else "?"
        raise ProtocolError(f"version {theirs} of the wire is not the {MAJOR} read here: update the older side")
