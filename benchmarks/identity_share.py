"""How much of the sliders recognition should say: shapes of renders against likeness of photos, share by share.

``python benchmarks/identity_share.py FACES [--encoder FILE] [--translator FILE]``: 96 rendered people that no
training and no report has seen (vertices of the face at rest over the mean face's error), and the photos of the
held-out people, one portrait a video, each ranked among all people's by dlib's network. That network made the
translator's answers, so it flatters large shares; the report's judge is asked about the result only. Writes
benchmarks/results/identity_share.json, unless other weights are given. Shares are those of one look, which
``likeness_fusion`` makes of IDENTITY_SHARE.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from machine import save_result
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.errors import UsageError
from facelive.likeness.alignment import picture_tensor
from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition
from facelive.likeness.fit_render import RealDrawing
from facelive.likeness.identity import DlibIdentity, open_identity
from facelive.rig.framing import CROP, apply
from facelive.rig.head import Head
from facelive.rig.render import Scene
from facelive.rig.schema import Vector
from facelive.stream.encoder import Encoder, Observation
from facelive.stream.likeness_fusion import Fusion
from facelive.stream.mediapipe_landmarker import MediaPipeLandmarker
from facelive.stream.picture_finder import find_largest
from facelive.stream.still import look_twice
from facelive.stream.translator import Likeness, Translator, open_translator
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.face_teacher import shipped_model
from facelive.train.data.photos import PhotoConfig, list_photos, warp
from facelive.train.data.scenes import random_scene
from facelive.train.evaluate.encoders import MeanFace
from facelive.train.evaluate.report.faces import held_out_renders
from facelive.train.evaluate.report.gallery import Photos, likeness
from facelive.train.evaluate.statistics import bootstrap

F32 = NDArray[np.float32]
SHARES = (0.0, 0.2, 0.3, 0.35, 0.4, 0.48, 0.56, 0.7)
_RENDERS, _FIRST_PERSON = 96, 50_000
_PORTRAIT = np.array([0, 0, 0, 0.5, 0.47, np.log(0.95), 0, 0, 0, 0], np.float32)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What both witnesses say of one picture."""

    pixels: Observation
    recognised: Likeness
    person: str = ""
    video: str = ""
    truth_P: Vector | None = None
    embedding_D: F32 | None = None


def identity(one: Seen, share: float) -> NDArray[np.float64]:
    """(I,) with that share of recognition."""
    pixels, recognised = (np.asarray(a.identity_I, np.float64) for a in (one.pixels, one.recognised))
    return np.clip(pixels + share * (recognised - pixels), 0.0, 1.0)


def look(image: NDArray[np.uint8], pixels: Observation, translator: Translator) -> Likeness | None:
    """What recognition says; None where the points are no face's."""
    try:
        return translator.look_well(image, pixels)
    except UsageError:
        return None


def see_renders(head: Head, encoder: Encoder, translator: Translator) -> list[Seen]:
    """Crops as they are drawn."""
    whole, found = np.eye(2, 3, dtype=np.float32), []
    for one in held_out_renders(head, MeanFace(head), random_scene, _RENDERS, 1, first=_FIRST_PERSON):
        pixels = encoder.encode(one.face.crop_HW3, whole)
        if (recognised := look(one.face.crop_HW3, pixels, translator)) is not None:
            found.append(Seen(pixels=pixels, recognised=recognised, truth_P=one.placed.label_P))
    return found


def see_photos(photos: Path, encoder: Encoder, translator: Translator, network: DlibIdentity) -> list[Seen]:
    """Of the people kept out of training, as ``facelive encode`` sees them."""
    found = []
    config = PhotoConfig(photos=photos, output=photos, landmarker=shipped_model(), split="held-out")
    with MediaPipeLandmarker(None, faces=4) as finder:
        for photo in list_photos(config):
            read = cv2.imread(str(photos / photo.file))
            if read is None or photo.annotated_68 is None:
                continue
            image = np.asarray(read, np.uint8)
            points = find_largest(finder, image)
            if points is None:
                continue
            pixels = look_twice(image, points, encoder)
            if (recognised := look(image, pixels, translator)) is None:
                continue
            at = torch.from_numpy(np.asarray(apply(pixels.similarity, pixels.landmarks_K2) / CROP, np.float32))
            with torch.no_grad():
                embedding = network(picture_tensor(warp(image, pixels.similarity)), at[None])[0].numpy()
            found.append(Seen(
                pixels=pixels, recognised=recognised, person=photo.person, video=Path(photo.file).stem[0],
                embedding_D=embedding,
            ))  # fmt: skip
    return found


