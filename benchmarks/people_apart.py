"""What ``facelive encode`` says of every photo of the people whom no training has seen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from machine import save_result

from facelive.rig.schema import Vector
from facelive.stream.encode import PictureEncoder
from facelive.train.data.face_teacher import shipped_model
from facelive.train.data.photos import PhotoConfig, list_photos


def people_apart(
    photos: Path, encoder: Path | None, translator: Path | None, *, recognition: bool, refine: int = 0
) -> Iterator[tuple[str, Vector]]:
    """(person, (P,) parameters) of each photo with a face: the 60 of ``ytf_eval_people.txt`` and the held-out tenth."""
    with PictureEncoder(encoder=encoder, translator=translator, recognition=recognition, refine=refine) as encode:
        for split in ("eval", "held-out"):
            config = PhotoConfig(photos=photos, output=photos, landmarker=shipped_model(), split=split)
            for photo in list_photos(config):
                image = cv2.imread(str(photos / photo.file))
                face = encode.encode(np.asarray(image, np.uint8)) if image is not None else None
                if face is not None and face.parameters is not None:
                    yield photo.person, face.parameters


def with_and_without_recognition(
    name: str, doc: str | None, measure: Callable[[Iterator[tuple[str, Vector]]], dict[str, object]]
) -> None:
    """The command line of a benchmark: measure both ways, print, write the result unless other weights are given."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--translator", type=Path)
    parser.add_argument("--refine", type=int, default=0, help="as facelive encode takes it")
    options = parser.parse_args()
    weights = options.encoder, options.translator
    said = {
        way: measure(people_apart(options.photos, *weights, recognition=way == "fused", refine=options.refine))
        for way in ("fused", "pixels_only")
    }
    for way, rows in said.items():
        for word, row in rows.items():
            print(way, word, row)
    if not (options.encoder or options.translator or options.refine):
        print(save_result(name, {"command": f"python benchmarks/{name}.py FACES", **said}))
