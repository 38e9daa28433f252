"""The 68 iBUG points from the shape of the mesh alone: borders of lids and lips, the profile, the outline.

Numbering and places: Sagonas et al. 2013, figure 1. "Right" here is the subject's right, x < 0, left in the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.surface import FrontView
from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head
from facelive.rig.normals import vertex_normals
from facelive.rig.parts import Part, Region

Floats = NDArray[np.floating]
# Brow points from the outer end to the inner: x as a share of the way from the outer to the inner eye corner, and
# height over the eye's centre in units of the eye's width.
_BROW_X = (-0.26, 0.02, 0.36, 0.70, 1.02)
_BROW_Y = (0.50, 0.72, 0.80, 0.74, 0.60)
_OUTLINE_NORMAL_Z = 0.22
"""The outline of the jaw from the front: where the skin has turned this far away (cosine)."""
_BLUR_M = 0.003
"""Normals are smoothed this far before, so that folds are not taken for the outline."""
_INNERMOST_M = 0.048


def _border(head: Head, one: Part, other: Part) -> NDArray[np.integer]:
    first, second = (np.unique(head.triangles_T3[head.part_T == part]) for part in (one, other))
    return np.intersect1d(first, second)


def _eye(head: Head, points: Floats) -> Floats:
    """(6, 2) of the subject's left eye: inner corner, upper inner, upper outer, outer corner, lower outer and inner."""
    rim = points[_border(head, Part.SKIN, Part.SOCKETS)]
    rim = rim[rim[:, 0] > 0]
    inner, outer = rim[rim[:, 0].argmin()], rim[rim[:, 0].argmax()]
    level = inner[:2] + (rim[:, :1] - inner[0]) / (outer[0] - inner[0]) * (outer - inner)[:2]
    upper, lower = rim[rim[:, 1] >= level[:, 1]], rim[rim[:, 1] < level[:, 1]]
    upper, lower = (part[np.argsort(part[:, 0])] for part in (upper, lower))
    third = inner[0] + (outer[0] - inner[0]) * np.array([0.33, 0.67])
    top, bottom = (np.interp(third, part[:, 0], part[:, 1]) for part in (upper, lower))
    return np.array([
        (inner[0] - 0.0015, inner[1] - 0.0005), [third[0], top[0]], [third[1], top[1]], (outer[0] + 0.0010, outer[1]),
        [third[1], bottom[1]], [third[0], bottom[0]],
    ])  # fmt: skip


def _mouth(view: FrontView, head: Head) -> Floats:
    """(20, 2): points 48 to 67."""
    regions = head.regions_RV / 255.0
    upper, lower = (view.value(regions[row]) > 0.5 for row in (Region.LIP_UPPER, Region.LIP_LOWER))
    columns = np.flatnonzero((upper | lower).any(0))
    corner = np.abs(view.x[columns]).max()
    half = view.x >= 0

    def edge(mask: NDArray[np.bool_], at: Floats, top: bool) -> Floats:
        seen = np.flatnonzero(mask.any(0))
        rows = np.array([np.flatnonzero(mask[:, c])[-1 if top else 0] for c in seen])
        return np.interp(at, view.x[seen], view.y[rows])

    right_half = view.x[half & upper.any(0)]
    peak = right_half[np.argmax(edge(upper, right_half, True)[right_half < 0.5 * corner])]
    peak = max(peak, 0.12 * corner)
    middle = 0.5 * (peak + corner)
    lip_line = 0.5 * (edge(upper, np.array([0.9 * corner]), False) + edge(lower, np.array([0.9 * corner]), True))[0]
    top_x = np.array([-middle, -peak, 0.0, peak, middle])
    low_x = np.array([0.62 * corner, 0.30 * corner, 0.0, -0.30 * corner, -0.62 * corner])
    in_x = np.array([-0.45 * corner, 0.0, 0.45 * corner])
    outer = np.concatenate([
        [[-corner, lip_line]], np.stack([top_x, edge(upper, top_x, True)], 1), [[corner, lip_line]],
        np.stack([low_x, edge(lower, low_x, False)], 1),
    ])  # fmt: skip
    inner = np.concatenate([
        [[-0.88 * corner, lip_line]], np.stack([in_x, edge(upper, in_x, False) + 0.0004], 1),
        [[0.88 * corner, lip_line]], np.stack([in_x[::-1], edge(lower, in_x[::-1], True) - 0.0004], 1),
    ])  # fmt: skip
    return np.concatenate([outer, inner])


