"""The frame codec: golden vectors, round trips, and whatever bytes a stranger may send."""

from __future__ import annotations

import dataclasses
import json
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden import make_golden
from hypothesis import given, settings
from hypothesis import strategies as st

from facelive.errors import NoFaceError, ProtocolError, SchemaError
from facelive.stream.frame import Face, FaceFlag, Frame, FrameFlag
from facelive.stream.messages import unseal
from facelive.stream.packet import (
    FACE,
    HEADER,
    MAXIMUM_FACES,
    MAXIMUM_MESSAGE,
    MAXIMUM_VALUES,
    decode_frame,
    encode_frame,
    mark_resent,
    schema_hash_of,
)  # fmt: skip

GOLDEN = Path(__file__).parent / "golden"
ENTRIES: list[dict[str, Any]] = json.loads((GOLDEN / "golden.json").read_text(encoding="utf-8"))
U32 = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**64 - 1)
I64 = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(width=32, allow_nan=False, allow_infinity=False)
STATE = st.sampled_from([FaceFlag.TRACKED, FaceFlag.HELD, FaceFlag.LOST])
EXTRA = st.sampled_from([FaceFlag(0), FaceFlag.CALIBRATING, FaceFlag.REFINED | FaceFlag.LOCKED, FaceFlag.MIRRORED])


