"""What live refinement gains per step: on performances parameter errors, on photos landmarks and content loss.

``python benchmarks/refine_gain.py [--photos CACHE] [--encoder FILE] [--refiners NAMES] [--people 12]``
Performances are rendered here, of people whom no training has seen. photos: a cache of ``facelive.train.data.photos``
(split held-out or eval). Prints the figures and writes benchmarks/results/refine_gain.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import machine
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.likeness.alignment import picture_tensor
from facelive.likeness.content import content_loss
from facelive.likeness.drawing import appearance_of
from facelive.likeness.imitator import Imitator
from facelive.likeness.parser import FaceParser
from facelive.likeness.refine import SHIPPED_IMITATOR, SHIPPED_PARSER, open_improver
from facelive.rig.accessories import accessories
from facelive.rig.framing import CropCamera
from facelive.rig.head import Head
from facelive.rig.render import Renderer
from facelive.stream.encoder import Encoder, Observation
from facelive.stream.redraw import WHOLE, Look
from facelive.stream.refiner import Improver, LiveRefiner, RefineConfig
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.scenes import random_scene
from facelive.train.evaluate import performances
from facelive.train.evaluate.performances import SEED, Take, perform
from facelive.train.evaluate.statistics import correlations, gains

RESULT = Path(__file__).resolve().parent / "results" / "refine_gain.json"
F32 = NDArray[np.float32]
_STEPS = (0, 1, 2, 3)
_REFINERS = ("redraw", "geometry", "imitator")
_LATER = 10**13
_NOISE = 2.0
_FIRST_PERSON = 40_000
"""Others than those of the report."""
_LIVE_FRAMES, _LIVE_FPS = 45, 30.0
_NEVER_MS = 1e-3
"""No step fits into that: all are made beside the frames, as on a machine where a step takes longer than a frame."""


@dataclass
class Errors:
    """Collected over pictures, one list of named figures per number of steps."""

    rows: dict[int, list[dict[str, float]]] = field(default_factory=lambda: {k: [] for k in _STEPS})
    step_ms: list[float] = field(default_factory=list)

    def summary(self, pictures: int) -> dict[str, Any]:
        """Means, the mean change from no step with its standard error, and the time of a step."""
        found: dict[int, Any] = {}
        for steps, rows in self.rows.items():
            names = list(rows[0])
            values = np.array([[row[name] for name in names] for row in rows])
            change = values - np.array([[row[name] for name in names] for row in self.rows[0]])
            spread = change.std(0, ddof=1) / np.sqrt(len(change))
            found[steps] = {
                name: {"mean": round(float(values[:, k].mean()), 4), "change": round(float(change[:, k].mean()), 4),
                       "standard_error": round(float(spread[k]), 4)}
                for k, name in enumerate(names)
            }  # fmt: skip
        times = {f"step_p{q}_ms": round(float(np.percentile(self.step_ms, q)), 3) for q in (50, 95, 99)}
        return {"pictures": pictures, "by_steps": found} | times


class Content:
    """The content loss of an answer: its imitation against the photo."""

    def __init__(self, head: Head) -> None:
        self._schema = head.schema
        self._imitator = Imitator.load(SHIPPED_IMITATOR, head.schema, head)
        self._parser = FaceParser.load(SHIPPED_PARSER)

    @torch.no_grad()
    def of(self, crop: NDArray[np.uint8], seen: Observation) -> float:
        schema = self._schema
        params = schema.neutral()
        params[schema.indices("identity")] = seen.identity_I
        params[schema.indices("style")] = seen.style_S
        params[schema.indices("colour")] = seen.colour_C
        params[schema.indices("expression")] = seen.expression_E
        valid = torch.from_numpy(schema.clip(params)[None])
        drawn = self._imitator(appearance_of(schema, valid), torch.from_numpy(seen.pose[None]))
        pair = self._parser(drawn.image_BCHW.clamp(0.0, 1.0)), self._parser(picture_tensor(crop))
        return float(content_loss(*pair)[0])


def refined(
    improver: Improver, crop: NDArray[np.uint8], seen: Observation, errors: Errors
) -> Iterator[tuple[int, Observation]]:
    """The answer after each number of steps."""
    yield 0, seen
    for steps in _STEPS[1:]:
        began = time.perf_counter_ns()
        found = improver.improve(crop, seen, seen, steps=steps, until_ns=began + _LATER)
        errors.step_ms.append((time.perf_counter_ns() - began) * 1e-6 / max(found.steps, 1))
        yield steps, found.seen


def looking(encoder: Encoder) -> Look:
    """At drawings as at pictures: ``seen``."""

    def look(drawing_HW3: NDArray[np.uint8], drawn: Observation) -> Observation:
        return encoder.encode(drawing_HW3, WHOLE, drawn.identity_I)

    return look


def seen(encoder: Encoder, crop_HW3: NDArray[np.uint8]) -> Observation:
    """As live, where it is told who it is; here from this one picture."""
    return encoder.encode(crop_HW3, WHOLE, encoder.encode(crop_HW3, WHOLE).identity_I)


def projected(head: Head, seen: Observation) -> F32:
    """(68, 2) crop pixels of the head of an answer."""
    schema = head.schema
    params = schema.neutral()
    params[schema.indices("identity")] = seen.identity_I
    params[schema.indices("expression")] = seen.expression_E
    points = head.linear(head.landmarks68).evaluate(params)
    return CropCamera.from_encoder(seen.pose).project(points, head.face_centre)


def performed(head: Head, people: int, frames: int) -> Iterator[tuple[NDArray[np.uint8], Take]]:
    """Crops of performances with what is true of them."""
    renderer = Renderer(head, size=256, dress=accessories)
    for person in range(people):
        rng = np.random.default_rng((SEED, 71, person))
        for take in perform(head, random_scene(rng), SEED, _FIRST_PERSON + person, frames):
            picture = renderer.render(take.placed.params_P, take.scene).image_HW3
            noisy = picture + _NOISE * rng.standard_normal(picture.shape, np.float32)
            yield np.clip(np.rint(noisy), 0, 255).astype(np.uint8), take


def on_performances(
    head: Head, encoder: Encoder, improver: Improver, takes: list[tuple[NDArray[np.uint8], Take]]
) -> dict[str, Any]:
    """Mean absolute errors of expression and sliders, face vertices at rest, head angles (degrees), landmarks (crop
    pixels); correlation of expressions."""
    schema = head.schema
    expression, identity = schema.indices("expression"), schema.indices("identity")
    errors, face = Errors(), head.face_N
    said: dict[int, list[F32]] = {k: [] for k in _STEPS}
    for crop, take in takes:
        truth, pose = take.placed.label_P, take.placed.pose_10
        true_V3 = head.solve_identity(truth)[face]
        for steps, answer in refined(improver, crop, seen(encoder, crop), errors):
            said[steps].append(answer.expression_E)
            away = np.linalg.norm(projected(head, answer) - take.placed.landmarks68, axis=1)[17:]
            params = schema.neutral()
            params[identity] = answer.identity_I
            errors.rows[steps].append({
                "vertices_mm": 1e3 * float(np.linalg.norm(head.solve_identity(params)[face] - true_V3, axis=1).mean()),
                "expression": float(np.abs(answer.expression_E - truth[expression]).mean()),
                "identity": float(np.abs(answer.identity_I - truth[identity]).mean()),
                "angles_deg": float(np.degrees(np.abs(answer.pose[:3] - pose[:3]).mean())),
                "landmarks_px": float(away.mean()),
            })  # fmt: skip
    found = errors.summary(len(takes))
    true_NE = np.array([take.placed.label_P[expression] for _, take in takes])
    found["expression_r"] = {k: round(correlation(np.array(said[k]), true_NE), 4) for k in _STEPS}
    return found


def whole_performances(head: Head, people: int) -> list[tuple[list[Take], NDArray[np.uint8]]]:
    """The report's own: 45 frames each, (frames, 256, 256, 3) uint8 BGR beside what is true of them."""
    renderer = Renderer(head, size=256, dress=accessories)
    return list(
        performances.performed(
            head, lambda params, scene: renderer.render(params, scene).image_HW3, random_scene, people, _LIVE_FRAMES
        )
    )


