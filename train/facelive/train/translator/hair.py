"""The translator's colour of hair, taught what colour people's hair has on photos.

``python -m facelive.train.translator.hair --pairs pairs.npz --photos CACHE --start translator4.onnx --renders DIR -o
translator5.onnx`` (photos: the split of training people; --start may be the file that ships).

On renders the colour is known, on photos a word that somebody noted (``data.seen_hair``). How: ``by_eye``.
Shapes: M photos, C columns of the hair.
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
from facelive.rig.looks import HAIR_COLOURS
from facelive.train.common.command import as_command
from facelive.train.data.photo_cache import PhotoCache, require_split
from facelive.train.data.seen_hair import SeenHair, haired
from facelive.train.evaluate.report.ciede2000 import ciede2000, lab
from facelive.train.translator.by_eye import Colours, Ridge, Seen, lesson_of_photos, lesson_of_renders, of_strangers
from facelive.train.translator.export import export
from facelive.train.translator.pairs import Pairs, Runner
from facelive.train.translator.recognisers import Recognisers
from facelive.train.translator.run import asks_to_go_on, held_out, probe_chips, report, weights_beside
from facelive.train.translator.unfold import begin_with

log = logging.getLogger(__name__)
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
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    head = Head.default()
    weights = weights_beside(options.output, options.start)
    require_split(options.photos, "train")
    pairs, start = Pairs.load(options.pairs), begin_with(options.start, head.schema)
    with tempfile.TemporaryDirectory() as folder:
        seen = Seen.of(PhotoCache.open(options.photos), SeenHair.load(), Runner(Path(folder)), grey=False)
    known = ~held_out(pairs.person_N)
    layers = Colours(start, head.schema, pairs.drawn_ND[known], _TAUGHT)
    photos = lesson_of_photos(layers, head.schema, seen, lambda params, word: haired(head.schema, params, word))
    renders = lesson_of_renders(layers, pairs.drawn_ND[known], pairs.params_NP[known])
    hair = {
        "before": by_word(layers.said(seen.features_MD), seen),
        "of strangers": by_word(of_strangers(layers, seen, photos, renders, _RIDGE), seen),
    }
    net = layers.changed(_RIDGE.solve(photos, renders))
    torch.save(net.state_dict(), weights)
    worst = export(Recognisers.shipped(), net, head.schema, options.output, probe_chips(options.renders, head.schema))
    log.info("%s", json.dumps({"hair": hair, "figures": report(head, pairs, net), "parity": worst}, indent=1))


if __name__ == "__main__":
    as_command(main)
