"""The translator's colours of skin and lips, taught how dark people on photos are.

``python -m facelive.train.translator.tones --pairs pairs.npz --photos CACHE --start translator2.onnx --renders DIR -o
translator3.onnx`` (photos: the split of training people; --start may be the file that ships).

On renders the true colour is known, on photos a stretch of the line of skin colours that somebody saw
(``data.seen_tones``); lips go with it. How: ``by_eye``.
Shapes: M photos, C columns of skin and lips.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.looks import melanin_of
from facelive.train.common.command import as_command
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.seen_tones import TONES, SeenTones, toned
from facelive.train.translator.by_eye import Colours, Ridge, Seen, lesson_of_photos, lesson_of_renders, of_strangers
from facelive.train.translator.going_on import Going, asks_to_go_on
from facelive.train.translator.pairs import Runner
from facelive.train.translator.unfold import begin_with

F64 = NDArray[np.float64]
_TAUGHT = ("skin", "lip")
_RIDGE = Ridge(renders=0.5, ridge=0.05)
_GAIN = 1.25
"""Afterwards, of the colours about their mean over people in colour: the least error is made near the mean, and there
nobody is dark or fair. Of people apart 1.3 puts brown and dark where they were seen; renders pay (docs/log.md)."""


def by_tone(said_MC: F64, seen: Seen) -> dict[str, dict[str, float]]:
    """Per word: people, the middle of its stretch, mean and mean error of where people are said to be (0..1)."""
    people = range(len(seen.words))
    said = [melanin_of(said_MC[seen.person_M == p, :3].mean(0).clip(0.0, 1.0).astype(np.float32)) for p in people]
    out: dict[str, dict[str, float]] = {}
    for word, stretch in TONES.items():
        own = np.array([said[p] for p in people if seen.words[p] == word])
        if len(own):
            middle = sum(stretch) / 2
            error = float(np.abs(own - middle).mean())
            out[word] = {"people": len(own), "middle": middle, "said": float(own.mean()), "error": error}
    return out


def main() -> None:
    """Solve, report, export."""
    parser = asks_to_go_on(main.__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    options = parser.parse_args()
    going = Going.on(options)
    schema, start = going.schema, begin_with(options.start, going.schema)
    with tempfile.TemporaryDirectory() as folder:
        seen = Seen.of(PhotoCache.open(options.photos), SeenTones.load(), Runner(Path(folder)))
    drawn_ND = going.pairs.drawn_ND[going.known_N]
    layers = Colours(start, schema, drawn_ND, _TAUGHT)
    photos = lesson_of_photos(layers, schema, seen, lambda params, word: toned(schema, params, *TONES[word]))
    renders = lesson_of_renders(layers, drawn_ND, going.pairs.params_NP[going.known_N])
    tones = {
        "before": by_tone(layers.said(seen.features_MD), seen),
        "of strangers": by_tone(of_strangers(layers, seen, photos, renders, _RIDGE), seen),
    }
    going.end(layers.widened(layers.changed(_RIDGE.solve(photos, renders)), seen, _GAIN), {"tones": tones})


if __name__ == "__main__":
    as_command(main)
