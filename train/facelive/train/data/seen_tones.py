"""How dark people's skin is, as somebody saw it who looked at their photos.

``seen_tones.csv`` has a row per person of both photo sets: the first 12 digits of the SHA-256 of the folder's name, and
a word. People in colour were seen on several photos, the others on one grey one. (Rows of people who are kept out of
training are for measuring; no training sees their photos.) A photo's light may vary by a factor of two, which is most
of the range of human skin, and least squares then answers near the middle: what recognition and pixels said of dark
people was half way to everybody's mean (benchmarks/skin_seen.py, docs/log.md).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.looks import melanin_of, skin_tone
from facelive.rig.schema import Schema
from facelive.train.data.seen_words import SeenWords

F32 = NDArray[np.float32]
SEEN_TONES = Path(__file__).with_name("seen_tones.csv")
TONES = {
    "fair": (0.09, 0.15), "light": (0.16, 0.25), "olive": (0.27, 0.36), "tan": (0.40, 0.49), "brown": (0.55, 0.64),
    "dark": (0.70, 0.80), "very-dark": (0.85, 0.93), "lighter": (0.12, 0.34),
}  # fmt: skip
"""Stretches of ``looks.skin_tone``'s line, chosen beside renders of it. "lighter": of grey photos, where only who is
dark can be told."""
_SKIN, _LIP = "skin", "lip"


class SeenTones(SeenWords):
    """Which stretch of the line of skin colours is whose."""

    file, column, what, known = SEEN_TONES, "skin", "tone of skin", TONES

    def stretch(self, person: str) -> tuple[float, float] | None:
        """From where to where, 0..1 along the line; None if nobody looked."""
        word = self.word(person)
        return None if word is None else TONES[word]


def toned(schema: Schema, params_P: F32, low: float, high: float) -> F32:
    """A copy with the skin moved along its line into a stretch, its own tinge kept; lips go with it.

    A rig without a colour of skin has nothing to move.
    """
    out = params_P.copy()
    if _SKIN not in schema.colours:
        return out
    melanin = melanin_of(params_P[schema.colours[_SKIN]])
    change_3 = skin_tone(float(np.clip(melanin, low, high))) / skin_tone(melanin)
    for colour in (_SKIN, _LIP):
        if colour in schema.colours:
            where = schema.colours[colour]
            out[where] = np.clip(params_P[where] * change_3, schema.minimum[where], schema.maximum[where])
    return out
