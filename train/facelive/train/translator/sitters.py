"""Those whose portraits are drawn: photos of training people, as recognition and the encoder see them.

The file stays with whoever made it: features of photos are personal data.
Shapes: M photos, D = 256 features, I, S, C sizes of the schema's groups.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.face_chip import cut_chip
from facelive.rig.schema import Schema
from facelive.stream.likeness_fusion import Fusion
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.evaluate.rank import video_of
from facelive.train.translator.pairs import Runner, jittered

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_FORMAT = "facelive-sitters-1"
_COLOUR_SET = "ytf/"
_BLOCK = 128


@dataclass(frozen=True, kw_only=True)
class Sitters:
    """Rows belong together."""

    features_MD: F32
    """Of dlib's network, before its last layer."""
    identity_MI: F32
    """What the encoder says of the picture; styles as probabilities."""
    style_MS: F32
    colour_MC: F32
    person_M: NDArray[np.int64]
    """0 .. people - 1."""
    video_M: NDArray[np.int64]
    """Photos of one person and one video count as one witness."""
    grey_M: NDArray[np.bool_]
    """Photos without colour: many more people, but features with another mean."""

    def __len__(self) -> int:
        return len(self.person_M)

    def save(self, path: Path) -> None:
        """Write atomically."""
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            arrays = {field.name: getattr(self, field.name) for field in fields(self)}
            np.savez(file, allow_pickle=False, format=np.array(_FORMAT), **arrays)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Sitters:
        """Raises FileError if the file holds no sitters."""
        try:
            with np.load(path) as data:
                if str(data["format"]) != _FORMAT:
                    raise FileError(f"{path} holds no photos' features and answers; make it again")
                return cls(**{field.name: data[field.name] for field in fields(cls)})
        except (OSError, ValueError, KeyError) as error:
            raise FileError(f"cannot read {path}: {str(error).splitlines()[0]}") from error


def gather(
    cache: PhotoCache, schema: Schema, run: Runner, encode: Callable[[NDArray[np.uint8]], dict[str, F32]], seed: int
) -> Sitters:
    """Of all photos in a cache (training people only) that MediaPipe is sure of.

    encode: (1, 256, 256, 3) crops to the encoder's outputs, pixels alone.
    """
    rng, fusion = np.random.default_rng(seed), Fusion(schema)
    rows = np.flatnonzero(np.isfinite(cache.landmarks478_N).all((1, 2)) & ~cache.suspicious_N)
    if not len(rows):
        raise FileError("the photo cache shows nobody whom MediaPipe is sure of")
    features: list[F32] = []
    said: list[tuple[F32, ...]] = []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        points = cache.landmarks478_N[block][:, POINTS_68, :2]
        crops = [np.ascontiguousarray(cache.images_N[i]) for i in block]
        chips = [cut_chip(crop, jittered(at, rng)) for crop, at in zip(crops, points, strict=True)]
        features.append(run(np.stack(chips)))
        for crop in crops:
            out = encode(crop[None])
            style = fusion.probabilities(out["style"][0]).astype(np.float32)
            said.append((np.clip(out["identity"][0], 0.0, 1.0), style, np.clip(out["colour"][0], 0.0, 1.0)))
        log.info("%d of %d photos", start + len(block), len(rows))
    files = cache.file_N[rows]
    identity, style, colour = (np.stack(part).astype(np.float32) for part in zip(*said, strict=True))
    names = [f"{person}/{video_of(str(file))}" for person, file in zip(cache.person_N[rows], files, strict=True)]
    return Sitters(
        features_MD=np.concatenate(features).astype(np.float32), identity_MI=identity, style_MS=style, colour_MC=colour,
        person_M=np.unique(cache.person_N[rows], return_inverse=True)[1].astype(np.int64),
        video_M=np.unique(names, return_inverse=True)[1].astype(np.int64),
        grey_M=~np.char.startswith(files, _COLOUR_SET),
    )  # fmt: skip
