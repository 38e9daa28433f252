"""How much of what a face does arrives: clear expressions on faces nobody saw, each read from one picture.

``python benchmarks/expressions_seen.py [--encoder FILE] [--sheet FILE]``: 24 people make every face of ``FACES`` at
full strength, lit and turned at random; the encoder knows who it is, as live. Per face: the share of it that is read
(1: all; the change from the same person's rest, projected on what he does) and what moves that should not (mean of
all other shapes). Intervals are 95 %, bootstrapped over people. Writes benchmarks/results/expressions_seen.json;
--sheet draws one person, what is done above what is read.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from machine import save_result
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.rig.accessories import accessories
from facelive.rig.expressions import BROWS, MOUTHS
from facelive.rig.head import Head
from facelive.rig.prior import combine
from facelive.rig.render import Renderer, Scene
from facelive.rig.schema import Schema, Vector
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.people import identity
from facelive.train.data.placing import CropJitter, Placed, place
from facelive.train.data.scenes import random_scene
from facelive.train.evaluate.encoders import EngineEncoder
from facelive.train.evaluate.performances import SEED
from facelive.train.evaluate.statistics import Floats, bootstrap

PEOPLE, FIRST_PERSON = 24, 30_000
REST = "rest"
_BESIDE = {
    "brows up": BROWS["raised"],
    "angry": BROWS["angry"],
    "sad brows": BROWS["sad"],
    "eyes shut": {"eyeBlink": 1.0},
    "wink": {"eyeBlinkLeft": 1.0},
    "mouth left": {"mouthLeft": 0.8},
    "jaw left": {"jawLeft": 0.8},
}
FACES: dict[str, dict[str, float]] = MOUTHS | _BESIDE
"""A name without a side stands for both."""
_NOISE, _YAW_RAD, _DISTANCE_M = 2.0, 0.25, 0.7
_SHOWN = 22
"""Whose sheet is drawn."""
_TILE, _COLUMNS = 144, 8
Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Made:
    """One face that somebody makes."""

    placed: Placed
    scene: Scene
    crop_HW3: Image


def doing(schema: Schema, shapes: dict[str, float]) -> Vector:
    """(P,) float32: neutral but for these shapes."""
    out = schema.neutral()
    for name, amount in shapes.items():
        for whole in (name, f"{name}Left", f"{name}Right"):
            if whole in schema:
                out[schema.index(whole)] = amount
    return out


def arrived(said_E: Floats, true_E: Floats) -> float:
    """Share of a movement that is read."""
    return float(said_E @ true_E / (true_E @ true_E))


def astray(said_E: Floats, true_E: Floats) -> float:
    """Mean of what moves, either way, and should not."""
    return float(np.abs(said_E[true_E == 0.0]).mean())


def made_by(head: Head, renderer: Renderer, person: int) -> list[Made]:
    """All of ``FACES``, in order."""
    rng = np.random.default_rng((SEED, 71, person))
    schema = head.schema
    who = identity(schema, SEED, FIRST_PERSON + person)
    light = random_scene(rng)
    faces = []
    for shapes in FACES.values():
        params = combine(schema, who, doing(schema, shapes))
        params[schema.index("headYaw")] = rng.uniform(-_YAW_RAD, _YAW_RAD)
        placed = place(head, params, _DISTANCE_M, CropJitter())
        scene = replace(light, camera=placed.camera)
        picture = renderer.render(placed.params_P, scene).image_HW3
        noisy = picture + _NOISE * rng.standard_normal(picture.shape, np.float32)
        faces.append(Made(placed, scene, np.clip(np.rint(noisy), 0, 255).astype(np.uint8)))
    return faces


def sheet(head: Head, faces: list[Made], read: Floats) -> Image:
    """Pairs, one above the other: what he does, and the same person drawn with what was read of it."""
    schema = head.schema
    renderer = Renderer(head, 256, samples=2, dress=accessories)
    tiles = []
    for name, made, said in zip(FACES, faces, read, strict=True):
        told = made.placed.params_P.copy()
        told[schema.indices("expression")] = said
        drawn = renderer.render(schema.clip(told), made.scene).image_HW3
        pair = [cv2.resize(tile, (_TILE, _TILE), interpolation=cv2.INTER_AREA) for tile in (made.crop_HW3, drawn)]
        strip = np.full((18, _TILE, 3), 245, np.uint8)
        cv2.putText(strip, name, (5, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (30, 30, 30), 1, cv2.LINE_AA)
        tiles.append(np.vstack([*pair, strip]))
    tiles += [np.full_like(tiles[0], 245)] * (-len(tiles) % _COLUMNS)
    return np.vstack([np.hstack(tiles[k : k + _COLUMNS]) for k in range(0, len(tiles), _COLUMNS)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, default=None)
    parser.add_argument("--sheet", type=Path, default=None)
    options = parser.parse_args()
    head = Head.default()
    renderer = Renderer(head, size=256, dress=accessories)
    where = head.schema.indices("expression")
    rest = tuple(FACES).index(REST)
    shares: list[Floats] = []
    strays: list[Floats] = []
    with open_engine(encoder_path(options.encoder), "auto", 1, "auto") as engine:
        encoder = EngineEncoder(engine, head.schema)
        for person in range(PEOPLE):
            faces = made_by(head, renderer, person)
            crops = np.stack([made.crop_HW3 for made in faces])
            # As live: who it is has been learnt, and what he does is read as his.
            read = encoder(crops, encoder(crops)["identity"].mean(0))["expression"].astype(np.float64)
            true = [made.placed.label_P[where].astype(np.float64) for made in faces]
            moving = [(read[k] - read[rest], true[k]) for k in range(len(faces)) if k != rest]
            shares.append(np.array([[arrived(*pair) for pair in moving]]))
            strays.append(np.array([[astray(*pair) for pair in moving]]))
            if person == _SHOWN and options.sheet is not None:
                cv2.imwrite(str(options.sheet), sheet(head, faces, read))
    names = [name for name in FACES if name != REST]
    figures = {
        name: {
            "arrives": asdict(bootstrap([row[:, k] for row in shares], lambda v: float(v.mean()))),
            "astray": round(float(np.mean([row[:, k] for row in strays])), 4),
        }
        for k, name in enumerate(names)
    }
    mean = {
        "arrives": asdict(bootstrap(shares, lambda v: float(v.mean()))),
        "astray": asdict(bootstrap(strays, lambda v: float(v.mean()))),
    }
    for name, of_it in sorted(figures.items(), key=lambda item: item[1]["arrives"]["value"]):
        print(f"{name:12s} {of_it['arrives']['value']:.2f}  astray {of_it['astray']:.3f}")
    print("mean", mean)
    if options.encoder is None:
        print(save_result("expressions_seen", {"people": PEOPLE, "mean": mean, "faces": figures}))


if __name__ == "__main__":
    main()
