"""Refinement: it helps, it stays within its budget, and when it is late the frames do not wait for it."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_fakes import Ears, Stage

from facelive.errors import UsageError, WeightsError
from facelive.likeness.refine import open_improver
from facelive.likeness.refine_geometry import GeometryImprover, _projected
from facelive.rig.framing import CropCamera, apply, frame_face, invert
from facelive.rig.head import Head
from facelive.stream.decode import Decoder
from facelive.stream.encoder import Observation
from facelive.stream.frame import FaceFlag
from facelive.stream.live_config import LiveConfig
from facelive.stream.live_control import LiveControl
from facelive.stream.meter import Meter
from facelive.stream.pipeline import Pipeline
from facelive.stream.refiner import Improved, LiveRefiner, RefineConfig, _Work
from facelive.stream.sources import SourceFrame

HEAD = Head.default()
SCHEMA = HEAD.schema
PICTURE = np.zeros((480, 640, 3), np.uint8)


def observation(seed: int) -> tuple[Observation, np.ndarray]:
    """An answer with exact landmarks and wrong expression and pose; and the true expression."""
    rng = np.random.default_rng(seed)
    names = SCHEMA.group_names("expression")
    truth = np.zeros(len(names), np.float32)
    for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight"):
        truth[names.index(name)] = rng.uniform(0.0, 0.8)
    params = SCHEMA.neutral()
    params[SCHEMA.indices("expression")] = truth
    points = HEAD.linear(HEAD.landmarks68).evaluate(params)
    camera = CropCamera(yaw_rad=0.2, pitch_rad=-0.1, roll_rad=0.02, cx=130.0, cy=100.0, scale=900.0)
    similarity = np.array([[0.6, 0.02, -40.0], [-0.02, 0.6, -30.0]], np.float32)
    seen = apply(invert(similarity), camera.project(points, HEAD.face_centre))
    guess = np.clip(truth + rng.normal(0, 0.12, len(truth)), 0, 1).astype(np.float32)
    pose = np.concatenate([camera.to_encoder() + rng.normal(0, [0.05, 0.05, 0.03, 0.01, 0.01, 0.02]), np.zeros(4)])
    return Observation(
        similarity=similarity, identity_I=SCHEMA.neutral()[SCHEMA.indices("identity")],
        style_S=SCHEMA.neutral()[SCHEMA.indices("style")], colour_C=SCHEMA.neutral()[SCHEMA.indices("colour")],
        expression_E=guess, pose=pose.astype(np.float32), landmarks_K2=seen, confidence=np.ones(6, np.float32),
    ), truth  # fmt: skip


def test_derivatives_of_the_projection() -> None:
    rng = np.random.default_rng(0)
    x, morphs = rng.normal(0, 0.05, (7, 3)), rng.normal(0, 0.01, (3, 7, 3)).astype(np.float32)
    pose = np.array([0.2, -0.1, 0.05, 0.5, 0.4, -0.1])
    points, jacobian = _projected(x, morphs, pose)
    for k in range(9):
        step = 1e-5
        moved = pose.copy()
        if k >= 3:
            moved[k - 3] += step
        there, _ = _projected(x + (step * morphs[k] if k < 3 else 0.0), morphs, moved)
        np.testing.assert_allclose(jacobian[:, k], (there - points).ravel() / step, rtol=2e-2, atol=0.02)


def test_geometry_brings_expression_and_points_nearer() -> None:
    improver = GeometryImprover(HEAD)
    before, after = [], []
    for seed in range(6):
        seen, truth = observation(seed)
        better = improver.improve(None, seen, seen, steps=3, until_ns=time.perf_counter_ns() + 10**10).seen
        for answer, errors in ((seen, before), (better, after)):
            visible = [SCHEMA.group_names("expression").index(n) for n in ("jawOpen", "mouthSmileLeft", "eyeBlinkLeft")]
            pose = np.abs(answer.pose[:3] - [0.2, -0.1, 0.02]).mean()
            errors.append([np.abs(answer.expression_E - truth)[visible].mean(), pose])
    expression, pose = np.mean(after, 0) / np.mean(before, 0)
    assert expression < 1.0
    assert pose < 0.3


class Slow:
    """An improver that takes its time and adds a tenth to everything."""

    needs_picture = True

    def __init__(self, seconds: float) -> None:
        self.seconds, self.crops, self.threads, self.steps = seconds, [], set(), []

    def improve(
        self, crop: np.ndarray | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        self.crops.append(crop)
        self.steps.append(steps)
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        return Improved(seen=replace(seen, expression_E=seen.expression_E + np.float32(0.1)), steps=1)


def wait_for(condition: object, seconds: float = 10.0) -> None:
    end = time.perf_counter() + seconds
    while not condition() and time.perf_counter() < end:  # type: ignore[operator]
        time.sleep(0.005)
    assert condition()  # type: ignore[operator]


def test_quick_steps_run_on_the_frame_and_mark_it() -> None:
    improver = Slow(0.0)
    seen = replace(observation(0)[0], expression_E=np.full(52, 0.2, np.float32))
    with LiveRefiner(improver, RefineConfig(steps=3, budget_ms=500.0)) as refiner:
        refiner.refine(PICTURE, seen)
        wait_for(lambda: refiner.beside == 1)
        better = refiner.refine(PICTURE, seen)
        assert better.refined
        assert improver.steps == [1, 3], "the first is made by the thread, the second on the frame"
        assert better.expression_E[0] == pytest.approx(0.3)
        assert improver.crops[-1] is not None
        assert improver.crops[-1].shape == (256, 256, 3)
        assert threading.get_ident() in improver.threads


def test_late_steps_run_beside_the_frames_and_are_carried_over() -> None:
    improver = Slow(0.05)
    seen = replace(observation(0)[0], expression_E=np.full(52, 0.2, np.float32))
    with LiveRefiner(improver, RefineConfig(steps=3, budget_ms=5.0)) as refiner:
        first = refiner.refine(PICTURE, seen)
        assert not first.refined
        np.testing.assert_array_equal(first.expression_E, seen.expression_E)
        wait_for(lambda: refiner.beside >= 1)
        assert set(improver.steps) == {1}, "one at a time, each on the newest frame"
        later = refiner.refine(PICTURE, seen)
        assert not later.refined
        assert 0.2 < float(later.expression_E[0]) <= 0.3
        assert threading.get_ident() not in improver.threads
        elsewhere = replace(seen, similarity=seen.similarity + np.array([[0, 0, 900.0], [0, 0, 0]], np.float32))
        np.testing.assert_array_equal(refiner.refine(PICTURE, elsewhere).expression_E, elsewhere.expression_E)
    refiner.close()


class Broken(Slow):
    """An improver whose second call, and every later one, raises."""

    def improve(
        self, crop: np.ndarray | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        found = super().improve(crop, seen, start, steps=steps, until_ns=until_ns)
        if len(self.crops) > 1:
            raise RuntimeError("no more memory")
        return found


@pytest.mark.parametrize("budget_ms", [0.001, 500.0], ids=["beside", "on the frame"])
def test_an_improver_that_fails_is_told_once_and_the_frames_go_on(
    budget_ms: float, caplog: pytest.LogCaptureFixture
) -> None:
    improver = Broken(0.0)
    seen = replace(observation(0)[0], expression_E=np.full(52, 0.2, np.float32))
    with LiveRefiner(improver, RefineConfig(steps=1, budget_ms=budget_ms)) as refiner:
        refiner.refine(PICTURE, seen)
        wait_for(lambda: refiner.beside == 1)
        refiner.refine(PICTURE, seen)
        wait_for(lambda: refiner.failed)
        for _ in range(3):
            after = refiner.refine(PICTURE, seen)
            np.testing.assert_array_equal(after.expression_E, seen.expression_E)
            assert not after.refined
        # A frame that had passed before the failure, or was waiting: nobody asks again.
        assert refiner._run(_Work(PICTURE, seen, seen), 1, 0) is None
    assert len(improver.crops) == 2
    told = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == 1
    assert "refining has failed and is off now" in told[0].getMessage()
    assert "no more memory" in told[0].getMessage()


def test_faces_take_turns_beside_the_frames() -> None:
    """Two faces in every frame, each of them refined as often: the last one of a frame does not push the first out."""
    improver = Slow(0.02)
    one = observation(0)[0]
    two = replace(one, similarity=one.similarity + np.array([[0, 0, 900.0], [0, 0, 0]], np.float32))
    shown: list[float] = []
    once = improver.improve

    def improve(crop: Any, seen: Observation, *rest: Any, **named: Any) -> Improved:
        shown.append(float(seen.similarity[0, 2]))
        return once(crop, seen, *rest, **named)

    improver.improve = improve  # type: ignore[method-assign]
    with LiveRefiner(improver, RefineConfig(steps=1, budget_ms=1.0)) as refiner:
        while refiner.beside < 16:
            for seen in (one, two):
                refiner.refine(PICTURE, seen)
            time.sleep(0.002)
    counts = [shown.count(float(seen.similarity[0, 2])) for seen in (one, two)]
    assert min(counts) >= 7


def test_the_packet_says_refined() -> None:
    stage = Stage(HEAD, faces=[(320.0, 240.0, 900.0)])
    ears, config = Ears(), LiveConfig(user="refine-test")
    control = LiveControl(config, SCHEMA)
    with LiveRefiner(GeometryImprover(HEAD), RefineConfig(steps=2, budget_ms=2000.0)) as refiner:
        pipeline = Pipeline(
            config, decoder=Decoder(HEAD), encoder=stage, finder=stage, sink=ears, control=control, meter=Meter(),
            refiner=refiner,
        )  # fmt: skip
        for number in range(4):
            now = time.perf_counter_ns()
            pipeline.step(SourceFrame(image=PICTURE, captured_ns=now, media_ns=number * 33_000_000))
            wait_for(lambda: refiner.beside + refiner.refined > 0)
    assert ears.frames[-1].face.flags & FaceFlag.TRACKED
    assert ears.frames[-1].face.flags & FaceFlag.REFINED


def test_settings_and_missing_weights_are_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--budget-ms"):
        RefineConfig(steps=1, budget_ms=0.0)
    with pytest.raises(UsageError, match="--refine"):
        LiveConfig(refine=-1)
    with pytest.raises(UsageError, match="--refiner imitator only"):
        LiveConfig(imitator=tmp_path / "imitator.pt", refine=3)
    with pytest.raises(UsageError, match="--refiner imitator only"):
        LiveConfig(imitator=tmp_path / "imitator.pt", refiner="imitator")
    assert LiveConfig(refine=3, refiner="imitator", imitator=tmp_path / "imitator.pt").refine == 3
    monkeypatch.setattr("facelive.likeness.refine.SHIPPED_IMITATOR", tmp_path / "imitator.pt")
    with pytest.raises(WeightsError, match="--refiner geometry"):
        open_improver("imitator", HEAD)


def test_imitator_steps_lower_the_loss() -> None:
    torch = pytest.importorskip("torch", reason="the imitator's refiner needs torch")
    from facelive.likeness.drawing import Imitation, appearance_slices
    from facelive.likeness.projection import project
    from facelive.likeness.refine import ImitatorImprover
    from facelive.likeness.torch_head import TorchHead

    twin = TorchHead.of_landmarks(HEAD, HEAD.landmarks68)
    centre = torch.from_numpy(np.asarray(HEAD.face_centre, np.float32))
    where = appearance_slices(SCHEMA)

    class Points:
        size = 64

        def __call__(self, appearance_BN: Any, pose_B10: Any) -> Imitation:
            identity, expression = appearance_BN[:, where["identity"]], appearance_BN[:, where["expression"]]
            points = project(twin(identity, expression, pose_B10[:, 6:10]), pose_B10, centre)
            return Imitation(torch.zeros(len(points), 3, 64, 64), points, None)

    improver = ImitatorImprover(Points(), SCHEMA)
    seen, _ = observation(3)
    crop = np.zeros((256, 256, 3), np.uint8)
    found = improver.improve(crop, seen, seen, steps=3, until_ns=time.perf_counter_ns() + 10**11)
    assert found.steps == 3
    assert len(improver.losses) == 4
    assert min(improver.losses[1:]) < improver.losses[0]
    late = improver.improve(crop, seen, seen, steps=3, until_ns=0)
    assert late.steps == 1
    assert frame_face(seen.landmarks_K2).shape == (2, 3)
