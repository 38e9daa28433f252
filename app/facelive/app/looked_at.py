"""Photos for training as crops with what MediaPipe sees in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facelive.app.progress import progress
from facelive.errors import FileError

if TYPE_CHECKING:
    from facelive.train.data.splits import Split


def looked_at(photos: Path, output: Path) -> Path:
    """The folder of crops to train on, made in ``output`` unless it is there already.

    photos: ``ytf/PERSON/NN.jpg`` and ``ytf_landmarks.csv`` (docs/training.md). Raises FileError if there are none.
    """
    return _crops(photos, output, "train")


def check_photos(photos: Path | None) -> None:
    """Raise FileError if there is nothing to train on in a folder of photos: before hours of drawing."""
    if photos is None:
        return
    from facelive.train.data.photos import PhotoConfig, list_photos

    if not list_photos(PhotoConfig(photos=photos, output=Path(), landmarker=Path())):
        raise FileError(f"{photos} holds no photo to train on: everybody in it is kept apart (docs/training.md)")


def kept_apart(photos: Path, output: Path) -> Path | None:
    """The same of the people who are kept to measure on; None if nobody in the folder is."""
    from facelive.train.data.photos import PhotoConfig, list_photos

    config = PhotoConfig(photos=photos, output=output, landmarker=Path(), split="held-out")
    return _crops(photos, output, "held-out") if list_photos(config) else None


def _crops(photos: Path, output: Path, split: Split) -> Path:
    from facelive.train.data.face_teacher import shipped_model
    from facelive.train.data.photos import PhotoConfig, build_photo_cache

    with progress(f"looking at photos, {split}") as advance:
        build_photo_cache(PhotoConfig(photos=photos, output=output, landmarker=shipped_model(), split=split), advance)
    return output
