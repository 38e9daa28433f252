"""Hair, beard and glasses on photos of people kept out of training, against what was seen by eye.

``python benchmarks/styles_seen.py FACES [--encoder FILE]``: every photo of the held-out people (a tenth of the
annotated ones, by name) through ``facelive encode``'s own class, with and without recognition. A style is right if it
is one of the options that ``train/data/seen_styles.csv`` allows for its person; ``length`` is hair of the right length,
whatever the cut. Writes benchmarks/results/styles_seen.json, unless another encoder is given; intervals are 95 %,
bootstrapped over people.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from machine import save_result

from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.encode import PictureEncoder
from facelive.train.data.face_teacher import shipped_model
from facelive.train.data.photos import PhotoConfig, list_photos
from facelive.train.data.seen_styles import SeenStyles

STYLES = ("hair", "beard", "glasses")
Hits = dict[str, dict[str, list[bool]]]
"""By style and person, photo by photo."""


def hits_of(schema: Schema, seen: SeenStyles, person: str, params: np.ndarray) -> dict[str, bool]:
    """Of one photo: which styles are possible for this person, where somebody saw."""
    out: dict[str, bool] = {}
    for style in STYLES:
        if (possible := seen.possible(person, style)) is not None:
            out[style] = bool(possible[int(np.argmax(params[schema.styles[style]]))])
    if (possible := seen.possible(person, "hair", broadly=True)) is not None:
        out["length"] = bool(possible[int(np.argmax(params[schema.styles["hair"]]))])
    return out


def interval(people: list[list[bool]], rng: np.random.Generator) -> dict[str, float]:
    """Share of the photos that are right, and of the people's mean."""
    right, count = (np.array([f(one) for one in people], float) for f in (sum, len))
    drawn = rng.integers(len(people), size=(2000, len(people)))
    low, high = np.percentile(right[drawn].sum(1) / count[drawn].sum(1), [2.5, 97.5])
    return {
        "photos": int(count.sum()), "people": len(people), "right": round(float(right.sum() / count.sum()), 3),
        "low": round(float(low), 3), "high": round(float(high), 3),
        "mean_of_people": round(float((right / count).mean()), 3),
    }  # fmt: skip


def measure(photos: Path, encoder: Path | None, recognition: bool) -> dict[str, dict[str, float]]:
    """Figures per style, and apart those of people who wear glasses."""
    schema = Head.default().schema
    seen = SeenStyles.load(schema)
    hits: Hits = {style: defaultdict(list) for style in (*STYLES, "length", "glasses_of_wearers")}
    config = PhotoConfig(photos=photos, output=photos, landmarker=shipped_model(), split="held-out")
    with PictureEncoder(encoder=encoder, recognition=recognition) as encode:
        for photo in list_photos(config):
            image = cv2.imread(str(photos / photo.file))
            face = encode.encode(np.asarray(image, np.uint8)) if image is not None else None
            if face is None or face.parameters is None:
                continue
            for style, hit in hits_of(schema, seen, photo.person, face.parameters).items():
                hits[style][photo.person].append(hit)
                possible = seen.possible(photo.person, style)
                if style == "glasses" and possible is not None and not possible[0]:
                    hits["glasses_of_wearers"][photo.person].append(hit)
    rng = np.random.default_rng(0)
    return {style: interval(list(people.values()), rng) for style, people in hits.items() if people}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--encoder", type=Path)
    options = parser.parse_args()
    said = {name: measure(options.photos, options.encoder, name == "fused") for name in ("fused", "pixels_only")}
    for name, figures in said.items():
        for style, row in figures.items():
            print(name, style, row)
    if options.encoder is None:
        print(save_result("styles_seen", {"command": "python benchmarks/styles_seen.py FACES", **said}))


if __name__ == "__main__":
    main()
