"""The comparison behind benchmarks/results/both_ways.json."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="evaluation needs torch")
BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_a_better_answer_is_seen_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten people: half the vertices' error, and expressions with half the noise; and nothing against itself."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = import_module("both_ways")
    rng = np.random.default_rng(0)
    once, both = [], []
    for _ in range(10):
        true, noise = rng.random((12, 5)), rng.normal(0, 0.3, (12, 5))
        off = rng.uniform(2, 4, (12, 1))
        once.append(np.concatenate([off, np.full((12, 1), 6.0), true + noise, true], 1))
        both.append(np.concatenate([off / 2, np.full((12, 1), 6.0), true + noise / 2, true], 1))
    found = module.compared(once, both)
    vertices, r = found["vertices_over_mean_face"], found["expression_r"]
    assert vertices["once"].value == pytest.approx(0.5, abs=0.05)
    assert vertices["both_ways"].value == pytest.approx(0.5 * vertices["once"].value)
    assert vertices["difference"].high < -0.2
    assert r["difference"].low > 0.05
    same = module.compared(once, once)
    assert all(same[name]["difference"] == type(r["once"])(value=0.0, low=0.0, high=0.0) for name in same)
