"""How many people on photos are drawn with a skull that hardly anybody has.

``python benchmarks/skulls_seen.py FACES [--encoder FILE] [--translator FILE]``: every photo of the 60 people of
``ytf_eval_people.txt`` and of the held-out tenth of the others, through ``facelive encode``'s own class, with and
without recognition. Two ratios of the bald head at rest, from the front: its height above the eyes over that of the
face below them, and its width near the crown over the jaw's. A photo counts as odd if one of them lies outside what 99
of 100 people of the rig's prior have. Writes benchmarks/results/skulls_seen.json, unless other weights are given;
intervals are 95 %, bootstrapped over people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from people_apart import with_and_without_recognition

from facelive.rig.head import Head
from facelive.rig.prior import sample_identity
from facelive.rig.schema import Vector
from facelive.train.evaluate.statistics import bootstrap

_PEOPLE, _COMMON = 800, (0.5, 99.5)
_EYES, _JAW, _CHIN = slice(36, 48), slice(0, 17), 8
_CROWN, _SLICE_M = 0.85, 0.006
"""Where the width of the crown is taken: this far from the eyes to the top, within so much of that height."""


def ratios(head: Head, params_P: Vector) -> tuple[float, float]:
    """Height above the eyes over that below, width near the crown over the jaw's."""
    vertices_V3 = head.solve_identity(params_P)
    points_K3 = head.landmarks68.points(vertices_V3, head.triangles_T3)
    eyes, top = float(points_K3[_EYES, 1].mean()), float(vertices_V3[:, 1].max())
    crown = np.abs(vertices_V3[:, 1] - (eyes + _CROWN * (top - eyes))) < _SLICE_M
    width = float(np.ptp(vertices_V3[crown, 0]) / np.ptp(points_K3[_JAW, 0]))
    return (top - eyes) / (eyes - float(points_K3[_CHIN, 1])), width


def common(head: Head) -> NDArray[np.float64]:
    """(2, 2) least and most of both ratios among 99 of 100 drawn people."""
    rng = np.random.default_rng(0)
    people = [ratios(head, sample_identity(head.schema, rng)) for _ in range(_PEOPLE)]
    return np.percentile(np.array(people), _COMMON, axis=0)


def measure(answers: Iterator[tuple[str, Vector]]) -> dict[str, object]:
    """Share of odd photos: too tall, too flat, too narrow, too wide, any of them."""
    head = Head.default()
    least, most = common(head)
    said: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for person, params_P in answers:
        said[person].append(ratios(head, params_P))
    rows = [np.array(of_one) for of_one in said.values()]
    odd = {
        "tall": [of_one[:, 0] > most[0] for of_one in rows], "flat": [of_one[:, 0] < least[0] for of_one in rows],
        "wide": [of_one[:, 1] > most[1] for of_one in rows], "narrow": [of_one[:, 1] < least[1] for of_one in rows],
    }  # fmt: skip
    odd["any"] = [np.any(kinds, axis=0) for kinds in zip(*odd.values(), strict=True)]
    shares = {
        kind: asdict(bootstrap([each.astype(float) for each in of_people], lambda rows: float(rows.mean())))
        for kind, of_people in odd.items()
    }
    return {"photos": sum(map(len, rows)), "people": len(rows), **shares}


if __name__ == "__main__":
    with_and_without_recognition("skulls_seen", __doc__, measure)