class Bench:
    """All that stays the same from share to share."""

    def __init__(self, head: Head, network: DlibIdentity, renders: list[Seen], photos: list[Seen]) -> None:
        self.head, self.network, self.renders, self.photos = head, network, renders, photos
        self._face = head.face_N
        self._mean = self._shape(head.schema.neutral())
        self._known = Recognition.load(SHIPPED_RECOGNITION, head.schema)
        self._drawing, self._fusion = RealDrawing(head), Fusion(head.schema)
        names = sorted({one.person for one in photos})
        self._who = np.array([names.index(one.person) for one in photos])
        self._video = np.array([int(one.video) for one in photos])
        pairs = list(zip(self._who.tolist(), self._video.tolist(), strict=True))
        self._portrayed = np.array([row for row, pair in enumerate(pairs) if pairs.index(pair) == row])

    def figures(self, share: float) -> dict[str, Any]:
        """Of one share."""
        schema, rows = self.head.schema, self.head.schema.indices("identity")
        errors = []
        for one in self.renders:
            assert one.truth_P is not None
            params, true = schema.neutral(), self._shape(one.truth_P)
            params[rows] = identity(one, share)
            errors.append([np.linalg.norm(shape - true, axis=1).mean() for shape in (self._shape(params), self._mean)])
        each = [np.array([row]) for row in errors]
        of_mean = bootstrap(each, lambda rows: float(rows[:, 0].sum() / rows[:, 1].sum()))
        drawn = self._unit(np.stack([self._portrait(self.photos[row], share) for row in self._portrayed]))
        seen = self._unit(np.stack([one.embedding_D for one in self.photos if one.embedding_D is not None]))
        ranked = likeness(Photos(embedding_ND=seen, person_N=self._who, video_N=self._video), drawn, self._portrayed)
        return {
            "share": share, "vertices_over_mean_face": asdict(of_mean), "first_same_video": asdict(ranked.same_video),
            "first_other_video": asdict(ranked.other_video), "cosine_own": asdict(ranked.cosine_own),
        }  # fmt: skip

    def _shape(self, params_P: Vector) -> F32:
        return self.head.solve_identity(params_P)[self._face]

    def _unit(self, rows_ND: F32) -> F32:
        centred = self._known.centred(rows_ND)
        return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)

    def _portrait(self, one: Seen, share: float) -> F32:
        """(D,) of the real render, from the front, at rest."""
        schema, said = self.head.schema, self._fusion.one_look(one.pixels, one.recognised)
        params = schema.neutral()
        params[schema.indices("identity")] = identity(one, share)
        params[schema.indices("style")] = said.style_S
        params[schema.indices("colour")] = said.colour_C
        chip = self._drawing.chip(schema.clip(params), _PORTRAIT, Scene())
        with torch.no_grad():
            batch = torch.from_numpy(chip[..., ::-1].copy())[None].permute(0, 3, 1, 2).float()
            return self.network.embed(batch)[0].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--translator", type=Path)
    options = parser.parse_args()
    head = Head.default()
    network = open_identity("dlib", None)
    translator = open_translator(head.schema, options.translator).translator
    assert isinstance(network, DlibIdentity)
    assert translator is not None
    with open_engine(encoder_path(options.encoder), "auto", 1, "auto") as engine, translator:
        encoder = Encoder(engine, head.schema)
        bench = Bench(
            head, network, see_renders(head, encoder, translator),
            see_photos(options.photos, encoder, translator, network),
        )  # fmt: skip
    found = [bench.figures(share) for share in SHARES]
    for row in found:
        print(
            f"{row['share']:.2f}  vertices {row['vertices_over_mean_face']['value']:.3f}  "
            f"first {row['first_same_video']['value']:.3f} {row['first_other_video']['value']:.3f}  "
            f"cosine {row['cosine_own']['value']:.3f}"
        )
    if options.encoder is None and options.translator is None:
        said = {"command": "python benchmarks/identity_share.py FACES", "renders": len(bench.renders)}
        print(save_result("identity_share", said | {"photos": len(bench.photos), "shares": found}))


if __name__ == "__main__":
    main()
