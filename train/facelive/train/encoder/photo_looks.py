"""What recognition says about people on photos: weak labels for sliders, colours and styles, one set a person.

Hair, its colour, beard, glasses and how dark the skin is are what was seen by eye, where somebody looked
(``seen_styles``, ``seen_hair``, ``seen_tones``).
Renders teach looks exactly but in the renderer's own light and skin; shown a photo, a network that has learnt from them
alone takes dim light for dark skin. The translator knows who looks alike, and the mean of its answers to all photos of
a person more than any one of them shows. A rig for which there is no translator has the linear map of
``likeness.fit_recognition``, which knows less but is right on average.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition
from facelive.likeness.identity import open_identity
from facelive.rig.face_chip import cut_chip
from facelive.rig.schema import Schema
from facelive.stream.likeness_fusion import Fusion
from facelive.stream.translator import Translator, open_translator
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.seen_hair import SeenHair, haired
from facelive.train.data.seen_styles import SeenStyles
from facelive.train.data.seen_tones import SeenTones, toned
from facelive.train.recognition import embed

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_SPREAD_FLOOR = 0.02
_BROWN_EYED = ("olive", "tan", "brown", "dark", "very-dark")
"""Tones of skin with which hardly anybody's eyes are anything but brown."""
_BROWN = (0.23, 0.145, 0.095)
"""Between brown and dark irises of ``rig.looks``: no photo here shows which of the two it is."""


@dataclass(frozen=True)
class PhotoLooks:
    """Of N photos. All photos of a person have the same label, from the mean of his embeddings."""

    params_NP: F32
    """Sliders and colours in range, styles as probabilities, else neutral. Irises are NaN where nobody knows."""
    embedding_ND: F32
    """Centred on photos."""
    weight_N: F32
    """Of sliders and colours: 0 where there is no label."""
    style_weight_N: F32
    """Of styles: grey photos have them too, where somebody looked."""


def photo_looks(cache: PhotoCache, schema: Schema) -> PhotoLooks:
    """Recognise all photos of a cache of which something can be said: minutes for thousands on a slow machine."""
    map_ = Recognition.load(SHIPPED_RECOGNITION, schema)
    seen, tones, hair = SeenStyles.load(schema), SeenTones.load(), SeenHair.load()
    usable = np.isfinite(cache.landmarks478_N).all((1, 2))
    # The recogniser's map was centred on photos in colour; the others get no such labels.
    known = usable & cache.colour_N
    looked_at = np.array([seen.knows(person, schema.styles) for person in cache.people], np.bool_)
    styled = usable & (cache.colour_N | looked_at[cache.person_N])
    rows = np.flatnonzero(styled)
    looks = PhotoLooks(
        np.tile(schema.neutral(), (len(cache), 1)),
        np.zeros((len(cache), len(map_.photo_mean_D)), np.float32),
        known.astype(np.float32),
        styled.astype(np.float32),
    )
    if not len(rows):
        return looks
    log.info("recognising %d photos", len(rows))
    points = cache.landmarks478_N[rows][:, POINTS_68, :2]
    embedding_ND = embed(open_identity("dlib", None), cache.images_N[rows], points)
    scores_NP = _scores(cache, schema, rows, points)
    for person in np.unique(cache.person_N[rows]):
        own = cache.person_N[rows] == person
        mean_D = embedding_ND[own].mean(0)
        scores_P = map_.scores(mean_D) if scores_NP is None else scores_NP[own].mean(0)
        label_P = _as_label(schema, scores_P, cache.people[person], seen)
        if (stretch := tones.stretch(cache.people[person])) is not None:
            label_P = toned(schema, label_P, *stretch)
        if (word := hair.word(cache.people[person])) is not None:
            label_P = haired(schema, label_P, word)
        if (iris := schema.colours.get("iris")) is not None:
            label_P[iris] = _iris(tones.word(cache.people[person]))
        looks.params_NP[rows[own]] = label_P
        looks.embedding_ND[rows[own]] = mean_D - map_.photo_mean_D
    return looks


def _scores(cache: PhotoCache, schema: Schema, rows_N: NDArray[np.intp], points_NK2: F32) -> F32 | None:
    """(N, P) what the translator says of each photo; None if there is none for this rig."""
    translator = open_translator(schema, precision="fp32").translator
    if translator is None:
        return None
    with translator:
        chips = (cut_chip(np.asarray(cache.images_N[i]), at) for i, at in zip(rows_N, points_NK2, strict=True))
        return np.stack([_said(translator, schema, chip) for chip in chips])


def _said(translator: Translator, schema: Schema, chip_HW3: NDArray[np.uint8]) -> F32:
    """(P,) one look: sliders (the skull's held back) and colours, styles as probabilities, else neutral."""
    likeness, fusion, out = translator.look(chip_HW3), Fusion(schema), schema.neutral()
    out[schema.indices("identity")] = fusion.with_skull(np.asarray(likeness.identity_I, np.float64))
    out[schema.indices("style")] = fusion.probabilities(likeness.style_S)
    out[schema.indices("colour")] = likeness.colour_C
    return out


def _iris(tone: str | None) -> F32:
    """(3,) for a tone of skin, or NaN.

    Eyes on these photos are too small for anybody to see an iris, and recognition's guess, which is most people's,
    would teach never to look. But a network that was taught on renders alone took lights and shadows in brown eyes for
    blue (benchmarks/skin_seen.py).
    """
    return np.array(_BROWN if tone in _BROWN_EYED else (np.nan,) * 3, np.float32)


def _as_label(schema: Schema, scores_P: F32, person: str, seen: SeenStyles) -> F32:
    """What was guessed; of styles only what was seen, where somebody looked."""
    label = np.clip(scores_P, schema.minimum, schema.maximum)
    for style, where in schema.styles.items():
        share = np.clip(scores_P[where], _SPREAD_FLOOR, 1.0)
        if (possible := seen.possible(person, style)) is not None:
            share = share * possible
        label[where] = share / share.sum()
    return label
