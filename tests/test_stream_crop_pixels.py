"""The crop's pixels: cut by the quick way and by the plain one, inside the picture, at its edge, and outside."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facelive.stream.crop import CropBox
from facelive.stream.encoder import cut

_NOISE = np.random.default_rng(3).integers(0, 256, (300, 420, 3), dtype=np.uint8)
PICTURE = np.asarray(cv2.GaussianBlur(_NOISE, (0, 0), 2.0), np.uint8)


@pytest.mark.parametrize(
    ("x", "y", "side", "turn"),
    [
        (200.0, 150.0, 180.0, 0.0),
        (200.0, 150.0, 64.0, -0.4),
        (12.0, 290.0, 150.0, 0.3),
        (210.0, 150.0, 2000.0, 0.1),
        (-90.0, 150.0, 160.0, 0.0),
        (3000.0, -3000.0, 160.0, 0.2),
    ],
    ids=["inside", "small and turned", "at a corner", "larger than the picture", "over the edge", "far outside"],
)
def test_a_crop_is_the_warp_of_the_picture_with_its_edge_repeated(x: float, y: float, side: float, turn: float) -> None:
    similarity = CropBox(x, y, side, turn).similarity()
    plain = cv2.warpAffine(PICTURE, similarity, (256, 256), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    crop = cut(PICTURE, similarity)
    assert crop.shape == (256, 256, 3)
    assert crop.dtype == np.uint8
    # Places are rounded to a 32nd of a pixel: the last digit may differ.
    np.testing.assert_allclose(crop.astype(int), plain.astype(int), atol=2)
    assert np.abs(crop.astype(int) - plain.astype(int)).mean() < 0.1
