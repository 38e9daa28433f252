"""The 68 points of iBUG 300-W among MediaPipe's 478: enough to frame the first crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# By position on MediaPipe's canonical face (canonical_face_model.obj) next to figure 1 of Sagonas et al. 2013.
IBUG_68_OF_478: NDArray[np.intp] = np.array(
    [
        127, 234, 93, 132, 172, 136, 150, 176, 152, 400, 379, 365, 397, 361, 323, 454, 356,  # jaw
        70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
        168, 197, 5, 1, 75, 97, 2, 326, 305,  # nose
        33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
        61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # outer lips
        78, 82, 13, 312, 308, 317, 14, 87,  # inner lips
    ],
    np.intp,
)  # fmt: skip


def ibug68(landmarks478_K2: NDArray[np.float32]) -> NDArray[np.float32]:
    """(478 or 468, 2) -> (68, 2), in the same unit."""
    return landmarks478_K2[IBUG_68_OF_478]
