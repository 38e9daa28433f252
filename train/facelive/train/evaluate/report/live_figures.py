"""What matters live, by method: jitter, delay and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from facelive.rig.schema import Schema
from facelive.train.evaluate.encoders import Encoder
from facelive.train.evaluate.fused import FusedEncoder
from facelive.train.evaluate.report.faces import Face
from facelive.train.evaluate.report.jitter import jitter
from facelive.train.evaluate.report.methods import EncoderMethod, Method, RefinedEncoder, RefinedMethod
from facelive.train.evaluate.report.methods import milliseconds as timed
from facelive.train.evaluate.report.tables import Value
from facelive.train.evaluate.still import StillFace


def live_figures(
    schema: Schema, encoder: Encoder, of_one_picture: Encoder, methods: Sequence[Method], faces: Sequence[Face],
    still: Sequence[StillFace], fit_seconds: float, tell: Callable[[int, int], None],
) -> dict[str, dict[str, Value]]:  # fmt: skip
    """Figures by key of the method. fit_seconds: of one full fit, NaN if none was made. ``tell(done, total)``."""

    def trembling(of: Encoder) -> dict[str, Value]:
        if not still:
            return {}
        seen = jitter(schema, of, still)
        return {"jitter_raw": seen.raw, "jitter_live": seen.live, "delay_frames": seen.delay_frames}

    encode = timed(lambda face: of_one_picture(face.crop_HW3[None]), faces)
    found: dict[str, dict[str, Value]] = {"encoder": {"ms": encode} | trembling(encoder)}
    if np.isfinite(fit_seconds):
        found["fit"] = {"ms": 1000.0 * fit_seconds}
    for number, method in enumerate(methods):
        tell(number, len(methods))
        if isinstance(method, EncoderMethod) and method.other is not None:
            other = method.other
            found[method.key] = {"ms": timed(lambda face, other=other: other(face.crop_HW3[None]), faces)}
            found[method.key] |= trembling(other)
        if isinstance(method, RefinedMethod):
            found[method.key] = {"ms": encode + timed(method.answer, faces)}
            # Live refines what the pixels say; recognition is mixed in afterwards.
            pixels = encoder.encoder if isinstance(encoder, FusedEncoder) else encoder
            found[method.key] |= trembling(RefinedEncoder(pixels, method))
    return found