def rotations() -> st.SearchStrategy[tuple[float, float, float, float]]:
    """Unit quaternions of float32."""

    def normalised(raw: tuple[float, ...]) -> tuple[float, float, float, float]:
        q = np.array(raw, np.float32) / np.float32(math.sqrt(sum(v * v for v in raw)))
        return (float(q[0]), float(q[1]), float(q[2]), float(q[3]))

    part = st.floats(-1, 1, width=32)
    return st.tuples(part, part, part, part).filter(lambda q: sum(v * v for v in q) > 0.01).map(normalised)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Any frame that the format can hold."""
    count = draw(st.integers(0, 30))
    # As bytes, because hypothesis draws them in one go.
    raw = st.binary(min_size=4 * count, max_size=4 * count)
    faces = [
        Face(
            face_id=draw(U32),
            weights=np.nan_to_num(np.frombuffer(draw(raw), np.float32)),
            flags=draw(STATE) | draw(EXTRA),
            confidence=draw(st.floats(0, 1, width=32)),
            rotation=draw(rotations()),
            translation=draw(st.tuples(FLOAT, FLOAT, FLOAT)),
            gaze=draw(st.tuples(FLOAT, FLOAT, FLOAT, FLOAT)),
            avatar_revision=draw(U32),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    return Frame(
        captured_ns=draw(I64),
        inferred_ns=draw(I64),
        faces=tuple(faces),
        flags=draw(st.sampled_from([FrameFlag(0), FrameFlag.RESENT, FrameFlag.REPLAY | FrameFlag.RESENT])),
        published_ns=draw(I64),
        sequence=draw(U64),
        schema_hash=draw(U64),
        stream_id=draw(U64),
        clock_id=draw(U64),
    )


def plain(frame: Frame) -> dict[str, Any]:
    """A frame as golden.json writes it."""
    return {
        "schema_hash": f"{frame.schema_hash:016x}",
        "stream_id": f"{frame.stream_id:016x}",
        "sequence": frame.sequence,
        "captured_ns": frame.captured_ns,
        "inferred_ns": frame.inferred_ns,
        "published_ns": frame.published_ns,
        "clock_id": f"{frame.clock_id:016x}",
        "flags": int(frame.flags),
        "faces": [
            {
                "face_id": face.face_id,
                "flags": int(face.flags),
                "avatar_revision": face.avatar_revision,
                "confidence": face.confidence,
                "rotation": list(face.rotation),
                "translation": list(face.translation),
                "gaze": list(face.gaze),
                "weights": face.weights.tolist(),
            }
            for face in frame.faces
        ],
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_golden_vectors(entry: dict[str, Any]) -> None:
    message = (GOLDEN / entry["file"]).read_bytes()
    if entry["kind"] == "refused":
        with pytest.raises(ProtocolError):
            decode_frame(message)
    elif entry["kind"] == "frame":
        frame = decode_frame(message)
        assert plain(frame) == entry["values"]
        if "newer" not in entry["file"]:
            assert encode_frame(frame) == message
    else:
        envelope, payload = unseal(message)
        expected = entry["values"]
        assert f"{envelope.schema_hash:016x}" == expected["schema_hash"]
        assert f"{envelope.stream_id:016x}" == expected["stream_id"]
        assert f"{envelope.clock_id:016x}" == expected["clock_id"]
        assert (envelope.sequence, envelope.sent_ns) == (expected["sequence"], expected["sent_ns"])
        assert payload.items() >= expected["payload"].items()


def test_golden_files_are_what_the_script_makes() -> None:
    contents = make_golden.files()
    assert {path.name for path in GOLDEN.iterdir() if path.suffix in (".bin", ".json")} == set(contents)
    for name, content in contents.items():
        assert (GOLDEN / name).read_bytes() == content, f"run tests/golden/make_golden.py: {name} differs"


@settings(deadline=None)
@given(frames())
def test_round_trip(frame: Frame) -> None:
    message = encode_frame(frame)
    assert len(message) == HEADER.size + sum(FACE.size + 4 * face.weights.size for face in frame.faces)
    assert decode_frame(message) == frame
    assert schema_hash_of(message) == frame.schema_hash


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_raise_nothing_else(message: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(message)


@settings(deadline=None, max_examples=150)
@given(frames(), st.data())
def test_mutated_frames_raise_nothing_else(frame: Frame, data: st.DataObject) -> None:
    message = bytearray(encode_frame(frame))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(message) - 1), st.integers(0, 255)), max_size=6)):
        message[at] = value
    cut = data.draw(st.integers(0, len(message)))
    for candidate in (bytes(message), bytes(message[:cut])):
        try:
            decoded = decode_frame(candidate)
        except ProtocolError:
            continue
        # What is accepted is sane: it can be encoded again.
        assert decode_frame(encode_frame(decoded)) == decoded


@settings(deadline=None, max_examples=50)
@given(frames(), st.integers(1, 64))
def test_every_cut_of_the_last_face_is_refused(frame: Frame, lost: int) -> None:
    message = encode_frame(frame)
    with pytest.raises(ProtocolError):
        decode_frame(message[: len(message) - lost])


def test_large_counts_allocate_nothing() -> None:
    message = bytearray(encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=(one_face(3),))))
    message[66:68] = MAXIMUM_FACES.to_bytes(2, "little")
    message[72:74] = MAXIMUM_VALUES.to_bytes(2, "little")
    hostile = bytes(message)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode_frame(hostile)
        assert tracemalloc.get_traced_memory()[1] < 20_000
    finally:
        tracemalloc.stop()


def test_the_largest_frame_fits_the_limit() -> None:
    faces = tuple(one_face(MAXIMUM_VALUES, face_id=i) for i in range(MAXIMUM_FACES))
    message = encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=faces))
    assert len(message) <= MAXIMUM_MESSAGE
    assert len(decode_frame(message).faces) == MAXIMUM_FACES


def one_face(count: int, face_id: int = 1) -> Face:
    return Face(face_id=face_id, weights=np.linspace(0, 1, count, dtype=np.float32))


@pytest.mark.parametrize(
    "change",
    [
        {"weights": np.array([0.1, np.nan], np.float32)},
        {"weights": np.array([0.1, np.inf], np.float32)},
        {"weights": np.array([0.1, 0.2], np.float64)},
        {"confidence": math.nan},
        {"confidence": 1.5},
        {"rotation": (0.0, 0.0, 0.0, 0.5)},
        {"rotation": (math.nan, 0.0, 0.0, 1.0)},
        {"translation": (0.0, math.inf, 0.0)},
        {"translation": (0.0, 1e300, 0.0)},
        {"gaze": (0.0, 0.0, math.nan, 0.0)},
        {"face_id": -1},
        {"face_id": 2**32},
    ],
)
def test_a_publisher_cannot_send_nonsense(change: dict[str, Any]) -> None:
    face = dataclasses.replace(one_face(2), **change)
    with pytest.raises(SchemaError):
        encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=(face,)))


def test_faces_of_one_frame_have_one_length() -> None:
    with pytest.raises(SchemaError):
        encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=(one_face(2), one_face(3))))


def test_names_without_a_dict() -> None:
    message = encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=(one_face(3),)))
    index = {"a": 0, "b": 1, "c": 2}
    expression = decode_frame(message, index).expression
    assert expression["b"] == 0.5
    assert dict(expression) == {"a": 0.0, "b": 0.5, "c": 1.0}
    assert list(expression) == ["a", "b", "c"]
    with pytest.raises(KeyError):
        expression["d"]
    with pytest.raises(ProtocolError):
        decode_frame(message, {"a": 0})
    with pytest.raises(SchemaError):
        _ = decode_frame(message).expression
    with pytest.raises(NoFaceError):
        _ = Frame(captured_ns=0, inferred_ns=0, faces=()).expression


def test_resent_changes_one_bit() -> None:
    message = encode_frame(Frame(captured_ns=5, inferred_ns=6, faces=(one_face(2),), flags=FrameFlag.REPLAY))
    again = mark_resent(message)
    assert decode_frame(again).flags == FrameFlag.REPLAY | FrameFlag.RESENT
    assert sum(a != b for a, b in zip(message, again, strict=True)) == 1


def test_unknown_flags_are_dropped() -> None:
    message = bytearray(encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=(one_face(1),))))
    message[65] |= 0x80
    message[HEADER.size + 7] |= 0x80
    frame = decode_frame(bytes(message))
    assert frame.flags == 0
    assert frame.face.flags == FaceFlag.TRACKED
