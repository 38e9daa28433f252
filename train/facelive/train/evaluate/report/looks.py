"""How a drawing of an answer is looked at: as ``facelive encode`` looks at a picture, or as live looks at a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.stream.encoder import Observation
from facelive.stream.redraw import Look
from facelive.train.evaluate.encoders import Encoder
from facelive.train.evaluate.fused import FusedEncoder
from facelive.train.evaluate.report.methods import observation
from facelive.train.evaluate.run import of_one_picture


def as_encode(encoder: Encoder, head: Head) -> Look:
    """At a drawing, as ``facelive encode`` looks at a picture."""
    one = of_one_picture(encoder, head)

    def look(drawing_HW3: NDArray[np.uint8], drawn: Observation) -> Observation:
        del drawn
        return observation(one(drawing_HW3[None]))

    return look


def as_live(encoder: Encoder) -> Look:
    """At a drawing, as live looks at a frame: once, and recognition elsewhere."""
    pixels = encoder.encoder if isinstance(encoder, FusedEncoder) else encoder

    def look(drawing_HW3: NDArray[np.uint8], drawn: Observation) -> Observation:
        return observation(pixels(drawing_HW3[None], drawn.identity_I if drawn.told else None))

    return look
