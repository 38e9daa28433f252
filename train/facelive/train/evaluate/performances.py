"""Performances of people whom no training has seen: expressions that flow, turning heads, light that moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facelive.rig.expressions import MOUTHS, sample_expression
from facelive.rig.head import Head
from facelive.rig.prior import combine
from facelive.rig.render.scene import Light, Scene
from facelive.rig.rotation import rotation
from facelive.rig.schema import Vector
from facelive.train.data.people import identity
from facelive.train.data.placing import CropJitter, Placed, place
from facelive.train.evaluate.encoders import LEARNT, Encoder, projected68
from facelive.train.evaluate.statistics import angle_between_deg, correlations, gains

F32 = NDArray[np.float32]
SEED = 900_001
"""Training uses small seeds; nobody drawn from this one may be trained on."""
_FRAMES_PER_KEY = 9
_YAW_DEG, _PITCH_DEG, _ROLL_DEG = 35.0, 15.0, 10.0
_NOISE = 2.0
Draw = Callable[[Vector, Scene], NDArray[np.uint8]]
"""(parameters, scene with a camera of a 256 crop) -> (256, 256, 3) uint8 BGR."""


@dataclass(frozen=True, kw_only=True)
class Take:
    """One frame of a performance: what is drawn, and from where."""

    placed: Placed
    scene: Scene


def perform(head: Head, scene: Scene, seed: int, person: int, frames: int) -> list[Take]:
    """The frames of one person's performance, in order. ``scene``: the light to start from."""
    rng = np.random.default_rng((seed, 21, person))
    schema = head.schema
    who = identity(schema, seed, person)
    count = 2 + (frames - 1) // _FRAMES_PER_KEY
    keys = [sample_expression(schema, rng, mouth) for mouth in _mouths(seed, person, count)]
    turns = rng.uniform(0.0, 2.0 * math.pi, 8)
    rates = rng.uniform(0.6, 1.4, 8)
    distance = math.exp(rng.uniform(math.log(0.45), math.log(1.5)))
    swing = rng.uniform(-1.2, 1.2)
    takes: list[Take] = []
    for frame in range(frames):
        share = frame / max(frames - 1, 1)
        wave = [math.sin(turn + 2.0 * math.pi * rate * share) for turn, rate in zip(turns, rates, strict=True)]
        params = combine(schema, who, _between(keys, frame / _FRAMES_PER_KEY))
        limits = (_YAW_DEG, _PITCH_DEG, _ROLL_DEG)
        for name, limit, level in zip(("headYaw", "headPitch", "headRoll"), limits, wave[:3], strict=True):
            params[schema.index(name)] = math.radians(limit * level)
        jitter = CropJitter(
            scale=math.exp(0.04 * wave[3]), shift=(0.03 * wave[4], 0.03 * wave[5]), turn_rad=0.05 * wave[6]
        )
        placed = place(head, params, distance, jitter)
        lit = replace(
            scene,
            camera=placed.camera,
            lights=tuple(_turned(light, swing * wave[7]) for light in scene.lights),
            exposure=scene.exposure * math.exp(0.25 * wave[6]),
        )
        takes.append(Take(placed=placed, scene=lit))
    return takes


def _mouths(seed: int, person: int, count: int) -> list[str]:
    """What the mouth does at the keys. Dealt from a shuffled pack over all people: drawn freely, some shapes moved in
    two or three keys of all performances, and their correlation said nothing."""
    pack = np.random.default_rng((seed, 23)).permutation(list(MOUTHS))
    return [str(pack[place % len(pack)]) for place in range(person * count, (person + 1) * count)]


def _between(keys: list[Vector], place_in_keys: float) -> Vector:
    first = int(place_in_keys)
    blend = np.float32(place_in_keys - first)
    blend = blend * blend * (np.float32(3) - np.float32(2) * blend)
    return keys[first] + blend * (keys[first + 1] - keys[first])


def _turned(light: Light, angle: float) -> Light:
    x, y, z = (float(value) for value in rotation(angle, 0.0) @ np.asarray(light.direction))
    return replace(light, direction=(x, y, z))


@dataclass(frozen=True, kw_only=True)
class PerformanceFigures:
    """Over all frames of all performances."""

    people: int
    frames: int
    expression_r: dict[str, float]
    """Per shape; NaN where the performances hardly move it."""
    expression_r_mean: float
    """Identity as learnt from the performance itself, as live."""
    expression_r_stranger: float
    """The same from single frames of nobody in particular."""
    expression_gain: dict[str, float]
    """Per shape: how much of a movement arrives, 1 for all of it; NaN as above."""
    expression_gain_mean: float
    expression_error: float
    """Mean absolute error over all shapes."""
    angle_error_deg: float
    """Mean angle between true and predicted head."""
    axis_error_deg: tuple[float, float, float]
    """Mean absolute error of yaw, pitch and roll."""
    gaze_error_deg: float
    identity_error_mm: float
    """Mean distance of face vertices at rest, parameters averaged over a performance (as identity lock does)."""
    identity_error_single_mm: float
    """The same from single frames."""
    mean_face_error_mm: float
    identity_ratio: float
    """Error over the mean face's error."""
    style_hits: dict[str, float]
    """Share of people whose style is named right, by averaged logits."""
    colour_error: float
    """Mean absolute error of sRGB channels (0..1), averaged over a performance."""
    landmark_error: float
    """Mean distance of the projected 68 points, % of the outer eye distance."""