def _nose(view: FrontView, eye_y: float, mouth_top: float) -> Floats:
    """(9, 2): points 27 to 35."""
    middle = int(np.argmin(np.abs(view.x)))
    z = np.where(view.which[:, middle] >= 0, view.depth[:, middle], np.nan)
    between = (view.y > mouth_top) & (view.y < eye_y)
    tip = int(np.flatnonzero(between)[np.nanargmax(z[between])])
    below = (view.y > mouth_top + 0.002) & (view.y < view.y[tip])
    # Where the nose's underside meets the lip: the deepest point against the line from tip to lip.
    rows = np.flatnonzero(below)
    chord = np.interp(view.y[rows], [view.y[rows[0]], view.y[tip]], [z[rows[0]], z[tip]])
    base = float(view.y[rows[np.nanargmax(chord - z[rows])]])
    bridge = np.linspace(eye_y + 0.001, float(view.y[tip]), 4)
    wing_rows = (view.y > base) & (view.y < view.y[tip])
    slope = np.abs(np.gradient(np.nan_to_num(view.depth[wing_rows]), axis=1)).mean(0)
    side = (view.x > 0.008) & (view.x < 0.026)
    wing = float(view.x[side][np.argmax(slope[side])])
    x = np.array([-0.80 * wing, -0.40 * wing, 0.0, 0.40 * wing, 0.80 * wing])
    y = base + np.array([0.0015, 0.0002, -0.0006, 0.0002, 0.0015])
    return np.concatenate([np.stack([np.zeros(4), bridge], 1), np.stack([x, y], 1)])


def _outline(view: FrontView, head: Head, points: Floats, ear_y: float) -> Floats:
    """(17, 2): the jaw from ear to ear, evenly spaced along the visible outline."""
    normals = vertex_normals(points, head.triangles_T3)
    facing = cv2.GaussianBlur(view.value(normals[:, 2], -1.0), (0, 0), _BLUR_M / view.step)
    regions = head.regions_RV / 255.0
    barred = view.value(np.maximum(regions[Region.EARS], 0.0), 1.0) > 0.5
    start = np.array([0.0, ear_y - 0.045])
    found = []
    for angle in np.radians(np.arange(-90.0, 61.0, 1.0)):
        ray = start + np.arange(_INNERMOST_M, 0.14, view.step)[:, None] * np.array([np.cos(angle), np.sin(angle)])
        column, row = np.rint((ray - view.low) / view.step).astype(int).T
        inside = (row >= 0) & (row < facing.shape[0]) & (column >= 0) & (column < facing.shape[1])
        row, column, ray = row[inside], column[inside], ray[inside]
        turned = (facing[row, column] < _OUTLINE_NORMAL_Z) | barred[row, column]
        stop = int(np.argmax(turned)) if turned.any() else len(ray) - 1
        if ray[stop, 1] <= ear_y:
            found.append(ray[stop])
    line = np.array(found)
    line[1:-1] = (line[:-2] + line[1:-1] + line[2:]) / 3.0
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    half = np.stack([np.interp(np.linspace(0.0, along[-1], 9), along, line[:, k]) for k in (0, 1)], 1)
    half[0, 0] = 0.0
    return np.concatenate([half[:0:-1] * [-1.0, 1.0], half])


def points68(head: Head) -> Correspondence:
    """The 68 points on the rig's neutral face, left and right mirrored."""
    points = head.solve_identity(head.schema.neutral()).astype(np.float64)
    view = FrontView(points, head.triangles_T3, np.isin(head.part_T, (Part.SKIN, Part.INNER_MOUTH, Part.SOCKETS)))
    flip = np.array([-1.0, 1.0])
    left_eye = _eye(head, points)
    width = left_eye[3, 0] - left_eye[0, 0]
    centre_y = float(left_eye[:, 1].mean())
    brow = np.stack([left_eye[3, 0] - np.array(_BROW_X) * width, centre_y + np.array(_BROW_Y) * width], 1)
    mouth = _mouth(view, head)
    groups = [
        _outline(view, head, points, centre_y),
        brow * flip,
        brow[::-1],
        _nose(view, centre_y, mouth[3, 1]),
        left_eye[[3, 2, 1, 0, 5, 4]] * flip,
        left_eye,
        mouth,
    ]
    return view.pin(np.concatenate(groups))
