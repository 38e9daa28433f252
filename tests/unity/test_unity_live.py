"""From the real Python publisher, through libzmq and the receiving thread, to the blend shapes of a stub character."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zmq
from stream_wire import tiny_frame
from unity import host
from unity.build import PACKAGE

from facelive.rig.default_schema import default_schema
from facelive.stream.frame import Frame
from facelive.stream.keys import generate_keys
from facelive.stream.packet import encode_frame
from facelive.stream.recording import Recording
from facelive.stream.state import Avatar


def check_values(result: dict[str, object]) -> None:
    """Every weight, the head's rotation and the identity are exactly what was published."""
    assert result["problem"] == ""
    assert result["wrong"] == 0
    assert result["wrong_head"] == 0
    assert result["refused"] == 0


def test_stream_moves_a_character(zmq_runner: Path) -> None:
    address = host.free_address()
    publisher = host.start_publisher(address, 60, 4)
    result = host.last_json(host.run(zmq_runner, "live", address, "3"))
    sent = host.finish(publisher)
    check_values(result)
    assert sent.startswith("sent 240")
    # The machine may be busy: what arrives is right and mostly there, latency is for benchmarks/unity_latency.py.
    assert result["frames"] > 120
    assert result["shown"] + result["overwritten"] <= result["frames"]
    assert result["identities"] >= result["shown"] - 5
    assert result["frames"] + result["lost"] <= 240
    assert result["phase"] == "tracked"
    # Nothing is allocated per frame: the heartbeat's JSON alone does not fill the garbage collector's nursery.
    assert result["collections"] <= 1
    assert result["ages"] > 60
    assert 0 < result["p50_ms"] < 50
    assert result["stop_ms"] < 1000


def test_press_play_and_start_facelive_live(zmq_runner: Path) -> None:
    """The demo scene and the command line, as the README says: the head moves, and looks like the person."""
    address = host.free_address()
    player = host.start_runner(zmq_runner, "demo", str(PACKAGE / "Runtime" / "Resources"), address, "5")
    assert player.stdout is not None
    ready = host.last_json(player.stdout.readline())
    assert ready["label"] == f'waiting for {address}: start "facelive live"'
    assert ready["background"] is True
    live = host.start_live(address, 9)
    result = host.last_json(host.finish(player, 200))
    host.finish(live)
    assert result["frames"] > 20
    assert (result["refused"], result["missing"]) == (0, 0)
    assert result["expressions"] > 15
    assert result["identity"] > 0
    assert result["turned"] > 1e-4
    assert re.match(r"\w+   frames \d+   lost \d+   age p50 ", result["label"])


def test_restarted_publisher_is_found_again(zmq_runner: Path) -> None:
    address = host.free_address()
    first = host.start_publisher(address, 60, 30)
    receiver = host.start_runner(zmq_runner, "live", address, "6")
    assert receiver.stdout is not None
    receiver.stdout.readline()
    bound = receiver.stdout.readline()
    assert "bound" in bound
    first.kill()
    first.communicate()
    second = host.start_publisher(address, 60, 5)
    result = host.last_json(host.finish(receiver))
    host.finish(second)
    check_values(result)
    assert result["restarts"] == 1
    assert result["stop_ms"] < 1000


def test_fifty_starts_and_stops_leave_nothing_behind(zmq_runner: Path) -> None:
    address = host.free_address()
    publisher = host.start_publisher(address, 60, 100)
    try:
        result = host.last_json(host.run(zmq_runner, "cycles", address, "50", timeout_s=100))
    finally:
        publisher.kill()
        publisher.communicate()
    assert result["without_frame"] == 0
    assert result["files_after"] <= result["files_before"]
    assert result["threads_after"] <= result["threads_before"] + 1  # the runtime's pool may hold one more
    assert result["slowest_stop_ms"] < 1000


