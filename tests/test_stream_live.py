"""run_live from source to receiver: the performance, a clip with a toy encoder, what ends it, what it leaves behind."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import onnx_toys
import pytest
from live_fakes import Ears, Stage, neutral_points

from facelive.errors import PortError, SourceError, WeightsError
from facelive.rig.framing import CROP, CropCamera, apply, frame_face
from facelive.rig.head import Head
from facelive.rig.performance import performance
from facelive.rig.schema import Schema
from facelive.stream import live, mediapipe_landmarker, meter, reporter
from facelive.stream.control import FilterChange, Smoothing
from facelive.stream.decode import Decoder
from facelive.stream.face_life import LifeState
from facelive.stream.frame import FaceFlag, Frame
from facelive.stream.layout import Layout
from facelive.stream.live import run_live
from facelive.stream.live_config import LiveConfig, TrackerConfig
from facelive.stream.live_control import LiveControl
from facelive.stream.live_stats import LiveStats
from facelive.stream.meter import Meter
from facelive.stream.packet import FRAME_MAGIC, decode_frame
from facelive.stream.pipeline import Pipeline
from facelive.stream.publisher import PublisherConfig
from facelive.stream.receiver import Receiver
from facelive.stream.reporter import Reporter
from facelive.stream.sources import CameraInfo, Gap, SourceFrame
from facelive.stream.sources.source import SourceBase
from facelive.stream.state import Avatar
from facelive.stream.summary import STAGES
from facelive.stream.vision import Vision

FRAME_NS = 33_333_333
IMAGE = np.zeros((480, 640, 3), np.uint8)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIVE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("FACELIVE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def address(tmp_path: Path) -> PublisherConfig:
    return PublisherConfig(address=f"ipc://{tmp_path}/live")


@pytest.fixture
def no_threads_left() -> Iterator[None]:
    yield
    time.sleep(0.05)
    left = [t.name for t in threading.enumerate() if t.name.startswith("facelive")]
    assert left == []


@pytest.mark.usefixtures("no_threads_left")
def test_performance_is_published_and_summed_up(address: PublisherConfig, tmp_path: Path) -> None:
    stats: list[LiveStats] = []
    messages: list[bytes] = []
    frames = []

    def listen(control: LiveControl) -> None:
        def read() -> None:
            with Receiver(address.address) as receiver:
                for frame in receiver:
                    frames.append(frame)
                    if len(frames) >= 20:
                        return

        threading.Thread(target=read, name="listener", daemon=True).start()
        time.sleep(0.3)

    config = LiveConfig(source="performance", pace="max", camera_fps=5.0, fps=400.0)
    summary = run_live(config, publisher=address, taps=[messages.append], on_stats=stats.append, on_start=listen)
    assert (summary.frames, summary.frames_with_face, summary.packets) == (100, 100, 100)
    assert len(frames) == 20
    assert all(frame.face.flags & FaceFlag.TRACKED for frame in frames)
    assert max(np.ptp([f.expression[name] for f in frames]) for name in ("jawOpen", "eyeBlinkLeft", "browInnerUp")) > 0
    assert sum(m[:4] == messages[-2][:4] for m in messages) >= 1
    assert stats[-1].state == "ended"
    assert stats[-1].packets == 100
    summary.save(tmp_path / "s.json")
    saved = json.loads((tmp_path / "s.json").read_text())
    assert list(saved) == ["frames", "frames_with_face", "packets", "fps", "cpu_ms_per_frame", "stage_ms", "age_ms"]
    assert tuple(saved["stage_ms"]) == STAGES
    assert list(saved["age_ms"]) == ["p50", "p95", "p99"]
    assert 0 < saved["age_ms"]["p50"] <= saved["age_ms"]["p99"] < 1000
    assert 0 < saved["cpu_ms_per_frame"] < 20


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """An encoder that sees the neutral face in the middle of every crop."""
    head = Head.default()
    schema = head.schema
    points = neutral_points(head, 0.0, 0.0, 1000.0)
    similarity = frame_face(points)
    scale = 1000.0 * float(np.hypot(similarity[0, 0], similarity[1, 0]))
    centre = apply(similarity, np.zeros((1, 2), np.float32))[0]
    camera = CropCamera(yaw_rad=0.0, pitch_rad=0.0, roll_rad=0.0, cx=float(centre[0]), cy=float(centre[1]), scale=scale)
    neutral = schema.neutral()
    answer = {
        "landmarks": apply(similarity, points) / CROP,
        "pose": np.concatenate([camera.to_encoder(), np.zeros(4)]),
        "confidence": np.full(6, 0.9),
        "identity": neutral[schema.indices("identity")],
        "style": 5.0 * neutral[schema.indices("style")],
        "colour": neutral[schema.indices("colour")],
        "expression": np.full(len(schema.indices("expression")), 0.2),
    }
    fixed = {name: np.asarray(value, np.float32) for name, value in answer.items()}
    return onnx_toys.write_encoder(tmp_path / "toy.onnx", schema, answer=fixed)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (320, 240))
    for i in range(40):
        writer.write(np.full((240, 320, 3), 3 * i, np.uint8))
    writer.release()
    return path


class FakeLandmarker:
    """Stands for MediaPipe: one face in the middle."""

    def __init__(self, path: Path | None = None, *, faces: int = 1) -> None:
        self.stage = Stage(Head.default(), [(160.0, 120.0, 500.0)])

    def find(self, image: np.ndarray, *, longest_side: int = 0) -> list[np.ndarray]:
        return self.stage.find(image)

    def close(self) -> None: ...


@pytest.fixture
def fake_mediapipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediapipe_landmarker, "MediaPipeLandmarker", FakeLandmarker)


@pytest.mark.usefixtures("no_threads_left", "fake_mediapipe")
def test_a_clip_as_fast_as_it_goes(clip: Path, toy: Path, address: PublisherConfig) -> None:
    pictures: list[tuple[int, ...]] = []
    config = LiveConfig(source=str(clip), pace="max", encoder=toy)
    summary = run_live(config, publisher=address, on_picture=lambda image: pictures.append(image.shape))
    assert (summary.frames, summary.frames_with_face, summary.packets) == (40, 40, 40)
    assert summary.dropped == 0
    assert pictures == [(240, 320, 3)] * 40
    assert summary.stage_ms["encode"] > 0


@pytest.mark.usefixtures("no_threads_left", "fake_mediapipe")
def test_a_clip_in_its_own_time_ends_on_request(clip: Path, toy: Path, address: PublisherConfig) -> None:
    stop = threading.Event()
    began: list[float] = []

    def later(control: LiveControl) -> None:
        began.append(time.perf_counter())
        timer = threading.Timer(0.4, stop.set)
        timer.name = "timer"
        timer.start()

    summary = run_live(LiveConfig(source=str(clip), encoder=toy), publisher=address, on_start=later, stop_event=stop)
    assert time.perf_counter() - began[0] < 3.0
    assert 1 <= summary.frames <= 16


@pytest.mark.usefixtures("no_threads_left", "fake_mediapipe")
def test_ctrl_c_ends_within_a_second(clip: Path, toy: Path, address: PublisherConfig) -> None:
    pressed: list[float] = []

    def press(image: np.ndarray) -> None:
        pressed.append(time.perf_counter())
        raise KeyboardInterrupt

    summary = run_live(LiveConfig(source=str(clip), encoder=toy), publisher=address, on_picture=press)
    assert time.perf_counter() - pressed[0] < 2.5  # 1 s on a machine that is not busy: benchmarks/soak.py
    assert summary.frames == 1


@pytest.mark.usefixtures("no_threads_left")
def test_what_cannot_start_says_why_and_leaves_nothing(clip: Path, toy: Path, tmp_path: Path) -> None:
    taken = PublisherConfig(address=f"ipc://{tmp_path}/none/at/all")
    with pytest.raises(PortError):
        run_live(LiveConfig(source="performance"), publisher=taken)
    free = PublisherConfig(address=f"ipc://{tmp_path}/free")
    with pytest.raises(SourceError, match="no file"):
        run_live(LiveConfig(source=str(tmp_path / "none.mp4"), encoder=toy), publisher=free)
    with pytest.raises(WeightsError, match="no encoder"):
        run_live(LiveConfig(source=str(clip), encoder=tmp_path / "none.onnx"), publisher=free)
    task = tmp_path / "face_landmarker.task"
    task.write_bytes(b"no model")
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [{"file": task.name, "sha256": "0" * 64}]}))
    with pytest.raises(WeightsError, match="not the file it should be"):
        run_live(LiveConfig(source=str(clip), encoder=toy, landmarker=task), publisher=free)


class Unplugged(SourceBase):
    """A camera that gives some pictures and then is gone."""

    live = True

    def __init__(self, pictures: int) -> None:
        super().__init__("camera 0: a fake")
        self._left = pictures

    def read(self) -> SourceFrame | Gap:
        time.sleep(0.01)
        if self._left == 0:
            return Gap("camera 0: a fake is gone", 0.05)
        self._left -= 1
        now_ns = time.perf_counter_ns()
        return SourceFrame(media_ns=now_ns, captured_ns=now_ns, image=np.zeros((240, 320, 3), np.uint8))

    def close(self) -> None: ...


@pytest.mark.usefixtures("no_threads_left", "fake_mediapipe")
def test_an_avatar_does_not_freeze_when_the_camera_goes(
    toy: Path, address: PublisherConfig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "open_source", lambda *_: Unplugged(20))
    frames: list[Frame] = []

    def tap(message: bytes) -> None:
        if message[:4] == FRAME_MAGIC:
            frames.append(decode_frame(message))

    summary = run_live(LiveConfig(source="0", encoder=toy, seconds=2.2), publisher=address, taps=[tap])
    assert [line for line in caplog.messages if "is gone" in line] == ["camera 0: a fake is gone"], "told, and once"
    assert not summary.notices
    assert summary.frames == summary.frames_with_face <= 20
    assert summary.packets == len(frames) > summary.frames + 30
    assert frames[summary.frames - 1].face.weights.max() == pytest.approx(0.2, abs=0.01)
    after = [frame.face for frame in frames[summary.frames :]]
    assert after[0].flags & FaceFlag.HELD
    assert after[-1].lost
    assert after[-1].weights.max() == 0.0
    assert [frame.sequence for frame in frames] == sorted({frame.sequence for frame in frames})


@cache
def decoder_of(head: Head) -> Decoder:
    return Decoder(head)


def pipeline(stage: Stage, ears: Ears, config: LiveConfig, control: LiveControl | None = None) -> Pipeline:
    return Pipeline(
        config, decoder=decoder_of(stage.head), encoder=stage, finder=stage, sink=ears,
        control=control or LiveControl(config, stage.head.schema, cameras=lambda: ()), meter=Meter(),
    )  # fmt: skip


def play(line: Pipeline, frames: range, step: Callable[[int], None] | None = None) -> None:
    for i in frames:
        if step is not None:
            step(i)
        line.step(SourceFrame(media_ns=i * FRAME_NS, captured_ns=time.perf_counter_ns(), image=IMAGE))


def test_a_settled_person_is_told_to_the_encoder_and_a_stranger_is_not() -> None:
    """Expressions are read from somebody's own rest once it is known, and not from the last person's."""
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)])
    line = pipeline(stage, Ears(), LiveConfig())
    play(line, range(60))
    rest = stage.head.schema.neutral()[stage.head.schema.indices("identity")]
    assert stage.told[0] is None
    last = stage.told[-1]
    assert last is not None
    np.testing.assert_allclose(last, rest, atol=1e-5)
    somebody = stage.faces
    stage.faces = []
    play(line, range(60, 300))  # 8 s: longer than an absence after which it may be somebody else
    stage.faces, before = somebody, len(stage.told)
    play(line, range(300, 320))
    assert all(known is None for known in stage.told[before + 1 :])


def test_who_comes_after_an_absence_has_a_seat_of_his_own() -> None:
    """Translation is measured from where somebody was first seen; the next one must not stand off all the while."""
    stage, ears = Stage(Head.default(), [(300.0, 220.0, 800.0)]), Ears()
    line = pipeline(stage, ears, LiveConfig())
    play(line, range(60))
    stage.faces = []
    play(line, range(60, 300))
    stage.faces = [(420.0, 260.0, 500.0)]
    play(line, range(300, 330))
    np.testing.assert_allclose(ears.frames[-1].face.translation, 0.0, atol=1e-3)
    stage.faces = [(420.0, 260.0, 400.0)]
    play(line, range(330, 360))
    assert abs(ears.frames[-1].face.translation[2]) > 0.1


def test_seen_held_lost_neutral_and_back() -> None:
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)])
    stage.expression = np.full(52, 0.4, np.float32)
    ears = Ears()
    line = pipeline(stage, ears, LiveConfig())
    play(line, range(30))
    stage.faces.clear()
    play(line, range(30, 80))
    stage.faces.append((300.0, 220.0, 800.0))
    play(line, range(80, 90))
    flags = [frame.face.flags & (FaceFlag.TRACKED | FaceFlag.HELD | FaceFlag.LOST) for frame in ears.frames]
    assert flags[:30] == [FaceFlag.TRACKED] * 30
    assert flags[30:38] == [FaceFlag.HELD] * 8
    assert flags[40:80] == [FaceFlag.LOST] * 40
    assert flags[-1] == FaceFlag.TRACKED
    weights = np.array([frame.face.weights[0] for frame in ears.frames])
    np.testing.assert_allclose(weights[5:39], 0.4, atol=1e-3)
    assert weights[70] == 0.0
    assert np.abs(np.diff(weights[30:80])).max() < 0.04
    assert [(e.kind, e.face_id) for e in ears.events] == [("found", 0), ("lost", 0), ("found", 0)]
    assert [avatar.revision for avatar in ears.avatars][:1] == [1]
    assert ears.frames[-1].face.avatar_revision == ears.avatars[-1].revision


def test_calibration_by_command_is_saved_and_used_again() -> None:
    head = Head.default()
    stage = Stage(head, [(300.0, 220.0, 800.0)], expression=np.full(52, 0.25, np.float32))
    ears, config = Ears(), LiveConfig(user="ann")
    control = LiveControl(config, head.schema, cameras=lambda: ())
    line = pipeline(stage, ears, config, control)
    play(line, range(20))
    control.calibrate()
    play(line, range(20, 60))
    assert ears.frames[25].face.flags & FaceFlag.CALIBRATING
    assert not ears.frames[-1].face.flags & FaceFlag.CALIBRATING
    assert ears.frames[-1].face.weights.max() < 1e-3
    assert [event.kind for event in ears.events] == ["found", "calibrated"]
    again = Ears()
    play(pipeline(stage, again, config), range(5))
    assert again.frames[-1].face.weights.max() < 1e-3
    control.calibrate(clear=True)
    play(line, range(60, 90))
    np.testing.assert_allclose(ears.frames[-1].face.weights, 0.25, atol=1e-3)


def test_filters_change_while_it_runs() -> None:
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)], expression=np.linspace(0, 0.5, 52).astype(np.float32))
    ears, config = Ears(), LiveConfig()
    control = LiveControl(config, stage.head.schema, cameras=lambda: ())
    line = pipeline(stage, ears, config, control)
    play(line, range(5))
    change = FilterChange(mirror=True, smoothing=(Smoothing(group="mouth", min_cutoff_hz=3.0, beta=1.0),))
    said = control.change_filters(change)
    assert said.mirror
    assert said.smoothing[0] == Smoothing(group="mouth", min_cutoff_hz=3.0, beta=1.0)
    play(line, range(5, 8))
    before, after = ears.frames[0].face, ears.frames[-1].face
    assert after.flags & FaceFlag.MIRRORED
    assert after.expression["eyeBlinkLeft"] == pytest.approx(before.expression["eyeBlinkRight"])


def test_several_people_in_one_packet() -> None:
    stage = Stage(Head.default(), [(150.0, 220.0, 700.0), (450.0, 220.0, 600.0)])
    ears = Ears()
    config = LiveConfig(tracker=TrackerConfig(faces=2))
    line = pipeline(stage, ears, config)
    play(line, range(10))
    assert [face.face_id for face in ears.frames[-1].faces] == [0, 1]
    stage.faces.pop(1)
    play(line, range(10, 80))
    assert [face.face_id for face in ears.frames[-1].faces] == [0]
    assert {avatar.face_id for avatar in ears.avatars} == {0, 1}


def test_whoever_takes_a_number_over_has_avatars_of_his_own() -> None:
    """Readers know an avatar by face and revision: a stranger must not be taken for the one before."""
    stage = Stage(Head.default(), [(150.0, 220.0, 700.0), (450.0, 220.0, 600.0)])
    ears = Ears()
    line = pipeline(stage, ears, LiveConfig(tracker=TrackerConfig(faces=2)))
    play(line, range(10))
    somebody = stage.faces.pop(1)
    play(line, range(10, 80))
    stage.faces.append(somebody)
    began = len(ears.frames)
    play(line, range(80, 200))
    line.reset()
    play(line, range(200, 210))
    new = next(face for frame in ears.frames[began:] for face in frame.faces if face.face_id == 1)
    assert new.avatar_revision in (0, max(a.revision for a in ears.avatars if a.face_id == 1))
    for face_id in (0, 1):
        revisions = [avatar.revision for avatar in ears.avatars if avatar.face_id == face_id]
        assert len(revisions) >= 2
        assert revisions == list(range(1, len(revisions) + 1))


def test_a_calibration_that_cannot_be_saved_is_used_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    head = Head.default()
    monkeypatch.setenv("FACELIVE_CONFIG_DIR", "/proc/nowhere")
    stage = Stage(head, [(300.0, 220.0, 800.0)], expression=np.full(52, 0.25, np.float32))
    ears, config = Ears(), LiveConfig(user="ann")
    control = LiveControl(config, head.schema, cameras=lambda: ())
    line = pipeline(stage, ears, config, control)
    control.calibrate()
    play(line, range(60))
    assert ears.frames[-1].face.weights.max() < 1e-3
    assert [event.text for event in ears.events if event.kind == "calibrated"] == ["neutral face learnt, but not saved"]
    assert len(line.notices) == 1
    assert "calibration" in line.notices[0]


def test_a_performance_is_nobody_s_rest() -> None:
    """The user's own neutral is not taken away from it, and it teaches none."""
    head = Head.default()
    stage = Stage(head, [(300.0, 220.0, 800.0)], expression=np.full(52, 0.25, np.float32))
    config = LiveConfig(user="ann")
    control = LiveControl(config, head.schema, cameras=lambda: ())
    control.calibrate()
    play(pipeline(stage, Ears(), config, control), range(60))
    ears = Ears()
    line = pipeline(stage, ears, config, control)
    control.calibrate()
    parameters = head.schema.neutral()
    parameters[head.schema.index("jawOpen")] = 0.6
    for i in range(50):
        now_ns = time.perf_counter_ns()
        line.step(SourceFrame(media_ns=i * FRAME_NS, captured_ns=now_ns, parameters=parameters))
    assert ears.frames[-1].face.expression["jawOpen"] == pytest.approx(0.6, abs=1e-3)
    assert not ears.frames[-1].face.flags & FaceFlag.CALIBRATING
    assert line.notices == ["a performance has no face of yours: nothing was calibrated"]


