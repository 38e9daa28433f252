"""Sinks for other programs, each against a decoder that is not ours; and what a dead receiver costs."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facelive.errors import UsageError
from facelive.rig.default_schema import ARKIT_52, default_schema
from facelive.stream.frame import Face, FaceFlag, Frame
from facelive.stream.layout import Layout
from facelive.stream.rotation import quaternion
from facelive.stream.sinks_axes import part_of, unity_rotation
from facelive.stream.sinks_ifacialmocap import IFacialMocapSink
from facelive.stream.sinks_livelinkface import LiveLinkFaceSink
from facelive.stream.sinks_open import open_sink
from facelive.stream.sinks_vmc import MAXIMUM_DATAGRAM, NAMES, Names, VmcSink
from facelive.stream.sinks_vtube import VTubeStudioSink
from facelive.stream.sinks_worker import WorkerSink

LAYOUT = Layout(default_schema())
YAW, PITCH, ROLL = 0.4, -0.2, 0.1


def frame(**values: float) -> Frame:
    """A frame with the given expression values and a turned head."""
    weights = np.zeros(LAYOUT.expression_count, np.float32)
    for name, value in values.items():
        weights[LAYOUT.index[name]] = value
    face = Face(
        face_id=1, weights=weights, flags=FaceFlag.TRACKED, rotation=quaternion(YAW, PITCH, ROLL),
        translation=(0.01, 0.02, 0.5), gaze=(0.1, 0.2, -0.1, 0.05),
    )  # fmt: skip
    return Frame(captured_ns=12_345_678_901, inferred_ns=12_345_678_999, faces=(face,))


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """A UDP socket that listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


def port_of(listening: socket.socket) -> int:
    return listening.getsockname()[1]


@pytest.mark.parametrize("names", NAMES)
def test_vmc_is_read_by_python_osc(names: Names) -> None:
    """python-osc's own server decodes every datagram."""
    dispatcher_module = pytest.importorskip("pythonosc.dispatcher")
    server_module = pytest.importorskip("pythonosc.osc_server")
    heard: dict[str, list[tuple[Any, ...]]] = {}
    applied = threading.Event()
    dispatcher = dispatcher_module.Dispatcher()

    def hear(address: str, *arguments: Any) -> None:
        heard.setdefault(address, []).append(arguments)
        if address == "/VMC/Ext/Blend/Apply":
            applied.set()

    dispatcher.set_default_handler(hear)
    with server_module.BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        sink = VmcSink(LAYOUT, port=server.server_address[1], names=names)
        try:
            sent = frame(jawOpen=0.75, mouthSmileLeft=0.5, mouthSmileRight=0.5, eyeBlinkLeft=1.0)
            sink.send(sent)
            assert applied.wait(5)
            assert all(len(datagram) <= MAXIMUM_DATAGRAM for datagram in sink.datagrams(sent, sent.face))
        finally:
            sink.close()
            server.shutdown()
            thread.join(5)
    assert heard["/VMC/Ext/OK"] == [(1, 3, 0, 1)]
    assert heard["/VMC/Ext/T"][0][0] == 0.0
    values = dict(heard["/VMC/Ext/Blend/Val"])
    expected = {
        "perfectsync": ("JawOpen", 0.75, 52), "arkit": ("jawOpen", 0.75, 52), "vrm0": ("Joy", 0.5, 11),
        "vrm1": ("happy", 0.5, 12),
    }[names]  # fmt: skip
    assert values[expected[0]] == pytest.approx(expected[1])
    assert len(values) == expected[2]
    bones = {name: numbers for name, *numbers in heard["/VMC/Ext/Bone/Pos"]}
    assert set(bones) == {"Neck", "Head", "LeftEye", "RightEye"}
    assert together(bones["Neck"][3:], bones["Head"][3:]) == pytest.approx(
        unity_rotation(quaternion(YAW, PITCH, ROLL)), abs=1e-5
    )


