"""What it gains to read a still picture as it is and mirrored (``stream.both_ways``).

``python benchmarks/both_ways.py [--encoder FILE]``: the report's held-out renders (24 people, 12 pictures each) through
one encoder, once and both ways, pixels alone. Face vertices at rest over the mean face's error, the expressions'
correlation, and their differences; intervals are 95 %, bootstrapped over people.
Writes benchmarks/results/both_ways.json.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from machine import save_result

from facelive.engines import open_engine
from facelive.rig.head import Head
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.scenes import random_scene
from facelive.train.evaluate.encoders import EngineEncoder
from facelive.train.evaluate.report.faces import Rendered, held_out_renders
from facelive.train.evaluate.statistics import Floats, Interval, bootstrap, correlations

PEOPLE, FRAMES = 24, 12


def rows(head: Head, rendered: list[Rendered], answers: list[dict[str, Any]]) -> list[Floats]:
    """Per person (frames, 2 + 2 E): distance of face vertices, the mean face's, expressions as said and as they are."""
    face = head.face_N
    identity, expression = head.schema.indices("identity"), head.schema.indices("expression")
    middle = head.schema.neutral()
    found: dict[str, list[Floats]] = {}
    for one, said in zip(rendered, answers, strict=True):
        true_P = one.placed.params_P
        guess = middle.copy()
        guess[identity] = said["identity"][0]
        truth = head.solve_identity(true_P)[face]
        off = [float(np.linalg.norm(head.solve_identity(p)[face] - truth, axis=1).mean()) for p in (guess, middle)]
        row = np.concatenate([off, said["expression"][0], true_P[expression]])
        found.setdefault(one.face.person, []).append(row.astype(np.float64))
    return [np.stack(of_one) for of_one in found.values()]


def ratio(rows_N: Floats) -> float:
    """Vertices, over the mean face's error."""
    return float(rows_N[:, 0].mean() / rows_N[:, 1].mean())


def agreement(rows_N: Floats) -> float:
    """Correlation of the expressions, mean over those that move."""
    said, true = np.split(rows_N[:, 2:], 2, 1)
    return float(np.nanmean(correlations(said, true)))


def compared(once: list[Floats], both: list[Floats]) -> dict[str, dict[str, Interval]]:
    """Each measure once, both ways, and the difference on the same draws of people."""
    width = once[0].shape[1]
    paired = [np.concatenate(pair, 1) for pair in zip(once, both, strict=True)]
    found: dict[str, dict[str, Interval]] = {}
    for name, measure in (("vertices_over_mean_face", ratio), ("expression_r", agreement)):
        found[name] = {
            "once": bootstrap(paired, lambda r, m=measure: m(r[:, :width])),
            "both_ways": bootstrap(paired, lambda r, m=measure: m(r[:, width:])),
            "difference": bootstrap(paired, lambda r, m=measure: m(r[:, width:]) - m(r[:, :width])),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, default=None)
    options = parser.parse_args()
    head = Head.default()
    with open_engine(encoder_path(options.encoder), "auto", 1, "auto") as engine:
        alone = EngineEncoder(engine, head.schema)
        rendered = held_out_renders(head, alone, random_scene, PEOPLE, FRAMES)
        both = EngineEncoder(engine, head.schema, both_ways=True)
        twice = [both(one.face.crop_HW3[None]) for one in rendered]
    figures = compared(rows(head, rendered, [one.face.outputs for one in rendered]), rows(head, rendered, twice))
    for name, of_it in figures.items():
        print(name, {key: (round(i.value, 4), round(i.low, 4), round(i.high, 4)) for key, i in of_it.items()})
    if options.encoder is None:
        plain = {name: {key: asdict(interval) for key, interval in of_it.items()} for name, of_it in figures.items()}
        print(save_result("both_ways", {"people": PEOPLE, "pictures": PEOPLE * FRAMES} | plain))


if __name__ == "__main__":
    main()
