"""The 224 x 224 chip that recognition is shown, cut from the aligned crop by its 68 points; numpy, cv2.

Its middle, 150 x 150, is the chip of dlib's network, pixel by pixel; around it there are hair, ears and neck.

Points are pixels, x right, y down, pixel centres at integers.
Source: dlib, image_transforms/interpolation.h (get_face_chip_details, centered_drect, extract_image_chips), here
without its pyramid: from a crop of 256 pixels a chip is never taken at half the size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError

CHIP = 150
"""Side of dlib's chip."""
WIDE = 224
"""Side of all of it."""
MARGIN = (WIDE - CHIP) // 2
PADDING = 0.25
ALIGNED = tuple(i for i in range(17, 68) if not (17 <= i <= 26 or 55 <= i <= 59 or 65 <= i <= 67))
"""Which of the 68 points dlib aligns by: no jaw, brows or lower lip."""
_ZOOM = 0.06
PLACEMENTS = ((0.0, False), (0.0, True), (_ZOOM, False), (_ZOOM, True), (-_ZOOM, False), (-_ZOOM, True))
"""Of a chip: how much larger its points are taken to be (logarithm), and whether it is mirrored. What recognition makes
of one face changes with these; the face does not. A picture is looked at in all of these ways, in a stream every look
takes the next one. On people kept out and with dlib's network alone, one way against six: shapes of renders .560 and
.541 of the mean face's error, the right portrait first in other video 73 and 77 % (benchmarks/identity_share.py,
docs/log.md)."""
F32 = NDArray[np.float32]


def unit_points() -> F32:
    """(K, 2) where the points ``ALIGNED`` lie in dlib's unit face."""
    return np.array([(_MEAN_X[i - 17], _MEAN_Y[i - 17]) for i in ALIGNED], np.float32)


def chip_to_crop(landmarks_K2: NDArray[np.floating]) -> F32:
    """(2, 3): pixels of dlib's chip -> pixels of the picture with these 68 points. Raises UsageError for no face."""
    points = np.asarray(landmarks_K2, np.float64)
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise UsageError(f"a chip needs 68 finite points, got an array of shape {points.shape}")
    target = points[list(ALIGNED)]
    source = (PADDING + unit_points().astype(np.float64)) / (2.0 * PADDING + 1.0) * CHIP
    s, t = source - source.mean(0), target - target.mean(0)
    square = float((s * s).sum())
    a = float((s * t).sum()) / square
    b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / square
    scale = float(np.hypot(a, b))
    if scale <= 1e-6:
        raise UsageError("a chip needs 68 points of some extent, but they coincide")
    linear = np.array([[a, -b], [b, a]])
    middle = linear @ np.full(2, 0.5 * CHIP) + target.mean(0) - linear @ source.mean(0)
    # dlib maps the chip's corner pixels onto the corners of a rectangle that is one pixel smaller than its size.
    linear = linear * ((CHIP * scale - 1.0) / ((CHIP - 1.0) * scale))
    shift = middle - linear.sum(1) * (0.5 * (CHIP - 1.0))
    return np.column_stack([linear, shift]).astype(np.float32)


def cut_chip(crop: NDArray[np.uint8], landmarks_K2: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(224, 224, 3) uint8 BGR; black outside the crop. crop: (256, 256, 3), landmarks in its pixels."""
    import cv2

    matrix = chip_to_crop(landmarks_K2)
    matrix[:, 2] -= MARGIN * matrix[:, :2].sum(1)
    chip = cv2.warpAffine(crop, matrix, (WIDE, WIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(chip, np.uint8)


def placed_chip(crop: NDArray[np.uint8], landmarks_K2: F32, turn: int) -> NDArray[np.uint8]:
    """The same in one of the ``PLACEMENTS``, which the looks at a face take in turn. turn: the number of the look."""
    zoom, mirrored = PLACEMENTS[turn % len(PLACEMENTS)]
    chip = cut_chip(crop, zoomed(landmarks_K2, zoom))
    return np.ascontiguousarray(chip[:, ::-1]) if mirrored else chip


def zoomed(landmarks_K2: F32, zoom: float) -> F32:
    """(68, 2) the points of a face that is ``exp(zoom)`` times as large about the same middle."""
    middle = landmarks_K2.mean(0)
    return np.asarray(middle + np.float32(np.exp(zoom)) * (landmarks_K2 - middle), np.float32)


# dlib's mean face: points 17 to 67 of the 68, in a unit square.
_MEAN_X = (
    0.000213256, 0.0752622, 0.18113, 0.29077, 0.393397, 0.586856, 0.689483, 0.799124, 0.904991, 0.98004, 0.490127,
    0.490127, 0.490127, 0.490127, 0.36688, 0.426036, 0.490127, 0.554217, 0.613373, 0.121737, 0.187122, 0.265825,
    0.334606, 0.260918, 0.182743, 0.645647, 0.714428, 0.793132, 0.858516, 0.79751, 0.719335, 0.254149, 0.340985,
    0.428858, 0.490127, 0.551395, 0.639268, 0.726104, 0.642159, 0.556721, 0.490127, 0.423532, 0.338094, 0.290379,
    0.428096, 0.490127, 0.552157, 0.689874, 0.553364, 0.490127, 0.42689,
)  # fmt: skip
_MEAN_Y = (
    0.106454, 0.038915, 0.0187482, 0.0344891, 0.0773906, 0.0773906, 0.0344891, 0.0187482, 0.038915, 0.106454,
    0.203352, 0.307009, 0.409805, 0.515625, 0.587326, 0.609345, 0.628106, 0.609345, 0.587326, 0.216423, 0.178758,
    0.179852, 0.231733, 0.245099, 0.244077, 0.231733, 0.179852, 0.178758, 0.216423, 0.244077, 0.245099, 0.780233,
    0.745405, 0.727388, 0.742578, 0.727388, 0.745405, 0.780233, 0.864805, 0.902192, 0.909281, 0.902192, 0.864805,
    0.784792, 0.778746, 0.785343, 0.778746, 0.784792, 0.824182, 0.831803, 0.824182,
)  # fmt: skip
