"""The renderer's working memory, allocated once."""

from __future__ import annotations

import numpy as np


class Buffers:
    """Visibility samples, shading requests, and pixels."""

    def __init__(self, height: int, width: int, samples: int) -> None:
        rows, columns = height * samples, width * samples
        self.w_SS = np.zeros((rows, columns), np.float32)
        self.ids_SS = np.full((rows, columns), -1, np.int32)
        self.at_R2 = np.empty((rows * columns, 2), np.int32)
        self.pixel_R = np.empty(rows * columns, np.int32)
        self.weight_R = np.empty(rows * columns, np.float32)
        self.coverage_HW = np.zeros((height, width), np.float32)
        self.colour_P3 = np.zeros((height * width, 3), np.float32)
        self.best_P = np.zeros(height * width, np.float32)
        self.parts_P = np.zeros(height * width, np.uint8)
        self.depth_P = np.full(height * width, np.inf, np.float32)

    def clear(self) -> None:
        """Empty everything that a picture adds to."""
        self.w_SS.fill(0.0)
        self.ids_SS.fill(-1)
        self.colour_P3.fill(0.0)
        self.best_P.fill(0.0)
        self.parts_P.fill(0)
        self.depth_P.fill(np.inf)
