"""Mending the mouth: MakeHuman's tongue fills it when open, its upper teeth stay hidden, its lips do not quite meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.source import Floats

_LOWER_M = 0.0048
"""How far the upper incisors come down, so that a smile shows them; the molars stay."""
_DROP_M, _RETREAT_M = 0.011, 0.006
"""How far the tongue's back sinks and its tip draws back behind the lower teeth when the jaw is fully open."""
_AT_REST = 0.2
"""Share of that which holds with the mouth closed too."""
_RETURN = 0.5
"""How much of that ``tongueOut`` takes back: it is made for a jaw that is open a little."""
_LONGER_M, _SAG_M = 0.016, 0.006
"""How much further than MakeHuman's ``tongueOut`` the tip comes out, and hangs down."""
_GAP_M, _ASIAN_GAP_M = 0.00035, 0.0007
"""How far the lips stand apart at the middle of the macros, and how much more in the asian corner shapes."""


def _forward(points_V3: Floats, members_V: NDArray[np.bool_]) -> Floats:
    """(K,) 0 at the back of some vertices, 1 at their front."""
    z = points_V3[members_V, 2]
    return (z - z.min()) / np.ptp(z)


def lowered_teeth(points_V3: Floats, upper_V: NDArray[np.bool_]) -> Floats:
    """(V, 3) metres: what to add so that the upper incisors show between parted lips."""
    offset = np.zeros_like(points_V3)
    offset[upper_V, 1] = -_LOWER_M * np.clip((_forward(points_V3, upper_V) - 0.45) / 0.45, 0.0, 1.0)
    return offset


def resting_tongue(points_V3: Floats, tongue_V: NDArray[np.bool_]) -> Floats:
    """(V, 3) metres: what to add to ``jawOpen`` so that the tongue lies down; zero elsewhere."""
    offset = np.zeros_like(points_V3)
    points = points_V3[tongue_V]
    forward = _forward(points_V3, tongue_V)
    # The root is held in the throat; the underside rests on the floor of the mouth already.
    free = np.clip(forward / 0.35, 0.0, 1.0)
    slope = np.polyfit(points[:, 2], points[:, 1], 1)
    height = points[:, 1] - np.polyval(slope, points[:, 2])
    upper = np.clip((height - height.min()) / np.ptp(height), 0.0, 1.0)
    offset[tongue_V, 1] = -_DROP_M * free * (0.35 + 0.65 * upper)
    offset[tongue_V, 2] = -_RETREAT_M * np.clip((forward - 0.4) / 0.6, 0.0, 1.0)
    return offset


def mend_tongue(morphs: dict[str, Floats], points_V3: Floats, tongue_V: NDArray[np.bool_]) -> Floats:
    """Change ``jawOpen`` and ``tongueOut`` in place. Returns (V, 3), what to add to the mesh at rest."""
    rest = resting_tongue(points_V3, tongue_V)
    tip = np.zeros_like(points_V3)
    forward = np.clip((_forward(points_V3, tongue_V) - 0.45) / 0.55, 0.0, 1.0)
    tip[tongue_V] = np.stack([0.0 * forward, -_SAG_M * forward**3, _LONGER_M * forward], axis=1)
    morphs["jawOpen"] = morphs["jawOpen"] + rest
    morphs["tongueOut"] = morphs["tongueOut"] - _RETURN * rest + tip
    return _AT_REST * rest


def closing_lips(upper_V: Floats, lower_V: Floats) -> Floats:
    """(V, 3): lips that meet, per metre of gap, from the masks of both lips in [0, 1]."""
    offset = np.zeros((len(upper_V), 3))
    offset[:, 1] = 0.5 * (lower_V - upper_V)
    return offset


def lip_gap(corner: str) -> float:
    """Metres by which the lips of a macro corner shape have to be closed beyond the mesh's own gap."""
    return _ASIAN_GAP_M if corner.startswith("asian") else 0.0


def mesh_gap() -> float:
    """Metres by which the lips of the mesh itself have to be closed."""
    return _GAP_M
