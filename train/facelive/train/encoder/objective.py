"""One number from a batch: the encoder's losses put together.

Shapes: B batch, R renders (the first rows of a batch), P parameters, K points, N cells of a heat map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.likeness.projection import project
from facelive.likeness.torch_head import TorchHead
from facelive.rig.head import Head
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.encoder.batches import Batch
from facelive.train.encoder.imagined import MEETINGS, Imagined, Meetings
from facelive.train.encoder.losses import (
    LossWeights,
    confidence_target,
    heat_entropy,
    point_distance,
    scaled_huber,
    scaled_square,
    soft_range,
    style_entropy,
)
from facelive.train.encoder.points import LANDMARKS, FacePoints, twin

_TYPICAL = {"identity": 0.5, "style": 0.5, "colour": 0.05, "expression": 0.45, "pose": 0.06}
"""Errors at which a group's confidence is 1/e, in the units of its own term below."""
_HEATED = 4
"""Every fourth map, another set at each step, gets the heat map's own loss: the maps are most of a batch's memory."""

_FOUND = 0.4
"""Share of the points before the second look in the points' own terms."""


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
    return head.face_N[:: max(1, len(head.face_N) // count)]


class Objective(nn.Module):
    """Batch and network outputs -> total loss and its named parts (floats, for the log)."""

    centre_3: Tensor
    neutral_I: Tensor
    weight_K: Tensor
    mapped_M: Tensor
    photo_weight_K: Tensor

    def __init__(self, head: Head, points: FacePoints, params_NP: NDArray[np.float32], weights: LossWeights) -> None:
        super().__init__()
        schema = head.schema
        self.weights, self.dense = weights, list(points.dense)
        self.styles = schema.style_columns
        self.columns = {
            group: torch.from_numpy(schema.indices(group)) for group in ("identity", "style", "colour", "expression")
        }
        self.points = twin(head, points.dense)
        self.shape = TorchHead.of_vertices(head, face_vertices(head))
        self.spread = Spread.of(params_NP, head, self.shape)

        def keep(name: str, value: Tensor) -> None:
            self.register_buffer(name, value, persistent=False)

        keep("centre_3", torch.from_numpy(np.asarray(head.face_centre, np.float32)))
        keep("neutral_I", torch.from_numpy(schema.neutral()[schema.indices("identity")]))
        keep("weight_K", points.weight_K)
        keep("mapped_M", torch.tensor(points.mapped))
        keep("photo_weight_K", points.photo_weight_K)

    def forward(
        self, outputs: dict[str, Tensor], batch: Batch, step: int = 0, strength: float = 1.0
    ) -> tuple[Tensor, dict[str, float]]:
        """Outputs of the whole batch, as ``Encoder`` gives them, with the maps that are ``heated`` at this step.

        strength: 0..1, of all terms but those of the points, which must come first.
        """
        renders = {name: value[: batch.renders] for name, value in outputs.items() if name != "heat"}
        terms, points_BK2 = self._renders(renders, batch)
        if batch.dense_BM2 is not None:
            photos = {name: value[batch.renders :] for name, value in outputs.items() if name != "heat"}
            named, marked_BK2 = self._photos(photos, batch)
            terms, points_BK2 = terms | named, torch.cat([points_BK2, marked_BK2])
        heat_BK = heat_entropy(outputs["heat"], points_BK2[:, self.mapped_M[self.heated(step)]])
        terms["heat"] = self.weights.heat * (heat_BK.mean(1) * batch.present_B).mean()
        terms["present"] = self.weights.confidence * nn.functional.binary_cross_entropy_with_logits(
            outputs["confidence"][:, 0], batch.present_B
        )
        first = {"points", "heat", "photo_points"}
        total = torch.stack([term * (1.0 if name in first else strength) for name, term in terms.items()]).sum()
        return total, {name: float(value.detach()) for name, value in terms.items()}

    def heated(self, step: int) -> slice:
        """Which maps' logits a step needs."""
        return slice(step % _HEATED, len(self.mapped_M), _HEATED)

    def imagine(self, faces: Imagined) -> Tensor:
        """(B, K, 2): where the points of imagined faces are, with their noise."""
        with torch.no_grad():
            points_BK3 = self.points(faces.identity_BI, faces.expression_BE, faces.pose_B10[:, 6:10])
            return project(points_BK3, faces.pose_B10, self.centre_3) + faces.noise_BK2 * faces.sigma_B11

    def acquaint(self, read: Callable[[Tensor], dict[str, Tensor]], meetings: Meetings) -> Tensor:
        """(B, I + 1): who somebody is as the network itself would have learnt it, or zeros (``Encoder``'s person).

        read: ``Encoder.read``. Never the true identity: live, there is only what the network believes.
        """
        with torch.no_grad():
            believed = read(self.imagine(meetings.faces))["identity"].clamp(0.0, 1.0)
            mean_BI = believed.unflatten(0, (-1, MEETINGS)).mean(1)
            return torch.cat([mean_BI, torch.ones_like(mean_BI[:, :1])], 1) * meetings.known_B[:, None]

    def imagined(self, outputs: dict[str, Tensor], faces: Imagined) -> tuple[Tensor, dict[str, float]]:
        """The loss of what ``Encoder.read`` says of imagined points."""
        errors = self._geometry(outputs, faces.identity_BI, faces.expression_BE, faces.pose_B10)
        terms = {f"imagined_{name}": value.mean() for name, value in errors.items()}
        return torch.stack(list(terms.values())).sum(), {name: float(value.detach()) for name, value in terms.items()}

    def _geometry(
        self, outputs: dict[str, Tensor], identity_BI: Tensor, expression_BE: Tensor, pose_B10: Tensor
    ) -> dict[str, Tensor]:
        """Weighted terms, each (B,), of the groups that points can give."""
        w, spread = self.weights, self.spread
        shape_BV = point_distance(self.shape.identity(outputs["identity"]), self.shape.identity(identity_BI))
        pose_B = (outputs["pose"][:, :3] - pose_B10[:, :3]).abs().mean(1)
        place_B = (outputs["pose"][:, 3:6] - pose_B10[:, 3:6]).abs().mean(1)
        gaze_B = (outputs["pose"][:, 6:] - pose_B10[:, 6:]).abs().mean(1)
        expression_B = scaled_square(outputs["expression"], expression_BE, spread.expression_E).mean(1)
        identity_B = scaled_huber(outputs["identity"], identity_BI, spread.identity_I).mean(1)
        return {
            "identity": w.identity * identity_B,
            "shape": w.shape * shape_BV.mean(1) * 1000.0 / spread.shape_mm,
            "expression": w.expression * expression_B,
            "pose": w.pose * (pose_B + 0.5 * gaze_B + place_B) / 0.2,
        }

    @staticmethod
    def _direct(outputs: dict[str, Tensor], true_BK2: Tensor) -> Tensor:
        """(B, K): how far the network's points are off, before and after its second look."""
        both = [point_distance(outputs[name], true_BK2) for name in ("found", "points")]
        return _FOUND * both[0] + (1.0 - _FOUND) * both[1]

    def _projected(self, outputs: dict[str, Tensor]) -> Tensor:
        """(B, K, 2): the points that predicted parameters give; sliders outside their range keep their gradient."""
        points_BK3 = self.points(outputs["identity"], outputs["expression"], outputs["pose"][:, 6:10])
        return project(points_BK3, outputs["pose"], self.centre_3)

    def _renders(self, outputs: dict[str, Tensor], batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        """Terms, and where the points truly are, (R, K, 2)."""
        present_R = batch.present_B[: batch.renders]
        share = present_R / present_R.sum().clamp_min(1.0)
        truth = {group: batch.params_BP[:, columns] for group, columns in self.columns.items()}
        pose_R10 = batch.pose_B10[: batch.renders]
        with torch.no_grad():
            points_RK2 = self.points(truth["identity"], truth["expression"], pose_R10[:, 6:10])
            points_RK2 = torch.nan_to_num(project(points_RK2, pose_R10, self.centre_3))
        geometry = self._geometry(outputs, truth["identity"], truth["expression"], pose_R10)
        style_R = style_entropy(outputs["style"], truth["style"], self.styles).mean(1)
        colour_R = (outputs["colour"] - truth["colour"]).abs().mean(1)
        direct_RK = self._direct(outputs, points_RK2)
        projected_RK = point_distance(self._projected(outputs), points_RK2)
        w = self.weights
        scaled = geometry | {
            "style": w.style * style_R,
            "colour": w.colour * colour_R / 0.1,
            "points": w.points * (direct_RK * self.weight_K).mean(1) / 0.02,
            "projected": w.projected * (projected_RK * self.weight_K).mean(1) / 0.02,
            "range": soft_range(outputs["identity"]).mean(1) + soft_range(outputs["colour"]).mean(1),
        }
        # A row without a face has labels that mean nothing, perhaps not even numbers.
        terms = {name: torch.where(present_R > 0, value, 0.0).mul(share).sum() for name, value in scaled.items()}
        unit = {"identity": w.identity, "expression": w.expression, "pose": w.pose / 0.2}
        errors = {name: geometry[name].detach() / max(weight, 1e-6) for name, weight in unit.items()}
        errors |= {"style": style_R, "colour": colour_R}
        terms["confidence"] = w.confidence * self._confidence(outputs["confidence"], errors, share)
        return terms, points_RK2

    def _confidence(self, logits_RN: Tensor, errors: dict[str, Tensor], share_R: Tensor) -> Tensor:
        target = torch.stack([confidence_target(errors[name], typical) for name, typical in _TYPICAL.items()], 1)
        entropy = nn.functional.binary_cross_entropy_with_logits(logits_RN[:, 1:], target, reduction="none")
        return (entropy.mean(1) * share_R).sum()

    def _photos(self, outputs: dict[str, Tensor], batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        """Terms, and where MediaPipe sees the points, (photos, K, 2)."""
        assert batch.dense_BM2 is not None
        assert batch.expression_BE is not None
        assert batch.expression_weight_BE is not None
        # MediaPipe's points follow one convention over both sets; people's annotations another, so they count less.
        marked_BK2 = torch.cat([batch.dense_BM2[:, POINTS_68], batch.dense_BM2[:, self.dense]], 1)
        annotated_BK2 = batch.landmarks_BK2[batch.renders :]
        projected_BK2 = self._projected(outputs)
        direct = self._direct(outputs, marked_BK2) * self.photo_weight_K
        dense = point_distance(projected_BK2, marked_BK2) * self.photo_weight_K
        sparse = point_distance(projected_BK2[:, :LANDMARKS], annotated_BK2) * self.photo_weight_K[:LANDMARKS]
        w = self.weights
        expression = scaled_huber(outputs["expression"], batch.expression_BE, self.spread.expression_E)
        terms = {
            "photo_points": w.photo_points * direct.mean() / 0.02,
            "photo_projected": w.photo_projected * dense.mean() / 0.02,
            "photo_landmarks": w.photo_landmarks * sparse.mean() / 0.02,
            "photo_expression": w.photo_expression * (expression * batch.expression_weight_BE).mean(),
            "photo_prior": w.photo_prior
            * ((outputs["identity"] - self.neutral_I) / self.spread.identity_I).square().mean(),
        }
        if batch.looks_BP is not None and batch.looks_weight_B is not None:
            of_styles_B = batch.looks_weight_B if batch.style_weight_B is None else batch.style_weight_B
            terms["photo_looks"] = w.photo_looks * self._looks(
                outputs, batch.looks_BP, batch.looks_weight_B, of_styles_B
            )
        return terms, marked_BK2

    def _looks(self, outputs: dict[str, Tensor], looks_BP: Tensor, weight_B: Tensor, of_styles_B: Tensor) -> Tensor:
        """Of photos, against a recogniser's guess; one number. A colour that is NaN teaches nothing. of_styles_B: the
        styles' weight."""
        guess = {group: looks_BP[:, columns] for group, columns in self.columns.items()}
        guess["colour"] = torch.where(guess["colour"].isnan(), outputs["colour"].detach(), guess["colour"])
        w = self.weights
        identity_B = scaled_huber(outputs["identity"], guess["identity"], self.spread.identity_I).mean(1)
        colour_B = (outputs["colour"] - guess["colour"]).abs().mean(1) / 0.1
        style_B = style_entropy(outputs["style"], guess["style"], self.styles).mean(1)
        return ((w.identity * identity_B + w.colour * colour_B) * weight_B + w.style * style_B * of_styles_B).mean()
