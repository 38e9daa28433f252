"""Recordings: what is written can be read, also when the end is missing or the middle is damaged; replay and CSV."""

from __future__ import annotations

import csv
import errno
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stream_wire import LAYOUT, TINY, free_endpoints, tiny_frame, tiny_vector, wait_until

from facelive.errors import FileError, SourceError, UsageError
from facelive.rig.default_schema import default_schema
from facelive.stream.clock import now_ns
from facelive.stream.csv_export import FIXED, export_csv
from facelive.stream.frame import Frame, FrameFlag
from facelive.stream.layout import POSE
from facelive.stream.messages import STATE_MAGIC
from facelive.stream.packet import MAXIMUM_MESSAGE, encode_frame, pack_frame
from facelive.stream.publisher import Publisher
from facelive.stream.receiver import Receiver
from facelive.stream.recording import Recording, pack_file_header, pack_record
from facelive.stream.recording_window import RECORD_HEADER, RECORD_MAGIC
from facelive.stream.recording_writer import RecordingWriter, record_stream
from facelive.stream.replay import ReplayConfig, replay
from facelive.stream.state import Avatar, Event

STEP_NS = 20_000_000


def message(i: int, *, stream_id: int = 7, at_ns: int | None = None) -> bytes:
    """Frame i of a stream with 50 frames a second."""
    published_ns = 10**12 + i * STEP_NS if at_ns is None else at_ns
    frame = Frame(captured_ns=published_ns - 5_000_000, inferred_ns=published_ns - 1_000_000, faces=face(i))
    return pack_frame(
        frame, schema_hash=TINY.hash, stream_id=stream_id, sequence=i + 1, published_ns=published_ns, clock_id=1
    )


def face(i: int) -> tuple:  # type: ignore[type-arg]
    return tiny_frame((i % 100) / 100).faces


def write(path: Path, count: int, *, first: int = 0, stream_id: int = 7, append: bool = False) -> None:
    with RecordingWriter(path, TINY, mode="append" if append else "create") as writer:
        for i in range(first, first + count):
            writer.write(message(i, stream_id=stream_id))