def test_stopping_without_any_publisher(zmq_runner: Path) -> None:
    result = host.last_json(host.run(zmq_runner, "live", host.free_address(), "0.5"))
    assert result["frames"] == 0
    assert result["stop_ms"] < 1000
    assert result["seconds"] < 2


def test_curve_lets_in_only_who_knows_the_key(zmq_runner: Path, tmp_path: Path) -> None:
    keys, others = generate_keys(tmp_path, "server"), generate_keys(tmp_path, "other")
    mine = generate_keys(tmp_path, "reader")
    address = host.free_address()
    publisher = host.start_publisher(address, 30, 30, str(keys.secret))
    try:
        right = host.start_runner(zmq_runner, "live", address, "2", str(keys.public), str(mine.secret))
        plain = host.start_runner(zmq_runner, "live", address, "1.5")
        wrong = host.start_runner(zmq_runner, "live", address, "1.5", str(others.public))
        result = host.last_json(host.finish(right))
        check_values(result)
        assert result["frames"] > 20
        for refused in (plain, wrong):
            assert host.last_json(host.finish(refused))["frames"] == 0
    finally:
        publisher.kill()
        publisher.communicate()


def test_stream_is_recorded_in_csharp_and_read_by_both(zmq_runner: Path, tmp_path: Path) -> None:
    address, file = host.free_address(), tmp_path / "take.flrec"
    publisher = host.start_publisher(address, 60, 30)
    try:
        result = host.last_json(host.run(zmq_runner, "record", address, str(file), "1.5"))
    finally:
        publisher.kill()
        publisher.communicate()
    assert (result["problem"], result["wrong"], result["lost"]) == ("", 0, 0)
    assert result["played"] > 30
    recording = Recording(file)
    items = list(recording)
    frames = [item for item in items if isinstance(item, Frame)]
    assert recording.problem == ""
    assert [item.face_id for item in items if isinstance(item, Avatar)][:1] == [7]  # sent before the recording began
    assert result["identity"] is True
    assert recording.schema == default_schema()
    assert len(frames) >= result["played"]
    assert result["written"] >= len(frames)
    for frame in frames:
        assert frame.faces[0].weights[3] == np.float32((31 * frame.sequence + 51) % 1024 / 1024)


@pytest.mark.parametrize(("silent_s", "found"), [("0.4", True), ("600", False)])
def test_a_connection_that_libzmq_gave_up_is_made_anew(zmq_runner: Path, silent_s: str, found: bool) -> None:
    """A message above the limit costs its sender the connection, for good as far as libzmq is concerned."""
    address = host.free_address()
    port = int(address.rpartition(":")[2])
    runner = host.start_runner(zmq_runner, "silence", address, silent_s, "2.5")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    data, status = context.socket(zmq.PUB), context.socket(zmq.PUB)
    data.bind(address)
    status.bind(f"tcp://127.0.0.1:{port + 1}")
    heard = threading.Event()
    assert runner.stdout is not None
    listener = threading.Thread(
        target=lambda out: heard.set() if "heard" in out.readline() else None, args=(runner.stdout,)
    )
    listener.start()
    try:
        sequence, broken, told = 0, 0, False
        while runner.poll() is None and sequence < 3_000:
            sequence += 1
            data.send(encode_frame(replace(tiny_frame(0.5), sequence=sequence, stream_id=3)))
            time.sleep(0.01)
            if heard.is_set() and not told:
                told, broken = True, sequence
                data.send(b"FLFR" + bytes(2 << 20))
    finally:
        context.destroy(0)
    listener.join()
    result = host.last_json(host.finish(runner))
    assert result["problem"] == ""
    assert (result["newest"] > broken + 50) is found


def test_missing_key_file_opens_nothing(zmq_runner: Path, tmp_path: Path) -> None:
    """Without its keys a stream is not read at all: no fall-back to plain text."""
    runner = host.start_runner(zmq_runner, "live", host.free_address(), "1", str(tmp_path / "none.key"))
    out, _ = runner.communicate(timeout=30)
    assert "cannot read the key" in host.last_json(out)["problem"]
