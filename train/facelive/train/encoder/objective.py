"""One number from a batch: the encoder's losses put together.

Shapes: B batch, R renders (the first rows of a batch), P parameters, K points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.likeness.projection import project
from facelive.likeness.torch_head import TorchHead
from facelive.rig.head import Head
from facelive.rig.parts import Region
from facelive.train.encoder.batches import Batch
from facelive.train.encoder.losses import (
    LossWeights,
    confidence_target,
    point_distance,
    scaled_huber,
    soft_range,
    style_entropy,
)

# MediaPipe's dense points that sit on features rather than slide on skin: lips, lids, brows, nose ridge and base.
# Index lists of the face mesh's published contours.
DENSE_FEATURES = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336,
    1, 2, 4, 5, 6, 98, 327, 168, 195, 197,
)  # fmt: skip
_TYPICAL = {"identity": 0.5, "style": 0.5, "colour": 0.05, "expression": 0.3, "pose": 0.06}
"""Errors at which a group's confidence is 1/e, in the units of its own term below."""
_INNER = 17
"""The first 17 of the 68 points are the jaw, whose convention differs between annotators: it counts a third."""


@dataclass(frozen=True)
class Spread:
    """Standard deviations over the training renders, floored: the scale on which errors are compared."""

    identity_I: Tensor
    expression_E: Tensor
    shape_mm: float
    """Root mean square distance of a vertex from its mean over people."""

    @classmethod
    def of(cls, params_NP: NDArray[np.float32], head: Head, shape: TorchHead) -> Spread:
        """Measured on (at most 2,000) parameter vectors of the data set."""
        schema = head.schema
        rows = params_NP[:: max(1, len(params_NP) // 2000)]
        identity = torch.from_numpy(rows[:, schema.indices("identity")])
        expression = torch.from_numpy(rows[:, schema.indices("expression")])
        with torch.no_grad():
            points_mm = shape.identity(identity) * 1000.0
        spread_mm = float((points_mm - points_mm.mean(0)).square().sum(-1).mean().sqrt())
        return cls(
            identity.std(0).clamp_min(0.04),
            expression.std(0).clamp_min(0.06),
            max(spread_mm, 0.1),
        )


def face_vertices(head: Head, count: int = 300) -> NDArray[np.intp]:
    """(<= count,) vertices spread over the face: what identity is measured on. All of a rig without regions."""
    if not len(head.regions_RV):
        return np.arange(head.vertex_count)
    face = np.flatnonzero(head.regions_RV[Region.FACE] > 127)
    return face[:: max(1, len(face) // count)]


class Objective(nn.Module):
    """Batch and network outputs -> total loss and its named parts (floats, for the log)."""

    centre_3: Tensor
    neutral_I: Tensor
    point_weight_K: Tensor

    def __init__(self, head: Head, params_NP: NDArray[np.float32], weights: LossWeights) -> None:
        super().__init__()
        schema = head.schema
        self.weights = weights
        self.styles = {
            name: slice(where.start - int(schema.indices("style")[0]), where.stop - int(schema.indices("style")[0]))
            for name, where in schema.styles.items()
        }
        self.columns = {
            group: torch.from_numpy(schema.indices(group)) for group in ("identity", "style", "colour", "expression")
        }
        gaze = [
            schema.index(n) for n in ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch") if n in schema
        ]
        self.gaze = torch.tensor(gaze, dtype=torch.long)
        self.points68 = TorchHead.of_landmarks(head, head.landmarks68)
        self.dense = TorchHead.of_landmarks(head, head.landmarks478, DENSE_FEATURES) if len(head.landmarks478) else None
        self.shape = TorchHead.of_vertices(head, face_vertices(head))
        self.spread = Spread.of(params_NP, head, self.shape)
        self.register_buffer("centre_3", torch.from_numpy(np.asarray(head.face_centre, np.float32)), persistent=False)
        self.register_buffer(
            "neutral_I", torch.from_numpy(schema.neutral()[schema.indices("identity")]), persistent=False
        )
        point_weight = torch.ones(68)
        point_weight[:_INNER] = 1.0 / 3.0
        self.register_buffer("point_weight_K", point_weight / point_weight.mean(), persistent=False)

    def forward(self, outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Outputs of the whole batch, as ``Encoder`` gives them."""
        terms = self._renders({name: value[: batch.renders] for name, value in outputs.items()}, batch)
        if batch.dense_BM2 is not None:
            terms |= self._photos({name: value[batch.renders :] for name, value in outputs.items()}, batch)
        terms["present"] = self.weights.confidence * nn.functional.binary_cross_entropy_with_logits(
            outputs["confidence"][:, 0], batch.present_B
        )
        total = torch.stack(list(terms.values())).sum()
        return total, {name: float(value.detach()) for name, value in terms.items()}

    def _points(self, twin: TorchHead, outputs: dict[str, Tensor]) -> Tensor:
        # Range and gaze as the exported network gives them; the gradient of identity and expression stays linear.
        points_BK3 = twin(outputs["identity"], outputs["expression"], outputs["pose"][:, 6:10])
        return project(points_BK3, outputs["pose"], self.centre_3)

    def _renders(self, outputs: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        present_R = batch.present_B[: batch.renders]
        share = present_R / present_R.sum().clamp_min(1.0)
        truth = {group: batch.params_BP[:, columns] for group, columns in self.columns.items()}
        pose_R10 = batch.pose_B10[: batch.renders]
        errors = {
            "identity": scaled_huber(outputs["identity"], truth["identity"], self.spread.identity_I).mean(1),
            "style": style_entropy(outputs["style"], truth["style"], self.styles).mean(1),
            "colour": (outputs["colour"] - truth["colour"]).abs().mean(1),
            "expression": scaled_huber(outputs["expression"], truth["expression"], self.spread.expression_E).mean(1),
            "pose": (outputs["pose"][:, :3] - pose_R10[:, :3]).abs().mean(1)
            + 0.5 * (outputs["pose"][:, 6:] - pose_R10[:, 6:]).abs().mean(1),
        }
        shape_RV = point_distance(self.shape.identity(outputs["identity"]), self.shape.identity(truth["identity"]))
        landmarks_RK2 = batch.landmarks_BK2[: batch.renders]
        direct_R = (point_distance(outputs["landmarks"], landmarks_RK2) * self.point_weight_K).mean(1)
        projected_R = (point_distance(self._points(self.points68, outputs), landmarks_RK2) * self.point_weight_K).mean(
            1
        )
        w = self.weights
        scaled = {
            "identity": w.identity * errors["identity"],
            "shape": w.shape * shape_RV.mean(1) * 1000.0 / self.spread.shape_mm,
            "style": w.style * errors["style"],
            "colour": w.colour * errors["colour"] / 0.1,
            "expression": w.expression * errors["expression"],
            "pose": w.pose * errors["pose"] / 0.2,
            "landmarks": w.landmarks * direct_R / 0.02,
            "projected": w.projected * projected_R / 0.02,
            "range": soft_range(outputs["identity"]).mean(1) + soft_range(outputs["colour"]).mean(1),
        }
        terms = {name: (value * share).sum() for name, value in scaled.items()}
        terms["confidence"] = w.confidence * self._confidence(outputs["confidence"], errors, share)
        return terms

    def _confidence(self, logits_RN: Tensor, errors: dict[str, Tensor], share_R: Tensor) -> Tensor:
        target = torch.stack([confidence_target(errors[name], typical) for name, typical in _TYPICAL.items()], 1)
        entropy = nn.functional.binary_cross_entropy_with_logits(logits_RN[:, 1:], target, reduction="none")
        return (entropy.mean(1) * share_R).sum()

    def _photos(self, outputs: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        assert batch.dense_BM2 is not None
        assert batch.expression_BE is not None
        assert batch.expression_weight_BE is not None
        landmarks_BK2 = batch.landmarks_BK2[batch.renders :]
        direct = point_distance(outputs["landmarks"], landmarks_BK2) * self.point_weight_K
        projected = point_distance(self._points(self.points68, outputs), landmarks_BK2) * self.point_weight_K
        w = self.weights
        expression = scaled_huber(outputs["expression"], batch.expression_BE, self.spread.expression_E)
        terms = {
            "photo_landmarks": w.photo_landmarks * (direct.mean() + projected.mean()) / 0.02,
            "photo_expression": w.photo_expression * (expression * batch.expression_weight_BE).mean(),
            "photo_prior": w.photo_prior
            * ((outputs["identity"] - self.neutral_I) / self.spread.identity_I).square().mean(),
        }
        if self.dense is not None:
            columns = list(DENSE_FEATURES)
            dense = point_distance(self._points(self.dense, outputs), batch.dense_BM2[:, columns])
            terms["photo_dense"] = w.photo_dense * dense.mean() / 0.02
        return terms
