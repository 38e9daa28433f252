"""People, expressions and the performance: lawful, varied, linked, on both rigs."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from facelive.rig.default_schema import default_schema
from facelive.rig.expressions import sample_expression
from facelive.rig.performance import PERFORMANCE_S, performance
from facelive.rig.prior import combine, sample_identity, spread
from facelive.rig.schema import Group, Schema, Vector
from facelive.rig.tiny import tiny_schema

SCHEMAS = [pytest.param(default_schema(), id="built-in"), pytest.param(tiny_schema(), id="tiny")]


@cache
def people(schema: Schema) -> np.ndarray:
    """A thousand of them."""
    rng = np.random.default_rng(7)
    return np.stack([sample_identity(schema, rng) for _ in range(1000)])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_draws_are_lawful_and_repeatable(schema: Schema) -> None:
    for sample in (sample_identity, sample_expression):
        first, again = (sample(schema, np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        np.testing.assert_allclose(schema.clip(first), first, atol=1e-6)
        assert (first != sample(schema, np.random.default_rng(4))).any()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_style_option_occurs(schema: Schema) -> None:
    drawn = people(schema)
    for where in schema.styles.values():
        share = drawn[:, where].mean(0)
        np.testing.assert_allclose(drawn[:, where].sum(1), 1.0)
        assert (share > 0).all()


def test_people_hang_together() -> None:
    schema = default_schema()
    drawn = people(schema)
    column = {name: drawn[:, index] for index, name in enumerate(schema.names)}
    women = column["macro-gender"] < 0.4
    assert column["beard:none"][women].mean() > 0.95
    assert column["beard:none"][~women].mean() < 0.75
    assert column["hair:long-straight"][women].mean() > 5 * column["hair:long-straight"][~women].mean()
    skin = drawn[:, schema.colours["skin"]].mean(1)
    assert skin[column["macro-african"] > 0.6].mean() < skin[column["macro-african"] < 0.2].mean() - 0.2
    hair = drawn[:, schema.colours["hair"]].mean(1)
    assert hair[column["macro-age"] > 0.85].mean() > hair[column["macro-age"] < 0.5].mean() + 0.1


def test_spread_of_sliders() -> None:
    schema = default_schema()
    drawn, sigma = people(schema), spread(schema)
    neutral = schema.neutral()
    for name in ("nose-hump", "head-fat", "ear-wing", "mouth-angles"):
        index = schema.index(name)
        assert drawn[:, index].std() == pytest.approx(sigma[index], rel=0.15)
        assert drawn[:, index].mean() == pytest.approx(neutral[index], abs=0.02)
        assert drawn[:, index].min() >= 0.1 - 1e-6
        assert drawn[:, index].max() <= 0.9 + 1e-6


def test_expressions_occur_as_on_faces() -> None:
    schema = default_schema()
    rng = np.random.default_rng(11)
    drawn = np.stack([sample_expression(schema, rng) for _ in range(1500)])
    column = {name: drawn[:, index] for index, name in enumerate(schema.names)}
    for shape in ("mouthSmile", "browOuterUp", "browDown"):
        assert np.corrcoef(column[f"{shape}Left"], column[f"{shape}Right"])[0, 1] > 0.85, shape
    for shape in ("cheekSquint", "eyeBlink"):  # a wink is one-sided
        assert 0.7 < np.corrcoef(column[f"{shape}Left"], column[f"{shape}Right"])[0, 1] < 0.95, shape
    assert (column["mouthClose"] <= column["jawOpen"] + 1e-6).all()
    expression = drawn[:, schema.indices("expression")]
    assert (expression.max(0) > 0.45).all()  # every shape is seen strong at some time
    assert np.corrcoef(column["eyeLookDownLeft"], column["leftGazePitch"])[0, 1] > 0.7
    left, right = column["eyeBlinkLeft"], column["eyeBlinkRight"]
    for shut, other in ((left, right), (right, left)):
        winks = (shut > 0.55) & (other < 0.3)
        assert 0.01 < winks.mean() < 0.08, "rare, and of either eye"
    neutral = schema.neutral()
    kept: tuple[Group, ...] = ("identity", "style", "colour")
    for group in kept:
        where = schema.indices(group)
        assert (drawn[:, where] == neutral[where]).all()


def test_combine_takes_each_half() -> None:
    schema = default_schema()
    rng = np.random.default_rng(2)
    who, doing = sample_identity(schema, rng), sample_expression(schema, rng)
    both = combine(schema, who, doing)
    halves: tuple[tuple[Group, Vector], ...] = (
        ("identity", who), ("colour", who), ("expression", doing), ("pose", doing),
    )  # fmt: skip
    for group, source in halves:
        where = schema.indices(group)
        np.testing.assert_array_equal(both[where], source[where])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_performance_is_smooth_and_loops(schema: Schema) -> None:
    frames = np.stack([performance(t, schema) for t in np.arange(0.0, PERFORMANCE_S, 1 / 30)])
    np.testing.assert_allclose(performance(PERFORMANCE_S, schema), frames[0], atol=1e-6)
    assert (frames >= schema.minimum).all()
    assert (frames <= schema.maximum).all()
    yaw = frames[:, schema.index("headYaw")]
    assert yaw.max() > 0.3
    assert yaw.min() < -0.3
    assert np.abs(np.diff(yaw)).max() < 0.05


def test_performance_is_alive() -> None:
    schema = default_schema()
    frames = np.stack([performance(t) for t in np.arange(0.0, PERFORMANCE_S, 1 / 60)])
    for name in ("eyeBlinkLeft", "jawOpen", "mouthSmileRight", "browInnerUp", "cheekPuff", "mouthPucker"):
        assert frames[:, schema.index(name)].max() > 0.5, name
    blink = frames[:, schema.index("eyeBlinkLeft")] > 0.5
    assert (np.diff(blink.astype(int)) > 0).sum() >= 8
