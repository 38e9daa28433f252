"""Lashes: opacity over the lash strips' chart, drawn hair by hair from the lid to the strip's outer edge."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.parts import Part

Field = NDArray[np.floating]
_DRAWN = 1024
_UPPER, _LOWER = (70, 0.62, 1.0, 5), (42, 0.25, 0.55, 3)
"""Hairs of a lid, their shortest and longest share of the strip, their width in dots of the drawing."""


def _edges(place_K2: Field, angle_K: Field, far_K: Field, bins: int) -> tuple[Field, Field, Field]:
    """Angles (B,) and the strip's inner and outer edge in the chart (B, 2) each, from its vertices."""
    limits = np.linspace(angle_K.min(), angle_K.max() + 1e-6, bins + 1)
    rows: list[tuple[float, Field, Field]] = []
    for low, high in itertools.pairwise(limits):
        inside = np.flatnonzero((angle_K >= low) & (angle_K < high))
        if len(inside) >= 3:
            root, tip = inside[far_K[inside].argmin()], inside[far_K[inside].argmax()]
            rows.append((0.5 * (low + high), place_K2[root], place_K2[tip]))
    angles, roots, tips = zip(*rows, strict=True)
    return np.array(angles, np.float32), np.stack(roots), np.stack(tips)


def _draw_strip(image: NDArray[np.uint8], edges: tuple[Field, Field, Field], upper: bool, seed: int) -> None:
    import cv2

    random = np.random.default_rng(seed)
    angles, roots, tips = edges
    count, shortest, longest, wide = _UPPER if upper else _LOWER
    order = np.argsort(angles)

    def at(points: Field, angle: float) -> Field:
        return np.array([np.interp(angle, angles[order], points[order, k]) for k in range(2)], np.float32)

    for angle in np.sort(random.uniform(angles.min(), angles.max(), count)):
        fan = 0.10 * (angle - angles.mean()) + random.normal(0, 0.07)
        root = at(roots, angle)
        reach = float(random.uniform(shortest, longest))
        tip = root + (at(tips, float(np.clip(angle + fan, angles.min(), angles.max()))) - root) * reach
        bow = root + (tip - root) * 0.55 + random.normal(0, 3.0, 2)
        path = np.rint(np.stack([root, bow, tip]) * 16).astype(np.int32)
        cv2.polylines(image, [path[:2, None]], False, 235, wide, cv2.LINE_AA, 4)
        cv2.polylines(image, [path[1:, None]], False, 165, max(wide - 2, 1), cv2.LINE_AA, 4)
    line = np.rint(roots[order] * 16).astype(np.int32)
    cv2.polylines(image, [line[:, None]], False, 200 if upper else 70, 9 if upper else 6, cv2.LINE_AA, 4)


def lash_texture(head: Head, size: int) -> Field:
    """(size, size) float32 in 0..1; all zero for a head without lashes."""
    import cv2

    of_lashes = head.part_T == Part.LASHES
    if not of_lashes.any():
        return np.zeros((2, 2), np.float32)
    vertices = head.solve(head.schema.neutral())
    corner, chart = head.triangles_T3[of_lashes].ravel(), head.uv_triangles_T3[of_lashes].ravel()
    image = np.zeros((_DRAWN, _DRAWN), np.uint8)
    for number, part in enumerate((Part.EYE_LEFT, Part.EYE_RIGHT)):
        ball = vertices[np.unique(head.triangles_T3[head.part_T == part])]
        centre = 0.5 * (ball.min(0) + ball.max(0))
        ray = vertices[corner] - centre
        mine = np.sign(vertices[corner, 0]) == np.sign(centre[0])
        low_chart = head.uv_U2[chart, 1] < 0.5
        for upper in (True, False):
            strip = mine & (low_chart == upper)
            if strip.sum() < 12:
                continue
            angle = np.arctan2(ray[strip, 0], np.abs(ray[strip, 1]) + 0.012)
            place = head.uv_U2[chart[strip]] * [1, -1] * _DRAWN + [0, _DRAWN]
            edges = _edges(place.astype(np.float32), angle, np.linalg.norm(ray[strip], axis=1), 14)
            _draw_strip(image, edges, upper, 10 * number + upper)
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
