"""Styles and colours that go together: hair with sex, age and ancestry, lips with skin, grey with age.

Shares are rough demography, not measurements; what matters for training is that every look occurs and that the
combinations people have are common. Colours are sRGB in 0..1.
"""

from __future__ import annotations

import numpy as np

from facelive.rig.macro import age_years
from facelive.rig.schema import Schema, Vector

Rgb = tuple[float, float, float]
_HAIR_MEN = {
    "short": 0.34, "side-part": 0.20, "buzz": 0.13, "bald": 0.05, "fringe": 0.06, "curly": 0.08, "long-straight": 0.03,
    "long-wavy": 0.03, "tied-back": 0.03, "bob": 0.01, "receding": 0.04,
}  # fmt: skip
_HAIR_WOMEN = {
    "long-straight": 0.25, "long-wavy": 0.22, "bob": 0.16, "tied-back": 0.15, "fringe": 0.08, "curly": 0.07,
    "short": 0.05, "side-part": 0.02,
}  # fmt: skip
_BEARD_MEN = {"none": 0.50, "stubble": 0.20, "full": 0.15, "goatee": 0.08, "moustache": 0.07}
_BROW_MEN = {
    "natural": 0.30, "straight": 0.17, "bushy": 0.16, "angled": 0.11, "arched": 0.06, "drooping": 0.09, "sparse": 0.07,
    "thin": 0.04,
}  # fmt: skip
_BROW_WOMEN = {
    "natural": 0.24, "arched": 0.23, "thin": 0.15, "straight": 0.12, "angled": 0.10, "drooping": 0.07, "sparse": 0.06,
    "bushy": 0.03,
}  # fmt: skip
_RARE = 0.004
"""Share of an option that the tables do not name, so that nothing is impossible."""

# Skin from lightest to darkest; a person's melanin is a place along it.
_SKIN: tuple[Rgb, ...] = (
    (0.95, 0.81, 0.74), (0.90, 0.73, 0.63), (0.83, 0.65, 0.53), (0.74, 0.55, 0.42), (0.65, 0.46, 0.34),
    (0.52, 0.36, 0.26), (0.39, 0.26, 0.19), (0.28, 0.19, 0.15),
)  # fmt: skip
_LUMA = (0.3, 0.59, 0.11)
_MELANIN = {"european": (0.17, 0.09), "african": (0.74, 0.13), "east-asian": (0.26, 0.09), "between": (0.47, 0.14)}
_HAIR: dict[str, Rgb] = {
    "black": (0.07, 0.06, 0.06), "dark": (0.15, 0.11, 0.08), "brown": (0.27, 0.18, 0.12), "light": (0.42, 0.30, 0.19),
    "blond": (0.66, 0.52, 0.34), "red": (0.47, 0.22, 0.11),
}  # fmt: skip
_HAIR_SHARES = {
    "european": (0.10, 0.30, 0.26, 0.14, 0.15, 0.05),
    "african": (0.80, 0.16, 0.03, 0.0, 0.01, 0.0),
    "east-asian": (0.78, 0.17, 0.04, 0.01, 0.0, 0.0),
    "between": (0.58, 0.30, 0.09, 0.02, 0.01, 0.0),
}
_GREY, _WHITE = (0.50, 0.50, 0.50), (0.82, 0.81, 0.79)
HAIR_COLOURS: dict[str, Rgb] = _HAIR | {"grey": _GREY, "white": _WHITE}
"""What people call hair, and the colours that these words stand for here."""
_IRIS: dict[str, Rgb] = {
    "blue": (0.33, 0.48, 0.62), "grey": (0.45, 0.50, 0.53), "green": (0.37, 0.46, 0.31), "hazel": (0.43, 0.34, 0.19),
    "brown": (0.31, 0.19, 0.11), "dark": (0.15, 0.10, 0.08),
}  # fmt: skip
_IRIS_SHARES = {
    "european": (0.27, 0.10, 0.13, 0.16, 0.28, 0.06),
    "african": (0.0, 0.0, 0.01, 0.03, 0.34, 0.62),
    "east-asian": (0.0, 0.0, 0.0, 0.02, 0.36, 0.62),
    "between": (0.02, 0.01, 0.04, 0.13, 0.50, 0.30),
}
_LIPSTICK: tuple[Rgb, ...] = ((0.72, 0.12, 0.16), (0.82, 0.36, 0.42), (0.66, 0.36, 0.33), (0.45, 0.12, 0.20))


def _choose(schema: Schema, params_P: Vector, style: str, shares: dict[str, float], rng: np.random.Generator) -> None:
    if style not in schema.styles:
        return
    options = schema.options(style)
    weight = np.array([max(shares.get(option, 0.0), 0.0) + _RARE for option in options])
    where = schema.styles[style]
    params_P[where] = 0.0
    params_P[where.start + int(rng.choice(len(options), p=weight / weight.sum()))] = 1.0


