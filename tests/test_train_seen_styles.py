"""What was seen by eye on training photos: words, what they allow, and how they narrow a guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.head import Head
from facelive.rig.tiny import tiny_head
from facelive.train.data.seen_styles import SeenStyles, key_of

SCHEMA = Head.default().schema


def written(folder: Path, *rows: str) -> Path:
    path = folder / "seen.csv"
    path.write_text("\n".join(["person,hair,beard,glasses", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_word_stands_for_all_that_it_allows(tmp_path: Path) -> None:
    seen = SeenStyles.load(SCHEMA, written(tmp_path, f"{key_of('Ann')},short,,some"))
    options = SCHEMA.options("hair")
    hair = seen.possible("Ann", "hair")
    assert hair is not None
    assert {name for name, may in zip(options, hair, strict=True) if may} == {"buzz", "short", "side-part", "fringe"}
    glasses = seen.possible("Ann", "glasses")
    assert glasses is not None
    np.testing.assert_array_equal(glasses, [False, True, True])
    assert seen.possible("Ann", "beard") is None
    assert seen.possible("Bob", "hair") is None


def test_narrow_words_can_be_read_for_the_length_alone(tmp_path: Path) -> None:
    seen = SeenStyles.load(SCHEMA, written(tmp_path, f"{key_of('Ann')},flowing,,", f"{key_of('Bob')},cut,full,"))
    options = np.array(SCHEMA.options("hair"))

    def of(person: str, *, broadly: bool) -> set[str]:
        possible = seen.possible(person, "hair", broadly=broadly)
        assert possible is not None
        return set(options[possible])

    assert of("Ann", broadly=False) == {"long-straight", "long-wavy"}
    assert of("Ann", broadly=True) == {"long-straight", "long-wavy", "bob"}
    assert of("Bob", broadly=False) == {"short", "side-part", "fringe"}
    assert of("Bob", broadly=True) == {"short", "side-part", "fringe", "buzz"}
    np.testing.assert_array_equal(
        np.asarray(seen.possible("Bob", "beard", broadly=True)), np.asarray(seen.possible("Bob", "beard"))
    )


def test_a_rig_without_such_styles_learns_nothing_from_it(tmp_path: Path) -> None:
    seen = SeenStyles.load(tiny_head().schema, written(tmp_path, f"{key_of('Ann')},tied,full,some"))
    assert seen.possible("Ann", "hair") is None


def test_the_shipped_file_is_read_and_a_foreign_word_is_named(tmp_path: Path) -> None:
    assert len(SeenStyles.load(SCHEMA)) > 150
    with pytest.raises(FileError, match="'mullet' is no hair"):
        SeenStyles.load(SCHEMA, written(tmp_path, "0,mullet,,"))
    with pytest.raises(FileError, match="cannot read"):
        SeenStyles.load(SCHEMA, tmp_path / "none.csv")


def test_labels_of_photos_keep_to_what_was_seen(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch")
    from facelive.train.encoder.photo_looks import _as_label

    seen = SeenStyles.load(SCHEMA, written(tmp_path, f"{key_of('Ann')},tied,none,"))
    guess = SCHEMA.neutral()
    for where in SCHEMA.styles.values():
        guess[where] = np.linspace(0.1, 0.9, where.stop - where.start)
    label, free = (_as_label(SCHEMA, guess, person, seen) for person in ("Ann", "Bob"))
    hair, beard, glasses = (SCHEMA.styles[name] for name in ("hair", "beard", "glasses"))
    assert label[hair].argmax() == SCHEMA.options("hair").index("tied-back")
    assert label[hair].max() == pytest.approx(1.0)
    assert label[beard].argmax() == 0
    np.testing.assert_allclose(label[glasses], free[glasses])
    np.testing.assert_allclose([free[where].sum() for where in SCHEMA.styles.values()], 1.0, rtol=1e-5)
