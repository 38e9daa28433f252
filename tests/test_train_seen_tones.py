"""How dark skin was seen to be: words, stretches, and how they move a guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.head import Head
from facelive.rig.looks import melanin_of, skin_tone
from facelive.rig.tiny import tiny_head
from facelive.train.data.seen_styles import key_of
from facelive.train.data.seen_tones import TONES, SeenTones, toned

SCHEMA = Head.default().schema


def test_a_place_on_the_line_is_found_again_from_its_colour() -> None:
    for place in (0.0, 0.13, 0.5, 0.88, 1.0):
        assert melanin_of(skin_tone(place)) == pytest.approx(place, abs=1e-3)
    assert melanin_of(np.ones(3, np.float32)) == 0.0
    assert melanin_of(np.zeros(3, np.float32)) == 1.0


def test_a_guess_moves_to_the_nearest_end_of_the_stretch_and_keeps_its_tinge() -> None:
    params = SCHEMA.neutral()
    skin, lip = SCHEMA.colours["skin"], SCHEMA.colours["lip"]
    params[skin] = skin_tone(0.5) * np.array([1.0, 1.03, 0.95], np.float32)
    darker = toned(SCHEMA, params, 0.7, 0.8)
    assert melanin_of(darker[skin]) == pytest.approx(0.7, abs=0.02)
    np.testing.assert_allclose(darker[skin] / skin_tone(0.7), params[skin] / skin_tone(0.5), rtol=0.04)
    assert (darker[lip] < params[lip]).all()
    np.testing.assert_allclose(toned(SCHEMA, params, 0.4, 0.6), params, atol=1e-6)  # it lies inside
    others = np.setdiff1d(np.arange(len(params)), [*range(*skin.indices(999)), *range(*lip.indices(999))])
    np.testing.assert_array_equal(darker[others], params[others])


def test_a_rig_without_skin_is_left_alone() -> None:
    schema = tiny_head().schema
    assert "skin" not in schema.colours
    np.testing.assert_array_equal(toned(schema, schema.neutral(), 0.7, 0.8), schema.neutral())


def test_the_shipped_file_is_read_and_a_foreign_word_is_named(tmp_path: Path) -> None:
    tones = SeenTones.load()
    assert len(tones) > 1000
    assert tones.stretch("nobody of that name") is None
    path = tmp_path / "tones.csv"
    path.write_text(f"person,skin\n{key_of('Ann')},dark\n", encoding="utf-8")
    assert SeenTones.load(path).stretch("Ann") == TONES["dark"]
    path.write_text("person,skin\n0,green\n", encoding="utf-8")
    with pytest.raises(FileError, match="'green' is no tone of skin"):
        SeenTones.load(path)
    with pytest.raises(FileError, match="cannot read"):
        SeenTones.load(tmp_path / "none.csv")