def together(a: Any, b: Any) -> tuple[float, ...]:
    """The product of two quaternions."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by, aw * by + ay * bw + az * bx - ax * bz,
        aw * bz + az * bw + ax * by - ay * bx, aw * bw - ax * bx - ay * by - az * bz,
    )  # fmt: skip


def test_turning_left_is_turning_left_in_unity() -> None:
    """A character of Unity looks along +z with its left at -x: who turns to his left must then look towards -x."""
    x, y, z, w = unity_rotation(quaternion(0.5, 0.0, 0.0))
    looks_x = 2 * (x * z + w * y)
    looks_z = 1 - 2 * (x * x + y * y)
    assert looks_x == pytest.approx(-math.sin(0.5))
    assert looks_z == pytest.approx(math.cos(0.5))
    # Looking down stays looking down.
    x, y, z, w = unity_rotation(quaternion(0.0, 0.5, 0.0))
    assert 2 * (y * z - w * x) == pytest.approx(-math.sin(0.5))
    half = part_of(unity_rotation(quaternion(0.5, 0.0, 0.0)), 0.5)
    assert together(half, half) == pytest.approx(unity_rotation(quaternion(0.5, 0.0, 0.0)))


def test_ifacialmocap_reads_as_its_page_says(ear: socket.socket) -> None:
    sink = IFacialMocapSink(LAYOUT, port=port_of(ear))
    try:
        sink.send(frame(jawOpen=0.126, mouthSmileLeft=1.0, jawLeft=0.3))
        text = ear.recv(8192).decode()
    finally:
        sink.close()
    shapes, _, rest = text.partition("=")
    values = {name: int(value) for name, _, value in (item.rpartition("-") for item in shapes.split("|") if item)}
    assert len(values) == 52
    assert values["jawOpen"] == 13
    assert values["mouthSmile_L"] == 100
    assert values["jawLeft"] == 30
    assert values["eyeBlink_R"] == 0
    parts = {
        name: [float(v) for v in numbers.split(",")] for name, numbers in (p.split("#") for p in rest.split("|") if p)
    }
    assert parts["head"] == pytest.approx(
        [math.degrees(PITCH), math.degrees(YAW), math.degrees(ROLL), 0.01, 0.02, 0.5], abs=1e-4
    )
    assert parts["leftEye"] == pytest.approx([math.degrees(0.2), math.degrees(0.1), 0], abs=1e-4)
    assert parts["rightEye"] == pytest.approx([math.degrees(0.05), math.degrees(-0.1), 0], abs=1e-4)


def test_live_link_face_has_the_layout_that_unreal_reads(ear: socket.socket) -> None:
    """Decoded field by field as Unreal's archive reader does: all big-endian, strings with their length."""
    sink = LiveLinkFaceSink(LAYOUT, port=port_of(ear), subject="me")
    try:
        sink.send(frame(jawOpen=0.5, tongueOut=0.25))
        data = ear.recv(2048)
    finally:
        sink.close()
    assert data[0] == 6
    (length,) = struct.unpack_from(">i", data, 1)
    assert length == 36
    at = 5 + length
    (name_length,) = struct.unpack_from(">i", data, at)
    assert data[at + 4 : at + 4 + name_length] == b"me"
    at += 4 + name_length
    number, part, rate, over, count = struct.unpack_from(">ifiiB", data, at)
    assert (rate, over, count) == (60, 1, 61)
    assert (number + part) / 60 == pytest.approx(12.3456789, abs=1e-6)
    values = struct.unpack_from(">61f", data, at + 17)
    assert at + 17 + 4 * 61 == len(data)
    assert values[ARKIT_52.index("jawOpen")] == 0.5
    assert values[51] == 0.25
    assert values[52:55] == pytest.approx([YAW / math.pi, -PITCH / math.pi, ROLL / math.pi], abs=1e-6)


class FakeVTubeStudio:
    """A small WebSocket server that answers as VTube Studio's public page says."""

    def __init__(self) -> None:
        self.injected: list[dict[str, Any]] = []
        self.kinds: list[str] = []
        self.port = 0
        self.deny = False
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        from aiohttp import web

        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_get("/", self._serve)
        host = web.AppRunner(app, shutdown_timeout=0.2)

        async def start() -> None:
            await host.setup()
            site = web.TCPSite(host, "127.0.0.1", 0)
            await site.start()
            self.port = host.addresses[0][1]
            self._ready.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.run_until_complete(host.cleanup())
        self._loop.close()

    async def _serve(self, request: Any) -> Any:
        from aiohttp import web

        connection = web.WebSocketResponse()
        await connection.prepare(request)
        allowed = False
        async for message in connection:
            question = json.loads(message.data)
            assert question["apiName"] == "VTubeStudioPublicAPI"
            self.kinds.append(question["messageType"])
            kind, data = "APIError", {"errorID": 50, "message": "User has denied API access for your plugin."}
            match question["messageType"]:
                case "AuthenticationTokenRequest" if not self.deny:
                    kind, data = "AuthenticationTokenResponse", {"authenticationToken": "a-token"}
                case "AuthenticationRequest":
                    allowed = question["data"]["authenticationToken"] == "a-token"
                    kind, data = "AuthenticationResponse", {"authenticated": allowed, "reason": ""}
                case "InjectParameterDataRequest" if allowed:
                    self.injected.append(question["data"])
                    kind, data = "InjectParameterDataResponse", {}
            await connection.send_str(
                json.dumps({"messageType": kind, "requestID": question["requestID"], "data": data})
            )
        return connection


