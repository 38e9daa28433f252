"""How much a method's answer trembles on a still face under sensor noise, and what live's filters make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facelive.rig.default_schema import ARKIT_52
from facelive.rig.schema import Schema
from facelive.train.data.photos import warp
from facelive.train.evaluate.encoders import Encoder
from facelive.train.evaluate.still import StillFace, noisy, trembling

_UNKNOWN_TO_MEDIAPIPE = "tongueOut"


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Standard deviations over frames, averaged over faces and over the shapes that MediaPipe knows too."""

    raw: float
    live: float
    delay_frames: int
    """Of a step behind live's filters, at 30 fps."""


def jitter(schema: Schema, encoder: Encoder, faces: Sequence[StillFace], frames: int = 30) -> Jitter:
    """The same noisy frames as in ``still.measure``: the two can be compared."""
    names = schema.group_names("expression")
    columns = [k for k, name in enumerate(names) if name in ARKIT_52 and name != _UNKNOWN_TO_MEDIAPIPE]
    found = []
    for number, (picture, similarity) in enumerate(faces):
        rng = np.random.default_rng((31, number))
        crops = np.stack([warp(noisy(picture, rng), similarity) for _ in range(frames)])
        found.append(trembling(schema, encoder, crops, columns))
    return Jitter(
        raw=float(np.mean([one.raw for one in found])),
        live=float(np.mean([one.live for one in found])),
        delay_frames=max(one.delay_frames for one in found),
    )
