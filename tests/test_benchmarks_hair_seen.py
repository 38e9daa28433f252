"""The count behind benchmarks/results/hair_seen.json, and the words that it goes by."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.head import Head
from facelive.rig.looks import HAIR_COLOURS
from facelive.train.data.seen_hair import SeenHair, haired
from facelive.train.data.seen_styles import key_of

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SCHEMA = Head.default().schema


def test_people_count_once_by_the_mean_of_their_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = import_module("hair_seen")
    hair = SeenHair({key_of("Ann"): "white", key_of("Bob"): "black", key_of("Cy"): "black"})
    white, black, dark, blond = (np.array(HAIR_COLOURS[word]) for word in ("white", "black", "dark", "blond"))
    said = {"Ann": [white - 0.2, white + 0.2], "Bob": [dark], "Cy": [blond, blond, blond], "Di": [black]}
    rows = benchmark.by_word(said, hair)
    assert set(rows) == {"white", "black", "all"}
    assert rows["white"]["error"] == pytest.approx(0.0, abs=0.01)
    assert (rows["black"]["people"], rows["black"]["right"]) == (2, 1)  # dark passes for black, blond does not
    assert (rows["all"]["people"], rows["all"]["right"]) == (3, 2)  # at Di nobody looked
    assert rows["all"]["low"] <= rows["all"]["error"] <= rows["all"]["high"]


def test_hair_is_moved_to_a_words_colour_and_no_further() -> None:
    where = SCHEMA.colours["hair"]
    params = SCHEMA.neutral()
    params[where] = HAIR_COLOURS["brown"]
    blond = haired(SCHEMA, params, "blond")
    assert 0.0 < np.abs(blond[where] - HAIR_COLOURS["blond"]).max() < 0.07
    np.testing.assert_array_equal(haired(SCHEMA, blond, "blond"), blond)
    others = np.setdiff1d(np.arange(len(SCHEMA)), np.arange(where.start, where.stop))
    np.testing.assert_array_equal(blond[others], params[others])


def test_the_file_of_words_is_read_or_refused(tmp_path: Path) -> None:
    assert len(SeenHair.load()) > 250
    assert SeenHair.load().word("nobody at all") is None
    path = tmp_path / "hair.csv"
    path.write_text("person,hair\nabc,violet\n")
    with pytest.raises(FileError, match="no colour of hair"):
        SeenHair.load(path)
    path.write_text("person\nabc\n")
    with pytest.raises(FileError, match="cannot read"):
        SeenHair.load(path)