@pytest.fixture
def studio() -> Iterator[FakeVTubeStudio]:
    server = FakeVTubeStudio()
    yield server
    server.close()


def wait_until(true: Any, seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_vtube_studio_is_asked_once_and_then_fed(studio: FakeVTubeStudio, tmp_path: Path) -> None:
    token = tmp_path / "folder" / "token"
    sink = VTubeStudioSink(LAYOUT, port=studio.port, token_file=token)
    try:
        sink.send(frame(jawOpen=0.5, eyeBlinkLeft=0.25))
        assert wait_until(lambda: studio.injected)
    finally:
        sink.close()
    values = {item["id"]: item["value"] for item in studio.injected[0]["parameterValues"]}
    assert studio.injected[0]["faceFound"] is True
    assert values["MouthOpen"] == 0.5
    assert values["EyeOpenLeft"] == 0.75
    # Positive to the right of the screen, which is where the subject's own right is: turning there is a negative yaw,
    # leaning there a positive roll.
    assert values["FaceAngleX"] == pytest.approx(-math.degrees(YAW), abs=1e-3)
    assert values["FaceAngleZ"] == pytest.approx(math.degrees(ROLL), abs=1e-3)
    assert token.read_text(encoding="ascii") == "a-token\n"
    assert token.stat().st_mode & 0o077 == 0
    again = VTubeStudioSink(LAYOUT, port=studio.port, token_file=token)
    try:
        again.send(frame())
        assert wait_until(lambda: len(studio.injected) > 1)
    finally:
        again.close()
    assert studio.kinds.count("AuthenticationTokenRequest") == 1


def test_vtube_studio_that_says_no_is_told_once(
    studio: FakeVTubeStudio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    studio.deny = True
    sink = VTubeStudioSink(LAYOUT, port=studio.port, token_file=tmp_path / "token")
    try:
        sink.send(frame())
        assert wait_until(lambda: sink.failed)
        sink.send(frame())
        assert wait_until(lambda: sink.failed > 1)
    finally:
        sink.close()
    assert studio.kinds == ["AuthenticationTokenRequest"], "no pop-up again"
    assert [line for line in caplog.messages if "denied" in line] == [
        "VTube Studio: the plug-in was denied there; start facelive again to be asked anew"
    ]
    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("kind", ["vmc", "ifacialmocap", "livelinkface", "vtube"])
def test_a_dead_receiver_costs_nothing(kind: str, tmp_path: Path) -> None:
    """Handing over 300 frames to nobody takes microseconds each; closing is quick; no thread stays."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        token = f"?token={tmp_path / 'token'}" if kind == "vtube" else ""
        sink = open_sink(f"{kind}://127.0.0.1:{port_of(taken)}{token}", LAYOUT)
        sent = frame(jawOpen=0.5)
        times: list[float] = []
        for _ in range(300):
            start = time.thread_time_ns()
            sink.send(sent)
            times.append((time.thread_time_ns() - start) / 1e6)
        start = time.monotonic()
        sink.close()
        sink.close()
        assert time.monotonic() - start < 2.5  # a loaded machine; the thread itself looks every 0.25 s
    assert np.median(times) < 0.2
    assert not [thread for thread in threading.enumerate() if thread.name == f"facelive-{kind}"]


def test_a_receiver_that_fails_is_told_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(WorkerSink):
        name = "broken"

        def deliver(self, frame: Frame, face: Face) -> bool:
            raise RuntimeError("out of order")

    sink = Broken(LAYOUT)
    sink.start()
    for _ in range(3):
        before = sink.failed
        sink.send(frame())
        assert wait_until(lambda before=before: sink.failed > before)
    sink.close()
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "address", ["", "vmc", "vmc://host:99999", "nonsense://x", "vmc://127.0.0.1?names=klingon", "vmc://127.0.0.1/path",
                "ifacialmocap://127.0.0.1?names=vrm0", "vmc://127.0.0.1?translation=yes", "livelinkface://no.such.host.invalid",
                "vmc://192.168.1..5", f"vtube://{64 * 'a'}.local"]
)  # fmt: skip
def test_addresses_that_mean_nothing_are_refused(address: str) -> None:
    with pytest.raises(UsageError):
        open_sink(address, LAYOUT)
