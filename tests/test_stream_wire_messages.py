"""Status messages, control requests, clocks, layouts: round trips, hostile input, and what each promises."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_wire import LAYOUT, TINY, tiny_vector

from facelive.errors import PortError, ProtocolError, SchemaError, UsageError
from facelive.rig.default_schema import default_schema
from facelive.rig.schema import Schema
from facelive.stream.clock import ClockSync, Ping, clock_id
from facelive.stream.control import FilterChange, FilterSettings, Smoothing, check_recording_name
from facelive.stream.control_codec import (
    Reply,
    cameras_from_json,
    decode_reply,
    decode_request,
    encode_reply,
    encode_request,
    filter_change_from_json,
    filter_settings_from_json,
    filters_to_json,
    hello_from_json,
    ping_from_json,
)  # fmt: skip
from facelive.stream.endpoints import Endpoints, is_loopback
from facelive.stream.frame import Face
from facelive.stream.layout import Layout
from facelive.stream.messages import (
    AVATAR_MAGIC,
    ENVELOPE,
    Envelope,
    avatar_from_json,
    avatar_to_json,
    event_from_json,
    event_to_json,
    schema_from_json,
    seal,
    state_from_json,
    state_to_json,
    unseal,
)  # fmt: skip
from facelive.stream.rotation import angles, quaternion
from facelive.stream.state import Avatar, Event, StreamState

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
READERS: list[Callable[[dict[str, Any]], object]] = [
    avatar_from_json, event_from_json, state_from_json, hello_from_json, filter_change_from_json,
    filter_settings_from_json, cameras_from_json, lambda data: ping_from_json(data, 1),
    lambda data: schema_from_json(data, 1),
]  # fmt: skip
ENVELOPE_OF = Envelope(magic=AVATAR_MAGIC, schema_hash=2**64 - 1, stream_id=3, sequence=4, sent_ns=-5, clock_id=6)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=50))
def test_avatar_round_trip(face_id: int, values: list[float]) -> None:
    avatar = Avatar(face_id=face_id, revision=7, values=np.array(values, np.float32), locked=True, confidence=0.5)
    envelope, payload = unseal(seal(ENVELOPE_OF, avatar_to_json(avatar)))
    assert envelope == ENVELOPE_OF
    assert avatar_from_json(payload) == avatar


def test_event_and_state_round_trip() -> None:
    event = Event(kind="lost", face_id=None, text="weg, ‘leider’", at_ns=12)
    assert event_from_json(event_to_json(event)) == event
    state = StreamState(phase="tracked", faces=(1, 2), stage_ms={"encode": 5.0}, fps=29.9, notice="ok")
    assert state_from_json(json.loads(json.dumps(state_to_json(state)))) == state
    # A figure that cannot be is no reason to lose the heartbeat.
    assert state_to_json(replace(state, fps=float("nan")))["fps"] == 0.0


def test_an_avatar_that_is_not_finite_is_not_sent() -> None:
    with pytest.raises(SchemaError):
        avatar_to_json(Avatar(face_id=1, revision=1, values=np.array([np.nan], np.float32)))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_raise_nothing_else(message: bytes) -> None:
    for read in (unseal, decode_request, decode_reply):
        with pytest.raises(ProtocolError):
            read(message)
    with pytest.raises(ProtocolError):
        unseal(AVATAR_MAGIC + b"\x01\x00" + message)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(max_size=12), JSON, max_size=6))
def test_any_json_raises_nothing_else(data: dict[str, Any]) -> None:
    for read in READERS:
        try:
            read(data)
        except ProtocolError:
            continue


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_a_wrong_field_raises_nothing_else(data: st.DataObject) -> None:
    good: list[tuple[Callable[[dict[str, Any]], object], dict[str, Any]]] = [
        (avatar_from_json, avatar_to_json(LAYOUT.avatar(tiny_vector(), face_id=1, revision=1))),
        (state_from_json, state_to_json(StreamState(stage_ms={"a": 1.0}, faces=(1,)))),
        (event_from_json, event_to_json(Event(kind="found"))),
        (lambda row: schema_from_json(row, TINY.hash), TINY.to_json()),
    ]
    read, payload = data.draw(st.sampled_from(good))
    changed = {**payload, data.draw(st.sampled_from(sorted(payload))): data.draw(JSON)}
    with contextlib.suppress(ProtocolError):
        read(changed)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 10_000, b'{"a": NaN}', b"\xff\xfe", b""])
def test_pathological_json(text: bytes) -> None:
    head = ENVELOPE.pack(AVATAR_MAGIC, 1, 0, ENVELOPE.size, 0, 0, 0, 0, 0, len(text), 0)
    for read, message in ((unseal, head + text), (decode_request, text[:60_000]), (decode_reply, text)):
        with pytest.raises(ProtocolError):
            read(message)


def test_a_payload_longer_than_its_message_is_refused() -> None:
    message = bytearray(seal(ENVELOPE_OF, {"a": 1}))
    message[48:52] = (2**32 - 1).to_bytes(4, "little")
    with pytest.raises(ProtocolError):
        unseal(bytes(message))


def test_another_major_version_is_refused_and_says_what_to_do() -> None:
    message = bytearray(seal(ENVELOPE_OF, {"a": 1}))
    message[4] = 2
    with pytest.raises(ProtocolError, match="update the older side"):
        unseal(bytes(message))
    with pytest.raises(ProtocolError, match="update the older side"):
        decode_request(b'{"major":2,"id":1,"command":"hello"}')


def test_schema_travels_and_is_checked_against_its_hash() -> None:
    for schema in (TINY, default_schema()):
        data = json.loads(json.dumps(schema.to_json()))
        assert schema_from_json(data, schema.hash) == schema
        with pytest.raises(ProtocolError):
            schema_from_json(data, schema.hash ^ 1)
    for hostile in (None, [], {"parameters": [[]]}, {**TINY.to_json(), "parameters": [{"name": [], "group": "pose"}]}):
        with pytest.raises(ProtocolError):
            schema_from_json(hostile, 0)


def test_requests_and_replies() -> None:
    request = decode_request(encode_request(9, "calibrate", {"clear": True}))
    assert (request.id, request.command, request.fields["clear"]) == (9, "calibrate", True)
    for reply in (Reply(id=9, ok=True, result={"a": [1]}), Reply(id=9, ok=False, result={}, error="no")):
        assert decode_reply(encode_reply(reply)) == reply
    smoothing = (Smoothing(group="mouth", min_cutoff_hz=2.0, beta=0.0),)
    change = FilterChange(mirror=True, smoothing=smoothing)
    assert "enabled" not in filters_to_json(change)
    assert filter_change_from_json(filters_to_json(change)) == change
    settings_now = FilterSettings(enabled=True, mirror=False, link_blinks=True, smoothing=smoothing)
    assert filter_settings_from_json(filters_to_json(settings_now)) == settings_now
    with pytest.raises(ProtocolError):
        filter_change_from_json({"smoothing": [{"group": "mouth", "min_cutoff_hz": 0, "beta": 1}]})


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/b", "", ".hidden", "a" * 81, "a\0b", "a\nb"])
def test_a_recording_cannot_be_sent_elsewhere(name: str) -> None:
    with pytest.raises(UsageError):
        check_recording_name(name)
    assert check_recording_name("take-1.flrec") == "take-1.flrec"


@settings(deadline=None, max_examples=50)
@given(st.integers(-(10**15), 10**15), st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), min_size=1))
def test_the_clock_is_right_within_half_the_smallest_round_trip(offset: int, ways: list[tuple[int, int]]) -> None:
    sync = ClockSync()
    now = 10**12
    for there, back in ways:
        received = now + there + offset
        assert sync.add(
            Ping(sent_ns=now, received_ns=received, replied_ns=received + 500, returned_ns=now + there + back + 500)
        )
        now += 10**8
    assert sync.round_trip_ns is not None
    assert sync.offset_ns is not None
    recent = ways[-min(len(ways), 128) :]
    assert sync.round_trip_ns <= min(there + back for there, back in recent)
    assert abs(sync.offset_ns - offset) <= sync.round_trip_ns / 2 + 1


def test_impossible_pings_are_ignored_and_old_ones_forgotten() -> None:
    sync = ClockSync(window_s=1.0)
    assert not sync.add(Ping(sent_ns=10, received_ns=0, replied_ns=100, returned_ns=20))
    assert not sync.add(Ping(sent_ns=20, received_ns=0, replied_ns=0, returned_ns=10))
    assert sync.offset_ns is None
    sync.add(Ping(sent_ns=0, received_ns=1_000, replied_ns=1_000, returned_ns=10))
    later = 5 * 10**9
    sync.add(Ping(sent_ns=later, received_ns=later + 9_000, replied_ns=later + 9_000, returned_ns=later + 1_000))
    assert sync.count == 1
    assert sync.round_trip_ns == 1_000
    assert clock_id() == clock_id() != 0


@settings(deadline=None)
@given(st.floats(-3.1, 3.1), st.floats(-1.55, 1.55), st.floats(-3.1, 3.1))
def test_angles_survive_the_quaternion(yaw: float, pitch: float, roll: float) -> None:
    rotation = quaternion(yaw, pitch, roll)
    assert sum(v * v for v in rotation) == pytest.approx(1.0)
    assert rotation[3] >= 0
    assert angles(rotation) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_axes_of_the_quaternion_are_those_of_the_architecture() -> None:
    """Positive yaw turns +z (out of the face) towards +x; positive pitch looks down; roll moves +x up."""

    def turned(rotation: tuple[float, float, float, float], v: tuple[float, float, float]) -> np.ndarray[Any, Any]:
        q, w = np.array(rotation[:3]), rotation[3]
        return np.array(v) + 2 * np.cross(q, np.cross(q, v) + w * np.array(v))

    assert turned(quaternion(0.3, 0, 0), (0, 0, 1))[0] > 0.2
    assert turned(quaternion(0, 0.3, 0), (0, 0, 1))[1] < -0.2
    assert turned(quaternion(0, 0, 0.3), (1, 0, 0))[1] > 0.2


@pytest.mark.parametrize("schema", [TINY, default_schema()], ids=["tiny", "default"])
def test_layout_takes_a_vector_apart_and_together_again(schema: Schema) -> None:
    layout = Layout(schema)
    rng = np.random.default_rng(3)
    params = schema.clip(rng.uniform(0.0, 1.0, len(schema)).astype(np.float32))
    face = layout.face(params, face_id=1)
    avatar = layout.avatar(params, face_id=1, revision=1)
    assert layout.parameters(face, avatar) == pytest.approx(params, abs=1e-6)
    assert layout.parameters() == pytest.approx(schema.neutral())
    assert list(layout.avatar_values(avatar)) == list(layout.avatar_names)
    assert face.expression[layout.expression_names[0]] == params[schema.indices("expression")[0]]
    with pytest.raises(SchemaError):
        layout.parameters(Face(face_id=1, weights=np.zeros(1000, np.float32)))


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("tcp://127.0.0.1:5000", True), ("tcp://localhost:5000", True), ("tcp://[::1]:5000", True),
        ("ipc:///tmp/x", True), ("tcp://0.0.0.0:5000", False), ("tcp://*:5000", False), ("tcp://10.0.0.2:5000", False),
        ("tcp://eth0:5000", False),
    ],
)  # fmt: skip
def test_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback
    assert Endpoints.at(address).loopback is loopback


@pytest.mark.parametrize(
    "address", ["", "tcp://", "tcp://a", "tcp://a:0", "tcp://a:65534", "udp://a:1", "a:1", "ipc://"]
)
def test_no_address(address: str) -> None:
    with pytest.raises(PortError, match="tcp://host:port"):
        Endpoints.at(address)
