"""What colour people's hair has, as somebody saw it who looked at two of their photos in colour.

``seen_hair.csv`` has a row per person whose hair shows, of those with colour photos: the first 12 digits of the
SHA-256 of the folder's name, and a word of ``looks.HAIR_COLOURS``. (Rows of people who are kept out of training are for
measuring; no training sees their photos.) Renders alone had taught everybody brown hair: of photos in all kinds of
light, small and blurred, the middle of all answers is the safest (benchmarks/hair_seen.py, docs/log.md).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.looks import HAIR_COLOURS
from facelive.rig.schema import Schema
from facelive.train.data.seen_words import SeenWords

F32 = NDArray[np.float32]
SEEN_HAIR = Path(__file__).with_name("seen_hair.csv")
_HAIR = "hair"
_REACH = 0.06
"""How far from a word's colour, sRGB of each channel, hair still has it."""


class SeenHair(SeenWords):
    """Which colour is whose; nobody's where no hair shows."""

    file, column, what, known = SEEN_HAIR, "hair", "colour of hair", HAIR_COLOURS


def haired(schema: Schema, params_P: F32, word: str) -> F32:
    """A copy with hair of a word's colour, as near to what it was as that allows.

    A rig whose hair has no colour has nothing to move.
    """
    out = params_P.copy()
    if _HAIR in schema.colours:
        where = schema.colours[_HAIR]
        wanted_3 = np.array(HAIR_COLOURS[word], np.float32)
        out[where] = np.clip(np.clip(params_P[where], wanted_3 - _REACH, wanted_3 + _REACH), 0.0, 1.0)
    return out
