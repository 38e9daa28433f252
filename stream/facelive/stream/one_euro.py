"""The One Euro filter over many channels at once: little noise when still, little lag when moving.

Casiez, Roussel, Vogel: 1 Euro Filter, CHI 2012. Each channel has its own cut-off and its own speed; nothing is pooled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class OneEuroConfig:
    """How strongly one group of channels is smoothed."""

    min_cutoff_hz: float = 1.5
    """Cut-off at rest: lower is calmer."""
    beta: float = 5.0
    """Hz of cut-off per unit of speed (units per second): higher follows faster."""
    derivative_cutoff_hz: float = 1.0
    """Cut-off of the speed estimate."""

    def __post_init__(self) -> None:
        numbers = (self.min_cutoff_hz, self.beta, self.derivative_cutoff_hz)
        if not all(math.isfinite(number) for number in numbers):
            raise UsageError("a filter constant must be a finite number")
        if self.min_cutoff_hz <= 0.0 or self.derivative_cutoff_hz <= 0.0 or self.beta < 0.0:
            raise UsageError("a filter needs cut-offs above 0 Hz and beta >= 0")


class OneEuro:
    """A One Euro filter over K channels with real time stamps."""

    def __init__(self, channels: Sequence[OneEuroConfig]) -> None:
        """channels: one configuration per channel."""
        self._min_cutoff = np.array([c.min_cutoff_hz for c in channels])
        self._beta = np.array([c.beta for c in channels])
        self._derivative_cutoff = np.array([c.derivative_cutoff_hz for c in channels])
        self._value: Values | None = None
        self._speed: Values = np.zeros(len(channels))
        self._time_ns = 0

    def reset(self) -> None:
        """Forget the past: the next value passes unchanged."""
        self._value = None
        self._speed[:] = 0.0

    def __call__(self, values: Values, time_ns: int) -> Values:
        """values: (K,); time_ns: when they were true. Returns (K,) float64.

        A time stamp that does not advance returns the last output; the filter's poles are exact for any step.
        """
        if self._value is None:
            self._value = np.array(values, np.float64)
            self._time_ns = time_ns
            return self._value.copy()
        step_s = (time_ns - self._time_ns) * 1e-9
        if step_s <= 0.0:
            return self._value.copy()
        self._time_ns = time_ns
        self._speed += _alpha(self._derivative_cutoff, step_s) * ((values - self._value) / step_s - self._speed)
        cutoff = self._min_cutoff + self._beta * np.abs(self._speed)
        self._value += _alpha(cutoff, step_s) * (values - self._value)
        return self._value.copy()


def _alpha(cutoff_hz: Values, step_s: float) -> Values:
    """Weight of the new value: 1 / (1 + tau / step), tau = 1 / (2 pi cut-off)."""
    radians = (2.0 * math.pi * step_s) * cutoff_hz
    return radians / (radians + 1.0)
