"""Those whose portraits are drawn: photos of training people, as recognition and the encoder see them.

``python -m facelive.train.translator.sitters --photos CACHE [--encoder FILE] -o sitters.npz`` (photos: training people
only). What the encoder says is part of what is learnt from: another encoder needs other sitters. The file stays with
whoever made it: features of photos are personal data.
Shapes: M photos, D = 1280 features, I, S, C sizes of the schema's groups.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.face_chip import cut_chip
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.likeness_fusion import Fusion
from facelive.stream.weights_folder import ENCODER
from facelive.train.common.arrays import load_arrays, save_arrays
from facelive.train.common.command import as_command
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.evaluate.rank import video_of
from facelive.train.evaluate.run import EvaluateConfig, open_encoder
from facelive.train.translator.pairs import Look, Runner, jittered

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_FORMAT = "facelive-sitters-2"
_BLOCK = 128
_SEED = 1


@dataclass(frozen=True, kw_only=True)
class Sitters:
    """Rows belong together."""

    features_MD: F32
    """Of both ``recognisers``."""
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

    def some(self, chosen_M: NDArray[np.bool_]) -> Sitters:
        """Some of them, people and videos numbered anew."""
        kept = {field.name: getattr(self, field.name)[chosen_M] for field in fields(self)}
        for name in ("person_M", "video_M"):
            kept[name] = np.unique(kept[name], return_inverse=True)[1].astype(np.int64)
        return Sitters(**kept)

    def save(self, path: Path) -> None:
        """Write atomically."""
        save_arrays(path, _FORMAT, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Sitters:
        """Raises FileError if the file holds no sitters."""
        data = load_arrays(path, _FORMAT, "photos' features and answers")
        return cls(**{field.name: data[field.name] for field in fields(cls)})


def gather(
    cache: PhotoCache, schema: Schema, run: Look, encode: Callable[[NDArray[np.uint8]], dict[str, F32]], seed: int
) -> Sitters:
    """Of all photos in a cache (training people only) that MediaPipe is sure of.

    encode: (1, 256, 256, 3) crops to the encoder's outputs, pixels alone.
    """
    rng, fusion = np.random.default_rng(seed), Fusion(schema)
    rows = np.flatnonzero(cache.sure_N)
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
    identity, style, colour = (np.stack(part).astype(np.float32) for part in zip(*said, strict=True))
    people, files = cache.person_N[rows], cache.file_N[rows]
    videos = [f"{person}/{video_of(str(file))}" for person, file in zip(people, files, strict=True)]
    return Sitters(
        features_MD=np.concatenate(features).astype(np.float32), identity_MI=identity, style_MS=style, colour_MC=colour,
        person_M=np.unique(people, return_inverse=True)[1].astype(np.int64),
        video_M=np.unique(videos, return_inverse=True)[1].astype(np.int64),
        grey_M=~cache.colour_N[rows],
    )  # fmt: skip


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="ONNX file; the shipped one if not given")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    head = Head.default()
    with tempfile.TemporaryDirectory() as folder:
        run = Runner(Path(folder))
    config = EvaluateConfig(encoder=options.encoder, output=options.output.parent, recognition=False)
    with open_encoder(config, head) as (encode, _):
        found = gather(PhotoCache.open(options.photos), head.schema, run, encode, _SEED)
    found.save(options.output)
    log.info("%s: %d photos of %d people", options.output, len(found), found.person_M.max() + 1)


if __name__ == "__main__":
    as_command(main)
