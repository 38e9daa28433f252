"""How people place the 68 iBUG points, against MediaPipe's points of the same meaning.

``OFFSET_68`` was measured once on near-frontal training photos (none of the 60 evaluation people): median of annotation
minus MediaPipe, in the frame where the eyes are level, in units of the outer eye distance, left and right made equal.
x to the right, y down. A shift that all points of those annotations share, (0.032, 0.021), is left out: it is theirs.
"""

from __future__ import annotations

import numpy as np

SAME_68 = np.array(
        [127, 234, 93, 132, 172, 136, 149, 148, 152, 377, 378, 365, 397, 361, 323, 454, 356, 70, 63, 105, 66,
        107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362,
        385, 387, 263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317,
        14, 87],
    np.intp,
)  # fmt: skip
"""MediaPipe's point of the same or nearest meaning for each iBUG point."""
OFFSET_68 = np.array(
        [(-40, 3), (-31, 59), (-3, 91), (10, 102), (-48, -41), (-13, 25), (-80, -21), (-119, -13), (0, 41),
        (119, -13), (80, -21), (13, 25), (48, -41), (-10, 102), (3, 91), (31, 59), (40, 3), (-15, -6),
        (22, -12), (42, 2), (19, 4), (-43, 7), (43, 7), (-19, 4), (-42, 2), (-22, -12), (15, -6), (0, 53),
        (0, 35), (0, 31), (0, 59), (1, 45), (11, 27), (0, 40), (-11, 27), (-1, 45), (-1, -1), (2, -2), (-4, 5),
        (-21, 2), (-13, 16), (-12, 9), (21, 2), (4, 5), (-2, -2), (1, -1), (12, 9), (13, 16), (-9, 23),
        (-26, 36), (19, 17), (0, 16), (-19, 17), (26, 36), (9, 23), (21, -8), (8, 14), (0, 12), (-8, 14),
        (-21, -8), (-16, 18), (-15, 21), (0, 16), (15, 21), (16, 18), (13, 14), (0, 16), (-13, 14)],
        float,
) / 1000.0  # fmt: skip