def beside_the_frames(
    head: Head, encoder: Encoder, improver: Improver, played: list[tuple[list[Take], NDArray[np.uint8]]], steps: int
) -> dict[str, Any]:
    """Correlation and gain as live: frames that come 30 times a second, the person settled, and a thread that refines
    whichever frame it has time for."""
    expression, said, plain, beside = head.schema.indices("expression"), [], [], 0
    for _, crops_N in played:
        who_I = np.mean([encoder.encode(crop, WHOLE).identity_I for crop in crops_N], axis=0)
        with LiveRefiner(improver, RefineConfig(steps=steps, budget_ms=_NEVER_MS)) as refiner:
            due = time.perf_counter()
            for crop in crops_N:
                time.sleep(max(0.0, due - time.perf_counter()))
                due += 1.0 / _LIVE_FPS
                answer = encoder.encode(crop, WHOLE, who_I)
                plain.append(answer.expression_E)
                said.append(refiner.refine(crop, answer).expression_E)
            beside += refiner.beside
    truth_NE = np.array([take.placed.label_P[expression] for takes, _ in played for take in takes])
    found: dict[str, Any] = {
        name: {"r": round(float(np.nanmean(correlations(np.array(rows), truth_NE))), 4),
               "gain": round(float(np.nanmean(gains(np.array(rows), truth_NE))), 4)}
        for name, rows in (("plain", plain), ("live", said))
    }  # fmt: skip
    return found | {"frames": len(truth_NE), "refined_beside_share": round(beside / len(truth_NE), 2)}


