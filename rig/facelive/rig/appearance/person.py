"""What of a parameter vector and a scene decides how a character is painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.macro import age_years
from facelive.rig.render.scene import Scene
from facelive.rig.schema import Schema

Rgb = tuple[float, float, float]
_STEPS = 64
"""Age and sex are rounded to this many steps, so that hardly different people share their paint."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Hashable: the key that painted people are remembered by. Colours sRGB 0..1."""

    skin_rgb: Rgb
    hair_rgb: Rgb
    iris_rgb: Rgb
    lip_rgb: Rgb
    brow: str
    beard: str
    hair: str
    age: float
    """Years."""
    male: float
    """0..1."""
    seed: int
    freckles: float
    makeup: float

    @property
    def old(self) -> float:
        """0 up to about 30 years, 1 from about 70."""
        return float(np.clip((self.age - 28.0) / 42.0, 0.0, 1.0))

    def wrinkle_weights(self) -> dict[str, float]:
        """How strongly each of ``wrinkles.ALL`` shows."""
        old = self.old
        # People differ in where they wrinkle: some shares from the seed.
        share = np.random.default_rng(self.seed + 7).uniform(0.6, 1.3, 10)
        return {
            "pores": 0.9 + 0.6 * old, "uneven": 0.55 + 0.6 * old, "lip_lines": 0.8 + 0.4 * old,
            "forehead": (0.02 + 0.8 * old * old ** 0.5) * share[0], "glabella": (0.03 + 0.7 * old ** 1.5) * share[1],
            "crow": (0.02 + 0.9 * old ** 1.3) * share[2], "nasolabial": (0.16 + 0.75 * old) * share[3],
            "marionette": 0.8 * old * share[4], "eye_bag": (0.12 + 0.8 * old) * share[5], "neck": (0.05 + 0.6 * old),
        }  # fmt: skip


def read_person(schema: Schema, params_P: NDArray[np.float32], scene: Scene) -> Person:
    """The painted part of a character. A style or colour that the schema lacks gets a plain default."""

    def colour(name: str, default: Rgb) -> Rgb:
        where = schema.colours.get(name)
        if where is None:
            return default
        red, green, blue = (round(float(value), 4) for value in np.clip(params_P[where], 0.0, 1.0))
        return red, green, blue

    def style(name: str, default: str) -> str:
        if name not in schema.styles:
            return default
        return schema.options(name)[int(np.argmax(params_P[schema.styles[name]]))]

    def slider(name: str) -> float:
        value = float(params_P[schema.index(name)]) if name in schema else 0.5
        return round(value * _STEPS) / _STEPS

    return Person(
        skin_rgb=colour("skin", (0.8, 0.62, 0.52)),
        hair_rgb=colour("hair", (0.22, 0.15, 0.1)),
        iris_rgb=colour("iris", (0.36, 0.26, 0.18)),
        lip_rgb=colour("lip", (0.7, 0.42, 0.4)),
        brow=style("brow", "natural"),
        beard=style("beard", "none"),
        hair=style("hair", "bald"),
        age=age_years(slider("macro-age")),
        male=slider("macro-gender"),
        seed=scene.seed,
        freckles=scene.freckles,
        makeup=scene.makeup,
    )
