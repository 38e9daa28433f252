"""Faces beside what each method makes of them, in the same view and plain light: what no figure replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facelive.rig.crop_view import crop_camera, with_pose
from facelive.rig.head import Head
from facelive.rig.render import Renderer, Scene
from facelive.train.evaluate.encoders import to_params
from facelive.train.evaluate.report.faces import Face, Outputs, Picture

_SIDE, _GAP, _TITLE, _PAPER = 176, 6, 22, 245
_LETTERS = (cv2.FONT_HERSHEY_SIMPLEX, 0.45)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One line of the sheet."""

    face: Face
    answers: tuple[Outputs | None, ...]
    """None: this method was not asked."""


def draw(head: Head, titles: Sequence[str], lines: Sequence[Shown], across: int = 2) -> Picture:
    """(H, W, 3) BGR: photo, then one picture for each title; ``across`` faces side by side."""
    renderer = Renderer(head, _SIDE, samples=3)
    strips = [_strip(head, renderer, line) for line in lines]
    while len(strips) % across:
        strips.append(np.full_like(strips[0], _PAPER))
    wide = np.full((_SIDE + _GAP, 3 * _GAP, 3), _PAPER, np.uint8)
    rows: list[Picture] = [
        _join([_heading(("photo", *titles))] * across, np.full((_TITLE, 3 * _GAP, 3), _PAPER, np.uint8))
    ]
    rows += [_join(strips[start : start + across], wide) for start in range(0, len(strips), across)]
    return np.vstack(rows)


def _join(parts: Sequence[Picture], between: Picture) -> Picture:
    out = [parts[0]]
    for part in parts[1:]:
        out += [between, part]
    return np.hstack(out)


def _strip(head: Head, renderer: Renderer, line: Shown) -> Picture:
    photo = np.asarray(cv2.resize(line.face.crop_HW3, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    cells = [_cell(photo)]
    cells += [_cell(None if outputs is None else picture(head, renderer, outputs)) for outputs in line.answers]
    return np.hstack(cells)


def picture(head: Head, renderer: Renderer, outputs: Outputs) -> Picture:
    """(S, S, 3) BGR: the answer in the crop's view."""
    pose = outputs["pose"][0]
    params = with_pose(head.schema, to_params(head.schema, outputs, 0), pose)
    return renderer.render(params, Scene(camera=crop_camera(head, pose, _SIDE))).image_HW3


def _cell(image: Picture | None) -> Picture:
    out = np.full((_SIDE + _GAP, _SIDE + _GAP, 3), _PAPER, np.uint8)
    if image is not None:
        out[:_SIDE, :_SIDE] = image
    else:
        cv2.putText(out, "not done", (52, 92), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (120, 120, 120), 1, cv2.LINE_AA)
    return out


def _heading(titles: Sequence[str]) -> Picture:
    out = np.full((_TITLE, len(titles) * (_SIDE + _GAP), 3), _PAPER, np.uint8)
    for number, title in enumerate(titles):
        at = (number * (_SIDE + _GAP) + 2, 15)
        cv2.putText(out, shortened(title), at, *_LETTERS, (50, 50, 50), 1, cv2.LINE_AA)
    return out


def shortened(title: str) -> str:
    """The same, or as much of it as fits above one picture."""
    short = title
    while cv2.getTextSize(short, *_LETTERS, 1)[0][0] > _SIDE and short:
        short = short.removesuffix("..")[:-1] + ".."
    return short
