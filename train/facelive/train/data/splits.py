"""Who may be trained on. Always by person, never by photo."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from pathlib import Path
from typing import Literal

from facelive.errors import FileError

Split = Literal["train", "held-out", "eval"]
"""``eval``: the listed people; ``held-out``: a tenth of the others, for the landmark figure; the rest is ``train``."""

_TENTH = 10


def is_held_out(person: str) -> bool:
    """Whether sha1(name), read as one big number, can be divided by ten: the same answer on every machine, for ever."""
    return int(hashlib.sha1(person.encode(), usedforsecurity=False).hexdigest(), 16) % _TENTH == 0


def split_of(person: str, eval_people: Container[str]) -> Split:
    """The one split that a person belongs to."""
    if person in eval_people:
        return "eval"
    return "held-out" if is_held_out(person) else "train"


def read_eval_people(path: Path) -> frozenset[str]:
    """One name a line. Raises FileError if the list is missing or empty: training without it spoils the figures."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FileError(f"cannot read the list of evaluation people {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is no text in UTF-8: one name a line is expected") from error
    names = frozenset(line.strip() for line in lines if line.strip())
    if not names:
        raise FileError(f"{path} names nobody: whom must training leave out?")
    return names