def correlation(said_NE: F32, truth_NE: F32) -> float:
    """Mean over the shapes that vary."""
    rows = [k for k in range(truth_NE.shape[1]) if truth_NE[:, k].std() > 1e-3 and said_NE[:, k].std() > 1e-6]
    return float(np.mean([np.corrcoef(said_NE[:, k], truth_NE[:, k])[0, 1] for k in rows]))


def on_photos(head: Head, encoder: Encoder, improver: Improver, folder: Path, count: int) -> dict[str, Any]:
    """Distance of the annotated inner 51 points (per cent of the outer eye distance), and content loss."""
    cache = PhotoCache.open(folder)
    usable = np.flatnonzero(np.isfinite(cache.landmarks68_N).all((1, 2)) & ~cache.suspicious_N)
    rows = usable[:: max(1, len(usable) // count)][:count]
    errors, content = Errors(), Content(head)
    for row in rows:
        crop, truth = np.ascontiguousarray(cache.images_N[row]), cache.landmarks68_N[row]
        eyes = float(np.linalg.norm(truth[36] - truth[45]))
        for steps, answer in refined(improver, crop, seen(encoder, crop), errors):
            away = np.linalg.norm(projected(head, answer) - truth, axis=1)[17:].mean()
            errors.rows[steps].append({
                "landmarks_percent": 100.0 * float(away) / eyes, "content": content.of(crop, answer)
            })  # fmt: skip
    return errors.summary(len(rows))


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--imitator", type=Path)
    parser.add_argument("--refiners", nargs="+", choices=_REFINERS, default=_REFINERS)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--live-people", type=int, default=25, help="of the report's performances, in real time")
    parser.add_argument("--count", type=int, default=96, help="photos at most")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    head = Head.default()
    takes = list(performed(head, options.people, options.frames))
    found: dict[str, Any] = {"machine": machine()}
    for name in options.refiners:
        # Two: a thread that refines has an encoder of its own, as live.
        encoder, other = (
            Encoder(open_engine(encoder_path(options.encoder), precision="auto"), head.schema) for _ in range(2)
        )
        with encoder, other:
            improver = open_improver(name, head, look=looking(other), imitator=options.imitator)
            found[name] = {"performances": on_performances(head, encoder, improver, takes)}
            if name == "redraw":
                played = whole_performances(head, options.live_people)
                found[name]["live"] = {
                    steps: beside_the_frames(head, encoder, improver, played, steps) for steps in _STEPS[1::2]
                }
            if options.photos is not None:
                found[name]["photos"] = on_photos(head, encoder, improver, options.photos, options.count)
        print(json.dumps({name: found[name]}, indent=1), flush=True)
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
