"""What a render gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A rendered head and what is known about every pixel of it."""

    image_HW3: NDArray[np.uint8]
    """BGR."""
    parts_HW: NDArray[np.uint8]
    """Values of ``facelive.rig.mesh.Segment``: what covers most of the pixel."""
    depth_HW: NDArray[np.float32]
    """Metres from the camera plane; inf where there is only background."""
    landmarks68_K2: NDArray[np.float32]
    """(68, 2) pixels, x right, y down; also of hidden points. (0, 2) if the rig has none."""
    landmarks478_K2: NDArray[np.float32]
    """(478, 2) pixels, MediaPipe's order. (0, 2) if the rig has none."""
    visible68_K: NDArray[np.bool_]
    """(68,) whether the point lies in the picture with nothing in front of it."""
