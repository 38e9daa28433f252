"""One shot, no camera: a picture in, the parameters of its largest face out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import GROUPS, Schema, Vector

CONFIDENCES = ("face", "identity", "style", "colour", "expression", "pose")


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

    def __init__(self, *, encoder: Path | None = None, landmarker: Path | None = None, backend: str = "auto",
                 precision: str = "auto", threads: int = 1) -> None:  # fmt: skip
        """encoder, landmarker: other weights than the package's. Raises WeightsError or EngineUnavailable."""
        raise NotImplementedError

    @property
    def schema(self) -> Schema:
        """The schema that ``parameters`` follow."""
        raise NotImplementedError

    def encode(self, image: NDArray[np.uint8]) -> EncodedFace:
        """image: BGR uint8 HWC. Looks at other scales and with a border when nothing is found at first."""
        raise NotImplementedError

    def close(self) -> None:
        """Release detector and engine."""

    def __enter__(self) -> PictureEncoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def encode_picture(image: NDArray[np.uint8]) -> EncodedFace:
    """The package's encoder on one picture (BGR uint8 HWC); for many pictures open one ``PictureEncoder``."""
    with PictureEncoder() as encoder:
        return encoder.encode(image)
