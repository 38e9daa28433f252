"""Where the face sits on its joint: what one picture does not tell, and a fit must therefore leave as it was said.

A deeper head, turned about the same joint, carries the whole face forward; the pose takes it back, and the picture is
the same. Whoever looks for likeness wanders along such directions for nothing: of the vertex errors that fits added to
what the encoder had said, four fifths were such shifts (docs/log.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]
_STEP = 0.02
"""Of a finite difference, in units of a slider; the macro sliders are not linear."""
_POINTS = 64
"""Vertices of the face whose mean place is followed."""
_TOLERANCE_M = 0.0003
"""A shift by so much counts like a slider that has moved by its spread."""


@dataclass(frozen=True, kw_only=True)
class Seat:
    """How sliders shift the face against the joint of the head, about one person; straight lines."""

    identity_I: F32
    """Of whom this was said."""
    shift_3I: F32
    """In tolerances a slider's unit."""

    @classmethod
    def of(cls, head: Head, params_P: Vector) -> Seat:
        """params_P: the person who was said; taken into its range."""
        rows, params_P = head.schema.indices("identity"), head.schema.clip(params_P)
        points = head.linear(_face(head))
        shift_3I = np.empty((3, len(rows)), np.float32)
        for column, row in enumerate(rows):
            places, values = [], []
            for side in (-_STEP, _STEP):
                moved = params_P.copy()
                moved[row] = np.clip(moved[row] + side, head.schema.minimum[row], head.schema.maximum[row])
                places.append(points.evaluate(moved).mean(0))
                values.append(moved[row])
            shift_3I[:, column] = (places[1] - places[0]) / (values[1] - values[0])
        return cls(identity_I=params_P[rows], shift_3I=(shift_3I / _TOLERANCE_M).astype(np.float32))


def _face(head: Head) -> Correspondence | NDArray[np.intp]:
    """Some vertices of the face; of a head whose map of regions has none its landmarks."""
    return head.face_N[:: max(1, len(head.face_N) // _POINTS)] if len(head.regions_RV) else head.landmarks68
