"""Plausible people: who occurs, how their faces vary, and the looks that go together.

Sliders vary around ``schema.neutral()`` (real people) with the spread measured before this project: sigma 0.13 for the
head's shape up to 0.3 for ears, cheeks and brows, on MakeHuman's scale -1..1, clipped at 0.8; wider spreads give
caricatures. A rig that this module does not know gets a generic spread around its neutral.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facelive.rig.looks import draw_colours, draw_styles
from facelive.rig.schema import Schema, Vector

# Spread by the first word of a slider's name, on the scale -1..1.
_SIGMA = {
    "head": 0.13, "forehead": 0.20, "chin": 0.20, "neck": 0.20, "nose": 0.26, "mouth": 0.25, "eye": 0.25,
    "ear": 0.30, "cheek": 0.28, "eyebrows": 0.28,
}  # fmt: skip
_SIGMA_ELSEWHERE = 0.25
_CLIP = 0.8
_SPREADS: dict[int, Vector] = {}
"""By schema hash: computing it takes longer than drawing a person."""
# (share of people, mean african, mean asian, spread) of each ancestry, on the sliders' own scale 0..1.
_ANCESTRY = {
    "european": (0.48, 0.08, 0.08, 0.07),
    "african": (0.17, 0.82, 0.10, 0.10),
    "east-asian": (0.18, 0.08, 0.82, 0.10),
    "between": (0.17, 0.32, 0.34, 0.14),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """What decides about looks."""

    male: bool
    age: float
    """Value of the age slider, 0..1; see ``facelive.rig.macro.age_years``."""
    ancestry: str
    """A key of ``_ANCESTRY``."""


def spread(schema: Schema) -> Vector:
    """(P,) float32: standard deviation of each identity slider; zero for everything else. Macros are drawn apart."""
    if schema.hash not in _SPREADS:
        _SPREADS[schema.hash] = _spread(schema)
    return _SPREADS[schema.hash].copy()


def _spread(schema: Schema) -> Vector:
    out = np.zeros(len(schema), np.float32)
    for index in schema.indices("identity"):
        parameter = schema.parameters[index]
        sigma = _SIGMA.get(parameter.name.partition("-")[0], _SIGMA_ELSEWHERE)
        # A two-ended slider spans -1..1, a one-ended one (zero at its minimum) 0..1.
        width = parameter.maximum - parameter.minimum
        one_ended = parameter.neutral == parameter.minimum
        out[index] = sigma * width * (1.0 if one_ended else 0.5)
    return out


def draw_person(rng: np.random.Generator) -> Person:
    """Someone: sex, age, ancestry."""
    shares = np.array([row[0] for row in _ANCESTRY.values()])
    ancestry = tuple(_ANCESTRY)[rng.choice(len(shares), p=shares / shares.sum())]
    age = float(np.clip(rng.normal(0.45, 0.24), 0.0, 1.0))
    return Person(male=bool(rng.random() < 0.5), age=age, ancestry=ancestry)


def _set_macros(schema: Schema, params_P: Vector, person: Person, rng: np.random.Generator) -> None:
    _, african, asian, width = _ANCESTRY[person.ancestry]
    gender = rng.normal(0.84 if person.male else 0.16, 0.11)
    values = {
        "macro-gender": gender,
        "macro-age": person.age,
        "macro-weight": 0.5 + rng.normal(0.02, 0.14),
        "macro-muscle": 0.5 + rng.normal(0.0, 0.14),
        "macro-african": african + rng.normal(0.0, width),
        "macro-asian": asian + rng.normal(0.0, width),
    }
    for name, value in values.items():
        if name in schema:
            params_P[schema.index(name)] = np.clip(value, 0.0, 1.0)


def sample_identity(schema: Schema, rng: np.random.Generator) -> Vector:
    """(P,) float32: a person at rest. Sliders, styles and colours are drawn; expression and pose stay neutral."""
    params = schema.neutral()
    identity = schema.indices("identity")
    sigma = spread(schema)[identity]
    middle = 0.5 * (schema.minimum + schema.maximum)[identity]
    reach = _CLIP * 0.5 * (schema.maximum - schema.minimum)[identity]
    one_ended = params[identity] == schema.minimum[identity]
    drawn = params[identity] + sigma * rng.standard_normal(len(identity))
    low = np.where(one_ended, schema.minimum[identity], middle - reach)
    params[identity] = np.clip(drawn, low, middle + reach)
    person = draw_person(rng)
    _set_macros(schema, params, person, rng)
    draw_styles(schema, params, person.male, person.age, person.ancestry, rng)
    draw_colours(schema, params, person.male, person.age, person.ancestry, rng)
    return params


def combine(schema: Schema, who_P: Vector, doing_P: Vector) -> Vector:
    """(P,) float32: identity, styles and colours of ``who_P`` with expression and pose of ``doing_P``."""
    out = np.array(who_P, np.float32)
    for group in ("expression", "pose"):
        where = schema.indices(group)
        out[where] = doing_P[where]
    return out
