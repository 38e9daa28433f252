"""The translator's colours of skin and lips, taught how dark people on photos are.

``python -m facelive.train.translator.tones --pairs pairs.npz --photos CACHE --start translator2.onnx --renders DIR -o
translator3.onnx`` (photos: the split of training people; --start may be the file that ships).

On renders the true colour is known, on photos a stretch of the line of skin colours that somebody saw
(``data.seen_tones``). What a photo's person was said to be is moved into that stretch, and the last layers learn the
difference: a ridge regression, exact, of the columns of skin and lips alone. All else that the translator says stays
as it was to the last bit. Dark people are few among photos and count more each.
Shapes: M photos, N renders, D = 1280 features, H inputs of the last layers with a 1 behind, C columns of skin and lips.
"""

from __future__ import annotations

import copy
import json
import logging
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.rig.face_chip import cut_chip
from facelive.rig.head import Head
from facelive.rig.looks import melanin_of
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache, require_split
from facelive.train.data.seen_tones import TONES, SeenTones, toned
from facelive.train.translator.export import export
from facelive.train.translator.last_layers import LastLayers
from facelive.train.translator.network import Translator
from facelive.train.translator.pairs import Look, Pairs, Runner, jittered
from facelive.train.translator.recognisers import Recognisers
from facelive.train.translator.run import asks_to_go_on, held_out, probe_chips, report, weights_beside
from facelive.train.translator.unfold import begin_with

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_TAUGHT = ("skin", "lip")
_RENDERS = 0.5
"""Weight of all renders together, over that of all photos."""
_RIDGE = 0.05
_GAIN = 1.25
"""Afterwards, of the colours about their mean over people in colour: the least error is made near the mean, and there
nobody is dark or fair. Of people apart 1.3 puts brown and dark where they were seen; renders pay (docs/log.md)."""
_RARE = 0.8
"""Power of a tone's frequency that its people's weight is divided by: 1 makes all tones count alike."""
_FOLDS = 5
_BLOCK = 128


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Photos of people whose skin somebody looked at. Rows belong together."""

    features_MD: F32
    person_M: NDArray[np.int64]
    """Index into ``words``."""
    words: tuple[str, ...]
    """Of each person."""
    grey_M: NDArray[np.bool_]

    @classmethod
    def of(cls, cache: PhotoCache, tones: SeenTones, run: Look, seed: int = 1) -> Seen:
        """All photos of such people that MediaPipe is sure of, grey ones among them."""
        rng = np.random.default_rng(seed)
        words = [tones.word(person) for person in cache.people]
        known = np.array([word is not None for word in words])
        rows = np.flatnonzero(cache.sure_N & known[cache.person_N])
        features: list[F32] = []
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            points = cache.landmarks478_N[block][:, POINTS_68, :2]
            crops = (np.ascontiguousarray(cache.images_N[i]) for i in block)
            features.append(
                run(np.stack([cut_chip(c, jittered(at, rng)) for c, at in zip(crops, points, strict=True)]))
            )
            log.info("%d of %d photos", start + len(block), len(rows))
        people, person_M = np.unique(cache.person_N[rows], return_inverse=True)
        return cls(
            features_MD=np.concatenate(features).astype(np.float32),
            person_M=person_M.astype(np.int64),
            words=tuple(str(words[person]) for person in people),
            grey_M=~cache.colour_N[rows],
        )

    def weights(self) -> F64:
        """(M,) summing to 1: of a person as rare as its tone is, of a photo as its person has few."""
        photos, often = np.bincount(self.person_M), Counter(self.words)
        person_P = np.array([often[word] ** -_RARE for word in self.words]) / photos
        weight_M = person_P[self.person_M]
        return weight_M / weight_M.sum()


class Colours(LastLayers):
    """The columns of skin and lips."""

    def __init__(self, net: Translator, schema: Schema, drawn_ND: F32) -> None:
        where = [schema.colours[name] for name in _TAUGHT if name in schema.colours]
        super().__init__(net, schema, drawn_ND, np.concatenate([np.arange(part.start, part.stop) for part in where]))

    @torch.no_grad()
    def widened(self, net: Translator, seen: Seen, gain: float = _GAIN) -> Translator:
        """A translator whose columns lie ``gain`` times as far from their mean over the people in colour."""
        out, colour_M = copy.deepcopy(net), ~seen.grey_M
        values = torch.cat(net.outputs(net.whiten(torch.from_numpy(seen.features_MD[colour_M]))), 1)[:, self.columns_C]
        person = torch.from_numpy(np.unique(seen.person_M[colour_M], return_inverse=True)[1])
        whose_PM = torch.nn.functional.one_hot(person).float().T
        centre_C = ((whose_PM @ values) / whose_PM.sum(1, keepdim=True)).mean(0)
        out.middle[self.columns_C] = centre_C + gain * (out.middle[self.columns_C] - centre_C)
        out.spread[self.columns_C] *= gain
        return out


@dataclass(frozen=True)
class Lesson:
    """What is to be added to what is said; weights sum to 1."""

    inputs_BH: F64
    missing_BC: F64
    weight_B: F64


def lesson_of_photos(layers: Colours, schema: Schema, seen: Seen) -> Lesson:
    """A person's mean answer, moved to where it was seen to be, is what all photos of the person should say."""
    said_MC = layers.said(seen.features_MD)
    wanted_MC = np.empty_like(said_MC)
    for person, word in enumerate(seen.words):
        own = seen.person_M == person
        params_P = schema.neutral()
        params_P[layers.params_C] = said_MC[own].mean(0)
        wanted_MC[own] = toned(schema, schema.clip(params_P), *TONES[word])[layers.params_C]
    return Lesson(layers.inputs(seen.features_MD), wanted_MC - said_MC, seen.weights())


