"""One Euro filters: calm at rest, prompt in motion, right for any time stamps, never mixing channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelive.errors import UsageError
from facelive.rig.default_schema import default_schema
from facelive.rig.tiny import tiny_schema
from facelive.stream.decode import POSE_NAMES
from facelive.stream.face_filter import FaceFilter, Signal, filter_group
from facelive.stream.live_config import FilterConfig
from facelive.stream.look import Look
from facelive.stream.one_euro import OneEuro, OneEuroConfig

FRAME_NS = 33_333_333
CONSTANTS = OneEuroConfig(min_cutoff_hz=1.5, beta=5.0)
finite = st.floats(-10.0, 10.0)


def reference(values: list[float], times_ns: list[int], config: OneEuroConfig) -> list[float]:
    """The paper's algorithm, scalar and written out (Casiez et al. 2012, algorithm 1)."""
    out: list[float] = []
    speed = 0.0
    for i, value in enumerate(values):
        if i == 0:
            out.append(value)
            continue
        period = (times_ns[i] - times_ns[i - 1]) * 1e-9
        alpha = 1.0 / (1.0 + 1.0 / (2 * np.pi * config.derivative_cutoff_hz * period))
        speed = alpha * (value - out[-1]) / period + (1 - alpha) * speed
        cutoff = config.min_cutoff_hz + config.beta * abs(speed)
        alpha = 1.0 / (1.0 + 1.0 / (2 * np.pi * cutoff * period))
        out.append(alpha * value + (1 - alpha) * out[-1])
    return out


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(finite, min_size=1, max_size=20),
    steps=st.lists(st.integers(10**5, 10**9), min_size=20, max_size=20),
)
def test_matches_the_paper(values: list[float], steps: list[int]) -> None:
    times = list(np.cumsum(steps))[: len(values)]
    filtered = OneEuro([CONSTANTS])
    mine = [float(filtered(np.array([v]), int(t))[0]) for v, t in zip(values, times, strict=True)]
    np.testing.assert_allclose(mine, reference(values, [int(t) for t in times], CONSTANTS), rtol=1e-9, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.tuples(finite, finite), min_size=2, max_size=15),
    steps=st.lists(st.integers(0, 10**9), min_size=15, max_size=15),
)
def test_stays_within_what_it_was_given_and_never_mixes(values: list[tuple[float, float]], steps: list[int]) -> None:
    pair, alone = OneEuro([CONSTANTS, CONSTANTS]), OneEuro([CONSTANTS])
    now = 0
    for i, (left, right) in enumerate(values):
        now += steps[i]
        both = pair(np.array([left, right]), now)
        assert both[0] == alone(np.array([left]), now)[0]
        given_so_far = np.array(values[: i + 1])
        assert (both >= given_so_far.min(0) - 1e-9).all()
        assert (both <= given_so_far.max(0) + 1e-9).all()


def test_constant_passes_and_frozen_time_changes_nothing() -> None:
    filtered = OneEuro([CONSTANTS])
    for i in range(5):
        assert filtered(np.array([0.4]), i * FRAME_NS)[0] == 0.4
    assert filtered(np.array([9.0]), 4 * FRAME_NS)[0] == 0.4
    filtered.reset()
    assert filtered(np.array([9.0]), 5 * FRAME_NS)[0] == 9.0


def test_bad_constants_are_refused() -> None:
    for bad in ({"min_cutoff_hz": 0.0}, {"beta": -1.0}, {"beta": float("nan")}, {"derivative_cutoff_hz": -2.0}):
        with pytest.raises(UsageError):
            OneEuroConfig(**bad)


def signal(**weights: float) -> Signal:
    names = default_schema().group_names("expression")
    return Signal(np.array([weights.get(name, 0.0) for name in names], np.float32), np.zeros(10, np.float32))


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("name", ["jawOpen", "mouthSmileLeft", "eyeBlinkRight", "browInnerUp"])
def test_a_step_arrives_within_two_frames(name: str, fps: float) -> None:
    """The issue's bound. Arrived: 90 % of the step."""
    schema = default_schema()
    where = schema.group_names("expression").index(name)
    face, frame_ns = FaceFilter(schema, FilterConfig()), int(1e9 / fps)
    for i in range(30):
        face(signal(), i * frame_ns)
    steps = [face(signal(**{name: 0.8}), (30 + i) * frame_ns).expression_E[where] / 0.8 for i in range(3)]
    assert steps[2] > 0.9, steps


