"""Hair, beard and glasses of people on photos, as somebody saw them who looked at one photo of each.

``seen_styles.csv`` has a row per person of both photo sets, the evaluation people left out: the first 12 digits of
the SHA-256 of the folder's name, and words for what was seen. (Rows of held-out people are for measuring; no training
sees their photos.) A word stands for all options that it allows: how long hair is can be seen, which of four short cuts
it comes nearest to often cannot. Left to recognition, every short cut was shorn and all long hair a bob: where a photo
shows it, narrower words say which. Renders alone teach that hair which is grey, or flat against a dark wall, is none
(docs/log.md).
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.schema import Schema

SEEN_STYLES = Path(__file__).with_name("seen_styles.csv")
_ALLOWED = {
    "hair": {
        "short": ("buzz", "short", "side-part", "fringe"),
        "shorn": ("buzz",),
        "cut": ("short", "side-part", "fringe"),
        "thin": ("receding", "buzz", "bald"),
        "none": ("bald", "receding"),
        "medium": ("short", "side-part", "fringe", "bob", "curly"),
        "cropped": ("short", "side-part", "fringe", "curly"),
        "bob": ("bob",),
        "long": ("bob", "long-straight", "long-wavy"),
        "flowing": ("long-straight", "long-wavy"),
        "long-curly": ("long-wavy", "curly", "long-straight"),
        "curly": ("curly", "afro"),
        "tied": ("tied-back",),
    },
    "beard": {word: (word,) for word in ("none", "stubble", "moustache", "goatee", "full")},
    "glasses": {"none": ("none",), "some": ("round", "square")},
}
_BROADER = {"shorn": "short", "cut": "short", "cropped": "medium", "bob": "long", "flowing": "long"}
"""How long hair is, where a word says more."""


def key_of(person: str) -> str:
    """What stands for a person's folder in the file: no list of names is needed to teach hair."""
    return hashlib.sha256(person.encode()).hexdigest()[:12]


class SeenStyles:
    """Which options are possible for whom."""

    def __init__(self, schema: Schema, words: dict[str, dict[str, str]]) -> None:
        """words: by key of a person, the word for each style; "" where nothing could be seen."""
        self._words = words
        self._columns: dict[tuple[str, str], NDArray[np.bool_]] = {}
        for style in schema.styles:
            options = schema.options(style)
            for word, allowed in _ALLOWED.get(style, {}).items():
                possible = np.array([option in allowed for option in options])
                if possible.any():  # another rig may have other hair
                    self._columns[style, word] = possible

    @classmethod
    def load(cls, schema: Schema, path: Path = SEEN_STYLES) -> SeenStyles:
        """Raises FileError if the file cannot be read or says a word that nobody knows."""
        try:
            with path.open(encoding="utf-8", newline="") as file:
                words = {row["person"]: {style: row[style] for style in _ALLOWED} for row in csv.DictReader(file)}
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read {path}: {error}") from error
        for row in words.values():
            for style, word in row.items():
                if word and word not in _ALLOWED[style]:
                    raise FileError(f"{path}: {word!r} is no {style}; known are {', '.join(_ALLOWED[style])}")
        return cls(schema, words)

    def __len__(self) -> int:
        return len(self._words)

    def knows(self, person: str, styles: Iterable[str]) -> bool:
        """Whether somebody saw any of these styles."""
        return any(self.possible(person, style) is not None for style in styles)

    def possible(self, person: str, style: str, *, broadly: bool = False) -> NDArray[np.bool_] | None:
        """(options,) what the style can be; None if nobody saw. broadly: of hair how long it is, whatever the cut."""
        word = self._words.get(key_of(person), {}).get(style, "")
        return self._columns.get((style, _BROADER.get(word, word) if broadly else word))
