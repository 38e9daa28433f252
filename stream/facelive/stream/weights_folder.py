"""The network files that ship with the package. None is used whose sha256 is not the manifest's."""

from __future__ import annotations

from pathlib import Path

from facelive.engines.manifest import verify
from facelive.errors import WeightsError

FOLDER = Path(__file__).parent / "weights"
ENCODER = FOLDER / "encoder.onnx"
TRANSLATOR = FOLDER / "translator.onnx"
LANDMARKER = FOLDER / "face_landmarker.task"


def encoder_path(chosen: Path | None) -> Path:
    """The encoder to open. Raises WeightsError if it is missing. (``open_engine`` compares its sha256.)"""
    path = ENCODER if chosen is None else chosen
    if not path.is_file():
        raise WeightsError(f"there is no encoder at {path}: install facelive again, or give --encoder PATH")
    return path


def landmarker_path(chosen: Path | None) -> Path:
    """The MediaPipe model to open; the package's own is compared with the manifest. Raises WeightsError."""
    path = LANDMARKER if chosen is None else chosen
    if not path.is_file():
        raise WeightsError(f"there is no face landmarker at {path}: install facelive again, or give --landmarker PATH")
    verify(path, required=chosen is None)
    return path