def test_a_blink_keeps_its_depth() -> None:
    """150 ms at 30 fps: closing, closed, closed, opening. Filtered it still closes."""
    schema = default_schema()
    where = schema.group_names("expression").index("eyeBlinkLeft")
    face = FaceFilter(schema, FilterConfig())
    course = [0.0] * 20 + [0.5, 1.0, 1.0, 0.5] + [0.0] * 5
    out = [face(signal(eyeBlinkLeft=v), i * FRAME_NS).expression_E[where] for i, v in enumerate(course)]
    assert max(out) > 0.95
    assert int(np.argmax(out)) - course.index(1.0) <= 1
    assert out[-1] < 0.1


def test_noise_of_a_still_face_shrinks() -> None:
    schema = default_schema()
    rng = np.random.default_rng(3)
    face = FaceFilter(schema, FilterConfig())
    count = len(schema.group_names("expression"))
    raw = rng.normal(0.3, 0.004, (200, count)).astype(np.float32)
    rest = np.zeros(10, np.float32)
    out = np.array([face(Signal(row, rest), i * FRAME_NS).expression_E for i, row in enumerate(raw)])
    moved, shown = np.abs(np.diff(raw[50:], axis=0)).mean(), np.abs(np.diff(out[50:], axis=0)).mean()
    assert shown < 0.45 * moved


def test_off_passes_everything() -> None:
    face = FaceFilter(default_schema(), FilterConfig(enabled=False))
    face(signal(), 0)
    assert face(signal(jawOpen=0.7), 1).expression_E.max() == np.float32(0.7)


def test_groups_of_the_names() -> None:
    wanted = {
        "browDownLeft": "brows", "eyeBlinkLeft": "blinks", "eyeWideRight": "eyes", "eyeLookInLeft": "eyes",
        "jawOpen": "mouth", "tongueOut": "mouth", "cheekPuff": "mouth", "somethingElse": "mouth",
    }  # fmt: skip
    assert {name: filter_group(name) for name in wanted} == wanted


def test_mirror_twice_is_the_same_and_swaps_sides() -> None:
    schema = default_schema()
    look = Look(schema)
    names = schema.group_names("expression")
    rng = np.random.default_rng(0)
    given_signal = Signal(rng.random(len(names)).astype(np.float32), rng.normal(0, 0.3, 10).astype(np.float32))
    once = look(given_signal, mirror=True, link_blinks=False)
    twice = look(once, mirror=True, link_blinks=False)
    np.testing.assert_array_equal(twice.expression_E, given_signal.expression_E)
    np.testing.assert_array_equal(twice.pose, given_signal.pose)
    left, right = names.index("mouthSmileLeft"), names.index("mouthSmileRight")
    assert once.expression_E[left] == given_signal.expression_E[right]
    pose = dict(zip(POSE_NAMES, once.pose, strict=True))
    before = dict(zip(POSE_NAMES, given_signal.pose, strict=True))
    for name in ("headYaw", "headRoll", "headX"):
        assert pose[name] == -before[name]
    assert pose["headPitch"] == before["headPitch"]
    assert pose["leftGazeYaw"] == -before["rightGazeYaw"]
    assert pose["leftGazePitch"] == before["rightGazePitch"]


def test_linked_blinks_share_their_mean() -> None:
    out = Look(default_schema())(signal(eyeBlinkLeft=1.0, eyeBlinkRight=0.5), mirror=False, link_blinks=True)
    names = default_schema().group_names("expression")
    assert out.expression_E[names.index("eyeBlinkLeft")] == out.expression_E[names.index("eyeBlinkRight")] == 0.75


def test_another_rig() -> None:
    schema = tiny_schema()
    given_signal = Signal(np.array([0.1, 0.2, 0.3, 0.4], np.float32), np.linspace(0, 0.9, 10).astype(np.float32))
    out = FaceFilter(schema, FilterConfig())(given_signal, 0)
    np.testing.assert_allclose(out.expression_E, given_signal.expression_E)
    mirrored = Look(schema)(given_signal, mirror=True, link_blinks=True)
    np.testing.assert_allclose(mirrored.expression_E, [0.1, 0.3, 0.2, 0.4])
