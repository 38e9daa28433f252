"""The ways behind benchmarks/results/train_step.json."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="a training step needs torch")
pytest.importorskip("lightning", reason="a training step needs lightning")

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_every_way_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    sys.modules.pop("train_step", None)
    import train_step  # type: ignore[import-not-found]

    from facelive.train.encoder import model

    monkeypatch.setattr(model, "_AT_ONCE", model._AT_ONCE)  # put back afterwards
    monkeypatch.setattr(train_step, "_BATCH", 2)
    found = train_step.measure(1)
    assert set(found) == set(train_step.WAYS)
    assert all(0.0 < row["least_s"] <= row["median_s"] for row in found.values())
