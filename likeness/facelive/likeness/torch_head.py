"""The head in torch, restricted to some points: differentiable, exact, and as fast as a matrix product.

Shapes: B batch, K points, C macro corners, I identity, E expression.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import SchemaError
from facelive.likeness.projection import rotation
from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head
from facelive.rig.linear import LinearBlock
from facelive.rig.macro import corner_weights


def macro_weights(macro_B6: Tensor) -> Tensor:
    """(B, 48): ``facelive.rig.macro.corner_weights`` for a batch, differentiable; same order, same clipping."""
    gender, age, weight, muscle, african, asian = macro_B6.clamp(0.0, 1.0).unbind(1)
    race = torch.stack([african, asian, 2.0 * (1.0 - african) * (1.0 - asian)], 1)
    race = race / race.sum(1, keepdim=True)
    old = 0.4 * age + 0.6 * age * age
    sexes, ages = torch.stack([1.0 - gender, gender], 1), torch.stack([1.0 - old, old], 1)
    person = torch.einsum("bg,ba->bga", sexes, ages).flatten(1)

    def three(value: Tensor) -> Tensor:
        low, high = torch.relu(1.0 - 2.0 * value), torch.relu(2.0 * value - 1.0)
        return torch.stack([low, 1.0 - low - high, high], 1)

    body = torch.einsum("bw,bm->bwm", three(weight), three(muscle)).flatten(1)
    by_race = torch.einsum("br,bp->brp", race, person).flatten(1)
    by_body = torch.einsum("bp,bw->bpw", person, body).flatten(1)
    return torch.cat([by_race, by_body], 1)


class TorchHead(nn.Module):
    """Identity, expression and gaze to the places of K points, metres, in the head frame, not posed.

    Takes group vectors (the encoder's heads) rather than whole parameter vectors, without clamping the sliders:
    the network's linear outputs keep their gradient outside the range.
    """

    _eyes: TorchHead | None
    mean: Tensor
    macro: Tensor
    sliders: Tensor
    expression: Tensor
    zero: Tensor
    macro_columns: Tensor
    slider_columns: Tensor
    on_eye: Tensor

    def __init__(self, head: Head, block: LinearBlock) -> None:
        super().__init__()
        if block.macro_weights not in (None, corner_weights):
            raise SchemaError("this rig's macro sliders have no differentiable twin; give it plain sliders")
        place = {int(p): i for i, p in enumerate(head.schema.indices("identity"))}
        self.count = len(block.mean_K3)
        self.has_macros = block.macro_weights is not None

        def keep(name: str, value: NDArray[np.generic]) -> None:
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(value)), persistent=False)

        keep("mean", block.mean_K3.reshape(-1).astype(np.float32))
        keep("macro", block.macro_CK3.reshape(len(block.macro_CK3), 3 * self.count).astype(np.float32))
        zero = block.slider_zero_S.astype(np.float32)
        up = block.positive_SK3 / (1 - zero)[:, None, None]
        down = block.negative_SK3 / np.where(zero > 0, zero, 1)[:, None, None]
        keep("sliders", np.concatenate([up, down]).reshape(2 * len(zero), 3 * self.count).astype(np.float32))
        keep("expression", block.expression_EK3.reshape(len(block.expression_EK3), 3 * self.count).astype(np.float32))
        keep("zero", zero)
        keep("macro_columns", np.array([place[int(p)] for p in block.macro_P], np.int64))
        keep("slider_columns", np.array([place[int(p)] for p in block.slider_P], np.int64))
        keep("on_eye", np.stack([block.eye_K == 0, block.eye_K == 1]))
        self._eyes = TorchHead(head, block.eyes) if block.eyes is not None else None

    @classmethod
    def of_landmarks(cls, head: Head, points: Correspondence, rows: tuple[int, ...] | None = None) -> TorchHead:
        """The points of a correspondence, or some of them."""
        if rows is not None:
            chosen = list(rows)
            points = Correspondence(triangle_K=points.triangle_K[chosen], barycentric_K3=points.barycentric_K3[chosen])
        return cls(head, head.linear(points))

    @classmethod
    def of_vertices(cls, head: Head, vertices_K: NDArray[np.integer]) -> TorchHead:
        """Some fine vertices."""
        return cls(head, head.linear(vertices_K))

    def identity(self, identity_BI: Tensor) -> Tensor:
        """(B, K, 3): the neutral face."""
        return self._flat_identity(identity_BI).unflatten(1, (self.count, 3))

    def _flat_identity(self, identity_BI: Tensor) -> Tensor:
        value = identity_BI[:, self.slider_columns] - self.zero
        flat = self.mean + torch.cat([value.relu(), (-value).relu()], 1) @ self.sliders
        if self.has_macros:
            flat = flat + macro_weights(identity_BI[:, self.macro_columns]) @ self.macro
        return flat

    def forward(self, identity_BI: Tensor, expression_BE: Tensor, gaze_B4: Tensor) -> Tensor:
        """(B, K, 3). gaze: left yaw, left pitch, right yaw, right pitch, radians."""
        flat = self._flat_identity(identity_BI) + expression_BE @ self.expression
        points_BK3 = flat.unflatten(1, (self.count, 3))
        if self._eyes is None or not bool(self.on_eye.any()):
            return points_BK3
        centres_B23 = self._eyes.identity(identity_BI)
        zero = torch.zeros_like(gaze_B4[:, 0])
        for side in (0, 1):
            turn_B33 = rotation(gaze_B4[:, 2 * side], gaze_B4[:, 2 * side + 1], zero)
            centre_B13 = centres_B23[:, side : side + 1]
            turned = (points_BK3 - centre_B13) @ turn_B33.transpose(1, 2) + centre_B13
            points_BK3 = torch.where(self.on_eye[side][:, None], turned, points_BK3)
        return points_BK3
