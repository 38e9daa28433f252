"""``facelive live --to``: other programs are fed beside the publisher, and cost the frame nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from unity.host import free_address

from facelive.app.main import main
from facelive.rig.default_schema import default_schema
from facelive.stream.frame import Face, FaceFlag, Frame
from facelive.stream.layout import Layout
from facelive.stream.sinks import FanOut
from facelive.stream.sinks_open import open_sink
from facelive.stream.sinks_worker import WorkerSink


def live(tmp_path: Path, *to: str) -> tuple[int, dict[str, object]]:
    """A second and a half of the built-in performance; exit status and summary."""
    more = [word for address in to for word in ("--to", address)]
    summary = tmp_path / "summary.json"
    status = main([
        "live", "--source", "performance", "--seconds", "1.5", "--quiet", "--address", free_address(),
        "--summary", str(summary), *more,
    ])  # fmt: skip
    return status, json.loads(summary.read_text(encoding="utf-8")) if summary.exists() else {}


def test_live_feeds_other_programs(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vmc,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ue,
    ):
        for ear in (vmc, ue):
            ear.bind(("127.0.0.1", 0))
            ear.settimeout(2)
        status, _ = live(
            tmp_path,
            f"vmc://127.0.0.1:{vmc.getsockname()[1]}?names=arkit",
            f"livelinkface://127.0.0.1:{ue.getsockname()[1]}",
        )
        assert status == 0
        bundle, packet = vmc.recv(2048), ue.recv(2048)
    assert bundle.startswith(b"#bundle\0")
    assert b"/VMC/Ext/OK" in bundle
    assert packet[0] == 6
    assert b"facelive" in packet
    assert not [
        thread.name for thread in threading.enumerate() if thread.name in ("facelive-vmc", "facelive-livelinkface")
    ]


def test_receivers_that_are_not_there_cost_nothing(tmp_path: Path) -> None:
    """All four kinds at once, none of them answering: the stream goes on at its own pace and ends in time."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = taken.getsockname()[1]
        dead = [f"{kind}://127.0.0.1:{port}" for kind in ("vmc", "ifacialmocap", "livelinkface")]
        status, summary = live(tmp_path, *dead, f"vtube://127.0.0.1:{port}?token={tmp_path / 'token'}")
    assert status == 0
    assert summary["frames"] > 10  # type: ignore[operator]


class Slow(WorkerSink):
    """A receiver that takes a second for every frame, then fails."""

    name = "slow"
    ended = threading.Event()

    def deliver(self, frame: Frame, face: Face) -> bool:
        self.ended.wait(1.0)
        raise RuntimeError("no")


def test_a_slow_receiver_neither_waits_nor_queues() -> None:
    layout = Layout(default_schema())
    sink = Slow(layout)
    sink.start()
    quick = open_sink("vmc:", layout)
    fan = FanOut(quick, sink)
    weights = np.zeros(layout.expression_count, np.float32)
    frame = Frame(captured_ns=1, inferred_ns=2, faces=(Face(face_id=1, weights=weights, flags=FaceFlag.TRACKED),))
    costs: list[int] = []
    for _ in range(300):
        start = time.thread_time_ns()
        fan.send(frame)
        costs.append(time.thread_time_ns() - start)
    Slow.ended.set()
    fan.close()
    assert np.median(costs) < 300_000  # ns of this thread: two hand-overs, on a loaded machine
    assert sink.dropped >= 298


def test_a_sink_that_is_held_up_frees_what_it_holds_later() -> None:
    """Closing does not wait for a receiver that hangs; its thread cleans up when it comes back."""
    held, freed = threading.Event(), threading.Event()

    class Hanging(WorkerSink):
        name = "hanging"

        def deliver(self, frame: Frame, face: Face) -> bool:
            return held.wait(20)

        def release(self) -> None:
            freed.set()

    layout = Layout(default_schema())
    sink = Hanging(layout)
    sink.start()
    weights = np.zeros(layout.expression_count, np.float32)
    sink.send(Frame(captured_ns=1, inferred_ns=2, faces=(Face(face_id=1, weights=weights, flags=FaceFlag.TRACKED),)))
    time.sleep(0.1)
    start = time.monotonic()
    sink.close()
    assert time.monotonic() - start < 3
    assert not freed.is_set()
    held.set()
    assert freed.wait(5)


@pytest.mark.parametrize(
    ("address", "said"),
    [("carrier-pigeon://x", "vmc://host:39539"), ("vmc://127.0.0.1:99999", "99999"),
     ("vmc://127.0.0.1?names=elvish", "perfectsync"), ("ifacialmocap://no.such.host.invalid", "no.such.host.invalid"),
     ("vtube://127.0.0.1:8001?tokn=x", "vtube://host:8001"), ("vmc://[::1", "no address")],
)  # fmt: skip
def test_wrong_addresses_are_told_in_one_line(
    address: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = live(tmp_path, "vmc://127.0.0.1:39539", address)
    told = capsys.readouterr().err.strip().splitlines()
    assert status == 2
    assert len(told) == 1
    assert told[0].startswith("facelive: ")
    assert said in told[0]
