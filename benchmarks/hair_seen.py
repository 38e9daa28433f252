"""What colour the hair of people kept out of training is drawn in, against what somebody saw it to be.

``python benchmarks/hair_seen.py FACES [--encoder FILE] [--translator FILE]``: every photo of the 60 people of
``ytf_eval_people.txt`` and of the held-out tenth of the others, through ``facelive encode``'s own class, with and
without recognition. Of each person the mean over the photos, beside the colour that ``train/data/seen_hair.csv`` has
a word for: the difference (CIEDE2000), and whether the word or one next to it is the nearest of all words. Writes
benchmarks/results/hair_seen.json, unless other weights are given; intervals are 95 %, bootstrapped over people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from people_apart import with_and_without_recognition

from facelive.rig.head import Head
from facelive.rig.looks import HAIR_COLOURS
from facelive.rig.schema import Vector
from facelive.train.data.seen_hair import SeenHair
from facelive.train.evaluate.report.ciede2000 import ciede2000, lab

F64 = NDArray[np.float64]
NEIGHBOURS = (
    ("black", "dark"), ("dark", "brown"), ("brown", "light"), ("light", "blond"), ("brown", "red"), ("light", "red"),
    ("grey", "white"),
)  # fmt: skip
"""Words that two who look at one photo may choose."""
WORDS = tuple(HAIR_COLOURS)
_TABLE = lab(np.array([HAIR_COLOURS[word] for word in WORDS]))
Said = dict[str, list[F64]]
"""Per person, photo by photo: (3,) sRGB."""


def near(word: str, other: str) -> bool:
    """Whether one may pass for the other."""
    return word == other or (word, other) in NEIGHBOURS or (other, word) in NEIGHBOURS


def by_word(said: Said, hair: SeenHair) -> dict[str, dict[str, float]]:
    """Per word, and of all people."""
    people = [person for person in said if hair.word(person) is not None]
    words = [str(hair.word(person)) for person in people]
    drawn_N3 = lab(np.stack([np.mean(said[person], axis=0) for person in people]))
    apart_NW = ciede2000(drawn_N3[:, None], _TABLE[None])
    error = apart_NW[np.arange(len(people)), [WORDS.index(word) for word in words]]
    right = np.array([near(WORDS[int(row.argmin())], word) for row, word in zip(apart_NW, words, strict=True)])
    groups = {word: np.array([one == word for one in words]) for word in WORDS} | {"all": np.ones(len(words), np.bool_)}
    found: dict[str, dict[str, float]] = {}
    for name, some in groups.items():
        if some.any():
            drawn = np.random.default_rng(0).integers(0, int(some.sum()), size=(2000, int(some.sum())))
            low, high = np.percentile(error[some][drawn].mean(1), [2.5, 97.5])
            found[name] = {
                "people": int(some.sum()), "error": round(float(error[some].mean()), 2), "low": round(float(low), 2),
                "high": round(float(high), 2), "right": int(right[some].sum()),
            }  # fmt: skip
    return found


def measure(answers: Iterator[tuple[str, Vector]]) -> dict[str, object]:
    """Figures per word of both groups of people."""
    hair = Head.default().schema.colours["hair"]
    said: Said = defaultdict(list)
    for person, params_P in answers:
        said[person].append(np.asarray(params_P[hair], np.float64))
    return {"photos": sum(map(len, said.values())), **by_word(said, SeenHair.load())}


if __name__ == "__main__":
    with_and_without_recognition("hair_seen", __doc__, measure)