def test_the_camera_that_is_open_is_the_selected_one() -> None:
    known = (CameraInfo(index=0, name="left"), CameraInfo(index=1, name="right"))
    control = LiveControl(LiveConfig(), Head.default().schema, cameras=lambda: known)
    assert [camera.selected for camera in control.cameras()] == [False, False]
    control.source_name = lambda: "camera 1: right"
    control.select_camera("0")  # a wish is not yet an open camera
    assert [camera.selected for camera in control.cameras()] == [False, True]


@pytest.mark.usefixtures("no_threads_left")
def test_a_performance_plays_a_character_of_one_s_own(tmp_path: Path, address: PublisherConfig) -> None:
    """By name: what the character has not is left out, and nothing is another slider's."""
    known = {parameter.name: parameter for parameter in Head.default().schema.parameters}
    names = ["headYaw", "headPitch", "headRoll", "headX", "headY", "headZ", "mouthSmileLeft", "jawOpen", "browInnerUp"]
    schema = Schema(name="my-character", parameters=tuple(known[name] for name in names))
    schema.save(tmp_path / "schema.json")
    faces: list[Frame] = []
    config = LiveConfig(source="performance", pace="max", schema=tmp_path / "schema.json")

    def tap(message: bytes) -> None:
        if message[:4] == FRAME_MAGIC:
            faces.append(decode_frame(message))

    run_live(config, publisher=address, taps=[tap])
    played = np.array([frame.face.weights for frame in faces])
    mine = [performance(i / 30, schema)[schema.indices("expression")] for i in range(len(faces))]
    assert np.abs(played - np.array(mine)).max() < 0.35, "but for the filters' delay"
    for mine_N, played_N in zip(np.array(mine).T, played.T, strict=True):
        assert np.corrcoef(mine_N, played_N)[0, 1] > 0.9


