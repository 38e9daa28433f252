"""The key light's shadow map: what the light sees first, from far away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.render.light import SHADOW_REACH_M
from facelive.rig.render.raster import move, rasterise

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
_FAR = 4.0
"""Added to the depth towards the light so that it stays positive for the rasteriser."""
_WINDOW = np.ones((4, 4), np.uint8)


def light_frame(direction: NDArray[np.floating], centre: NDArray[np.floating], size: int) -> F32:
    """(4, 4) float32: camera space to map (x, y in texels, depth towards the light in metres)."""
    towards = np.asarray(direction, np.float64)
    towards = towards / np.linalg.norm(towards)
    helper = np.array([0.0, 1.0, 0.0]) if abs(towards[1]) < 0.95 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, towards)
    right /= np.linalg.norm(right)
    up = np.cross(towards, right)
    scale = 0.5 * size / SHADOW_REACH_M
    frame = np.eye(4)
    # Map rows run downwards, as in a picture, so that front faces keep their winding.
    frame[0, :3], frame[1, :3], frame[2, :3] = right * scale, -up * scale, towards
    frame[:3, 3] = -frame[:3, :3] @ np.asarray(centre, np.float64) + [0.5 * size, 0.5 * size, _FAR]
    return frame.astype(np.float32)


def shadow_map(points_V3: F32, triangles_T3: I32, runs: list[tuple[int, int, bool]], frame_44: F32, size: int) -> F32:
    """(3, size, size) float32: depth of the nearest surface, 0 where there is none; then its least and greatest value
    among the 4 x 4 texels from each on to the right and down. runs: (first, last, both sides).
    """
    import cv2

    seen = np.empty_like(points_V3)
    move(points_V3, frame_44, np.ascontiguousarray(frame_44[:3, 3]), seen, 0, 0)
    out = np.zeros((3, size, size), np.float32)
    numbers = np.empty((size, size), np.int32)
    for first, last, both_sides in runs:
        rasterise(seen, triangles_T3, first, last, both_sides, out[0], numbers)
    cv2.erode(out[0], _WINDOW, out[1], (0, 0))
    cv2.dilate(out[0], _WINDOW, out[2], (0, 0))
    return out
