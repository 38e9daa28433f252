"""Words for people on photos, as somebody noted them who looked: a file of two columns, a word a person."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from facelive.errors import FileError
from facelive.train.data.seen_styles import key_of

_Seen = TypeVar("_Seen", bound="SeenWords")


class SeenWords:
    """Which word is whose. Subclasses say where the words stand and which there are."""

    file: ClassVar[Path]
    column: ClassVar[str]
    what: ClassVar[str]
    """For messages."""
    known: ClassVar[Mapping[str, object]]

    def __init__(self, words: dict[str, str], origin: str = "") -> None:
        """words: by key of a person; origin: where they are from. Raises FileError for a word that nobody knows."""
        for word in words.values():
            if word not in self.known:
                where = f"{origin}: " if origin else ""
                raise FileError(f"{where}{word!r} is no {self.what}; known are {', '.join(self.known)}")
        self._words = words

    @classmethod
    def load(cls: type[_Seen], path: Path | None = None) -> _Seen:
        """The file that ships, or another. Raises FileError if it cannot be read or says a word that nobody knows."""
        path = path or cls.file
        try:
            with path.open(encoding="utf-8", newline="") as file:
                return cls({row["person"]: row[cls.column] for row in csv.DictReader(file)}, str(path))
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read {path}: {error}") from error

    def __len__(self) -> int:
        return len(self._words)

    def word(self, person: str) -> str | None:
        """None if nobody looked."""
        return self._words.get(key_of(person))