class Collected:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.frames: list[tuple[float, Frame]] = []
        self.avatars: list[Avatar] = []
        self.events: list[Event] = []

    def send(self, frame: Frame) -> None:
        self.frames.append((time.monotonic(), frame))

    def send_avatar(self, avatar: Avatar) -> None:
        self.avatars.append(avatar)

    def send_event(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


def test_what_a_publisher_sends_is_recorded_and_read(tmp_path: Path) -> None:
    path = tmp_path / "take" / "one.flrec"
    avatar = LAYOUT.avatar(tiny_vector(size=0.25), face_id=1, revision=1)
    with Publisher(TINY, endpoints=free_endpoints()) as publisher:
        publisher.send_avatar(avatar)
        with RecordingWriter(path, TINY) as writer:
            publisher.add_tap(writer.write)
            for i in range(20):
                publisher.send(tiny_frame(i / 20))
            publisher.send_event(Event(kind="lost", face_id=1))
            publisher.remove_tap(writer.write)
            publisher.send(tiny_frame())
            summary = writer.close()
        assert (summary.frames, summary.dropped, summary.problem) == (20, 0, "")
    recording = Recording(path)
    assert recording.schema == TINY
    items = list(recording)
    assert items[0] == avatar
    assert isinstance(items[-1], Event)
    frames = list(recording.frames())
    assert [frame.sequence for frame in frames] == list(range(1, 21))
    assert frames[10].expression["mouthOpen"] == 0.5
    assert frames[10].captured_ns > 0
    assert recording.info().problem == ""


def test_a_tap_that_comes_while_an_avatar_is_sent_hears_of_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    begun: list[threading.Thread] = []
    with Publisher(TINY, endpoints=free_endpoints()) as publisher:
        hand_out = publisher._hand_out

        def slow(message: bytes) -> None:
            begun.append(threading.Thread(target=publisher.add_tap, args=(heard.append,)))
            begun[0].start()
            time.sleep(0.1)  # it stands, and is not sent yet
            hand_out(message)

        monkeypatch.setattr(publisher, "_hand_out", slow)
        publisher.send_avatar(LAYOUT.avatar(tiny_vector(size=0.25), face_id=1, revision=1))
        begun[0].join(5.0)
        assert heard == list(publisher.avatar_messages)
        assert len(heard) == 1


def test_a_tap_may_bring_another_and_leave() -> None:
    heard: list[bytes] = []
    with Publisher(TINY, endpoints=free_endpoints()) as publisher:

        def first(_message: bytes) -> None:
            publisher.remove_tap(first)
            publisher.add_tap(heard.append)

        publisher.add_tap(first)
        publisher.send_avatar(LAYOUT.avatar(tiny_vector(size=0.25), face_id=1, revision=1))
        assert heard == list(publisher.avatar_messages)
        publisher.send_event(Event(kind="lost", face_id=1))
        assert len(heard) == 2


def test_a_recording_without_its_end_gives_all_whole_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.flrec"
    write(path, 10)
    whole = path.read_bytes()
    ends = [record.end for record in Recording(path).records()]
    for size in range(len(whole) - 1, ends[7], -7):
        path.write_bytes(whole[:size])
        recording = Recording(path)
        expected = sum(end <= size for end in ends)
        assert sum(1 for _ in recording.frames()) == expected
        assert bool(recording.problem) == (size not in ends)
        if recording.problem:
            assert "all whole records are here" in recording.problem


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_loses_only_what_it_hits(tmp_path: Path, data: st.DataObject) -> None:
    header = pack_file_header(TINY, created_unix_s=1.0, software="test")
    records = [pack_record(message(i), i) for i in range(12)]
    victim = data.draw(st.integers(0, 11))
    broken = bytearray(records[victim])
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged.flrec"
    path.write_bytes(header + b"".join([*records[:victim], bytes(broken), *records[victim + 1 :]]))
    recording = Recording(path)
    got = [frame.sequence - 1 for frame in recording.frames()]
    assert got == [i for i in range(12) if i != victim]
    assert str(len(broken)) in recording.problem
    assert recording.info().frames == 11


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_raise_nothing_else(tmp_path: Path, noise: bytes, headed: bool) -> None:
    path = tmp_path / "noise.flrec"
    path.write_bytes((pack_file_header(TINY, created_unix_s=1.0, software="test") if headed else b"") + noise)
    try:
        assert list(Recording(path)) == []
    except FileError:
        assert not headed


@pytest.mark.parametrize("length", [0, 500, MAXIMUM_MESSAGE])
def test_a_file_full_of_markers_costs_little(tmp_path: Path, length: int) -> None:
    whole = pack_record(message(0), 0)
    false = RECORD_HEADER.pack(RECORD_MAGIC, length, 1, 0)
    path = tmp_path / "markers.flrec"
    header = pack_file_header(TINY, created_unix_s=1.0, software="test")
    path.write_bytes(header + whole + false * 100_000 + (whole if length < MAXIMUM_MESSAGE else b""))
    began = time.process_time()
    info = Recording(path).info()
    assert time.process_time() - began < 5.0, "checksums of a megabyte for each of 100,000 markers take minutes"
    assert info.frames == (2 if length < MAXIMUM_MESSAGE else 1)
    assert ("not read" if length == MAXIMUM_MESSAGE else "all whole records") in info.problem


def test_what_is_no_recording_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.flrec"
    with pytest.raises(FileError, match="cannot read"):
        Recording(path)
    path.write_bytes(b"GIF89a")
    with pytest.raises(FileError, match="no facelive recording"):
        Recording(path)
    header = bytearray(pack_file_header(TINY, created_unix_s=1.0, software="test"))
    header[8] = 9
    path.write_bytes(bytes(header))
    with pytest.raises(FileError, match="version 9"):
        Recording(path)
    header[8] = 1
    header[40] ^= 1
    path.write_bytes(bytes(header))
    with pytest.raises(FileError, match="damaged"):
        Recording(path)


def test_appending_goes_on_after_the_last_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "a.flrec"
    write(path, 5)
    with pytest.raises(FileError, match="exists"):
        RecordingWriter(path, TINY)
    path.write_bytes(path.read_bytes()[:-3])
    write(path, 5, first=100, stream_id=8, append=True)
    recording = Recording(path)
    assert [frame.sequence - 1 for frame in recording.frames()] == [0, 1, 2, 3, 100, 101, 102, 103, 104]
    assert recording.problem == ""
    times = [at_ns for at_ns, _ in recording.timed()]
    assert times == [STEP_NS * i for i in (0, 1, 2, 3, 3, 4, 5, 6, 7)]
    with pytest.raises(FileError, match="another rig"):
        RecordingWriter(path, default_schema(), mode="append")
    write(tmp_path / "b.flrec", 1, append=True)
    RecordingWriter(path, TINY, mode="replace").close()
    assert Recording(path).info().frames == 0


def test_a_slow_disk_drops_and_counts_but_never_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    write_waiting = RecordingWriter._write_waiting

    def stuck(writer: RecordingWriter) -> None:
        release.wait(30)
        write_waiting(writer)

    monkeypatch.setattr(RecordingWriter, "_write_waiting", stuck)
    monkeypatch.setattr("facelive.stream.recording_writer.QUEUE_BYTES", 40 * len(pack_record(message(0), 0)))
    with RecordingWriter(tmp_path / "a.flrec", TINY) as writer:
        started = time.monotonic()
        for i in range(100):
            writer.write(message(i))
        assert time.monotonic() - started < 4.0
        assert writer.summary.dropped == 60
        release.set()
    assert Recording(tmp_path / "a.flrec").info().frames == 40
    assert "60 messages dropped" in str(writer.summary)


def test_a_full_disk_ends_the_recording_not_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: RecordingWriter) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with RecordingWriter(tmp_path / "a.flrec", TINY) as writer:
        monkeypatch.setattr(RecordingWriter, "_write_waiting", full)
        writer.write(message(0))
        assert wait_until(lambda: bool(writer.summary.problem))
        writer.write(message(1))
        summary = writer.close()
    assert "No space left" in summary.problem
    assert summary.dropped >= 1
    assert Recording(tmp_path / "a.flrec").info().frames == 0


