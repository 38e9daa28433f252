"""Contact sheets of the built-in head: ``docs/identities.png`` (people) and ``docs/expressions.png`` (what faces do).

``python docs/make_sheets.py [identities|expressions]``; look at them after every change.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.prior import sample_identity
from facelive.rig.render import Camera, Renderer, Scene
from facelive.rig.schema import Schema, Vector

HERE = Path(__file__).parent
SIZE, COLUMNS, ROWS = 256, 6, 4
FIRST_SEED = 100
_BOTH = ("Left", "Right")
Image = NDArray[np.uint8]

EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "jawOpen": {"jawOpen": 1.0},
    "smile": {f"mouthSmile{s}": 1.0 for s in _BOTH} | {f"cheekSquint{s}": 0.4 for s in _BOTH},
    "laugh": {f"mouthSmile{s}": 0.9 for s in _BOTH} | {"jawOpen": 0.45} | {f"eyeSquint{s}": 0.5 for s in _BOTH},
    "eyeBlink": {f"eyeBlink{s}": 1.0 for s in _BOTH},
    "wink": {"eyeBlinkLeft": 1.0, "mouthSmileLeft": 0.7, "cheekSquintLeft": 0.5},
    "browInnerUp, browOuterUp": {"browInnerUp": 1.0} | {f"browOuterUp{s}": 1.0 for s in _BOTH},
    "browDown, noseSneer": {f"browDown{s}": 1.0 for s in _BOTH} | {f"noseSneer{s}": 0.8 for s in _BOTH},
    "sad": {"browInnerUp": 0.9} | {f"mouthFrown{s}": 0.9 for s in _BOTH} | {"mouthShrugLower": 0.4},
    "surprise": {"browInnerUp": 0.8, "jawOpen": 0.6}
    | {f"eyeWide{s}": 0.9 for s in _BOTH}
    | {f"browOuterUp{s}": 0.8 for s in _BOTH},
    "mouthPucker": {"mouthPucker": 1.0},
    "mouthFunnel": {"mouthFunnel": 1.0, "jawOpen": 0.2},
    "cheekPuff": {"cheekPuff": 1.0},
    "tongueOut": {"tongueOut": 1.0, "jawOpen": 0.7},
    "mouthUpperUp, mouthLowerDown": {f"mouth{way}{s}": 1.0 for way in ("UpperUp", "LowerDown") for s in _BOTH},
    "mouthRoll": {"mouthRollLower": 0.8, "mouthRollUpper": 0.8},
    "mouthLeft": {"mouthLeft": 1.0},
    "jawLeft": {"jawLeft": 1.0, "jawOpen": 0.2},
    "mouthStretch": {f"mouthStretch{s}": 1.0 for s in _BOTH},
    "look left": {f"{s}GazeYaw": 0.5 for s in ("left", "right")} | {"eyeLookOutLeft": 0.8, "eyeLookInRight": 0.8},
    "look down": {f"{s}GazePitch": 0.35 for s in ("left", "right")} | {f"eyeLookDown{s}": 0.8 for s in _BOTH},
    "headYaw": {"headYaw": 0.6, "mouthSmileLeft": 0.3, "mouthSmileRight": 0.3},
    "headPitch": {"headPitch": -0.35},
    "headRoll": {"headRoll": 0.35, "headYaw": -0.4, "jawOpen": 0.15},
}


def sheet(pictures: list[Image]) -> Image:
    """Pictures in ``COLUMNS`` columns."""
    return np.vstack([np.hstack(pictures[k : k + COLUMNS]) for k in range(0, len(pictures), COLUMNS)])


def label(picture: Image, text: str) -> Image:
    """The picture with its name on a strip at the bottom."""
    out = picture.copy()
    out[-20:] = 245
    cv2.putText(out, text, (6, SIZE - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.40, (30, 30, 30), 1, cv2.LINE_AA)
    return out


def scene(seed: int, tall: float) -> Scene:
    """Studio light; shirt, freckles and make-up by seed."""
    rng = np.random.default_rng(seed)
    warm = np.array([1.0, 0.95, 0.9])
    red, green, blue = (float(v) for v in 0.12 + 0.5 * rng.random() * warm * (0.7 + 0.6 * rng.random(3)))
    freckles = float(rng.random()) if rng.random() < 0.25 else 0.0
    return Scene(
        camera=Camera.portrait(SIZE, SIZE, tall=tall), seed=seed, cloth_rgb=(red, green, blue), freckles=freckles
    )


def identities(schema: Schema, renderer: Renderer) -> Image:
    """People as the data set draws them."""
    seeds = range(FIRST_SEED, FIRST_SEED + COLUMNS * ROWS)
    people = [sample_identity(schema, np.random.default_rng(seed)) for seed in seeds]
    return sheet([renderer.render(p, scene(seed, 0.35)).image_HW3 for p, seed in zip(people, seeds, strict=True)])


def expressions(schema: Schema, renderer: Renderer) -> Image:
    """One person, many faces."""
    base = schema.to_dict(schema.neutral()) | {"macro-age": 0.2}
    faces: list[tuple[str, Vector]] = [(name, schema.to_vector(base | shapes)) for name, shapes in EXPRESSIONS.items()]
    return sheet([label(renderer.render(p, scene(1, 0.29)).image_HW3, name) for name, p in faces])


def main() -> None:
    """Draw the sheets that are asked for, both by default."""
    head = Head.default()
    renderer = Renderer(head, SIZE, samples=4, texture=1024)
    for name, draw in (("identities", identities), ("expressions", expressions)):
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            cv2.imwrite(str(HERE / f"{name}.png"), draw(head.schema, renderer))


if __name__ == "__main__":
    main()
