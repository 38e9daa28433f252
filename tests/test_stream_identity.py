"""Who somebody is: fused, frozen, published seldom; neutral calibration; the life of a face."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_fakes import Stage, with_pose

from facelive.errors import FileError, UsageError
from facelive.rig.default_schema import default_schema
from facelive.rig.framing import frame_face
from facelive.rig.head import Head
from facelive.rig.rotation import rotation
from facelive.rig.tiny import tiny_head, tiny_schema
from facelive.stream.calibration import (
    Calibrator,
    Neutral,
    calibration_path,
    clear_neutral,
    home_only,
    load_neutral,
    save_neutral,
)  # fmt: skip
from facelive.stream.decode import ANGLES, POSITION
from facelive.stream.encoder import Observation
from facelive.stream.face_filter import Signal
from facelive.stream.face_life import FaceLife, LifeState
from facelive.stream.identity_lock import IdentityChange, IdentityLock, frontality

FRAME_NS = 33_333_333


@pytest.fixture(scope="module")
def seen() -> Observation:
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)])
    image = np.zeros((480, 640, 3), np.uint8)
    return stage.encode(image, frame_face(stage.find(image)[0]))


def noisy(seen: Observation, rng: np.random.Generator, sigma: float, centre: float = 0.0) -> Observation:
    identity = np.clip(seen.identity_I + centre + rng.normal(0, sigma, seen.identity_I.shape), 0, 1)
    return replace(seen, identity_I=identity.astype(np.float32))


def run(lock: IdentityLock, frames: list[Observation]) -> list[tuple[int, IdentityChange]]:
    return [(i, change) for i, frame in enumerate(frames) if (change := lock.add(frame)) is not None]


def test_early_estimate_then_one_settled_avatar(seen: Observation) -> None:
    rng = np.random.default_rng(0)
    changes = run(IdentityLock(default_schema()), [noisy(seen, rng, 0.05) for _ in range(600)])
    assert [(change.locked) for _, change in changes] == [False, True]
    (first, early), (last, settled) = changes
    assert first <= 4
    assert 25 <= last <= 400
    truth = seen.identity_I
    count = len(truth)
    assert np.abs(settled.values_A[:count] - truth).mean() < 0.01 < np.abs(early.values_A[:count] - truth).mean()
    assert settled.confidence > 0.8


def test_frontal_and_sure_frames_count_more(seen: Observation) -> None:
    rng = np.random.default_rng(1)
    good = [noisy(seen, rng, 0.01) for _ in range(100)]
    turned = [with_pose(noisy(seen, rng, 0.01, centre=0.3), yaw=1.0) for _ in range(300)]
    unsure = [replace(noisy(seen, rng, 0.01, centre=0.3), confidence=np.full(6, 0.05, np.float32)) for _ in range(300)]
    mixed = [frame for group in zip(good, turned[:100], unsure[:100], strict=True) for frame in group]
    (_, settled) = run(IdentityLock(default_schema()), mixed)[-1]
    assert settled.locked
    sliders = default_schema().indices("identity")
    assert np.abs(settled.values_A[: len(sliders)] - seen.identity_I).mean() < 0.02
    assert frontality(0.0, 0.0) == 1.0
    assert frontality(1.1, 0.0) == 0.0


def test_somebody_else_after_an_absence(seen: Observation) -> None:
    rng = np.random.default_rng(2)
    lock = IdentityLock(default_schema())
    assert run(lock, [noisy(seen, rng, 0.02) for _ in range(400)])[-1][1].locked
    assert run(lock, [noisy(seen, rng, 0.02, centre=0.3) for _ in range(100)]) == [], "frozen"
    lock.reopen()
    assert run(lock, [noisy(seen, rng, 0.02) for _ in range(400)]) == [], "the same person is no change"
    lock.reopen()
    changes = run(lock, [noisy(seen, rng, 0.02, centre=0.3) for _ in range(400)])
    assert [change.locked for _, change in changes] == [True]


def test_identity_of_another_rig() -> None:
    stage = Stage(tiny_head(), [(300.0, 220.0, 800.0)])
    image = np.zeros((480, 640, 3), np.uint8)
    seen = stage.encode(image, frame_face(stage.find(image)[0]))
    changes = run(IdentityLock(tiny_schema()), [seen] * 400)
    assert [change.locked for _, change in changes] == [False, True]
    assert changes[-1][1].values_A.shape == (10,)


def test_the_life_of_a_face() -> None:
    life = FaceLife(hold_s=0.3, ease_s=0.7)
    assert (life.missed(0), life.state, life.share) == (LifeState.SEARCHING, LifeState.SEARCHING, 0.0)
    life.seen(10**9)
    course: list[tuple[LifeState, float]] = []
    for i in range(1, 40):
        life.missed(10**9 + i * FRAME_NS)
        course.append((life.state, life.share))
    states = [state for state, _ in course]
    assert states.count(LifeState.HELD) == 9
    assert 20 <= states.count(LifeState.LOST) <= 21
    assert states[-1] is LifeState.SEARCHING
    shares = [share for _, share in course]
    assert shares[8] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert max(-np.diff(shares)) < 0.08, "no jump on the way to neutral"
    assert shares[-1] == 0.0
    assert life.seen(10**10) is LifeState.SEARCHING


def signal(value: float, yaw: float = 0.0, x: float = 0.0) -> Signal:
    pose = np.zeros(10, np.float32)
    pose[0], pose[3] = yaw, x
    return Signal(np.full(52, value, np.float32), pose)


def test_calibration_is_the_median_of_a_second() -> None:
    calibrator = Calibrator()
    learnt = None
    count = 0
    while learnt is None:
        value = 0.9 if count in (3, 4) else 0.2  # a blink in between
        learnt = calibrator.add(signal(value, yaw=0.1, x=0.05), count * FRAME_NS)
        count += 1
    assert 30 <= count <= 32
    out = learnt.apply(signal(0.2, yaw=0.1, x=0.05))
    np.testing.assert_allclose(out.expression_E, 0.0, atol=1e-6)
    np.testing.assert_allclose(out.pose, 0.0, atol=1e-6)
    np.testing.assert_allclose(learnt.apply(signal(1.0)).expression_E, 1.0, atol=1e-6)
    np.testing.assert_allclose(learnt.apply(signal(0.6)).expression_E, 0.5, atol=1e-6)


unit = st.floats(0.0, 1.0)
angle = st.floats(-0.9, 0.9)


@settings(max_examples=60, deadline=None)
@given(rest=unit, value=unit, a=st.tuples(angle, angle, angle), b=st.tuples(angle, angle, angle))
def test_calibrated_values_stay_in_range_and_turn_back(
    rest: float, value: float, a: tuple[float, float, float], b: tuple[float, float, float]
) -> None:
    pose = np.zeros(10, np.float32)
    pose[ANGLES] = a
    neutral = Neutral(expression_E=np.full(52, rest, np.float32), pose=pose)
    now = np.zeros(10, np.float32)
    now[ANGLES] = b
    out = neutral.apply(Signal(np.full(52, value, np.float32), now))
    assert (out.expression_E >= 0.0).all()
    assert (out.expression_E <= 1.0 + 1e-6).all()
    np.testing.assert_allclose(rotation(*a) @ rotation(*(float(v) for v in out.pose[ANGLES])), rotation(*b), atol=1e-5)


def test_home_takes_away_the_place_alone() -> None:
    out = home_only(signal(0.3, yaw=0.2, x=0.5)).apply(signal(0.3, yaw=0.2, x=0.6))
    np.testing.assert_allclose(out.expression_E, 0.3)
    np.testing.assert_allclose(out.pose[0], 0.2, atol=1e-6)
    np.testing.assert_allclose(out.pose[POSITION], [0.1, 0, 0], atol=1e-6)


def test_calibration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIVE_CONFIG_DIR", str(tmp_path))
    schema = default_schema()
    assert load_neutral("ann", schema) is None
    rng = np.random.default_rng(0)
    neutral = Neutral(expression_E=rng.random(52).astype(np.float32), pose=rng.random(10).astype(np.float32))
    path = save_neutral(neutral, "ann", schema)
    assert path.is_relative_to(tmp_path)
    again = load_neutral("ann", schema)
    assert again is not None
    np.testing.assert_allclose(again.expression_E, neutral.expression_E, atol=1e-5)
    np.testing.assert_allclose(again.pose, neutral.pose, atol=1e-5)
    assert load_neutral("bob", schema) is None
    assert calibration_path("ann", tiny_schema()) != path
    for broken in ("{", json.dumps({"version": 1}), path.read_text().replace('"pose": [', '"pose": [NaN,')):
        path.write_text(broken)
        with pytest.raises(FileError, match="calibrate again"):
            load_neutral("ann", schema)
    clear_neutral("ann", schema)
    clear_neutral("ann", schema)
    assert not path.exists()
    for name in ("", "../x", "a/b", ".hidden", "a" * 65):
        with pytest.raises(UsageError):
            calibration_path(name, schema)
