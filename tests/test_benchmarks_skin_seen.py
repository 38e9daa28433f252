"""The count behind benchmarks/results/skin_seen.json."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from facelive.train.data.seen_styles import key_of
from facelive.train.data.seen_tones import TONES, SeenTones

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_people_count_once_by_the_mean_of_their_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = import_module("skin_seen")
    tones = SeenTones({key_of("Ann"): "dark", key_of("Bob"): "light", key_of("Cy"): "light"})
    low, high = TONES["dark"]
    middle = sum(TONES["light"]) / 2
    said = {
        "Ann": [(low - 0.3, False), (low + 0.1, True)], "Bob": [(middle, False)],
        "Cy": [(middle + 0.3, False), (middle + 0.1, False), (middle + 0.2, True)], "Di": [(0.0, True)],
    }  # fmt: skip
    rows = benchmark.by_word(said, tones)
    assert set(rows) == {"dark", "light", "all", "brown or darker"}
    assert rows["dark"]["said"] == pytest.approx(low - 0.1, abs=1e-3)
    assert rows["dark"]["error"] == pytest.approx((low + high) / 2 - (low - 0.1), abs=1e-3)
    assert rows["dark"]["right"] == 0  # further off than to the next word
    assert rows["brown or darker"] == rows["dark"]
    assert (rows["light"]["people"], rows["light"]["right"]) == (2, 1)
    assert rows["light"]["error"] == pytest.approx(0.1, abs=1e-3)  # Bob 0, Cy .2
    assert (rows["dark"]["bluish_photos"], rows["light"]["bluish_photos"]) == (0.5, 0.25)  # eyes: photo by photo
    assert rows["all"]["people"] == 3  # at Di nobody looked
    assert rows["all"]["low"] <= rows["all"]["error"] <= rows["all"]["high"]
