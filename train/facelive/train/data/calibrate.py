"""Fits ``teacher.json``: MediaPipe looks at renders whose actions are known; ridge regression, checked on other people.

``python -m facelive.train.data.calibrate --count 1600`` (about five minutes); ``--scores FILE`` keeps what it saw.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.default_schema import ARKIT_52
from facelive.rig.mirror import Mirror
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.data.degrade import Degradation, degrade
from facelive.train.data.face_teacher import FaceTeacher, shipped_model
from facelive.train.data.painter import Painter, built_in
from facelive.train.data.people import PoseRange, doing, frame_rng, identity
from facelive.train.data.placing import CropJitter, at_size, place
from facelive.train.data.teacher import FILE, Teacher, features

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
GAZE = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")
TARGETS: tuple[str, ...] = (*ARKIT_52, *GAZE)
SEED = 700_001
_SIZE = 448
_PER_PERSON = 4
_FOLDS = 5
_RIDGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_POSE = PoseRange(yaw_deg=12.0, usual_yaw_deg=30.0, wide_share=0.0, pitch_deg=8.0, limit_pitch_deg=20.0)
_DAMAGE = Degradation(small=0.4, smallest=90.0, motion_blur=0.03, blur=0.2, noise=0.5, jpeg=0.5)


def observe(
    painter: Painter, teacher: FaceTeacher, count: int, on_progress: Callable[[int, int], None] | None = None
) -> dict[str, NDArray[np.generic]]:
    """What MediaPipe says of ``count`` renders beside the truth: scores, angles, params, true_angles, person.

    Renders in which it finds no face are left out.
    """
    head = painter.head
    rows: dict[str, list[NDArray[np.generic]]] = {
        name: [] for name in ("scores", "angles", "params", "true_angles", "person")
    }
    for number in range(count):
        person, frame = divmod(number, _PER_PERSON)
        rng = frame_rng(SEED, person, frame)
        looks = painter.person(np.random.default_rng((SEED, 13, person)))
        params, distance = doing(head.schema, identity(head.schema, SEED, person), _POSE, rng)
        placed = place(head, params, distance, CropJitter(scale=1.0 / 1.4))
        picture = painter.paint(placed.params_P, at_size(placed.camera, _SIZE), looks, False, rng).image_HW3
        seen = teacher.look(degrade(picture, _DAMAGE, rng)[0])
        if seen is not None:
            values = (seen.scores_52, seen.angles_3, placed.label_P, placed.pose_10[:3], np.int32(person))
            for name, value in zip(rows, values, strict=True):
                rows[name].append(value)  # type: ignore[arg-type]
        if on_progress and (number % 100 == 99 or number + 1 == count):
            on_progress(number + 1, count)
    return {name: np.stack(values) for name, values in rows.items()}


def _ridge(x_NF: NDArray[np.float64], y_NT: NDArray[np.float64], strength: float) -> tuple[NDArray[np.float64], ...]:
    """Weights (F, T) and offsets (T,) for raw features; the penalty is on standardised ones."""
    mean, spread = x_NF.mean(0), np.maximum(x_NF.std(0), 1e-3)
    z = (x_NF - mean) / spread
    weights = np.linalg.solve(z.T @ z + strength * np.eye(z.shape[1]), z.T @ (y_NT - y_NT.mean(0))) / spread[:, None]
    return weights, y_NT.mean(0) - mean @ weights


def fit(schema: Schema, scores_N52: F32, angles_N3: F32, params_NP: F32, person_N: NDArray[np.integer]) -> Teacher:
    """Fit on all, with every face also mirrored; r and the strength of the ridge come from people left out."""
    columns = [schema.index(name) for name in TARGETS]
    flip_scores, flip = Mirror.of(schema, ARKIT_52), Mirror.of(schema, TARGETS)
    truth = params_NP[:, columns]
    sides = np.array([-1.0, 1.0, -1.0], np.float32)
    x = np.concatenate([features(scores_N52, angles_N3), features(flip_scores(scores_N52), angles_N3 * sides)])
    y = np.concatenate([truth, flip(truth)]).astype(np.float64)
    x = x.astype(np.float64)
    fold = np.tile(person_N % _FOLDS, 2)
    best: tuple[float, float, NDArray[np.float64]] | None = None
    for strength in _RIDGES:
        said = np.empty_like(y)
        for part in range(_FOLDS):
            out = fold == part
            weights, offset = _ridge(x[~out], y[~out], strength)
            said[out] = x[out] @ weights + offset
        r = _correlations(said, y)
        log.info("ridge %5.0f: mean r %.3f", strength, r.mean())
        if best is None or r.mean() > best[0]:
            best = (float(r.mean()), strength, r)
    assert best is not None
    weights, offset = _ridge(x, y, best[1])
    return Teacher(
        targets=TARGETS,
        weights_FT=weights.astype(np.float32),
        offset_T=offset.astype(np.float32),
        r_T=best[2].astype(np.float32),
        renders=len(scores_N52),
    )


def _correlations(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    one, other = one - one.mean(0), other - other.mean(0)
    return (one * other).sum(0) / np.maximum(np.sqrt((one**2).sum(0) * (other**2).sum(0)), 1e-12)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1600)
    parser.add_argument("--landmarker", type=Path)
    parser.add_argument("--scores", type=Path, help="an .npz to keep (or take) what MediaPipe saw")
    parser.add_argument("--output", type=Path, default=FILE)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    painter = built_in(_SIZE)
    if options.scores and options.scores.exists():
        rows = dict(np.load(options.scores))
    else:
        with FaceTeacher(options.landmarker or shipped_model()) as teacher:
            rows = observe(painter, teacher, options.count, lambda d, n: log.info("%d of %d renders", d, n))
        if options.scores:
            np.savez(options.scores, **rows)  # type: ignore[arg-type]
    made = fit(painter.head.schema, rows["scores"], rows["angles"], rows["params"], rows["person"])  # type: ignore[arg-type]
    made.save(options.output)
    for name, r in sorted(zip(made.targets, made.r_T, strict=True), key=lambda pair: -pair[1]):
        log.info("%-22s %.2f", name, r)


if __name__ == "__main__":
    as_command(main)
