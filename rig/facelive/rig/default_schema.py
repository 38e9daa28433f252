"""The parameters of the built-in head: 95 sliders and 8 brow styles (the original work's 103) and what lies beyond.

Source of the slider list: MakeHuman's face targets, left and right merged. 0.5 is MakeHuman's zero.
"""

from __future__ import annotations

from functools import cache

from facelive.rig.schema import Parameter, Schema

MACRO = ("gender", "age", "weight", "muscle", "african", "asian")

_SLIDERS = {
    "head": "scale-vert scale-horiz scale-depth back-scale-depth fat angle rectangular-round triangular-inverted "
    "square-oval diamond",
    "forehead": "temple trans scale-vert nubian",
    "eyebrows": "angle trans-vert trans-depth",
    "eye": "scale height1 height2 height3 corner1 corner2 push1 push2 trans-vert trans-horiz bag bag-depth bag-height "
    "epicanthus eyefold eyefold-angle eyefold-curve",
    "nose": "scale-vert scale-horiz scale-depth trans-vert trans-depth nostrils-angle nostrils-width flaring curve "
    "hump greek point point-width width1 width2 width3 septumangle base compression volume",
    "mouth": "scale-vert scale-horiz scale-depth trans-vert trans-depth angles cupidsbow cupidsbow-width "
    "upperlip-height upperlip-volume upperlip-width upperlip-middle lowerlip-height lowerlip-volume lowerlip-width "
    "lowerlip-middle philtrum-volume laugh-lines",
    "cheek": "volume bones inner trans",
    "chin": "jaw-drop height prominent bones width cleft prognathism",
    "ear": "scale wing rot lobe shape",
    "neck": "circ",
}
SLIDERS: tuple[str, ...] = tuple(f"macro-{name}" for name in MACRO) + tuple(
    f"{region}-{name}" for region, names in _SLIDERS.items() for name in names.split()
)
"""95 names in order."""

# Means over 840 photos of real people on the scale -1..1 (the study behind this project); not given here: zero.
REAL_PEOPLE = {
    "eyebrows-trans-vert": -0.39,
    "nose-trans-depth": 0.39,
    "eye-corner2": 0.37,
    "forehead-trans": 0.33,
    "macro-african": -0.30,
    "macro-asian": -0.27,
}

STYLES = {
    "brow": ("natural", "straight", "arched", "thin", "bushy", "angled", "drooping", "sparse"),
    "beard": ("none", "stubble", "moustache", "goatee", "full"),
    "hair": (
        "bald", "buzz", "short", "side-part", "fringe", "curly", "afro", "bob", "long-straight", "long-wavy",
        "tied-back", "receding",
    ),
    "glasses": ("none", "round", "square"),
}  # fmt: skip
_DEFAULT_STYLE = {"hair": "short"}

# sRGB; the middle of what people have, so that a neutral head is nobody's caricature.
COLOURS = {
    "skin": (0.80, 0.62, 0.52),
    "hair": (0.22, 0.15, 0.10),
    "iris": (0.36, 0.26, 0.18),
    "lip": (0.70, 0.42, 0.40),
}

# Apple's order (ARFaceAnchor.BlendShapeLocation, the order of ARKit recordings); both sides spelled out.
ARKIT_52: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

_ANGLE = 1.5708
HEAD_ANGLES = ("headYaw", "headPitch", "headRoll")
HEAD_POSITION = ("headX", "headY", "headZ")
GAZE = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")


@cache
def default_schema() -> Schema:
    """The schema of the built-in head."""
    rows: list[Parameter] = []
    for name in SLIDERS:
        zero = 0.0 if name == "head-diamond" else 0.5
        neutral = zero + 0.5 * REAL_PEOPLE.get(name, 0.0)
        rows.append(Parameter(name=name, group="identity", neutral=round(neutral, 4)))
    for style, options in STYLES.items():
        chosen = _DEFAULT_STYLE.get(style, options[0])
        for option in options:
            rows.append(
                Parameter(
                    name=f"{style}:{option}",
                    group="style",
                    kind="style",
                    neutral=float(option == chosen),
                    member_of=style,
                )
            )
    for colour, channels in COLOURS.items():
        for channel, value in zip("rgb", channels, strict=True):
            rows.append(
                Parameter(name=f"{colour}:{channel}", group="colour", kind="colour", neutral=value, member_of=colour)
            )
    rows.extend(Parameter(name=name, group="expression") for name in ARKIT_52)
    for name in HEAD_ANGLES:
        rows.append(Parameter(name=name, group="pose", minimum=-_ANGLE, maximum=_ANGLE, unit="rad"))
    for name in HEAD_POSITION:
        rows.append(Parameter(name=name, group="pose", minimum=-10.0, maximum=10.0, unit="m"))
    for name in GAZE:
        rows.append(Parameter(name=name, group="pose", minimum=-1.0, maximum=1.0, unit="rad"))
    return Schema("facelive-head", tuple(rows))
