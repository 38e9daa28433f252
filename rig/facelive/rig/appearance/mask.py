"""A mask over the canvas and where in each row it begins and ends, so that painting touches only what it must."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """Suffixes: H rows."""

    paint_HW: NDArray[np.uint8]
    spans_H2: NDArray[np.int32]
    """First column with paint, and one past the last; equal in an empty row."""


def row_spans(used_HW: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(H, 2) first used column of each row and one past the last."""
    any_H = used_HW.any(1)
    first = np.where(any_H, used_HW.argmax(1), 0)
    last = np.where(any_H, used_HW.shape[1] - used_HW[:, ::-1].argmax(1), 0)
    return np.stack([first, last], axis=1).astype(np.int32)


def make_mask(paint_HW: NDArray[np.uint8]) -> Mask:
    """The mask of some paint."""
    return Mask(paint_HW=paint_HW, spans_H2=row_spans(paint_HW > 0))
