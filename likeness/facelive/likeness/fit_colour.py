"""Skin, lips and the light from a few medians, in closed form.

A photo's skin is skin times light, and no single picture can tell the two apart. People's skin lies close to one line
from light to dark; light varies more in brightness than in hue. The likeliest split of the seen colour is taken, unless
the encoder, which was trained under random light, has said what the skin is: then all the rest is light.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.looks import skin_tone
from facelive.rig.schema import Schema, Vector

F64 = NDArray[np.float64]
_BRIGHTNESS, _HUE = 0.6, 0.12
"""Spread of the logarithm of a photo's light: all channels together, and each against the others."""
_MELANIN, _MELANIN_SPREAD = 0.30, 0.22
RECOGNISED_SPREAD = 0.11
"""The same where the recogniser's linear map guessed it."""
_SKIN_SPREAD = 0.05
"""How far a person's skin lies off the line, logarithm."""
_CHEEKS = ((1, 2, 3, 31, 39, 40, 41, 36), (15, 14, 13, 35, 42, 47, 46, 45))
_LIPS = ((48, 49, 50, 51, 52, 53, 54, 64, 63, 62, 61, 60), (48, 60, 67, 66, 65, 64, 54, 55, 56, 57, 58, 59))


@dataclass(frozen=True, kw_only=True, slots=True)
class Light:
    """What a scene needs to look like the photo."""

    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Linear RGB, mean 1 in logarithm."""
    exposure: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled:
    """Medians of a crop, linear RGB."""

    skin: F64
    lips: F64


def linear(srgb: NDArray[np.floating]) -> F64:
    """sRGB 0..1 to linear light."""
    value = np.asarray(srgb, np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encoded(light: F64) -> F64:
    """Linear light to sRGB 0..1."""
    value = np.clip(light, 0.0, 1.0)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)


def sample_colours(image_HW3: NDArray[np.uint8], landmarks_K2: NDArray[np.floating]) -> Sampled:
    """Cheeks and lips of a BGR crop; landmarks (68, 2) in crop / 256."""
    points = np.asarray(landmarks_K2, np.float64) * image_HW3.shape[0]
    skin = np.concatenate([_inside(image_HW3, points[list(rows)], 0.7) for rows in _CHEEKS])
    lips = np.concatenate([_inside(image_HW3, points[list(rows)], 1.0) for rows in _LIPS])
    return Sampled(skin=_median(skin), lips=_median(lips if len(lips) else skin))


def _inside(image_HW3: NDArray[np.uint8], polygon_K2: F64, share: float) -> NDArray[np.uint8]:
    """(N, 3) pixels of a polygon shrunk to ``share`` about its middle."""
    middle = polygon_K2.mean(0)
    corners = np.rint(middle + share * (polygon_K2 - middle)).astype(np.int32)
    mask = np.zeros(image_HW3.shape[:2], np.uint8)
    cv2.fillPoly(mask, [corners], 1)
    return image_HW3[mask > 0]


def _median(pixels_N3: NDArray[np.uint8]) -> F64:
    if not len(pixels_N3):
        return np.full(3, 0.2)
    return np.maximum(linear(np.median(pixels_N3[:, ::-1], axis=0) / 255.0), 1e-3)


def solve_light(photo: Sampled, drawn: Sampled, before: Light) -> Light:
    """The light in which a render's skin, drawn in the light ``before``, looks like the photo's; skin stays."""
    return _as_light(np.log(before.white_balance) + np.log(before.exposure) + np.log(photo.skin) - np.log(drawn.skin))


def solve_colours(
    schema: Schema, params_P: Vector, photo: Sampled, drawn: Sampled, before: Light, melanin: float | None = None
) -> tuple[Vector, Light]:
    """(P,) with skin and lips set, and the light. Rigs without these colours keep theirs.

    drawn: the same medians of a render of ``params_P`` in the light ``before``. melanin: what the identity network says
    about the skin, 0..1.
    """
    if "skin" not in schema.colours or schema.colours["skin"].stop - schema.colours["skin"].start != 3:
        return params_P, before
    out = params_P.copy()
    where = schema.colours["skin"]
    now = np.log(np.maximum(linear(out[where]), 1e-3))
    lit = np.log(np.asarray(before.white_balance)) + np.log(before.exposure)
    # What multiplies the albedo in the render besides the light that is looked for: shading, tone curve.
    shading = np.log(drawn.skin) - now - lit
    seen = np.log(photo.skin) - shading
    place = np.linspace(0.0, 1.0, 81)
    tones = np.log(np.maximum(linear(np.stack([skin_tone(float(m)) for m in place])), 1e-3))
    brightness, hue = _split(seen - tones)
    expected = _MELANIN if melanin is None else melanin
    width = _MELANIN_SPREAD if melanin is None else RECOGNISED_SPREAD
    cost = (brightness / _BRIGHTNESS) ** 2 + (hue**2).sum(1) / (_HUE**2 + _SKIN_SPREAD**2)
    best = int(np.argmin(cost + ((place - expected) / width) ** 2))
    # The rest in hue is shared between skin and light by their spreads; brightness goes to the light.
    share = _SKIN_SPREAD**2 / (_SKIN_SPREAD**2 + _HUE**2)
    skin = tones[best] + share * hue[best]
    light = seen - skin
    out[where] = np.clip(encoded(np.exp(skin)), schema.minimum[where], schema.maximum[where])
    if "lip" in schema.colours:
        lip = schema.colours["lip"]
        redder = np.log(photo.lips) - np.log(photo.skin) - (np.log(drawn.lips) - np.log(drawn.skin))
        natural = np.log(np.maximum(linear(out[lip]), 1e-3)) - now + skin
        out[lip] = np.clip(encoded(np.exp(natural + 0.7 * np.clip(redder, -0.7, 0.7))), 0.0, 1.0)
    return out, _as_light(light)


def _as_light(log_3: F64) -> Light:
    """From the logarithm of what multiplies red, green and blue."""
    wb = np.exp(log_3 - log_3.mean())
    return Light(
        white_balance=(float(wb[0]), float(wb[1]), float(wb[2])),
        exposure=float(np.clip(np.exp(log_3.mean()), 0.3, 3.0)),
    )


def _split(log_N3: F64) -> tuple[F64, F64]:
    brightness = log_N3.mean(1)
    return brightness, log_N3 - brightness[:, None]
