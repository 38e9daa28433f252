"""The background as linear light at the picture's size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.render.gather import radial
from facelive.rig.render.scene import Background, Gradient
from facelive.rig.render.tone import linear_table


def _light_for(srgb: NDArray[np.floating]) -> NDArray[np.float32]:
    """Linear light that the tone curve turns into these sRGB values (0..1)."""
    place = np.clip(np.asarray(srgb, np.float32), 0.0, 1.0) * 255.0
    return np.interp(place, np.arange(256), linear_table()).astype(np.float32)


def backdrop(background: Background, height: int, width: int) -> NDArray[np.float32]:
    """(H, W, 3) float32 RGB linear light. Raises UsageError on an array of another kind."""
    if isinstance(background, Gradient):
        centre, edge = _light_for(np.array(background.centre_rgb)), _light_for(np.array(background.edge_rgb))
        out = np.empty((height, width, 3), np.float32)
        radial(np.array(background.spot), centre, edge, out)
        return out
    if isinstance(background, tuple):
        return np.broadcast_to(_light_for(np.array(background)), (height, width, 3)).copy()
    if background.ndim != 3 or background.shape[2] != 3 or background.dtype != np.uint8:
        raise UsageError(f"a background picture is (H, W, 3) uint8, got {background.shape} {background.dtype}")
    import cv2

    if background.shape[:2] != (height, width):
        scale = max(height / background.shape[0], width / background.shape[1])
        size = (max(round(background.shape[1] * scale), width), max(round(background.shape[0] * scale), height))
        way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        grown = cv2.resize(background, size, interpolation=way)
        top, left = (size[1] - height) // 2, (size[0] - width) // 2
        background = np.ascontiguousarray(grown[top : top + height, left : left + width]).astype(np.uint8)
    rgb = cv2.cvtColor(background, cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.LUT(rgb, linear_table()), np.float32)
