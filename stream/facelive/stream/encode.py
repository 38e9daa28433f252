"""One shot, no camera: a picture in, the parameters of its largest face out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import GROUPS, Schema, Vector
from facelive.stream.character import character_head
from facelive.stream.decode import Decoder
from facelive.stream.encoder import CONFIDENCES
from facelive.stream.live_config import Backend, Precision
from facelive.stream.mediapipe_landmarker import MediaPipeLandmarker
from facelive.stream.picture_finder import find_largest
from facelive.stream.still import StillReader

_FACES = 4
"""So many faces are looked for, so that the largest of a group is among them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedFace:
    """What the encoder says about one picture."""

    found: bool
    """False if no face was found; then the arrays are None."""
    parameters: Vector | None = None
    """(P,) float32 in schema order."""
    landmarks68: NDArray[np.float32] | None = None
    """(68, 2) pixels of the picture: projected from the predicted parameters."""
    confidence: dict[str, float] | None = None
    """By name: face, identity, style, colour, expression, pose."""

    def to_line(self, file: str, schema: Schema) -> dict[str, Any]:
        """The JSON object of ``facelive encode`` for a picture; ``file`` as the user gave it, with its folder."""
        line: dict[str, Any] = {"file": file, "found": self.found}
        if self.parameters is None or self.landmarks68 is None or self.confidence is None:
            return line
        line["parameters"] = {name: round(value, 6) for name, value in schema.to_dict(self.parameters).items()}
        line["groups"] = {group: list(schema.group_names(group)) for group in GROUPS}
        line["landmarks68"] = [[round(float(x), 3), round(float(y), 3)] for x, y in self.landmarks68]
        line["confidence"] = {name: round(value, 4) for name, value in self.confidence.items()}
        return line


class PictureEncoder:
    """Detector and encoder, opened once for many pictures. A context manager."""

    def __init__(
        self, *, encoder: Path | None = None, landmarker: Path | None = None, backend: Backend = "auto",
        precision: Precision = "auto", threads: int = 1, field_of_view_deg: float = 60.0, schema: Path | None = None,
        recognition: bool = True, translator: Path | None = None, refine: int = 0,
    ) -> None:  # fmt: skip
        """encoder, landmarker, translator: other weights than the package's. schema: of a character of one's own, for
        its encoder. recognition: let recognition features have a say in the looks. refine: so many times the answer is
        drawn and looked at (``redraw``); the built-in head only.

        Raises WeightsError, EngineUnavailable, FileError, SchemaError or UsageError.
        """
        head = character_head(schema)
        self.schema = head.schema
        """What ``EncodedFace.parameters`` follow."""
        self._decoder = Decoder(head, field_of_view_deg=field_of_view_deg)
        self._stack = ExitStack()
        try:
            self._finder = self._stack.enter_context(MediaPipeLandmarker(landmarker, faces=_FACES))
            reader = StillReader(
                head, self._decoder, encoder=encoder, backend=backend, precision=precision, threads=threads,
                recognition=recognition, translator=translator, refine=refine,
            )  # fmt: skip
            self._reader = self._stack.enter_context(reader)
        except BaseException:
            self._stack.close()
            raise

    @property
    def notice(self) -> str:
        """Why recognition features have no say, though they were wanted."""
        return self._reader.notice

    def encode(self, image: NDArray[np.uint8]) -> EncodedFace:
        """image: BGR uint8 HWC. Looks at other scales, with a border and in tiles when nothing is found at first."""
        points = find_largest(self._finder, image)
        if points is None:
            return EncodedFace(found=False)
        return self.encode_at(image, points)

    def encode_at(self, image: NDArray[np.uint8], landmarks_K2: NDArray[np.float32]) -> EncodedFace:
        """The face whose 68 points somebody else has found. Two looks: the second in the crop of the encoder's own
        landmarks, which is how it sees faces live, and mirrored."""
        seen = self._reader.read(image, landmarks_K2)
        height, width = image.shape[:2]
        return EncodedFace(
            found=True,
            parameters=self._decoder.vector(seen, self._decoder.pose(seen, width, height)),
            landmarks68=self._decoder.projected68(seen),
            confidence=dict(zip(CONFIDENCES, (float(value) for value in seen.confidence), strict=True)),
        )

    def close(self) -> None:
        """Release detector and engine; may be called twice."""
        self._stack.close()

    def __enter__(self) -> PictureEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def encode_picture(image: NDArray[np.uint8]) -> EncodedFace:
    """The package's encoder on one picture (BGR uint8 HWC); for many pictures open one ``PictureEncoder``."""
    with PictureEncoder() as encoder:
        return encoder.encode(image)
