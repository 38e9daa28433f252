"""What a pixel may be. Renders know it exactly; MediaPipe's landmarks on a photo know brows, eyes, lips and the oval.

A label is a set of classes: inside the oval and on no feature it may be skin, nose, beard, glasses or a fringe. The
loss asks that the set as a whole is likely, so a photo teaches what its landmarks know and nothing else.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.mesh import Segment

SIDE = 128
CLASSES = len(Segment)
_FEATURES = frozenset(
    {
        Segment.BROW_LEFT, Segment.BROW_RIGHT, Segment.EYE_LEFT, Segment.EYE_RIGHT, Segment.NOSE, Segment.UPPER_LIP,
        Segment.INNER_MOUTH, Segment.TEETH, Segment.TONGUE, Segment.LOWER_LIP,
    }
)  # fmt: skip
_SETS: tuple[frozenset[Segment], ...] = (
    frozenset({Segment.SKIN, Segment.NOSE, Segment.BEARD, Segment.GLASSES, Segment.HAIR}),
    frozenset(Segment) - _FEATURES,
    frozenset({Segment.INNER_MOUTH, Segment.TEETH, Segment.TONGUE}),
    frozenset({Segment.EYE_LEFT, Segment.GLASSES}),
    frozenset({Segment.EYE_RIGHT, Segment.GLASSES}),
    frozenset({Segment.BROW_LEFT, Segment.GLASSES, Segment.HAIR}),
    frozenset({Segment.BROW_RIGHT, Segment.GLASSES, Segment.HAIR}),
    frozenset({Segment.UPPER_LIP, Segment.BEARD}),
    frozenset({Segment.LOWER_LIP, Segment.BEARD}),
    frozenset(Segment),
)
FACE, OUTSIDE, MOUTH, EYE_LEFT, EYE_RIGHT, BROW_LEFT, BROW_RIGHT, UPPER_LIP, LOWER_LIP, ANY = range(
    CLASSES, CLASSES + len(_SETS)
)
"""Values of a label map beyond the single classes. ANY: unknown, or hidden."""
LABELS = CLASSES + len(_SETS)

# Subject's left and right; vertex numbers of MediaPipe's face mesh.
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
_RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
_LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
_OUTER_UP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_OUTER_DOWN = (291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)
_INNER_UP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_INNER_DOWN = (308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)
_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_POLYGONS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (FACE, _OVAL),
    (EYE_RIGHT, _RIGHT_EYE),
    (EYE_LEFT, _LEFT_EYE),
    (BROW_RIGHT, _RIGHT_BROW),
    (BROW_LEFT, _LEFT_BROW),
    (MOUTH, (*_INNER_UP, *_INNER_DOWN)),
    (UPPER_LIP, (*_OUTER_UP, *_INNER_UP[::-1])),
    (LOWER_LIP, (*_OUTER_DOWN, *_INNER_DOWN[::-1])),
)
PHOTO_PARTS: dict[Segment, int] = {
    Segment.BROW_LEFT: BROW_LEFT,
    Segment.BROW_RIGHT: BROW_RIGHT,
    Segment.EYE_LEFT: EYE_LEFT,
    Segment.EYE_RIGHT: EYE_RIGHT,
    Segment.UPPER_LIP: UPPER_LIP,
    Segment.LOWER_LIP: LOWER_LIP,
}
"""What photos can be measured on, and its label."""
MIRRORED = {
    int(Segment.BROW_LEFT): int(Segment.BROW_RIGHT), int(Segment.BROW_RIGHT): int(Segment.BROW_LEFT),
    int(Segment.EYE_LEFT): int(Segment.EYE_RIGHT), int(Segment.EYE_RIGHT): int(Segment.EYE_LEFT),
    BROW_LEFT: BROW_RIGHT, BROW_RIGHT: BROW_LEFT, EYE_LEFT: EYE_RIGHT, EYE_RIGHT: EYE_LEFT,
}  # fmt: skip
_FIXED_POINT = 4


def allowed() -> NDArray[np.bool_]:
    """(LABELS, CLASSES) which classes each label may be."""
    table = np.zeros((LABELS, CLASSES), bool)
    table[:CLASSES] = np.eye(CLASSES, dtype=bool)
    for row, classes in enumerate(_SETS, CLASSES):
        table[row, [int(part) for part in classes]] = True
    return table


def mirror_table() -> NDArray[np.uint8]:
    """(LABELS,) the label of a mirrored picture."""
    table = np.arange(LABELS, dtype=np.uint8)
    for one, other in MIRRORED.items():
        table[one] = other
    return table


def from_segments(segments_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(128, 128) labels of a stored mask: classes as they are, what is hidden or unknown becomes ANY."""
    labels = segments_HW if segments_HW.shape == (SIDE, SIDE) else _nearest(segments_HW)
    return np.where(labels < CLASSES, labels, ANY).astype(np.uint8)


def _nearest(segments_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(segments_HW, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.uint8)


def from_landmarks(dense_K2: NDArray[np.floating], *, borders: bool = True) -> NDArray[np.uint8]:
    """(128, 128) labels from MediaPipe's 478 points in pixels of the 256 crop.

    borders: make the outlines unknown: landmarks err by a pixel. Off for measuring.
    """
    points = (np.asarray(dense_K2, np.float64)[:, :2] + 0.5) * (SIDE / 256.0) - 0.5
    labels = np.full((SIDE, SIDE), OUTSIDE, np.uint8)
    scale = 1 << _FIXED_POINT
    outlines: list[NDArray[np.int32]] = []
    for label, rows in _POLYGONS:
        corners = np.rint(points[list(rows)] * scale).astype(np.int32)
        cv2.fillPoly(labels, [corners], label, shift=_FIXED_POINT)
        outlines.append(corners)
    if borders:
        cv2.polylines(labels, outlines, True, ANY, 1, shift=_FIXED_POINT)
        # The forehead's upper edge is where MediaPipe's mesh ends, not where the hair begins.
        cv2.polylines(labels, outlines[:1], True, ANY, 5, shift=_FIXED_POINT)
    return labels