def measure(
    head: Head, encoder: Encoder, draw: Draw, scene_of: Callable[[np.random.Generator], Scene],
    people: int = 25, frames: int = 45, seed: int = SEED, on_progress: Callable[[int, int], None] | None = None,
) -> PerformanceFigures:  # fmt: skip
    """Perform, draw, encode, compare. ``scene_of`` draws the light of each performance."""
    rows: list[tuple[list[Take], dict[str, F32]]] = []
    strange: list[F32] = []
    landmark_errors: list[float] = []
    for person, (takes, crops) in enumerate(performed(head, draw, scene_of, people, frames, seed)):
        first = encoder(crops)
        strange.append(first["expression"])
        # As live: who it is has been learnt from the frames, and then stands; what he does is read as his.
        known = encoder(crops, first.get(LEARNT, first["identity"]).mean(0))
        outputs = first | {name: known[name] for name in ("expression", "pose")}
        rows.append((takes, outputs))
        for i, take in enumerate(takes):
            truth = take.placed.landmarks68
            eyes = np.linalg.norm(truth[36] - truth[45])
            error = np.linalg.norm(projected68(head, outputs, i) - truth, axis=1).mean()
            landmark_errors.append(float(100.0 * error / eyes))
        if on_progress:
            on_progress(person + 1, people)
    return _summarise(head, rows, strange, float(np.mean(landmark_errors)))


def performed(
    head: Head, draw: Draw, scene_of: Callable[[np.random.Generator], Scene], people: int, frames: int, seed: int = SEED
) -> Iterator[tuple[list[Take], NDArray[np.uint8]]]:
    """Person after person: the frames, and (frames, 256, 256, 3) uint8 BGR what a camera sees of them."""
    for person in range(people):
        rng = np.random.default_rng((seed, 22, person))
        takes = perform(head, scene_of(rng), seed, person, frames)
        yield takes, np.stack([_noisy(draw(take.placed.params_P, take.scene), rng) for take in takes])


def _noisy(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    noisy = image + _NOISE * rng.standard_normal(image.shape, np.float32)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _summarise(
    head: Head, rows: list[tuple[list[Take], dict[str, F32]]], strange: list[F32], landmark_error: float
) -> PerformanceFigures:
    schema = head.schema
    where = schema.indices("expression")
    truth = np.stack([take.placed.label_P for takes, _ in rows for take in takes])
    poses = np.stack([take.placed.pose_10 for takes, _ in rows for take in takes])
    said = {name: np.concatenate([outputs[name] for _, outputs in rows]) for name in ("expression", "pose")}
    r, gain = (figure(said["expression"], truth[:, where]) for figure in (correlations, gains))
    shapes = schema.group_names("expression")
    shape = [_identity_errors(head, takes, outputs) for takes, outputs in rows]
    fused, single, mean_face = np.mean(shape, axis=0)
    return PerformanceFigures(
        people=len(rows),
        frames=len(truth),
        expression_r=dict(zip(shapes, map(float, r), strict=True)),
        expression_r_mean=float(np.nanmean(r)),
        expression_r_stranger=float(np.nanmean(correlations(np.concatenate(strange), truth[:, where]))),
        expression_gain=dict(zip(shapes, map(float, gain), strict=True)),
        expression_gain_mean=float(np.nanmean(gain)),
        expression_error=float(np.abs(said["expression"] - truth[:, where]).mean()),
        angle_error_deg=float(angle_between_deg(said["pose"][:, :3], poses[:, :3]).mean()),
        axis_error_deg=tuple(np.degrees(np.abs(said["pose"][:, :3] - poses[:, :3]).mean(0)).tolist()),
        gaze_error_deg=float(np.degrees(np.abs(said["pose"][:, 6:] - poses[:, 6:]).mean())),
        identity_error_mm=float(fused),
        identity_error_single_mm=float(single),
        mean_face_error_mm=float(mean_face),
        identity_ratio=float(fused / mean_face),
        style_hits=_style_hits(head, rows),
        colour_error=float(np.mean([_colour_error(head, takes, outputs) for takes, outputs in rows])),
        landmark_error=landmark_error,
    )


def _identity_errors(head: Head, takes: list[Take], outputs: dict[str, F32]) -> tuple[float, float, float]:
    """Millimetres: parameters averaged over the frames, mean over (some) single frames, the mean face."""
    schema = head.schema
    where, face = schema.indices("identity"), head.face_N
    true = head.solve_identity(takes[0].placed.label_P)[face]

    def error(identity_I: F32) -> float:
        params = schema.neutral()
        params[where] = identity_I
        return float(1000.0 * np.linalg.norm(head.solve_identity(params)[face] - true, axis=1).mean())

    singles = [error(row) for row in outputs["identity"][:: max(1, len(takes) // 8)]]
    return error(outputs["identity"].mean(0)), float(np.mean(singles)), error(schema.neutral()[where])


def _style_hits(head: Head, rows: list[tuple[list[Take], dict[str, F32]]]) -> dict[str, float]:
    schema = head.schema
    out: dict[str, float] = {}
    for style, where in schema.styles.items():
        hits = [
            outputs["style"].mean(0)[schema.style_columns[style]].argmax() == takes[0].placed.label_P[where].argmax()
            for takes, outputs in rows
        ]
        out[style] = float(np.mean(hits))
    return out


def _colour_error(head: Head, takes: list[Take], outputs: dict[str, F32]) -> float:
    where = head.schema.indices("colour")
    if not len(where):
        return 0.0
    return float(np.abs(outputs["colour"].mean(0) - takes[0].placed.label_P[where]).mean())
