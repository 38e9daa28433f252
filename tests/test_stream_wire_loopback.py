"""Publisher, receiver and control over real sockets on loopback."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from conftest import source_environment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stream_wire import LAYOUT, TINY, free_endpoints, tiny_frame, tiny_vector, wait_until

from facelive.errors import PortError, ProtocolError, SourceError, UsageError
from facelive.stream import clock, side_channel
from facelive.stream import receiver as receiver_module
from facelive.stream.control import Camera, FilterChange, FilterSettings, NoControl, Smoothing
from facelive.stream.control_client import ControlClient
from facelive.stream.endpoints import Endpoints
from facelive.stream.frame import Frame, FrameFlag
from facelive.stream.packet import FRAME_MAGIC, encode_frame
from facelive.stream.publisher import Publisher, PublisherConfig
from facelive.stream.receiver import Receiver
from facelive.stream.state import Event, StreamState


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert wait_until(lambda: set(threading.enumerate()) <= before), threading.enumerate()


@pytest.fixture
def endpoints() -> Endpoints:
    return free_endpoints()


@pytest.fixture
def publisher(endpoints: Endpoints) -> Iterator[Publisher]:
    with Publisher(TINY, PublisherConfig(heartbeat_s=0.1), endpoints=endpoints) as opened:
        yield opened


@pytest.fixture
def receiver(endpoints: Endpoints) -> Iterator[Receiver]:
    with Receiver(endpoints=endpoints, timeout_ms=20_000) as opened:
        yield opened


def test_frames_arrive_with_their_names_and_their_age(publisher: Publisher, receiver: Receiver) -> None:
    assert wait_until(lambda: receiver.read_next(20) is None and publisher.subscribers == 1)
    publisher.send(tiny_frame(0.75, faces=2))
    frame = next(iter(receiver))
    assert frame.expression["mouthOpen"] == 0.75
    assert [face.face_id for face in frame.faces] == [1, 2]
    assert frame.sequence == 1
    assert frame.stream_id == publisher.stream_id
    assert frame.transport_ms is not None
    assert frame.age_ms is not None
    assert 0 < frame.transport_ms < 10_000
    assert frame.age_ms >= frame.transport_ms + 2.0
    assert receiver.schema == TINY


def test_a_latecomer_gets_schema_avatar_and_the_last_frame(publisher: Publisher, endpoints: Endpoints) -> None:
    publisher.send_avatar(LAYOUT.avatar(tiny_vector(size=0.875), face_id=1, revision=1))
    publisher.send(tiny_frame(0.25))
    publisher.set_state(StreamState(phase="tracked", faces=(1,)))
    # Nothing is sent from here on: the stream stands still.
    for _ in range(2):
        with Receiver(endpoints=endpoints) as receiver:
            frame = receiver.read_next(20_000)
            assert frame is not None
            assert frame.flags & FrameFlag.RESENT
            assert frame.age_ms is None
            assert wait_until(lambda: receiver.read_next(10) is None and receiver.avatar(1) is not None)
            assert LAYOUT.schema.to_dict(receiver.parameters(frame))["size"] == 0.875
            assert receiver.state is not None
            assert (receiver.state.phase, receiver.state.packets) == ("tracked", 1)


def test_a_slow_reader_gets_the_newest_frame(publisher: Publisher, receiver: Receiver) -> None:
    assert wait_until(lambda: receiver.read_next(20) is None and publisher.subscribers == 1)
    for i in range(100):
        publisher.send(tiny_frame(i / 100))
        time.sleep(0.001)
    time.sleep(0.1)
    newest = receiver.read_next(20_000)
    assert newest is not None
    assert newest.sequence >= 99
    counts = receiver.counts
    assert counts.frames == 1
    publisher.send(tiny_frame())
    assert (last := receiver.read_next(20_000)) is not None
    assert receiver.counts.missed == last.sequence - newest.sequence - 1


def test_every_frame_when_asked_for(publisher: Publisher, endpoints: Endpoints) -> None:
    with Receiver(endpoints=endpoints, latest=False) as receiver:
        assert wait_until(lambda: receiver.read_next(20) is None and publisher.subscribers == 1)
        for _ in range(50):
            publisher.send(tiny_frame())
            time.sleep(0.002)
        got = [frame.sequence for _ in range(50) if (frame := receiver.read_next(20_000)) is not None]
    assert got == list(range(1, 51))


def test_read_latest_does_not_wait(publisher: Publisher, receiver: Receiver) -> None:
    started = time.monotonic()
    assert receiver.read_latest() is None
    assert time.monotonic() - started < 1.0
    publisher.send(tiny_frame(0.5))
    assert wait_until(lambda: receiver.read_latest() is not None)
    assert receiver.read_latest() is receiver.read_latest()
    assert receiver.read_latest(max_age_ms=0.0) is None


def test_iteration_ends_after_the_timeout_or_when_stopped(publisher: Publisher, endpoints: Endpoints) -> None:
    with Receiver(endpoints=endpoints, timeout_ms=50) as receiver:
        assert list(receiver) == []
    with Receiver(endpoints=endpoints) as receiver:
        timer = threading.Timer(0.1, receiver.stop)
        timer.start()
        started = time.monotonic()
        assert list(receiver) == []
        assert time.monotonic() - started < 5.0
        timer.join()


def test_a_restarted_publisher_is_seen_again(endpoints: Endpoints, receiver: Receiver) -> None:
    for round_ in (1, 2):
        with Publisher(TINY, endpoints=endpoints) as publisher:
            publisher.send_avatar(LAYOUT.avatar(tiny_vector(size=round_ / 4), face_id=1, revision=1))
            publisher.send(tiny_frame(round_ / 4))
            frame = receiver.read_next(20_000)
            assert frame is not None
            assert frame.expression["mouthOpen"] == round_ / 4
            assert wait_until(lambda: receiver.read_next(10) is None and receiver.avatar(1) is not None)
            avatar = receiver.avatar(1)
            assert avatar is not None
            assert LAYOUT.avatar_values(avatar)["size"] == round_ / 4
    assert receiver.counts.streams == 2


def test_events_and_heartbeats_arrive_once(publisher: Publisher, receiver: Receiver) -> None:
    assert wait_until(lambda: receiver.read_next(20) is None and receiver.state is not None)
    for i in range(20):
        publisher.send_event(Event(kind="lost" if i % 2 else "found", face_id=i))
    events: list[Event] = []
    assert wait_until(lambda: receiver.read_next(10) is None and len(events.__iadd__(receiver.take_events())) >= 20)
    assert [event.face_id for event in events] == list(range(20))
    assert all(event.at_ns > 0 for event in events)


def test_hostile_messages_are_skipped_and_counted(
    endpoints: Endpoints, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_module, "SILENT_NS", 300_000_000)
    good = encode_frame(Frame(captured_ns=1, inferred_ns=2, faces=tiny_frame(0.5).faces, schema_hash=TINY.hash))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    data, status = context.socket(zmq.PUB), context.socket(zmq.PUB)
    data.bind(endpoints.data)
    status.bind(endpoints.status)
    with Publisher(TINY, endpoints=free_endpoints()) as other:
        schema_message = other._schema_message
    noise = random.Random(1).randbytes
    hostile = [FRAME_MAGIC, FRAME_MAGIC + b"\x01", FRAME_MAGIC + noise(200), good[:-1], good + b"\0" * (2 << 20)]
    try:

        def harass() -> bool:
            for message in [*hostile[:4], *(noise(n) for n in range(5))]:
                data.send(message)
                status.send(message)
                assert receiver.read_next(5) is None
            return receiver.counts.rejected >= 8

        assert wait_until(harass)
        # A message above the limit costs its sender the connection, for good as far as libzmq is concerned; the
        # receiver connects again when it has heard nothing for a while.
        data.send(hostile[4])

        def come_through() -> bool:
            data.send(good)
            status.send(schema_message)
            frame = receiver.read_next(20)
            return frame is not None and frame.expression["mouthOpen"] == 0.5

        assert wait_until(come_through)
    finally:
        context.destroy(0)


def test_a_schema_that_is_not_announced_is_asked_for(
    publisher: Publisher, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The status port is silent (behind a firewall, say): the control port answers.
    monkeypatch.setattr(side_channel.SideChannel, "_take_status", lambda *_: None)
    publisher.send(tiny_frame(0.5))
    with Receiver(endpoints=endpoints) as receiver:
        frame = receiver.read_next(20_000)
        assert frame is not None
        assert frame.expression["mouthOpen"] == 0.5


def test_another_clock_is_compared_by_ping(
    publisher: Publisher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.clock_id ^= 1  # as if it ran on another machine, whose clock happens to agree
    age: float | None = None

    def aged() -> bool:
        nonlocal age
        publisher.send(tiny_frame())
        frame = receiver.read_next(20)
        age = frame.age_ms if frame is not None else None
        return age is not None

    assert wait_until(aged)
    assert receiver.round_trip_ms is not None
    assert age is not None
    assert abs(age - 2.0) < receiver.round_trip_ms / 2 + 5000


class Steered(NoControl):
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []

    def calibrate(self, *, clear: bool = False) -> None:
        self.asked.append(("calibrate", clear))

    def change_filters(self, change: FilterChange) -> FilterSettings:
        self.asked.append(change)
        return FilterSettings(enabled=True, mirror=bool(change.mirror), link_blinks=False, smoothing=change.smoothing)

    def cameras(self) -> tuple[Camera, ...]:
        return (Camera(source="0", name="Kamera é", width=640, height=480, fps=30.0, selected=True),)

    def select_camera(self, source: str) -> None:
        self.asked.append(source)

    def start_recording(self, name: str) -> str:
        self.asked.append(name)
        return f"{name}.flrec"

    def stop_recording(self) -> str:
        raise RuntimeError("a bug of the pipeline")


def test_a_stream_is_steered(endpoints: Endpoints, caplog: pytest.LogCaptureFixture) -> None:
    handler = Steered()
    with (
        Publisher(TINY, endpoints=endpoints, handler=handler) as publisher,
        ControlClient(endpoints=endpoints, timeout_ms=20_000) as client,
    ):
        hello = client.hello()
        assert (hello.major, hello.schema_hash, hello.stream_id) == (1, TINY.hash, publisher.stream_id)
        assert client.schema() == TINY
        publisher.send_avatar(LAYOUT.avatar(tiny_vector(), face_id=5, revision=1))
        assert [avatar.face_id for avatar in client.avatars()] == [5]
        assert client.state().packets == 0
        client.calibrate(clear=True)
        change = FilterChange(mirror=True, smoothing=(Smoothing(group="mouth", min_cutoff_hz=1.0, beta=2.0),))
        assert client.filters(change).smoothing == change.smoothing
        assert client.cameras()[0].name == "Kamera é"
        client.select_camera("0")
        assert client.start_recording("take-1") == "take-1.flrec"
        assert handler.asked == [("calibrate", True), change, "0", "take-1"]
        with pytest.raises(UsageError, match="no such camera"):
            client.select_camera("/etc/passwd")
        with pytest.raises(UsageError, match="no name for a recording"):
            client.start_recording("../../x")
        with caplog.at_level(logging.CRITICAL), pytest.raises(UsageError, match="internal error"):
            client.stop_recording()
        sync = client.synchronise(4)
        assert sync.offset_ns is not None
        assert sync.round_trip_ns is not None
        assert abs(sync.offset_ns) <= sync.round_trip_ns
        assert handler.asked[-1] == "take-1"


def test_nobody_answers(endpoints: Endpoints) -> None:
    with ControlClient(endpoints=endpoints, timeout_ms=50) as client, pytest.raises(SourceError, match="facelive live"):
        client.hello()
    with Receiver(endpoints=endpoints) as receiver, pytest.raises(SourceError, match="facelive live"):
        receiver.wait_for_schema(50)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=120), min_size=1, max_size=5))
def test_hostile_control_input(publisher: Publisher, endpoints: Endpoints, parts: list[bytes]) -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(endpoints.control)
        socket.send_multipart(parts)
        socket.send(b'{"major":1,"id":77,"command":"hello"}')
        answers = []
        while not answers or answers[-1]["id"] != 77:
            assert socket.poll(20_000), "the control port no longer answers"
            answers.append(json.loads(socket.recv_multipart()[-1]))
        assert answers[-1]["ok"]
        assert len(answers) <= 2


@pytest.mark.parametrize(
    "request_",
    [
        b'{"major":1,"id":1,"command":"ping","sent_ns":1e400}', b'{"major":1,"id":1,"command":"ping"}',
        b'{"major":1,"id":-1,"command":"hello"}', b'{"major":1,"id":1,"command":["hello"]}',
        b'{"major":1,"id":1,"command":"filters","smoothing":[[]]}', b'{"major":1,"id":1,"command":"start_recording"}',
        b'{"major":1,"id":1,"command":"calibrate","clear":"yes"}', b'{"major":2,"id":1,"command":"hello"}',
        b"[" * 60_000,
    ],
)  # fmt: skip
def test_malformed_requests_are_answered(publisher: Publisher, endpoints: Endpoints, request_: bytes) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(endpoints.control)
        socket.send(request_)
        assert socket.poll(20_000)
        reply = json.loads(socket.recv())
        assert reply["ok"] or reply["error"]
        assert b"Traceback" not in json.dumps(reply).encode()


def test_an_older_peer_is_told_so(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    with Publisher(TINY, endpoints=endpoints), ControlClient(endpoints=endpoints, timeout_ms=20_000) as client:
        monkeypatch.setattr(
            "facelive.stream.control_client.encode_request", lambda *_: b'{"major":9,"id":1,"command":"hello"}'
        )
        with pytest.raises(ProtocolError, match="update the older side"):
            client.hello()


def test_a_taken_port_names_the_fix_and_leaves_nothing_open(publisher: Publisher, endpoints: Endpoints) -> None:
    other = free_endpoints()
    for taken in (endpoints, Endpoints(data=other.data, status=other.status, control=endpoints.control)):
        with pytest.raises(PortError, match=r"is taken.*another port"):
            Publisher(TINY, endpoints=taken)
    with Publisher(TINY, endpoints=other):
        pass
    with pytest.raises(PortError, match="no address of this machine"):
        Publisher(TINY, PublisherConfig(address="tcp://192.0.2.1:47900"))


def test_open_to_the_network_without_keys_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    address = free_endpoints().data.replace("127.0.0.1", "0.0.0.0")
    with caplog.at_level(logging.WARNING, "facelive.stream"), Publisher(TINY, PublisherConfig(address=address)):
        pass
    assert "NOT encrypted" in caplog.text


def test_sending_never_waits_for_a_reader_that_does_not_read(publisher: Publisher, endpoints: Endpoints) -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.RCVHWM, 1)
        socket.setsockopt(zmq.RCVBUF, 4096)
        socket.subscribe(b"")
        socket.connect(endpoints.data)
        assert wait_until(lambda: publisher.subscribers == 1)
        frame = tiny_frame()
        slowest = 0.0
        for _ in range(5000):
            started = time.perf_counter()
            publisher.send(frame)
            slowest = max(slowest, time.perf_counter() - started)
        assert slowest < 2.0  # not a measurement: only that it does not wait for anybody


def test_subscriptions_in_a_flood_are_answered_once_each_round(publisher: Publisher, endpoints: Endpoints) -> None:
    with zmq.Context() as context, context.socket(zmq.XSUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(endpoints.data)
        for i in range(500):
            socket.send(b"\x01" + b"FL%d" % i)
        time.sleep(0.2)
        publisher.send(tiny_frame())
    assert wait_until(lambda: publisher.subscribers == 0)


CHILD = """
import sys, time
from stream_wire import TINY, tiny_frame
from facelive.stream.endpoints import Endpoints
from facelive.stream.publisher import Publisher
from facelive.stream.receiver import Receiver
endpoints = Endpoints.at(sys.argv[1])
try:
    with Publisher(TINY, endpoints=endpoints) as publisher, Receiver(endpoints=endpoints) as receiver:
        publisher.send(tiny_frame())
        assert receiver.read_next(20_000) is not None
        print("ready", flush=True)
        for frame in receiver:
            pass
