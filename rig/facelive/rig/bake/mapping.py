"""Which MakeHuman targets each slider of ``default_schema`` moves: (towards 0, towards 1).

A slider with left and right targets names one side only ("{side}" stands for l and r; both are added).
"""

from __future__ import annotations

from facelive.rig.default_schema import MACRO, SLIDERS

_WORDS = {
    "di": ("decr", "incr"),
    "io": ("in", "out"),
    "du": ("down", "up"),
    "bf": ("backward", "forward"),
    "cc": ("concave", "convex"),
}


def _pair(stem: str, words: str) -> tuple[str, str]:
    low, high = _WORDS[words]
    return f"{stem}-{low}", f"{stem}-{high}"


_EYE = "eyes/{side}-eye-"
_CHEEK = "cheek/{side}-cheek-"
_EAR = "ears/{side}-ear-"
TARGETS: dict[str, tuple[str | None, str | None]] = {
    "head-scale-vert": _pair("head/head-scale-vert", "di"),
    "head-scale-horiz": _pair("head/head-scale-horiz", "di"),
    "head-scale-depth": _pair("head/head-scale-depth", "di"),
    "head-back-scale-depth": _pair("head/head-back-scale-depth", "di"),
    "head-fat": _pair("head/head-fat", "di"),
    "head-angle": _pair("head/head-angle", "io"),
    "head-rectangular-round": ("head/head-rectangular", "head/head-round"),
    "head-triangular-inverted": ("head/head-triangular", "head/head-invertedtriangular"),
    "head-square-oval": ("head/head-square", "head/head-oval"),
    "head-diamond": (None, "head/head-diamond"),
    "forehead-temple": _pair("forehead/forehead-temple", "di"),
    "forehead-trans": _pair("forehead/forehead-trans", "bf"),
    "forehead-scale-vert": _pair("forehead/forehead-scale-vert", "di"),
    "forehead-nubian": _pair("forehead/forehead-nubian", "di"),
    "eyebrows-angle": _pair("eyebrows/eyebrows-angle", "du"),
    "eyebrows-trans-vert": _pair("eyebrows/eyebrows-trans", "du"),
    "eyebrows-trans-depth": _pair("eyebrows/eyebrows-trans", "bf"),
    "eye-scale": _pair(_EYE + "scale", "di"),
    "eye-height1": _pair(_EYE + "height1", "di"),
    "eye-height2": _pair(_EYE + "height2", "di"),
    "eye-height3": _pair(_EYE + "height3", "di"),
    "eye-corner1": _pair(_EYE + "corner1", "du"),
    "eye-corner2": _pair(_EYE + "corner2", "du"),
    "eye-push1": _pair(_EYE + "push1", "io"),
    "eye-push2": _pair(_EYE + "push2", "io"),
    "eye-trans-vert": _pair(_EYE + "trans", "du"),
    "eye-trans-horiz": _pair(_EYE + "trans", "io"),
    "eye-bag": _pair(_EYE + "bag", "di"),
    "eye-bag-depth": _pair(_EYE + "bag", "io"),
    "eye-bag-height": _pair(_EYE + "bag-height", "di"),
    "eye-epicanthus": _pair(_EYE + "epicanthus", "io"),
    "eye-eyefold": _pair(_EYE + "eyefold", "du"),
    "eye-eyefold-angle": _pair(_EYE + "eyefold-angle", "du"),
    "eye-eyefold-curve": _pair(_EYE + "eyefold", "cc"),
    "nose-scale-vert": _pair("nose/nose-scale-vert", "di"),
    "nose-scale-horiz": _pair("nose/nose-scale-horiz", "di"),
    "nose-scale-depth": _pair("nose/nose-scale-depth", "di"),
    "nose-trans-vert": _pair("nose/nose-trans", "du"),
    "nose-trans-depth": _pair("nose/nose-trans", "bf"),
    "nose-nostrils-angle": _pair("nose/nose-nostrils-angle", "du"),
    "nose-nostrils-width": _pair("nose/nose-nostrils-width", "di"),
    "nose-flaring": _pair("nose/nose-flaring", "di"),
    "nose-curve": _pair("nose/nose-curve", "cc"),
    "nose-hump": _pair("nose/nose-hump", "di"),
    "nose-greek": _pair("nose/nose-greek", "di"),
    "nose-point": _pair("nose/nose-point", "du"),
    "nose-point-width": _pair("nose/nose-point-width", "di"),
    "nose-width1": _pair("nose/nose-width1", "di"),
    "nose-width2": _pair("nose/nose-width2", "di"),
    "nose-width3": _pair("nose/nose-width3", "di"),
    "nose-septumangle": _pair("nose/nose-septumangle", "di"),
    "nose-base": _pair("nose/nose-base", "du"),
    "nose-compression": ("nose/nose-compression-uncompress", "nose/nose-compression-compress"),
    "nose-volume": _pair("nose/nose-volume", "di"),
    "mouth-scale-vert": _pair("mouth/mouth-scale-vert", "di"),
    "mouth-scale-horiz": _pair("mouth/mouth-scale-horiz", "di"),
    "mouth-scale-depth": _pair("mouth/mouth-scale-depth", "di"),
    "mouth-trans-vert": _pair("mouth/mouth-trans", "du"),
    "mouth-trans-depth": _pair("mouth/mouth-trans", "bf"),
    "mouth-angles": _pair("mouth/mouth-angles", "du"),
    "mouth-cupidsbow": _pair("mouth/mouth-cupidsbow", "di"),
    "mouth-cupidsbow-width": _pair("mouth/mouth-cupidsbow-width", "di"),
    "mouth-upperlip-height": _pair("mouth/mouth-upperlip-height", "di"),
    "mouth-upperlip-volume": _pair("mouth/mouth-upperlip-volume", "di"),
    "mouth-upperlip-width": _pair("mouth/mouth-upperlip-width", "di"),
    "mouth-upperlip-middle": _pair("mouth/mouth-upperlip-middle", "du"),
    "mouth-lowerlip-height": _pair("mouth/mouth-lowerlip-height", "di"),
    "mouth-lowerlip-volume": _pair("mouth/mouth-lowerlip-volume", "di"),
    "mouth-lowerlip-width": _pair("mouth/mouth-lowerlip-width", "di"),
    "mouth-lowerlip-middle": _pair("mouth/mouth-lowerlip-middle", "du"),
    "mouth-philtrum-volume": _pair("mouth/mouth-philtrum-volume", "di"),
    "mouth-laugh-lines": _pair("mouth/mouth-laugh-lines", "io"),
    "cheek-volume": _pair(_CHEEK + "volume", "di"),
    "cheek-bones": _pair(_CHEEK + "bones", "di"),
    "cheek-inner": _pair(_CHEEK + "inner", "di"),
    "cheek-trans": _pair(_CHEEK + "trans", "du"),
    "chin-jaw-drop": _pair("chin/chin-jaw-drop", "di"),
    "chin-height": _pair("chin/chin-height", "di"),
    "chin-prominent": _pair("chin/chin-prominent", "di"),
    "chin-bones": _pair("chin/chin-bones", "di"),
    "chin-width": _pair("chin/chin-width", "di"),
    "chin-cleft": _pair("chin/chin-cleft", "di"),
    "chin-prognathism": _pair("chin/chin-prognathism", "di"),
    "ear-scale": _pair(_EAR + "scale", "di"),
    "ear-wing": _pair(_EAR + "wing", "di"),
    "ear-rot": _pair(_EAR + "rot", "bf"),
    "ear-lobe": _pair(_EAR + "lobe", "di"),
    "ear-shape": (_EAR + "shape-pointed", _EAR + "shape-triangle"),
    "neck-circ": _pair("neck/measure-neck-circ", "di"),
}
assert tuple(TARGETS) == SLIDERS[len(MACRO) :], "the table and the schema name different sliders"


def files(target: str) -> tuple[str, ...]:
    """The target files of one end of a slider: both sides where it has sides."""
    if "{side}" in target:
        return target.format(side="l"), target.format(side="r")
    return (target,)