def test_what_the_disk_did_not_take_is_not_counted_as_written(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.flrec", TINY)
    writer.write(message(0))
    assert wait_until(lambda: writer.summary.frames == 1)
    file = writer._file

    class Full:
        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            file.close()

    writer._file = Full()  # type: ignore[assignment]
    for i in range(1, 6):
        writer.write(message(i))
    assert wait_until(lambda: bool(writer.summary.problem))
    summary = writer.close()
    assert (summary.frames, summary.dropped) == (1, 5)
    assert Recording(tmp_path / "a.flrec").info().frames == 1
    assert "No space left" in str(summary)


def test_what_is_not_of_the_stream_is_not_recorded(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.flrec", TINY) as writer:
        writer.write(STATE_MAGIC + b"x")
        writer.write(b"")
        writer.write(encode_frame(Frame(captured_ns=0, inferred_ns=0, faces=(), schema_hash=1)))
    recording = Recording(tmp_path / "a.flrec")
    assert list(recording) == []
    assert "another version or schema" in recording.problem
    with pytest.raises(UsageError, match="holds no frame"):
        replay(recording, Collected())


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 0.18), (3.0, 0.06)])
def test_replay_keeps_the_gaps(tmp_path: Path, speed: float, seconds: float) -> None:
    write(tmp_path / "a.flrec", 10)
    sink = Collected()
    summary = replay(Recording(tmp_path / "a.flrec"), sink, ReplayConfig(speed=speed))
    assert (summary.frames, summary.rounds, summary.problem) == (10, 1, "")
    took = sink.frames[-1][0] - sink.frames[0][0]
    assert seconds * 0.6 < took < seconds + 3.0  # the first frame may come late on a busy machine
    frame = sink.frames[3][1]
    assert frame.flags == FrameFlag.REPLAY
    # As old as it was, on today's clock.
    assert frame.inferred_ns - frame.captured_ns == 4_000_000
    assert 5_000_000 <= now_ns() - frame.captured_ns < 60 * 10**9


