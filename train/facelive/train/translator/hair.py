"""The translator's colour of hair, taught what colour people's hair has on photos.

``python -m facelive.train.translator.hair --pairs pairs.npz --photos CACHE --start translator4.onnx --renders DIR -o
translator5.onnx`` (photos: the split of training people; --start may be the file that ships).

On renders the colour is known, on photos a word that somebody noted (``data.seen_hair``). How: ``by_eye``.
Shapes: M photos, C columns of the hair.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.looks import HAIR_COLOURS
from facelive.train.common.command import as_command
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.seen_hair import SeenHair, haired
from facelive.train.evaluate.report.ciede2000 import ciede2000, lab
from facelive.train.translator.by_eye import Colours, Ridge, Seen, lesson_of_photos, lesson_of_renders, of_strangers
from facelive.train.translator.going_on import Going, asks_to_go_on
from facelive.train.translator.pairs import Runner
from facelive.train.translator.unfold import begin_with

F64 = NDArray[np.float64]
_TAUGHT = ("hair",)
_RIDGE = Ridge(renders=1.0, ridge=0.4)


def by_word(said_MC: F64, seen: Seen) -> dict[str, dict[str, float]]:
    """Per word and of all: people, and how different (CIEDE2000) their hair is from the word's colour."""
    people = range(len(seen.words))
    said = np.stack([said_MC[seen.person_M == p, :3].mean(0).clip(0.0, 1.0) for p in people])
    wanted = np.array([HAIR_COLOURS[word] for word in seen.words])
    error = ciede2000(lab(said), lab(wanted))
    words = np.array(seen.words)
    groups = {word: words == word for word in HAIR_COLOURS} | {"all": np.ones(len(words), np.bool_)}
    return {
        name: {"people": int(own.sum()), "error": round(float(error[own].mean()), 2)}
        for name, own in groups.items() if own.any()
    }  # fmt: skip


def main() -> None:
    """Solve, report, export."""
    parser = asks_to_go_on(main.__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    options = parser.parse_args()
    going = Going.on(options)
    schema, start = going.schema, begin_with(options.start, going.schema)
    with tempfile.TemporaryDirectory() as folder:
        seen = Seen.of(PhotoCache.open(options.photos), SeenHair.load(), Runner(Path(folder)), grey=False)
    drawn_ND = going.pairs.drawn_ND[going.known_N]
    layers = Colours(start, schema, drawn_ND, _TAUGHT)
    photos = lesson_of_photos(layers, schema, seen, lambda params, word: haired(schema, params, word))
    renders = lesson_of_renders(layers, drawn_ND, going.pairs.params_NP[going.known_N])
    hair = {
        "before": by_word(layers.said(seen.features_MD), seen),
        "of strangers": by_word(of_strangers(layers, seen, photos, renders, _RIDGE), seen),
    }
    going.end(layers.changed(_RIDGE.solve(photos, renders)), {"hair": hair})


if __name__ == "__main__":
    as_command(main)
