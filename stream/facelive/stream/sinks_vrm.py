"""VRM's few expressions out of ARKit's many. The same formulas as ``VrmExpressions.cs`` in the Unity package."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from facelive.stream.frame import Weights

# VRM1 name -> (VRM0 name or "", factors). A choice, not a standard: VRM says what an expression shows, not how.
FORMULAS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "aa": ("A", {
        "jawOpen": 1, "mouthFunnel": -0.6, "mouthPucker": -0.6,
        "mouthSmileLeft": -0.3, "mouthSmileRight": -0.3,
    }),
    "ih": ("I", {"mouthStretchLeft": 0.4, "mouthStretchRight": 0.4, "mouthSmileLeft": 0.25, "mouthSmileRight": 0.25}),
    "ou": ("U", {"mouthPucker": 0.9}),
    "ee": ("E", {
        "mouthUpperUpLeft": 0.35, "mouthUpperUpRight": 0.35,
        "mouthLowerDownLeft": 0.35, "mouthLowerDownRight": 0.35,
    }),
    "oh": ("O", {"mouthFunnel": 0.9, "jawOpen": 0.2}),
    "blinkLeft": ("Blink_L", {"eyeBlinkLeft": 1}),
    "blinkRight": ("Blink_R", {"eyeBlinkRight": 1}),
    "happy": ("Joy", {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}),
    "angry": ("Angry", {"browDownLeft": 0.4, "browDownRight": 0.4, "noseSneerLeft": 0.2, "noseSneerRight": 0.2}),
    "sad": ("Sorrow", {"mouthFrownLeft": 0.4, "mouthFrownRight": 0.4, "browInnerUp": 0.3}),
    "surprised": ("", {"browOuterUpLeft": 0.35, "browOuterUpRight": 0.35, "eyeWideLeft": 0.25, "eyeWideRight": 0.25}),
    "relaxed": ("Fun", {
        "eyeSquintLeft": 0.25, "eyeSquintRight": 0.25,
        "mouthDimpleLeft": 0.25, "mouthDimpleRight": 0.25,
    }),
}  # fmt: skip


class VrmExpressions:
    """Weighted sums, clamped to 0 .. 1. Suffixes: E expression parameters of the schema, V expressions of VRM."""

    def __init__(self, index: Mapping[str, int], *, vrm0: bool) -> None:
        """index: name -> position in the weights. Names that the rig lacks count as 0."""
        chosen = {(old if vrm0 else new): factors for new, (old, factors) in FORMULAS.items() if old or not vrm0}
        self.names = tuple(chosen)
        self._factors_VE = np.zeros((len(chosen), len(index)), np.float32)
        for row, factors in zip(self._factors_VE, chosen.values(), strict=True):
            for name, factor in factors.items():
                if name in index:
                    row[index[name]] = factor

    def __call__(self, weights_E: Weights) -> NDArray[np.float32]:
        """(V,) float32 in 0 .. 1."""
        return np.clip(self._factors_VE @ weights_E, 0.0, 1.0)