def lesson_of_renders(layers: Colours, drawn_ND: F32, params_NP: F32) -> Lesson:
    """The true colours."""
    missing_NC = params_NP[:, layers.params_C] - layers.said(drawn_ND)
    return Lesson(layers.inputs(drawn_ND), missing_NC, np.full(len(drawn_ND), 1.0 / len(drawn_ND)))


def solve(photos: Lesson, renders: Lesson) -> F64:
    """(H, C) the change of least squares over both."""
    square, right = np.diag(np.r_[np.full(photos.inputs_BH.shape[1] - 1, _RIDGE), 0.0]), 0.0
    for lesson, share in ((photos, 1.0), (renders, _RENDERS)):
        weighed_BH = lesson.inputs_BH * (share * lesson.weight_B[:, None])
        square = square + weighed_BH.T @ lesson.inputs_BH
        right = right + weighed_BH.T @ lesson.missing_BC
    return np.linalg.solve(square, right)


def of_strangers(layers: Colours, seen: Seen, photos: Lesson, renders: Lesson) -> F64:
    """(M, C) what would be said of photos of people who were not among those learnt from, fold by fold."""
    said_MC = layers.said(seen.features_MD)
    for fold in range(_FOLDS):
        apart = seen.person_M % _FOLDS == fold
        weight_M = np.where(apart, 0.0, photos.weight_B)
        learnt = Lesson(photos.inputs_BH, photos.missing_BC, weight_M / weight_M.sum())
        said_MC[apart] += photos.inputs_BH[apart] @ solve(learnt, renders)
    return said_MC


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
    layers = Colours(start, head.schema, pairs.drawn_ND[known])
    photos = lesson_of_photos(layers, head.schema, seen)
    renders = lesson_of_renders(layers, pairs.drawn_ND[known], pairs.params_NP[known])
    tones = {
        "before": by_tone(layers.said(seen.features_MD), seen),
        "of strangers": by_tone(of_strangers(layers, seen, photos, renders), seen),
    }
    net = layers.widened(layers.changed(solve(photos, renders)), seen)
    torch.save(net.state_dict(), weights)
    worst = export(Recognisers.shipped(), net, head.schema, options.output, probe_chips(options.renders, head.schema))
    figures = {"tones": tones, "figures": report(head, pairs, net), "parity": worst}
    log.info("%s", json.dumps(figures, indent=1))


if __name__ == "__main__":
    as_command(main)
