"""Aligned photos on disk: one array a file, memory-mapped, rows in the same order.

``wide.npy`` holds the aligned 256 crop with a margin of 32 pixels on every side, so that training can shift, turn and
shrink the crop without inventing pixels. All points are in pixels of the 256 crop, pixel centres at integers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError

F32 = NDArray[np.float32]
FORMAT = "facelive-photos"
VERSION = 1
MARGIN = 32
WIDE = 256 + 2 * MARGIN
META = "photos.json"
WIDE_FILE = "wide.npy"
LABELS_FILE = "labels.npz"
_COLOUR_SET = "ytf/"


@dataclass(frozen=True, kw_only=True)
class PhotoCache:
    """N photos of one split."""

    wide_N: NDArray[np.uint8]
    """(N, 320, 320, 3) BGR, memory-mapped; black outside the photo."""
    file_N: NDArray[np.str_]
    """Path below the folder of photos, with its folder: ``ytf/<person>/NN.jpg``."""
    person_N: NDArray[np.int32]
    """Index into ``people``."""
    people: tuple[str, ...]
    similarity_N: F32
    """(N, 2, 3): from the photo to the 256 crop."""
    landmarks68_N: F32
    """(N, 68, 2) annotated points with the annotation's constant shift taken out; NaN where there are none."""
    landmarks478_N: F32
    """(N, 478, 3) of MediaPipe; NaN where it found no face."""
    scores_N: F32
    """(N, 52) MediaPipe's raw expression scores in the order of ``ARKIT_52``; NaN where it has none."""
    angles_N: F32
    """(N, 3) yaw, pitch, roll in the crop, radians, by MediaPipe; NaN where it found no face."""
    spread_N: F32
    """How far MediaPipe's answers for photo and mirror image lie apart, as a share of the eye distance."""
    disagreement_N: F32
    """Mean distance of the annotated inner 51 points from MediaPipe's, by the eye distance; NaN if unknown."""
    suspicious_N: NDArray[np.bool_]
    """Annotation and teacher contradict each other, or the teacher contradicts itself: better left out of training."""
    pixels_N: F32
    """Outer eye distance in the photo, pixels: how much the photo really shows."""

    def __len__(self) -> int:
        return len(self.file_N)

    @property
    def images_N(self) -> NDArray[np.uint8]:
        """(N, 256, 256, 3): the aligned crops, a view of the wide ones."""
        return self.wide_N[:, MARGIN:-MARGIN, MARGIN:-MARGIN]

    @property
    def sure_N(self) -> NDArray[np.bool_]:
        """Photos in which MediaPipe found a face and is sure of it."""
        return np.isfinite(self.landmarks478_N).all((1, 2)) & ~self.suspicious_N

    @property
    def colour_N(self) -> NDArray[np.bool_]:
        """Photos of the set in colour; the other shows many more people, in grey."""
        return np.char.startswith(self.file_N, _COLOUR_SET)

    @classmethod
    def open(cls, folder: Path) -> PhotoCache:
        """Raises FileError if the cache is missing, unfinished or of another version."""
        try:
            meta = json.loads((folder / META).read_text(encoding="utf-8"))
            if meta.get("format") != FORMAT or meta.get("version") != VERSION:
                raise FileError(f"{folder} holds no photo cache of version {VERSION}; build it again")
            wide = np.load(folder / WIDE_FILE, mmap_mode="r")
            with np.load(folder / LABELS_FILE) as labels:
                arrays = {name: labels[name] for name in labels.files}
            cache = cls(wide_N=wide, people=tuple(meta["people"]), **arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(f"{folder} holds no finished photo cache: {error}") from error
        if len(wide) != len(cache):
            raise FileError(f"{folder}: {len(wide)} pictures but {len(cache)} labels; build it again")
        return cache


def require_split(folder: Path, split: str) -> None:
    """Raises FileError if a cache shows other people than those of a split: whom we measure on, we do not teach."""
    try:
        found = json.loads((folder / META).read_text(encoding="utf-8")).get("split")
    except (OSError, ValueError, AttributeError) as error:
        raise FileError(f"{folder} holds no finished photo cache: {error}") from error
    if found != split:
        raise FileError(f"{folder} holds photos of the split {found!r}, not {split!r}")
