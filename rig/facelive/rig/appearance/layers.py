"""Which layers of paint a person wears, and how strongly. Numbers were set by looking at ``docs/identities.png``."""

from __future__ import annotations

import numpy as np

from facelive.rig.appearance import skin, wrinkles
from facelive.rig.appearance.paint import Layer, Painter, Rgb
from facelive.rig.appearance.person import Person
from facelive.rig.parts import Part, Region
from facelive.rig.render.tone import to_linear

_STUBBLED = ("buzz", "receding")
_SEEDS = 24
"""Seeds are folded onto this many drawings of blotches and spots, so that they can be remembered."""


def _linear(rgb: Rgb) -> Rgb:
    red, green, blue = (float(value) for value in to_linear(np.array(rgb)))
    return red, green, blue


def _scaled(rgb: Rgb, factor: float) -> Rgb:
    return rgb[0] * factor, rgb[1] * factor, rgb[2] * factor


def _toward(rgb: Rgb, share: float) -> tuple[Rgb, Rgb]:
    """(multiply, add) of a layer that replaces a share of what is below by a colour."""
    keep = 1.0 - share
    return (keep, keep, keep), _scaled(rgb, share)


def person_layers(painter: Painter, person: Person) -> list[Layer]:
    """From below: skin, folds, lips, hair, what is not skin."""
    return [*_skin(painter, person), *_folds(painter, person), *_lips(painter, person), *_hairs(painter, person),
            *_inside(painter)]  # fmt: skip


def _skin(painter: Painter, person: Person) -> list[Layer]:
    canvas, mask = painter.canvas, painter.mask
    seed = person.seed % _SEEDS
    dark = float(np.mean(to_linear(np.array(person.skin_rgb)))) < 0.16
    red = 0.55 if dark else 1.0
    light_blotch = mask(("light", seed), lambda: skin.mottle(canvas, seed)[0])
    red_blotch = mask(("red", seed), lambda: skin.mottle(canvas, seed)[1])
    moles = mask(("moles", seed), lambda: skin.spots(canvas, seed, 9, 0.5, 1.1, canvas.region(Region.FACE)))
    layers = [
        Layer(mask=light_blotch, amount=0.5, multiply=(1.05, 1.06, 1.06)),
        Layer(mask=red_blotch, amount=0.55 * red, multiply=(0.98, 0.88, 0.86)),
        Layer(mask=mask("blush", lambda: skin.blush(canvas)), amount=0.75 * red, multiply=(1.0, 0.80, 0.78)),
        Layer(mask=mask("warm", lambda: skin.warm_ends(canvas)), amount=0.7 * red, multiply=(1.0, 0.76, 0.72),
              gloss=1.1, rough=0.42),
        Layer(mask=mask("lids", lambda: skin.lids(canvas)), amount=0.8, multiply=(0.86, 0.76, 0.78)),
        Layer(mask=moles, amount=0.75, multiply=(0.42, 0.30, 0.26)),
    ]  # fmt: skip
    if person.freckles > 0.0:
        spots = mask(
            ("freckles", seed), lambda: skin.spots(canvas, seed + 90, 900, 0.25, 0.75, skin.freckle_field(canvas))
        )
        layers.append(Layer(mask=spots, amount=0.75 * person.freckles, multiply=(0.72, 0.52, 0.42)))
    if person.old > 0.3:
        age_spots = mask(
            ("age spots", seed), lambda: skin.spots(canvas, seed + 300, 45, 0.8, 2.4, canvas.region(Region.FACE))
        )
        layers.append(Layer(mask=age_spots, amount=0.40 * person.old, multiply=(0.75, 0.62, 0.55)))
    return layers


def _folds(painter: Painter, person: Person) -> list[Layer]:
    weights = person.wrinkle_weights()
    layers: list[Layer] = []
    for name in ("forehead", "glabella", "crow", "nasolabial", "marionette", "eye_bag", "neck"):
        valley = painter.mask(("valley", name), lambda name=name: wrinkles.valleys(painter.canvas, wrinkles.ALL[name]))
        layers.append(Layer(mask=valley, amount=0.38 * min(weights[name], 1.0), multiply=(0.70, 0.56, 0.52)))
    return layers


def _lips(painter: Painter, person: Person) -> list[Layer]:
    canvas = painter.canvas
    red = painter.mask("lips", lambda: skin.lips(canvas))
    seam = painter.mask("seam", lambda: skin.lip_seam(canvas))
    multiply, add = _toward(_linear(person.lip_rgb), 0.92)
    layers = [
        Layer(mask=red, amount=1.0, multiply=multiply, add=add, gloss=1.35 + 0.9 * person.makeup, rough=0.36),
        Layer(mask=seam, amount=0.5, multiply=(0.60, 0.46, 0.46), gloss=1.0, rough=0.4),
    ]
    if person.makeup > 0.0:
        shadow = painter.mask("upper lids", lambda: skin.upper_lids(canvas))
        layers.append(Layer(mask=shadow, amount=0.55 * person.makeup, multiply=(0.55, 0.42, 0.45), gloss=1.2))
    return layers


def _hairs(painter: Painter, person: Person) -> list[Layer]:
    canvas = painter.canvas
    hair = _linear(person.hair_rgb)
    brow = painter.brow(person.brow)[0]
    beard = painter.beard(person.beard)[0]
    layers: list[Layer] = []
    # Beards are a little redder than the hair, brows a little darker; both darker than the skin below.
    multiply, add = _toward(_scaled((hair[0] * 1.10, hair[1] * 0.96, hair[2] * 0.92), 0.85), 0.95)
    layers.append(Layer(mask=beard, amount=1.0, multiply=multiply, add=add, gloss=0.55, rough=0.6))
    multiply, add = _toward(_scaled(hair, 0.75), 0.92)
    layers.append(Layer(mask=brow, amount=1.0, multiply=multiply, add=add, gloss=0.5, rough=0.6))
    if person.hair != "bald":
        scalp = painter.mask("scalp", lambda: canvas.region(Region.SCALP) * (canvas.part_HW == Part.SKIN))
        share = 0.55 if person.hair == "buzz" else 0.35 if person.hair in _STUBBLED else 0.7
        multiply, add = _toward(_scaled(hair, 0.7), share)
        layers.append(Layer(mask=scalp, amount=1.0, multiply=multiply, add=add, gloss=0.4, rough=0.7))
    edge = painter.mask("lid edge", lambda: skin.lid_edge(canvas, painter.head))
    strength = 0.55 + 0.35 * person.makeup
    layers.append(Layer(mask=edge, amount=strength, multiply=(0.40, 0.27, 0.25), gloss=1.2, rough=0.3))
    return layers


def _inside(painter: Painter) -> list[Layer]:
    """Mouth and sockets are painted outright."""
    canvas = painter.canvas
    mouth = painter.mask("mouth", lambda: (canvas.part_HW == Part.INNER_MOUTH).astype(np.float32))
    sockets = painter.mask("sockets", lambda: (canvas.part_HW == Part.SOCKETS).astype(np.float32))
    flat = (0.0, 0.0, 0.0)
    return [
        Layer(mask=mouth, amount=1.0, multiply=flat, add=(0.22, 0.045, 0.045), gloss=1.0, rough=0.35),
        Layer(mask=sockets, amount=1.0, multiply=flat, add=(0.30, 0.11, 0.10), gloss=1.2, rough=0.3),
    ]
