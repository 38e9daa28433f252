"""Colours on photos, as somebody saw them, taught to some columns of the translator's last layers.

On renders a colour is known; of photos somebody noted a word a person. What a photo's person was said to be is moved to
where the word lies, and the last layers learn the difference: a ridge regression, exact, of these columns alone. All
else that the translator says stays as it was to the last bit. Rare words count more for each of their people.
Shapes: M photos, N renders, D = 1280 features, H inputs of the last layers with a 1 behind, C columns.
"""

from __future__ import annotations

import copy
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.face_chip import cut_chip
from facelive.rig.schema import Schema
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.seen_words import SeenWords
from facelive.train.translator.last_layers import LastLayers
from facelive.train.translator.network import Translator
from facelive.train.translator.pairs import Look, jittered

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_RARE = 0.8
"""Power of a word's frequency that its people's weight is divided by: 1 makes all words count alike."""
_FOLDS = 5
_BLOCK = 128


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Photos of people at whom somebody looked. Rows belong together."""

    features_MD: F32
    person_M: NDArray[np.int64]
    """Index into ``words``."""
    words: tuple[str, ...]
    """Of each person."""
    grey_M: NDArray[np.bool_]

    @classmethod
    def of(cls, cache: PhotoCache, noted: SeenWords, run: Look, *, grey: bool = True, seed: int = 1) -> Seen:
        """All photos of such people that MediaPipe is sure of; grey ones among them if wanted."""
        rng = np.random.default_rng(seed)
        words = [noted.word(person) for person in cache.people]
        known = np.array([word is not None for word in words])
        rows = np.flatnonzero(cache.sure_N & known[cache.person_N] & (cache.colour_N | grey))
        if not len(rows):
            raise FileError("nobody in the photo cache was looked at: see train/data/seen_*.csv")
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
        """(M,) summing to 1: of a person as rare as its word is, of a photo as its person has few."""
        photos, often = np.bincount(self.person_M), Counter(self.words)
        person_P = np.array([often[word] ** -_RARE for word in self.words]) / photos
        weight_M = person_P[self.person_M]
        return weight_M / weight_M.sum()


class Colours(LastLayers):
    """The columns of some colours."""

    def __init__(self, net: Translator, schema: Schema, drawn_ND: F32, taught: tuple[str, ...]) -> None:
        where = [schema.colours[name] for name in taught if name in schema.colours]
        super().__init__(net, schema, drawn_ND, np.concatenate([np.arange(part.start, part.stop) for part in where]))

    @torch.no_grad()
    def widened(self, net: Translator, seen: Seen, gain: float) -> Translator:
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


def lesson_of_photos(layers: Colours, schema: Schema, seen: Seen, moved: Callable[[F32, str], F32]) -> Lesson:
    """A person's mean answer, moved to where it was seen to be, is what all photos of the person should say.

    moved: (P,) parameters and a word to the parameters that fit it.
    """
    said_MC = layers.said(seen.features_MD)
    wanted_MC = np.empty_like(said_MC)
    for person, word in enumerate(seen.words):
        own = seen.person_M == person
        params_P = schema.neutral()
        params_P[layers.params_C] = said_MC[own].mean(0)
        wanted_MC[own] = moved(schema.clip(params_P), word)[layers.params_C]
    return Lesson(layers.inputs(seen.features_MD), wanted_MC - said_MC, seen.weights())


def lesson_of_renders(layers: Colours, drawn_ND: F32, params_NP: F32) -> Lesson:
    """The true colours."""
    missing_NC = params_NP[:, layers.params_C] - layers.said(drawn_ND)
    return Lesson(layers.inputs(drawn_ND), missing_NC, np.full(len(drawn_ND), 1.0 / len(drawn_ND)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ridge:
    """How a change is found."""

    renders: float
    """Weight of all renders together, over that of all photos."""
    ridge: float
    """Of the change, in spreads of the inputs."""

    def solve(self, photos: Lesson, renders: Lesson) -> F64:
        """(H, C) the change of least squares over both."""
        square, right = np.diag(np.r_[np.full(photos.inputs_BH.shape[1] - 1, self.ridge), 0.0]), 0.0
        for lesson, share in ((photos, 1.0), (renders, self.renders)):
            weighed_BH = lesson.inputs_BH * (share * lesson.weight_B[:, None])
            square = square + weighed_BH.T @ lesson.inputs_BH
            right = right + weighed_BH.T @ lesson.missing_BC
        return np.linalg.solve(square, right)


def of_strangers(layers: Colours, seen: Seen, photos: Lesson, renders: Lesson, ridge: Ridge) -> F64:
    """(M, C) what would be said of photos of people who were not among those learnt from, fold by fold."""
    said_MC = layers.said(seen.features_MD)
    for fold in range(_FOLDS):
        apart = seen.person_M % _FOLDS == fold
        weight_M = np.where(apart, 0.0, photos.weight_B)
        learnt = Lesson(photos.inputs_BH, photos.missing_BC, weight_M / weight_M.sum())
        said_MC[apart] += photos.inputs_BH[apart] @ ridge.solve(learnt, renders)
    return said_MC
