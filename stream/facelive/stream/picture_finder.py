"""Finding the face in a still: MediaPipe's detector wants it neither small nor cut off, so it gets several views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.stream.tracker import Finder

Picture = NDArray[np.uint8]
F32 = NDArray[np.float32]

_SIDES = (720, 320)
"""Longer side of the views of the whole picture: the detector finds some faces only in the one or the other."""
_BORDERS = (0.35, 0.8)
"""Share of the longer side added all round: for faces that fill the picture or are cut off by it."""
_TILES = ((2, 0.62), (3, 0.45), (4, 0.34))
"""(tiles per side, size of a tile as a share of the picture): for small faces."""
_TILE_SIDE = 512
_LARGE_ENOUGH = 300
"""Below this longer side a picture is not cut into tiles: there would be no pixels in them."""


@dataclass(frozen=True, slots=True)
class View:
    """A part of the picture, scaled: view = (picture - origin) * scale."""

    image: Picture
    x: float
    y: float
    scale: float

    def back(self, points_K2: F32) -> F32:
        """View pixels to picture pixels (pixel centres at integers)."""
        return ((points_K2 + 0.5) / self.scale - 0.5 + [self.x, self.y]).astype(np.float32)


def find_largest(finder: Finder, image: Picture) -> F32 | None:
    """(68, 2) points of the largest face in the first view that shows any; None if no view does."""
    for view in views(image):
        found = finder.find(view.image)
        if found:
            return view.back(found[0])
    return None


def views(image: Picture) -> Iterator[View]:
    """The whole picture, then with borders, then tiles; made one by one, most pictures need only the first."""
    for side in _SIDES:
        yield _scaled(image, 0.0, 0.0, side)
    for share in _BORDERS:
        yield _bordered(image, share)
    height, width = image.shape[:2]
    if max(height, width) < _LARGE_ENOUGH:
        return
    for count, share in _TILES:
        for row in range(count):
            for column in range(count):
                y = int(row * (1.0 - share) * height / (count - 1))
                x = int(column * (1.0 - share) * width / (count - 1))
                tile = image[y : y + int(share * height), x : x + int(share * width)]
                yield _scaled(np.ascontiguousarray(tile), float(x), float(y), _TILE_SIDE)


def _scaled(image: Picture, x: float, y: float, side: int) -> View:
    import cv2

    scale = side / max(image.shape[:2])
    kind = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=kind)
    return View(np.asarray(small, np.uint8), x, y, scale)


def _bordered(image: Picture, share: float) -> View:
    import cv2

    border = int(share * max(image.shape[:2]))
    wide = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
    return _scaled(np.asarray(wide, np.uint8), -float(border), -float(border), _SIDES[0])