except KeyboardInterrupt:
    print("ended", flush=True)
"""


def seconds_to_end(endpoints: Endpoints, home: Path) -> float:
    """From Ctrl-C to the end of a process with a publisher and a reader."""
    environment = source_environment(home)
    environment["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, endpoints.data], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.2)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == "ended\n"
        child.wait(20)
        return time.monotonic() - started


def test_ctrl_c_ends_within_a_second(endpoints: Endpoints, tmp_path: Path) -> None:
    # More than one attempt: on a machine that is busy with other things a process may wait a second for its turn.
    assert any(seconds_to_end(endpoints, tmp_path) < 1.0 for _ in range(4))


def test_closing_twice_and_sending_after_it(endpoints: Endpoints) -> None:
    publisher = Publisher(TINY, endpoints=endpoints)
    publisher.close()
    publisher.close()
    for use in (lambda: publisher.send(tiny_frame()), lambda: publisher.send_event(Event(kind="found"))):
        with pytest.raises(RuntimeError, match="closed"):
            use()
    receiver = Receiver(endpoints=endpoints)
    receiver.close()
    receiver.close()
    assert receiver.read_next(10) is None
    assert receiver.read_latest() is None
    assert clock.clock_id() != 0


@pytest.mark.slow
def test_an_hour_of_frames_leaves_memory_flat(publisher: Publisher, receiver: Receiver) -> None:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("memory is read from /proc, which this system does not have")

    def resident_mb() -> float:
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    before_mb = 0.0
    for i in range(30 * 3600):
        publisher.send(tiny_frame())
        if i % 2:
            receiver.read_next(5)
        if i % 500 == 0:
            publisher.send_avatar(LAYOUT.avatar(tiny_vector(), face_id=i, revision=1))
        if i == 10_000:
            before_mb = resident_mb()
    assert resident_mb() - before_mb < 8.0
