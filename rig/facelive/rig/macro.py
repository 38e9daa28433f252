"""MakeHuman's macro sliders, kept exact: 48 corner shapes and how gender, age, weight, muscle and race weigh them.

Slider to MakeHuman: gender 0 female, 1 male; weight and muscle 0 minimum, 0.5 average, 1 maximum. Age runs over adults
only: 0 is MakeHuman's "young", 1 its "old", and the share of old is ``0.4 a + 0.6 a**2``, so that 0.5 (0.35 old) is an
adult of about 40, the middle of real people; MakeHuman's own zero is 0. Race: shares of african and asian as typed, the
rest ``2 (1 - african)(1 - asian)`` caucasian, normalised to 1 as MakeHuman does; so 0.5 and 0.5 give equal thirds
(MakeHuman's zero) and every pure type is reachable.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

_GENDERS, _AGES = ("female", "male"), ("young", "old")
_RACES = ("african", "asian", "caucasian")
_WEIGHTS, _MUSCLES = ("minweight", "averageweight", "maxweight"), ("minmuscle", "averagemuscle", "maxmuscle")
CORNERS: tuple[str, ...] = tuple(f"{r}-{g}-{a}" for r, g, a in product(_RACES, _GENDERS, _AGES)) + tuple(
    f"universal-{g}-{a}-{m}-{w}" for g, a, w, m in product(_GENDERS, _AGES, _WEIGHTS, _MUSCLES)
)
"""Names of the 48 targets in the order of ``corner_weights``."""


def age_years(slider: float) -> float:
    """Roughly the age that the shape of an age slider stands for."""
    return 20.0 + 60.0 * old_share(slider)


def old_share(slider: float) -> float:
    """Share of MakeHuman's "old" in an age slider in [0, 1]; the rest is "young"."""
    return 0.4 * slider + 0.6 * slider * slider


def _three(value: float) -> NDArray[np.float64]:
    """Minimum, average, maximum at 0, 0.5, 1, linear between."""
    return np.array([max(1.0 - 2.0 * value, 0.0), 1.0 - abs(2.0 * value - 1.0), max(2.0 * value - 1.0, 0.0)])


def corner_weights(macro_6: NDArray[np.floating]) -> NDArray[np.float64]:
    """(48,) weights of the corner shapes for (gender, age, weight, muscle, african, asian) in [0, 1]."""
    gender, age, weight, muscle, african, asian = np.clip(np.asarray(macro_6, np.float64), 0.0, 1.0)
    race = np.array([african, asian, 2.0 * (1.0 - african) * (1.0 - asian)])
    old = old_share(float(age))
    sexes, ages = np.array([1.0 - gender, gender]), np.array([1.0 - old, old])
    person = np.outer(sexes, ages).ravel()
    body = np.outer(_three(float(weight)), _three(float(muscle))).ravel()
    return np.concatenate([np.outer(race / race.sum(), person).ravel(), np.outer(person, body).ravel()])
