"""The choice behind IDENTITY_SHARE: what is mixed, and that a benchmark may not choose by the report's people."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the benchmark asks dlib's network")

from facelive.rig.head import Head
from facelive.rig.render import Scene
from facelive.train.evaluate.encoders import MeanFace
from facelive.train.evaluate.report.faces import held_out_renders

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_a_share_mixes_both_witnesses_within_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = import_module("identity_share")
    pixels: Any = SimpleNamespace(identity_I=np.array([0.2, 0.4], np.float32))
    recognised: Any = SimpleNamespace(identity_I=np.array([0.6, 1.4], np.float32))
    one = benchmark.Seen(pixels=pixels, recognised=recognised)
    np.testing.assert_allclose(benchmark.identity(one, 0.0), [0.2, 0.4], atol=1e-6)
    np.testing.assert_allclose(benchmark.identity(one, 0.5), [0.4, 0.9], atol=1e-6)
    np.testing.assert_allclose(benchmark.identity(one, 1.0), [0.6, 1.0], atol=1e-6)


def test_other_rendered_people_than_the_report_s_can_be_asked_for() -> None:
    head = Head.default()
    ours = held_out_renders(head, MeanFace(head), lambda _: Scene(), 1, 1)[0].placed.label_P
    theirs, again = (
        held_out_renders(head, MeanFace(head), lambda _: Scene(), 1, 1, first=50_000)[0].placed.label_P
        for _ in range(2)
    )
    assert np.abs(ours - theirs).max() > 0.1
    np.testing.assert_array_equal(theirs, again)
