"""How likely the options of hair, brows and other styles are before a fit has tried any."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facelive.likeness.fit_types import PhotoFace
from facelive.rig.schema import Schema, Vector

_RIVAL = 0.6
"""A style may turn over only to an option that the encoder holds for so many times as likely as its first. Of beards
and hair even those were mostly wrong (``FitConfig.not_recognised``)."""


def likely_styles(schema: Schema, photos: Sequence[PhotoFace]) -> Vector | None:
    """(P,) how likely the options are, by the mean over the photos; None if nobody said.

    It outweighs the recogniser's word: the chip that it sees ends above the hair, frames of glasses are thin. Options
    that are no rivals of the likeliest are left out.
    """
    said = [photo.style_P for photo in photos if photo.style_P is not None]
    if not said:
        return None
    likely_P = np.mean(said, axis=0).astype(np.float32)
    for where in schema.styles.values():
        options = likely_P[where]
        options[options < _RIVAL * options.max()] = 0.0
    return likely_P


def favoured_styles(schema: Schema, photos: Sequence[PhotoFace], scores_P: Vector, said_P: Vector | None) -> Vector:
    """(P,) the same; if nobody said how likely, half the recogniser's scores and half what was chosen; or the scores
    alone. said_P: what the encoder chose."""
    if (likely_P := likely_styles(schema, photos)) is not None:
        return likely_P
    scores_P = np.clip(scores_P, 0.0, 1.0)
    return scores_P if said_P is None else 0.5 * (scores_P + said_P)
