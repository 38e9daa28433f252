"""The UV charts of the head: one square per part, with the face enlarged on the skin's.

MakeHuman's layout gives the head a third of the square, on its side; eyes and teeth are specks. Here the skin's chart
holds, upright, the head (with a smooth magnification of the face), shoulders, mouth and sockets; the eyes get a polar
chart around the gaze, the teeth and the tongue one of their own.
"""

from __future__ import annotations

import numpy as np

from facelive.rig.bake.cut import Bust
from facelive.rig.bake.source import Floats
from facelive.rig.parts import Part

# (left, bottom, right, top) of each island on the skin chart.
_HEAD, _BODY = (0.005, 0.205, 0.995, 0.995), (0.005, 0.005, 0.56, 0.195)
_MOUTH, _SOCKETS = (0.58, 0.005, 0.78, 0.195), ((0.79, 0.005, 0.885, 0.195), (0.895, 0.005, 0.99, 0.195))
_FACE_CENTRE_UV = (0.87, 0.485)
"""Where the middle of the face lies in MakeHuman's layout (its up is -u)."""
_MAGNIFY = 0.16
"""Half-width, in MakeHuman's units, of the zone that is enlarged."""
_EYE_EDGE_RAD = 1.75
"""Angle from the gaze that the rim of the eye's chart stands for; what is behind is never seen."""


def _fit(points: Floats, box: tuple[float, float, float, float]) -> Floats:
    low, span = points.min(0), np.ptp(points, axis=0)
    return np.array(box[:2]) + (points - low) / span * (np.array(box[2:]) - np.array(box[:2]))


def _fit_upright(points: Floats, box: tuple[float, float, float, float]) -> Floats:
    """Like ``_fit`` but with both axes at one scale, centred in the box."""
    room = np.array(box[2:]) - np.array(box[:2])
    low, span = points.min(0), np.ptp(points, axis=0)
    scale = float((room / span).min())
    return np.array(box[:2]) + 0.5 * (room - scale * span) + (points - low) * scale


def skin_chart(uv_U2: Floats, bust: Bust, left_U: Floats) -> Floats:
    """(U, 2) for the UV vertices of skin, sockets and inner mouth (others unchanged).

    ``left_U``: the x coordinate of each UV vertex's point, to tell the two sides apart.
    """
    out = uv_U2.copy()
    used = {part: np.unique(bust.uv_quads_Q4[bust.part_Q == part]) for part in Part}
    centre = np.array(_FACE_CENTRE_UV)
    labels = bust.island_U
    skin = used[Part.SKIN]
    head_label = labels[skin[np.argmin(np.linalg.norm(uv_U2[skin] - centre, axis=1))]]
    head, body = skin[labels[skin] == head_label], skin[labels[skin] != head_label]
    local = np.stack([uv_U2[head, 1] - centre[1], -(uv_U2[head, 0] - centre[0])], axis=1)
    if np.corrcoef(local[:, 0], left_U[head])[0, 1] < 0.0:
        local[:, 0] *= -1.0
    out[head] = _fit(np.arcsinh(local / _MAGNIFY), _HEAD)
    if len(body):
        out[body] = _fit_upright(uv_U2[body], _BODY)
    out[used[Part.INNER_MOUTH]] = _fit_upright(uv_U2[used[Part.INNER_MOUTH]], _MOUTH)
    sockets = used[Part.SOCKETS]
    for label, box in zip(np.unique(labels[sockets]), _SOCKETS, strict=True):
        one = sockets[labels[sockets] == label]
        out[one] = _fit_upright(uv_U2[one], box)
    return out


def plain_chart(uv_U2: Floats, bust: Bust, *parts: Part) -> Floats:
    """Fill the square with the UVs of these parts, proportions not kept."""
    out = uv_U2.copy()
    used = np.unique(bust.uv_quads_Q4[np.isin(bust.part_Q, parts)])
    out[used] = _fit(uv_U2[used], (0.01, 0.01, 0.99, 0.99))
    return out


def eye_chart(points_K3: Floats, centre: Floats, gaze_33: Floats) -> Floats:
    """(K, 2): polar chart around the gaze at rest (``gaze_33 @ z``); middle (0.5, 0.5), rim at ``_EYE_EDGE_RAD``."""
    ray = (points_K3 - centre) @ gaze_33
    angle = np.arctan2(np.hypot(ray[:, 0], ray[:, 1]), ray[:, 2])
    around = np.arctan2(ray[:, 1], ray[:, 0])
    radius = 0.5 * np.clip(angle / _EYE_EDGE_RAD, 0.0, 1.0)
    return 0.5 + radius[:, None] * np.stack([np.cos(around), np.sin(around)], axis=1)
