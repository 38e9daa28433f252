"""The face of a picture with time: two looks both ways, recognition, and drawings of the answer."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.errors import UsageError
from facelive.rig.framing import apply
from facelive.rig.head import Head
from facelive.stream.crop import CropBox
from facelive.stream.decode import Decoder
from facelive.stream.encoder import Encoder, Observation
from facelive.stream.likeness_fusion import Fusion, reseated
from facelive.stream.live_config import Backend, Precision
from facelive.stream.redraw import NO_HURRY_NS, WHOLE, Redraw
from facelive.stream.translator import Translator, open_translator
from facelive.stream.weights_folder import encoder_path

Picture = NDArray[np.uint8]
F32 = NDArray[np.float32]


class StillReader:
    """Encoder and translator, opened once for many pictures. A context manager; one thread at a time."""

    def __init__(
        self, head: Head, decoder: Decoder, *, encoder: Path | None = None, backend: Backend = "auto",
        precision: Precision = "auto", threads: int = 1, recognition: bool = True, translator: Path | None = None,
        refine: int = 0,
    ) -> None:  # fmt: skip
        """encoder, translator: other weights than the package's. recognition: let recognition features have a say.
        refine: so many times the answer is drawn and looked at (``redraw``).

        Raises WeightsError, EngineUnavailable, SchemaError, or UsageError for a head that cannot be drawn.
        """
        if refine < 0:
            raise UsageError("--refine cannot be negative")
        self._decoder, self._refine = decoder, refine
        self._redraw = Redraw(head, self._look_again) if refine else None
        self._fusion = Fusion(head.schema)
        self._translator: Translator | None = None
        self.notice = ""
        """Why recognition features have no say, though they were wanted."""
        self._stack = ExitStack()
        try:
            engine = self._stack.enter_context(open_engine(encoder_path(encoder), backend, threads, precision))
            self._encoder = Encoder(engine, head.schema)
            if recognition:
                opened = open_translator(head.schema, translator, backend, threads, precision)
                self._translator, self.notice = opened.translator, opened.why_not
                if self._translator is not None:
                    self._stack.enter_context(self._translator)
        except BaseException:
            self._stack.close()
            raise

    def read(self, image: Picture, landmarks_K2: F32) -> Observation:
        """The face whose 68 points somebody else has found. image: BGR uint8 HWC."""
        seen = self._recognised(image, look_twice(image, landmarks_K2, self._encoder))
        if self._redraw is None:
            return seen
        return self._redraw.improve(None, seen, seen, steps=self._refine, until_ns=NO_HURRY_NS).seen

    def _recognised(self, image: Picture, seen: Observation) -> Observation:
        if self._translator is None:
            return seen
        return alike(image, seen, self._encoder, self._translator, self._fusion, self._decoder)

    def _look_again(self, drawing_HW3: Picture, drawn: Observation) -> Observation:
        """At a drawing, as at a picture: nobody says who it is."""
        del drawn
        return self._recognised(drawing_HW3, self._encoder.encode_still(drawing_HW3, WHOLE))

    def close(self) -> None:
        """Release the engines; may be called twice."""
        self._stack.close()

    def __enter__(self) -> StillReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def look_twice(image: NDArray[np.uint8], landmarks_K2: NDArray[np.float32], encoder: Encoder) -> Observation:
    """The face at 68 points that somebody else found, seen in the crop of these, then in that of the encoder's own
    points, unless they are no face's or the second look is a worse one. image: BGR uint8 HWC."""
    seen = encoder.encode(image, CropBox.around(landmarks_K2).similarity())
    try:
        box = CropBox.around(seen.landmarks_K2)
    except UsageError:
        return seen
    if CropBox.of(seen.similarity).is_jump(box):
        return seen
    second = encoder.encode_still(image, box.similarity())
    return second if second.presence >= 0.5 * seen.presence else seen


def alike(
    image: NDArray[np.uint8], seen: Observation, encoder: Encoder, translator: Translator, fusion: Fusion,
    decoder: Decoder,
) -> Observation:  # fmt: skip
    """Looks with what recognition features say; told whom it saw, the encoder says again what the face does.

    image: BGR uint8 HWC, in which ``seen`` was seen. Styles of the answer are logarithms of probabilities.
    """
    try:
        likeness = translator.look_well(image, seen)
    except UsageError:
        return seen
    both = fusion.one_look(seen, likeness)
    told = encoder.encode_still(image, seen.similarity, seen.identity_I)
    both = replace(both, expression_E=told.expression_E, pose=told.pose)
    drawn = apply(seen.similarity, decoder.projected68(both))
    return replace(both, pose=reseated(told.pose, drawn, apply(seen.similarity, seen.landmarks_K2)))