def test_a_still_face_is_still() -> None:
    """Landmark noise as MediaPipe has it must not shake the crop and so the parameters."""
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)], expression=np.full(52, 0.3, np.float32), noise=0.15)
    ears = Ears()
    play(pipeline(stage, ears, LiveConfig()), range(120))
    weights = np.array([frame.face.weights for frame in ears.frames[60:]])
    assert np.abs(np.diff(weights, axis=0)).mean() < 0.0024  # MediaPipe's figure, facts/peers.md
    assert np.abs(np.diff(weights, axis=0)).max() < 0.019


def test_time_that_stands_still_or_runs_back_is_survived() -> None:
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)])
    ears = Ears()
    line = pipeline(stage, ears, LiveConfig())
    for media_ns in (0, 0, 10**9, 5, 10**18, 0):
        line.step(SourceFrame(media_ns=media_ns, captured_ns=time.perf_counter_ns(), image=IMAGE))
    assert len(ears.frames) == 6
    assert all(np.isfinite(frame.face.weights).all() for frame in ears.frames)


def test_no_face_for_a_minute_is_said_while_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what else was said comes back once there is a face."""
    monkeypatch.setattr(reporter, "_EVERY_S", 0.0)
    said: list[str] = []
    tracked: list[int] = []
    line: Any = SimpleNamespace(
        tracked=tracked, notices=["a line that stays"], calibrating=False, state=LifeState.SEARCHING
    )
    endpoints = SimpleNamespace(endpoints=SimpleNamespace(data=""), packets=0, set_state=lambda state: None)
    publisher, control = cast(Any, endpoints), cast(Any, SimpleNamespace(recording=""))
    tells = Reporter(line, Meter(), publisher, control, lambda stats: said.append(stats.notice))
    tells.tick()
    monkeypatch.setattr(reporter, "_NO_FACE_S", -1.0)
    tells.tick()
    monkeypatch.setattr(reporter, "_NO_FACE_S", 60.0)
    tells.tick()
    tracked.append(0)
    tells.tick()
    assert [line.startswith("no face for a minute") for line in said] == [False, True, True, False]
    assert said[0] == said[3] == "a line that stays"


def test_a_stranger_s_frames_do_not_wear_the_avatar_of_who_had_the_number() -> None:
    schema = Head.default().schema
    layout = Layout(schema)
    values = np.full(layout.avatar_count, 0.9, np.float32)
    avatar = Avatar(face_id=1, revision=4, values=values)
    receiver: Any = object.__new__(Receiver)
    receiver._side = SimpleNamespace(layout=lambda schema_hash: layout, avatar=lambda stream, face: avatar)
    stage, ears = Stage(Head.default(), [(300.0, 220.0, 800.0)]), Ears()
    play(pipeline(stage, ears, LiveConfig()), range(20))
    frame = ears.frames[-1]
    assert frame.face.avatar_revision > 0
    identity = schema.indices("identity")
    assert receiver.parameters(frame)[identity] == pytest.approx(0.9)
    unknown = replace(frame.face, avatar_revision=0)
    np.testing.assert_array_equal(receiver.parameters(frame, unknown)[identity], schema.neutral()[identity])


def test_ages_are_the_newest_and_take_no_more_room_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "_AGES", 100)
    ages = Meter()
    assert ages.age_ms == 0.0
    assert ages.age_percentiles_ms() == {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    for i in range(250):
        ages.add_age(i * 1_000_000)
    assert ages.age_ms == pytest.approx(249.0)
    assert ages.age_percentiles_ms() == pytest.approx({"p50": 199.5, "p95": 244.05, "p99": 248.01})


def test_vision_needs_opening(toy: Path) -> None:
    with Vision(replace(LiveConfig(), encoder=toy), Head.default().schema) as vision, pytest.raises(AssertionError):
        vision.encode(IMAGE, np.eye(2, 3, dtype=np.float32))
