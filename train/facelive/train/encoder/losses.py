"""The terms that teach the encoder. Pure and unreduced over the batch: the caller weights, masks and averages.

Shapes: B batch, K points, N values of a group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class LossWeights:
    """How much each term counts. Every term is scaled so that 1 is about the error of the mean face."""

    identity: float = 3.0
    """Sliders, each against its own spread."""
    shape: float = 2.0
    """Vertices of the neutral face that the sliders give."""
    style: float = 1.0
    """Cross-entropy per style."""
    colour: float = 1.0
    """sRGB channels."""
    expression: float = 15.0
    """The ARKit values, each against its own spread."""
    pose: float = 3.0
    """Head angles, place, size and gaze."""
    points: float = 3.0
    """The network's own points, of which the 68 steer the next crop."""
    heat: float = 0.3
    """Their heat maps, against a Gaussian at the point: teaches early, when a mean over the whole map says little."""
    projected: float = 1.0
    """The points that the predicted parameters give."""
    confidence: float = 0.1
    """How well the confidences foretell the errors."""
    photo_points: float = 2.0
    """The network's own points on photos, against MediaPipe's."""
    photo_projected: float = 2.0
    """The points that the predicted parameters give, against MediaPipe's."""
    photo_landmarks: float = 0.3
    """The same 68 against those that people annotated."""
    photo_expression: float = 4.0
    """The calibrated teacher on photos."""
    photo_looks: float = 0.5
    """What a recogniser guesses of sliders, colours and styles on photos, each term as on renders, times this."""
    photo_prior: float = 0.05
    """Identity on photos stays near real people's spread."""


def scaled_huber(predicted_BN: Tensor, true_BN: Tensor, spread_N: Tensor, knee: float = 1.0) -> Tensor:
    """(B, N): Huber loss of the difference in units of each value's spread. Quadratic below ``knee`` spreads."""
    difference_BN = (predicted_BN - true_BN) / spread_N
    return torch.nn.functional.huber_loss(difference_BN, torch.zeros_like(difference_BN), reduction="none", delta=knee)


def scaled_square(predicted_BN: Tensor, true_BN: Tensor, spread_N: Tensor) -> Tensor:
    """(B, N): half the square of the difference in units of each value's spread.

    For exact labels. Most shapes rest on most faces, and what is unsure and rare is 0 to a Huber loss, which learns
    something like the median: tongues stayed in. A square learns the mean (docs/decisions.md).
    """
    return 0.5 * ((predicted_BN - true_BN) / spread_N).square()


def point_distance(predicted_BKD: Tensor, true_BKD: Tensor) -> Tensor:
    """(B, K): Euclidean distance of each point, smooth at zero. Points that are NaN in ``true`` give 0."""
    known_BK = torch.isfinite(true_BKD).all(-1)
    difference_BKD = predicted_BKD - torch.nan_to_num(true_BKD)
    distance_BK = (difference_BKD.square().sum(-1) + 1e-8).sqrt()
    return torch.where(known_BK, distance_BK, torch.zeros_like(distance_BK))


def style_entropy(logits_BN: Tensor, share_BN: Tensor, styles: dict[str, slice]) -> Tensor:
    """(B, number of styles): cross-entropy of each style's columns against one-hot vectors or probabilities."""
    terms = [
        torch.nn.functional.cross_entropy(logits_BN[:, where], share_BN[:, where], reduction="none")
        for where in styles.values()
    ]
    return torch.stack(terms, 1) if terms else logits_BN.new_zeros(len(logits_BN), 1)


def confidence_target(error_B: Tensor, typical: float) -> Tensor:
    """(B,) in (0, 1]: 1 for no error, 1/e at the typical error. Detached: confidence must not teach the error."""
    return torch.exp(-error_B.detach() / typical)


def soft_range(values_BN: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """(B, N): how far values lie outside their range; the linear heads are clamped only when exported."""
    return torch.relu(low - values_BN) + torch.relu(values_BN - high)


def heat_entropy(logits_BKN: Tensor, points_BK2: Tensor, width_cells: float = 1.0) -> Tensor:
    """(B, K): cross-entropy of heat maps against a Gaussian at the true point. Maps are square; 0 for points outside.

    logits_BKN: N = side * side cells, row by row. points_BK2: crop / 256.
    """
    side = math.isqrt(logits_BKN.shape[-1])
    at = ((torch.arange(side, device=logits_BKN.device) + 0.5) * (256.0 / side) - 0.5) / 256.0
    weight_BK2S = torch.exp(-0.5 * ((at - points_BK2[..., None]) * (side / width_cells)).square())
    target_BKN = (weight_BK2S[:, :, 1, :, None] * weight_BK2S[:, :, 0, None, :]).flatten(2)
    inside_BK = ((points_BK2 > at[0]) & (points_BK2 < at[-1])).all(-1)
    target_BKN = target_BKN / target_BKN.sum(-1, keepdim=True).clamp_min(1e-6)
    return -(target_BKN * logits_BKN.log_softmax(-1)).sum(-1) * inside_BK
