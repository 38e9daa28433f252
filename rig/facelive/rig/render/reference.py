"""The rasteriser in readable form: every sample asks every triangle. Slow; the tests hold ``raster.py`` against it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rasterise_slowly(
    screen_V3: NDArray[np.float32], triangles_T3: NDArray[np.int32], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """w and triangle number at every sample of a (height, width) grid; 0 and -1 where there is nothing.

    screen_V3: x, y in samples (y down) and w = 1 / depth. Triangles turned away (clockwise in space) are not drawn.
    """
    w_SS = np.zeros((height, width), np.float32)
    ids_SS = np.full((height, width), -1, np.int32)
    y_SS, x_SS = np.mgrid[0:height, 0:width].astype(np.float64)
    for number, corners in enumerate(screen_V3[triangles_T3].astype(np.float64)):
        (x0, y0, w0), (x1, y1, w1), (x2, y2, w2) = corners
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area >= 0.0 or min(w0, w1, w2) <= 0.0:
            continue
        share_0 = ((x2 - x1) * (y_SS - y1) - (y2 - y1) * (x_SS - x1)) / area
        share_1 = ((x0 - x2) * (y_SS - y2) - (y0 - y2) * (x_SS - x2)) / area
        share_2 = 1.0 - share_0 - share_1
        w = share_0 * w0 + share_1 * w1 + share_2 * w2
        inside = (share_0 >= 0.0) & (share_1 >= 0.0) & (share_2 >= 0.0) & (w > w_SS)
        w_SS[inside] = w[inside]
        ids_SS[inside] = number
    return w_SS, ids_SS
