"""Photos for training as crops with what MediaPipe sees in them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from facelive.app.progress import progress


def looked_at(photos: Path, output: Path, split: Literal["train", "held-out"] = "train") -> Path:
    """The folder of crops of one split, made in ``output`` unless it is there already.

    photos: ``ytf/PERSON/NN.jpg`` and ``ytf_landmarks.csv`` (docs/training.md).
    """
    from facelive.train.data.face_teacher import shipped_model
    from facelive.train.data.photos import PhotoConfig, build_photo_cache

    with progress(f"looking at photos, {split}") as advance:
        build_photo_cache(PhotoConfig(photos=photos, output=output, landmarker=shipped_model(), split=split), advance)
    return output
