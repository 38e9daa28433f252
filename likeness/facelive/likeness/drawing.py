"""What draws a face and can be differentiated: the contract between imitators and whoever fits through them.

Shapes: B batch, N appearance numbers, K = 68 landmarks, S part classes, C = 3 channels, H W picture.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.rig.schema import Group, Schema

APPEARANCE: tuple[Group, ...] = ("identity", "style", "colour", "expression")
"""The groups of a schema that make the appearance vector, in its order."""
IMITATED_BACKGROUND = (0.5, 0.5, 0.5)
"""Behind the faces that imitators of the built-in head are taught with; the light is ``Scene``'s own."""
POSE_SIZE = 10
"""The encoder's ``pose`` output (docs/architecture.md): yaw, pitch, roll, cx, cy, log(s / 1000), four gaze angles."""


class Imitation(NamedTuple):
    """What an imitator draws."""

    image_BCHW: Tensor
    """BGR in [0, 1]; the encoder's crop."""
    landmarks_BK2: Tensor
    """(B, 68, 2), crop / 256."""
    parts_BSHW: Tensor | None
    """Logits of ``facelive.rig.mesh.Segment`` at half size; None if the imitator does not know parts."""


class Draws(Protocol):
    """An imitator, or anything else that draws: fit and refine know no more than this."""

    @property
    def size(self) -> int:
        """Side of the pictures, pixels."""
        ...

    def __call__(self, appearance_BN: Tensor, pose_B10: Tensor) -> Imitation:
        """appearance_BN: ``APPEARANCE`` of the schema, styles as probabilities. pose_B10: in the crop's frame."""
        ...


def appearance_columns(schema: Schema) -> NDArray[np.intp]:
    """(N,) where the appearance numbers stand in a parameter vector: ``params_BP[:, columns]`` is appearance_BN."""
    return np.concatenate([schema.indices(group) for group in APPEARANCE])


def appearance_slices(schema: Schema) -> dict[Group, slice]:
    """Where each group stands in the appearance vector."""
    found: dict[Group, slice] = {}
    start = 0
    for group in APPEARANCE:
        end = start + len(schema.indices(group))
        found[group] = slice(start, end)
        start = end
    return found


def appearance_of(schema: Schema, params_BP: Tensor) -> Tensor:
    """(B, N) of whole parameter vectors."""
    return params_BP[:, torch.from_numpy(appearance_columns(schema)).to(params_BP.device)]
