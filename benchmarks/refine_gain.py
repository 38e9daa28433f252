"""What live refinement gains per step: on renders the error of the parameters, on photos the landmarks'; and its time.

``python benchmarks/refine_gain.py --renders DIR [--photos CACHE] [--encoder FILE] [--refiner geometry] [--count 128]``
renders: ``facelive dataset render --clean``, not trained on. photos: a cache of ``facelive.train.data.photos`` (split
held-out). Prints the figures and writes benchmarks/results/refine_gain.json.
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
from machine import machine
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.likeness.refine import open_improver
from facelive.rig.framing import CropCamera
from facelive.rig.head import Head
from facelive.stream.encoder import Encoder, Observation
from facelive.stream.refiner import Improver
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.shards import ShardReader

RESULT = Path(__file__).resolve().parent / "results" / "refine_gain.json"
F32 = NDArray[np.float32]
_STEPS = (0, 1, 2, 3)
_SAME = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
_LATER = 10**13


@dataclass
class Errors:
    """Collected over pictures, one list per number of steps."""

    rows: dict[int, list[list[float]]] = field(default_factory=lambda: {k: [] for k in _STEPS})
    step_ms: list[float] = field(default_factory=list)


def refined(
    improver: Improver, crop: NDArray[np.uint8], seen: Observation, errors: Errors
) -> Iterator[tuple[int, Observation]]:
    """The answer after each number of steps."""
    for steps in _STEPS:
        if steps == 0:
            yield 0, seen
            continue
        began = time.perf_counter_ns()
        found = improver.improve(crop, seen, seen, steps=steps, until_ns=began + _LATER)
        errors.step_ms.append((time.perf_counter_ns() - began) * 1e-6 / max(found.steps, 1))
        yield steps, found.seen


def projected(head: Head, seen: Observation) -> F32:
    """(68, 2) crop pixels of the head of an answer."""
    schema = head.schema
    params = schema.neutral()
    params[schema.indices("identity")] = seen.identity_I
    params[schema.indices("expression")] = seen.expression_E
    points = head.linear(head.landmarks68).evaluate(params)
    return CropCamera.from_encoder(seen.pose).project(points, head.face_centre)


def on_renders(head: Head, encoder: Encoder, improver: Improver, folder: Path, count: int) -> dict[str, Any]:
    """Mean absolute error of expression and head angles (degrees), and of the landmarks in crop pixels."""
    reader = ShardReader(folder, head.schema)
    shown = np.flatnonzero(reader.join("present") > 0)[:count]
    columns = head.schema.indices("expression")
    images, params, pose, points = (reader.blocks(n) for n in ("images", "params", "pose", "landmarks68"))
    size = len(images[0])
    errors = Errors()
    said: dict[int, list[F32]] = {k: [] for k in _STEPS}
    truth: list[F32] = []
    for row in shown:
        block, at = divmod(int(row), size)
        crop = np.ascontiguousarray(images[block][at])
        truth.append(np.asarray(params[block][at][columns]))
        for steps, answer in refined(improver, crop, encoder.encode(crop, _SAME), errors):
            said[steps].append(answer.expression_E)
            errors.rows[steps].append([
                float(np.abs(answer.expression_E - truth[-1]).mean()),
                float(np.degrees(np.abs(answer.pose[:3] - pose[block][at][:3]).mean())),
                float(np.linalg.norm(projected(head, answer) - points[block][at], axis=1)[17:].mean()),
            ])  # fmt: skip
    names = ("expression", "angles_deg", "landmarks_px")
    found: dict[int, dict[str, float]] = {
        k: dict(zip(names, np.round(np.mean(v, 0), 4).tolist(), strict=True)) for k, v in errors.rows.items()
    }
    for steps in _STEPS:
        found[steps]["expression_r"] = round(correlation(np.array(said[steps]), np.array(truth)), 4)
    return {"pictures": len(shown), "by_steps": found} | percentiles(errors.step_ms)


def correlation(said_NE: F32, truth_NE: F32) -> float:
    """Mean over the shapes that vary."""
    rows = [k for k in range(truth_NE.shape[1]) if truth_NE[:, k].std() > 1e-3 and said_NE[:, k].std() > 1e-6]
    return float(np.mean([np.corrcoef(said_NE[:, k], truth_NE[:, k])[0, 1] for k in rows]))


def on_photos(head: Head, encoder: Encoder, improver: Improver, folder: Path, count: int) -> dict[str, Any]:
    """Median over photos of the annotated inner 51 points' distance, per cent of the outer eye distance."""
    cache = PhotoCache.open(folder)
    usable = np.flatnonzero(np.isfinite(cache.landmarks68_N).all((1, 2)) & ~cache.suspicious_N)
    rows = usable[:: max(1, len(usable) // count)][:count]
    errors = Errors()
    for row in rows:
        crop, truth = np.ascontiguousarray(cache.images_N[row]), cache.landmarks68_N[row]
        eyes = float(np.linalg.norm(truth[36] - truth[45]))
        for steps, answer in refined(improver, crop, encoder.encode(crop, _SAME), errors):
            away = np.linalg.norm(projected(head, answer) - truth, axis=1)[17:].mean()
            errors.rows[steps].append([100.0 * float(away) / eyes])
    medians = {k: {"landmarks_percent": round(float(np.median(v)), 3)} for k, v in errors.rows.items()}
    return {"pictures": len(rows), "by_steps": medians} | percentiles(errors.step_ms)


def percentiles(ms: list[float]) -> dict[str, float]:
    """Of a step's time."""
    return {f"step_p{q}_ms": round(float(np.percentile(ms, q)), 3) for q in (50, 95, 99)}


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--renders", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--imitator", type=Path)
    parser.add_argument("--refiner", choices=("imitator", "geometry"), default="geometry")
    parser.add_argument("--count", type=int, default=128)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    head = Head.default()
    improver = open_improver(options.refiner, head, imitator=options.imitator)
    with Encoder(open_engine(encoder_path(options.encoder), precision="auto"), head.schema) as encoder:
        found: dict[str, Any] = {"machine": machine(), "refiner": options.refiner}
        found["renders"] = on_renders(head, encoder, improver, options.renders, options.count)
        if options.photos is not None:
            found["photos"] = on_photos(head, encoder, improver, options.photos, options.count)
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
