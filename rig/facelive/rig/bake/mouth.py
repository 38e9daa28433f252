"""Mending the tongue: MakeHuman's fills the open mouth and hides the teeth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.source import Floats

_DROP_M = 0.0085
"""How far the tongue's back sinks behind the lower teeth when the jaw is fully open."""
_RETREAT_M = 0.004
"""How far its tip draws back from the teeth meanwhile."""
_RETURN = 0.7
"""How much of that ``tongueOut`` takes back, so that the tongue passes above the lower teeth."""


def resting_tongue(vertices_V3: Floats, tongue_V: NDArray[np.bool_]) -> Floats:
    """(V, 3) metres: what to add to ``jawOpen`` so that the tongue lies down; zero elsewhere."""
    offset = np.zeros_like(vertices_V3)
    points = vertices_V3[tongue_V]
    low, high = points.min(0), points.max(0)
    forward = (points[:, 2] - low[2]) / (high[2] - low[2])
    # The root is held in the throat; the underside rests on the floor of the mouth already.
    free = np.clip(forward / 0.35, 0.0, 1.0)
    slope = np.polyfit(points[:, 2], points[:, 1], 1)
    height = points[:, 1] - np.polyval(slope, points[:, 2])
    upper = np.clip((height - height.min()) / np.ptp(height), 0.0, 1.0)
    offset[tongue_V, 1] = -_DROP_M * free * (0.35 + 0.65 * upper)
    offset[tongue_V, 2] = -_RETREAT_M * np.clip((forward - 0.4) / 0.6, 0.0, 1.0)
    return offset


def mend_tongue(morphs: dict[str, Floats], vertices_V3: Floats, tongue_V: NDArray[np.bool_]) -> None:
    """Change ``jawOpen`` and ``tongueOut`` in place."""
    rest = resting_tongue(vertices_V3, tongue_V)
    morphs["jawOpen"] = morphs["jawOpen"] + rest
    morphs["tongueOut"] = morphs["tongueOut"] - _RETURN * rest
