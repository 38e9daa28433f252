"""How dark people kept out of training are drawn, against how dark somebody saw them to be.

``python benchmarks/skin_seen.py FACES [--encoder FILE] [--translator FILE]``: every photo of the 60 people of
``ytf_eval_people.txt`` and of the held-out tenth of the others, through ``facelive encode``'s own class, with and
without recognition. Of each person the mean over the photos, as a place on ``looks.skin_tone``'s line (0 the lightest,
1 the darkest), beside the stretch of it that ``train/data/seen_tones.csv`` has for the person; and on how many photos
the iris is bluer than red, which hardly anybody's is whose skin is darker than light. Writes
benchmarks/results/skin_seen.json, unless other weights are given; intervals are 95 %, bootstrapped over people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from people_apart import with_and_without_recognition

from facelive.rig.head import Head
from facelive.rig.looks import melanin_of
from facelive.rig.schema import Vector
from facelive.train.data.seen_tones import TONES, SeenTones

NEAR = 0.08
"""A person counts as right this far outside of the stretch: from "light" to "olive", not to "tan"."""
DARK = ("brown", "dark", "very-dark")
BLUER = 0.02
"""Blue over red, sRGB 0..1, from which on an iris counts as bluish."""
Said = dict[str, list[tuple[float, bool]]]
"""Per person, photo by photo: how dark the skin is, and whether the eyes are bluish."""


def figures(said: list[float], words: list[str]) -> dict[str, float]:
    """Of some people: where they are drawn, how far off the middle of their stretch, how many are right."""
    stretches = np.array([TONES[word] for word in words])
    place = np.array(said)
    right = (place > stretches[:, 0] - NEAR) & (place < stretches[:, 1] + NEAR)
    error = np.abs(place - stretches.mean(1))
    drawn = np.random.default_rng(0).integers(len(place), size=(2000, len(place)))
    low, high = np.percentile(error[drawn].mean(1), [2.5, 97.5])
    return {
        "people": len(place), "middle": round(float(stretches.mean()), 3), "said": round(float(place.mean()), 3),
        "spread": round(float(place.std()), 3), "error": round(float(error.mean()), 3), "low": round(float(low), 3),
        "high": round(float(high), 3), "right": int(right.sum()),
    }  # fmt: skip


def by_word(said: Said, tones: SeenTones) -> dict[str, dict[str, float]]:
    """Per word, of all people, and of the dark ones together."""
    people = [person for person in said if tones.word(person) is not None]
    means = {person: float(np.mean([melanin for melanin, _ in said[person]])) for person in people}
    words = {person: str(tones.word(person)) for person in people}
    groups = {word: [p for p in people if words[p] == word] for word in TONES}
    groups |= {"all": people, "brown or darker": [p for p in people if words[p] in DARK]}
    found: dict[str, dict[str, float]] = {}
    for name, some in groups.items():
        if some:
            bluish = float(np.mean([blue for p in some for _, blue in said[p]]))
            found[name] = figures([means[p] for p in some], [words[p] for p in some])
            found[name]["bluish_photos"] = round(bluish, 3)
    return found


def measure(answers: Iterator[tuple[str, Vector]]) -> dict[str, object]:
    """Figures per word of both groups of people."""
    colours = Head.default().schema.colours
    said: Said = defaultdict(list)
    for person, params_P in answers:
        iris = params_P[colours["iris"]]
        said[person].append((melanin_of(params_P[colours["skin"]]), bool(iris[2] > iris[0] + BLUER)))
    return {"photos": sum(map(len, said.values())), **by_word(said, SeenTones.load())}


if __name__ == "__main__":
    with_and_without_recognition("skin_seen", __doc__, measure)
