"""The shirt: where on the head's bust it lies and how far it stands off the skin. Made once per head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
_THICK_M = 0.005


def shirt_height(points_V3: F32) -> F32:
    """(V,) float32 decimetres below the neckline, on the neutral head; positive is shirt."""
    x, y, z = points_V3.T
    # A tilted ring about the neck: low in front, high at the nape, rising a little towards the shoulders.
    line = -0.128 - 0.42 * (z + 0.03) + 0.10 * np.minimum(np.abs(x), 0.10)
    return ((line - y) * 10.0).astype(np.float32)


def shirt_offset(height_V: F32, normals_V3: F32) -> F32:
    """(V, 3) float32 metres: the cloth's thickness."""
    rise = np.clip(height_V / 0.06 + 0.5, 0.0, 1.0)
    return (normals_V3 * (_THICK_M * rise * rise * (3.0 - 2.0 * rise))[:, None]).astype(np.float32)
