"""What leaves the encoder trembles; what leaves here does not, and yet comes in time. One filter per face.

The channels are the expression group and the ten pose numbers; each has its own One Euro filter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema
from facelive.stream.decode import POSE_NAMES
from facelive.stream.live_config import FilterConfig
from facelive.stream.one_euro import OneEuro, OneEuroConfig

F32 = NDArray[np.float32]
GROUPS = ("mouth", "brows", "blinks", "eyes", "rotation", "position")
_BEGINNINGS = (("brow", "brows"), ("eyeBlink", "blinks"), ("eye", "eyes"))


def filter_group(expression: str) -> str:
    """The filter group of an expression's name; what is neither brow nor eye moves like a mouth."""
    return next((group for beginning, group in _BEGINNINGS if expression.startswith(beginning)), "mouth")


@dataclass(frozen=True, slots=True)
class Signal:
    """What changes per frame."""

    expression_E: F32
    pose: F32
    """(10,) in the order of ``decode.POSE_NAMES``."""


class FaceFilter:
    """Smooths the signal of one face."""

    def __init__(self, schema: Schema, config: FilterConfig) -> None:
        names = schema.group_names("expression")
        groups = [filter_group(name) for name in names]
        groups += ["rotation"] * 3 + ["position"] * 3 + ["eyes"] * (len(POSE_NAMES) - 6)
        settings: dict[str, OneEuroConfig] = {group: getattr(config, group) for group in GROUPS}
        self._count = len(names)
        self._enabled = config.enabled
        self._filter = OneEuro([settings[group] for group in groups])

    def reset(self) -> None:
        """The face was away: its next values pass unchanged."""
        self._filter.reset()

    def __call__(self, signal: Signal, time_ns: int) -> Signal:
        """time_ns: when the picture was taken, on the source's own clock."""
        if not self._enabled:
            return signal
        values = np.concatenate([signal.expression_E, signal.pose]).astype(np.float64)
        smooth = self._filter(values, time_ns).astype(np.float32)
        return Signal(smooth[: self._count], smooth[self._count :])
