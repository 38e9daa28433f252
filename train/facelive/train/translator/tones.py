"""The translator's colours of skin and lips, taught how dark people on photos are.

``python -m facelive.train.translator.tones --pairs pairs.npz --photos CACHE --start translator2.onnx --renders DIR -o
translator3.onnx`` (photos: the split of training people; --start may be the file that ships).

On renders the true colour is known, on photos a stretch of the line of skin colours that somebody saw
(``data.seen_tones``); lips go with it. How: ``by_eye``.
Shapes: M photos, C columns of skin and lips.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.looks import melanin_of
from facelive.train.common.command import as_command
from facelive.train.data.photo_cache import PhotoCache, require_split
from facelive.train.data.seen_tones import TONES, SeenTones, toned
from facelive.train.translator.by_eye import Colours, Ridge, Seen, lesson_of_photos, lesson_of_renders, of_strangers
from facelive.train.translator.export import export
from facelive.train.translator.pairs import Pairs, Runner
from facelive.train.translator.recognisers import Recognisers
from facelive.train.translator.run import asks_to_go_on, held_out, probe_chips, report, weights_beside
from facelive.train.translator.unfold import begin_with

log = logging.getLogger(__name__)
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
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    head = Head.default()
    weights = weights_beside(options.output, options.start)
    require_split(options.photos, "train")
    pairs, start = Pairs.load(options.pairs), begin_with(options.start, head.schema)
    with tempfile.TemporaryDirectory() as folder:
        seen = Seen.of(PhotoCache.open(options.photos), SeenTones.load(), Runner(Path(folder)))
    known = ~held_out(pairs.person_N)
    layers = Colours(start, head.schema, pairs.drawn_ND[known], _TAUGHT)
    photos = lesson_of_photos(layers, head.schema, seen, lambda params, word: toned(head.schema, params, *TONES[word]))
    renders = lesson_of_renders(layers, pairs.drawn_ND[known], pairs.params_NP[known])
    tones = {
        "before": by_tone(layers.said(seen.features_MD), seen),
        "of strangers": by_tone(of_strangers(layers, seen, photos, renders, _RIDGE), seen),
    }
    net = layers.widened(layers.changed(_RIDGE.solve(photos, renders)), seen, _GAIN)
    torch.save(net.state_dict(), weights)
    worst = export(Recognisers.shipped(), net, head.schema, options.output, probe_chips(options.renders, head.schema))
    figures = {"tones": tones, "figures": report(head, pairs, net), "parity": worst}
    log.info("%s", json.dumps(figures, indent=1))


if __name__ == "__main__":
    as_command(main)