def test_replay_as_fast_as_it_goes_in_rounds_until_stopped(tmp_path: Path) -> None:
    write(tmp_path / "a.flrec", 10)
    sink = Collected()
    stop = threading.Event()
    summary = replay(
        Recording(tmp_path / "a.flrec"),
        sink,
        ReplayConfig(pace="max", loop=True),
        stop=stop,
        on_frame=lambda frames: stop.set() if frames == 35 else None,
    )
    assert (summary.frames, summary.rounds) == (35, 3)
    with pytest.raises(UsageError):
        ReplayConfig(speed=0.0)


def test_replay_stops_within_a_gap(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.flrec", TINY) as writer:
        writer.write(message(0, at_ns=0))
        writer.write(message(1, at_ns=3600 * 10**9))
    stop = threading.Event()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    started = time.monotonic()
    assert replay(Recording(tmp_path / "a.flrec"), Collected(), stop=stop).frames == 1
    assert time.monotonic() - started < 5.0
    timer.join()


def test_recorded_from_outside_and_replayed_through_a_publisher(tmp_path: Path) -> None:
    endpoints = free_endpoints()
    path = tmp_path / "outside.flrec"
    with Publisher(TINY, endpoints=endpoints) as publisher:
        publisher.send_avatar(LAYOUT.avatar(tiny_vector(size=0.125), face_id=1, revision=1))
        publisher.send(tiny_frame(0.5))
        stop = threading.Event()

        def feed() -> None:
            while not stop.wait(0.005):
                publisher.send(tiny_frame(0.5))

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            summary = record_stream(
                lambda tap: Receiver(endpoints=endpoints, latest=False, tap=tap), path, seconds=0.5, wait_ms=20_000
            )
        finally:
            stop.set()
            feeder.join()
    assert summary.frames >= 2
    with Publisher(TINY, endpoints=endpoints) as publisher, Receiver(endpoints=endpoints) as receiver:
        replay(Recording(path), publisher, ReplayConfig(pace="max"))
        frame = receiver.read_next(20_000)
        assert frame is not None
        assert frame.flags & FrameFlag.REPLAY
        assert wait_until(lambda: receiver.read_next(10) is None and receiver.avatar(1) is not None)
        assert receiver.parameters(frame)[0] == 0.125
    with pytest.raises(SourceError):
        record_stream(
            lambda tap: Receiver(endpoints=endpoints, latest=False, tap=tap), tmp_path / "none.flrec", wait_ms=50
        )
    assert not (tmp_path / "none.flrec").exists()


def test_csv(tmp_path: Path) -> None:
    write(tmp_path / "a.flrec", 4)
    target = tmp_path / "tables" / "a.csv"
    assert export_csv(Recording(tmp_path / "a.flrec"), target) == 4
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*FIXED, *POSE, "mouthOpen", "wink"]
    assert [float(row["time_s"]) for row in rows] == pytest.approx([0.0, 0.02, 0.04, 0.06])
    assert float(rows[3]["mouthOpen"]) == pytest.approx(0.03)
    assert float(rows[0]["headYaw"]) == pytest.approx(0.25, abs=1e-5)
    assert (rows[0]["state"], rows[0]["face_id"]) == ("tracked", "1")
    assert [path.name for path in target.parent.iterdir()] == ["a.csv"]
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="ascii")
    with pytest.raises(FileError, match="cannot write"):
        export_csv(Recording(tmp_path / "a.flrec"), blocked / "a.csv")
