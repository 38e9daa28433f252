"""Sheets that show what an imitator has learned: reference, imitation, their difference, parts."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.likeness.drawing import Draws, Imitation
from facelive.rig.mesh import Segment
from facelive.train.imitator.examples import Batch

_DIFFERENCE = 4.0
_TURN = 0.618034
"""Of the colour wheel from one part to the next: neighbours in number are far apart in colour."""


def palette() -> NDArray[np.uint8]:
    """(256, 3) BGR: a colour per part; black for the background and for what is not known."""
    hsv = np.zeros((1, 256, 3), np.uint8)
    for part in Segment:
        if part != Segment.BACKGROUND:
            hsv[0, int(part)] = (int(180 * ((int(part) * _TURN) % 1.0)), 150, 230)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0], np.uint8)


def to_pictures(image_BCHW: torch.Tensor) -> NDArray[np.uint8]:
    """(B, H, W, 3) uint8 BGR."""
    image = image_BCHW.detach().float().clamp(0.0, 1.0).mul(255.0).round().byte()
    return image.permute(0, 2, 3, 1).cpu().numpy()


def sheet(drawn: Imitation, batch: Batch, tile: int = 256) -> NDArray[np.uint8]:
    """One row per example: reference | imitation | difference x 4 | parts of the reference | of the imitation."""
    reference, imitated = batch.image_BHWC.cpu().numpy(), to_pictures(drawn.image_BCHW)
    apart = np.abs(reference.astype(np.int16) - imitated) * _DIFFERENCE
    columns = [reference, imitated, np.minimum(apart, 255.0).astype(np.uint8)]
    colours = palette()
    if batch.segments_BHW is not None:
        columns.append(colours[batch.segments_BHW.cpu().numpy()])
    if drawn.parts_BSHW is not None:
        columns.append(colours[drawn.parts_BSHW.argmax(1).cpu().numpy()])
    rows = [
        np.concatenate([cv2.resize(c[i], (tile, tile), interpolation=cv2.INTER_NEAREST) for c in columns], 1)
        for i in range(len(reference))
    ]
    return np.concatenate(rows)


@torch.inference_mode()
def write_preview(path: Path, model: Draws, batch: Batch, tile: int = 256) -> None:
    """Draw the examples and write the sheet as PNG. Raises FileError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = model(batch.appearance_BN, batch.pose_B10)
    if not cv2.imwrite(str(path), sheet(drawn, batch, tile)):
        raise FileError(f"cannot write {path}")
