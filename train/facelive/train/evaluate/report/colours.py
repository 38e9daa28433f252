"""How far off colours are: parameters against the truth, beside simply sampling the picture.

The sampler is told where to look (the true masks and points), which makes it better than a real one; what it cannot
know is the light.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.likeness.fit_colour import encoded, sample_colours
from facelive.rig.mesh import Segment
from facelive.rig.schema import Schema, Vector
from facelive.train.evaluate.report.ciede2000 import ciede2000, lab
from facelive.train.evaluate.report.faces import Rendered

F64 = NDArray[np.float64]
MEASURED = ("skin", "hair", "iris")
_LEAST_HAIR, _LEAST_IRIS = 60, 6
"""Pixels of the 256 crop."""
_IRISES = ((468, (469, 470, 471, 472)), (473, (474, 475, 476, 477)))
_EYES = (Segment.EYE_LEFT, Segment.EYE_RIGHT)


def sampled(rendered: Rendered) -> dict[str, F64]:
    """(3,) sRGB 0..1 of what the picture shows of skin, hair and iris; what it does not show is left out."""
    image, points = rendered.face.crop_HW3, rendered.placed.landmarks68
    found = {"skin": encoded(sample_colours(image, points / np.float32(256.0)).skin)}
    hair = image[rendered.parts_HW == Segment.HAIR]
    if len(hair) >= _LEAST_HAIR:
        found["hair"] = np.median(hair, axis=0)[::-1] / 255.0
    iris = image[_iris_mask(rendered)]
    if len(iris) >= _LEAST_IRIS:
        found["iris"] = np.median(iris, axis=0)[::-1] / 255.0
    return found


def _iris_mask(rendered: Rendered) -> NDArray[np.bool_]:
    """The rings between pupil and edge, where the lids leave them open."""
    height, width = rendered.parts_HW.shape
    mask = np.zeros((height, width), bool)
    points = rendered.placed.landmarks478
    if len(points) < 478:
        return mask
    rows, columns = np.mgrid[0:height, 0:width]
    for middle, ring in _IRISES:
        radius = np.linalg.norm(points[list(ring)] - points[middle], axis=1).mean()
        away = np.hypot(columns - points[middle, 0], rows - points[middle, 1])
        mask |= (away > 0.5 * radius) & (away < 0.95 * radius)
    return mask & np.isin(rendered.parts_HW, _EYES)


def differences(schema: Schema, said_P: Vector, rendered: Rendered, shown: dict[str, F64]) -> dict[str, float]:
    """CIEDE2000 between said and true colours, for what the picture shows."""
    truth = rendered.placed.label_P
    return {name: _apart(said_P[schema.colours[name]], truth[schema.colours[name]]) for name in _known(schema, shown)}


def sampling_differences(schema: Schema, rendered: Rendered, shown: dict[str, F64]) -> dict[str, float]:
    """The same for the sampled colours."""
    truth = rendered.placed.label_P
    return {name: _apart(shown[name], truth[schema.colours[name]]) for name in _known(schema, shown)}


def _known(schema: Schema, shown: dict[str, F64]) -> list[str]:
    return [name for name in MEASURED if name in shown and name in schema.colours]


def _apart(one_3: NDArray[np.floating], other_3: NDArray[np.floating]) -> float:
    return float(ciede2000(lab(one_3), lab(other_3)))