def _hair_shares(male: bool, age: float, ancestry: str) -> dict[str, float]:
    shares = dict(_HAIR_MEN if male else _HAIR_WOMEN)
    if male:
        thinning = np.clip((age_years(age) - 30.0) / 40.0, 0.0, 1.0)
        shares["receding"] += 0.35 * thinning
        shares["bald"] += 0.18 * thinning
    else:
        older = np.clip((age_years(age) - 45.0) / 25.0, 0.0, 1.0)
        shares["short"] += 0.25 * older
        shares["bob"] += 0.10 * older
    if ancestry == "african":
        straight = 0.25
        for option in ("side-part", "fringe", "long-straight", "long-wavy", "bob"):
            shares[option] = shares.get(option, 0.0) * straight
        shares["afro"] = 0.16
        shares["buzz"] = shares.get("buzz", 0.02) * 2.0
        shares["curly"] = shares.get("curly", 0.0) + 0.10
    elif ancestry == "east-asian":
        shares["curly"] = shares.get("curly", 0.0) * 0.3
        shares["fringe"] = shares.get("fringe", 0.0) * 2.0
    else:
        shares["afro"] = 0.008
    return shares


def draw_styles(
    schema: Schema, params_P: Vector, male: bool, age: float, ancestry: str, rng: np.random.Generator
) -> None:
    """Set every one-hot style of ``params_P``; styles that this module does not know are drawn evenly."""
    years = age_years(age)
    beard = dict(_BEARD_MEN) if male else {"none": 1.0}
    if male and years < 24:
        beard = {"none": 0.72, "stubble": 0.16, "moustache": 0.05, "goatee": 0.03, "full": 0.04}
    if male and ancestry == "east-asian":
        beard["none"] = beard.get("none", 0.0) + 0.5
    worn = 0.12 + 0.20 * float(np.clip((years - 25.0) / 45.0, 0.0, 1.0))
    known = {
        "hair": _hair_shares(male, age, ancestry),
        "beard": beard,
        "brow": _BROW_MEN if male else _BROW_WOMEN,
        "glasses": {"none": 1.0 - worn, "round": 0.4 * worn, "square": 0.6 * worn},
    }
    for style in schema.styles:
        even = dict.fromkeys(schema.options(style), 1.0)
        _choose(schema, params_P, style, known.get(style, even), rng)


def skin_tone(melanin: float) -> Vector:
    """(3,) sRGB at a place in 0..1 along the range of human skin."""
    place = np.linspace(0.0, 1.0, len(_SKIN))
    return np.array([np.interp(melanin, place, [rgb[k] for rgb in _SKIN]) for k in range(3)], np.float32)


def melanin_of(skin_3: Vector) -> float:
    """Where on the line of ``skin_tone`` a colour is as bright as the skin there; 0 or 1 beyond its ends."""
    place = np.linspace(0.0, 1.0, len(_SKIN))
    return float(np.interp(-float(np.dot(_LUMA, skin_3)), -(np.array(_SKIN) @ np.array(_LUMA)), place))


def _mixed(table: dict[str, Rgb], shares: tuple[float, ...], rng: np.random.Generator) -> Vector:
    """A colour between two draws from a table, mostly the first."""
    weight = np.array(shares) / np.sum(shares)
    first, second = (np.array(tuple(table.values())[rng.choice(len(weight), p=weight)]) for _ in range(2))
    return (first + rng.beta(1.0, 4.0) * (second - first)).astype(np.float32)


def _hair_colour(male: bool, age: float, ancestry: str, rng: np.random.Generator) -> Vector:
    colour = _mixed(_HAIR, _HAIR_SHARES[ancestry], rng)
    dyed = rng.random() < (0.04 if male else 0.22)
    if dyed:
        colour = _mixed(_HAIR, (0.10, 0.22, 0.22, 0.16, 0.20, 0.10), rng)
    years = age_years(age) + rng.normal(0.0, 7.0)
    grey = 0.0 if dyed else float(1.0 / (1.0 + np.exp(-(years - 54.0) / 5.0)))
    target = np.array(_GREY) + rng.random() * grey * (np.array(_WHITE) - np.array(_GREY))
    colour = colour + grey * (target - colour)
    return np.asarray(colour * np.exp(rng.normal(0.0, 0.10)), np.float32)


def _lip_colour(skin: Vector, male: bool, rng: np.random.Generator) -> Vector:
    natural = skin * np.array([0.88, 0.66, 0.69]) + np.array([0.03, 0.0, 0.01])
    natural = natural * np.exp(rng.normal(0.0, 0.05, 3))
    if not male and rng.random() < 0.40:
        paint = np.array(_LIPSTICK[rng.integers(len(_LIPSTICK))])
        natural = natural + rng.beta(2.0, 2.0) * (paint * (0.55 + 0.45 * float(skin.mean()) / 0.7) - natural)
    return np.asarray(natural, np.float32)


def draw_colours(
    schema: Schema, params_P: Vector, male: bool, age: float, ancestry: str, rng: np.random.Generator
) -> None:
    """Set every colour of ``params_P``; colours that this module does not know vary around their neutral."""
    mean, sigma = _MELANIN[ancestry]
    skin = skin_tone(float(np.clip(rng.normal(mean, sigma), 0.0, 1.0)))
    skin = skin * np.exp(rng.normal(0.0, [0.02, 0.03, 0.05])).astype(np.float32)
    iris = _mixed(_IRIS, _IRIS_SHARES[ancestry], rng) * np.float32(np.exp(rng.normal(0.0, 0.12)))
    known = {
        "skin": skin,
        "hair": _hair_colour(male, age, ancestry, rng),
        "iris": iris,
        "lip": _lip_colour(skin, male, rng),
    }
    for colour, where in schema.colours.items():
        around = params_P[where] + rng.normal(0.0, 0.12, where.stop - where.start)
        value = known.get(colour, around)
        if len(value) != where.stop - where.start:
            value = around
        params_P[where] = np.clip(value, schema.minimum[where], schema.maximum[where])
