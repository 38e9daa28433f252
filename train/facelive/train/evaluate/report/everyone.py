"""One photo of everybody beside the portrait of what the encoder says: to count hair, beard and glasses by eye."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facelive.rig.head import Head
from facelive.rig.render import Renderer
from facelive.train.data.photos import warp
from facelive.train.evaluate.encoders import to_params
from facelive.train.evaluate.photo_landmarks import Encoded
from facelive.train.evaluate.report.faces import Picture

_SIDE, _GAP, _PAPER = 176, 8, 245
_MARGIN = 72
"""Pixels of the crop around it: the encoder's crop ends within long hair, a portrait shows it."""


def draw(head: Head, encoded: Sequence[Encoded], across: int = 5) -> Picture:
    """(H, W, 3) BGR: of everybody the first photo, and the head from the front, at rest; numbered in order of names."""
    first: dict[str, Encoded] = {}
    for one in sorted(encoded, key=lambda one: one.photo.file):
        first.setdefault(one.photo.person, one)
    renderer = Renderer(head, _SIDE, samples=3)
    cells = [_cell(head, renderer, number + 1, one) for number, one in enumerate(first.values())]
    while len(cells) % across:
        cells.append(np.full_like(cells[0], _PAPER))
    return np.vstack([np.hstack(cells[start : start + across]) for start in range(0, len(cells), across)])


def _cell(head: Head, renderer: Renderer, number: int, one: Encoded) -> Picture:
    schema, out = head.schema, np.full((_SIDE + _GAP, 2 * _SIDE + 2 * _GAP, 3), _PAPER, np.uint8)
    wide = warp(one.image, one.similarity, margin=_MARGIN)
    out[:_SIDE, :_SIDE] = cv2.resize(wide, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    params, said = schema.neutral(), to_params(schema, one.outputs, 0)
    for group in ("identity", "style", "colour"):
        params[schema.indices(group)] = said[schema.indices(group)]
    out[:_SIDE, _SIDE : 2 * _SIDE] = renderer.render(params).image_HW3
    for colour, thickness in (((255, 255, 255), 3), ((40, 40, 40), 1)):
        cv2.putText(out, str(number), (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA)
    return out
