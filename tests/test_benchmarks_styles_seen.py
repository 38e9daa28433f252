"""The count behind benchmarks/results/styles_seen.json."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from facelive.rig.head import Head
from facelive.train.data.seen_styles import SeenStyles, key_of

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_a_style_is_right_if_it_is_possible_and_the_interval_is_over_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = import_module("styles_seen")
    schema = Head.default().schema
    seen = SeenStyles(schema, {key_of("Ann"): {"hair": "short", "beard": "", "glasses": "some"}})
    params = schema.neutral()
    for style, option in (("hair", "bob"), ("glasses", "round")):
        params[schema.styles[style]] = [name == option for name in schema.options(style)]
    assert benchmark.hits_of(schema, seen, "Ann", params) == {"hair": False, "glasses": True, "length": False}
    narrow = SeenStyles(schema, {key_of("Ann"): {"hair": "flowing", "beard": "", "glasses": ""}})
    assert benchmark.hits_of(schema, narrow, "Ann", params) == {"hair": False, "length": True}
    assert benchmark.hits_of(schema, seen, "Bob", params) == {}

    row = benchmark.interval([[True] * 8, [False, False], [True, False]], np.random.default_rng(0))
    assert (row["photos"], row["people"], row["right"], row["mean_of_people"]) == (12, 3, 0.75, 0.5)
    assert row["low"] == 0.0  # all three drawn are the one who is never right
    assert row["high"] == 1.0
