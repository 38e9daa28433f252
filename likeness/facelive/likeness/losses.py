"""The terms that say how far a drawn face is from a photo. Pure functions, one number per row; callers weigh and sum.

Shapes: B batch, D embedding, K points, I sliders, S style columns.
Source of identity and content: Shi et al., ICCV 2019 and AAAI 2020 (docs/fit.md); the content term is in ``content``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def identity_loss(drawn_BD: Tensor, photo_BD: Tensor) -> Tensor:
    """(B,) in [0, 2]: 1 - cosine of two embeddings."""
    return 1.0 - nn.functional.cosine_similarity(drawn_BD, photo_BD, dim=1)


def landmark_loss(drawn_BK2: Tensor, seen_BK2: Tensor, weight_K: Tensor, known_BK: Tensor | None = None) -> Tensor:
    """(B,) weighted mean distance of points, in crop / 256, robust: a few points that went astray do not decide.

    known_BK: 0 where the photo's point is not known (then it must still be finite).
    """
    squared_BK = (drawn_BK2 - seen_BK2).square().sum(-1)
    soft = 2.0 / 256.0
    # Quadratic below two pixels of the crop, then linear: detected points err by that much.
    distance_BK = soft * ((1.0 + squared_BK / soft**2).sqrt() - 1.0)
    weight_BK = weight_K.expand_as(distance_BK) if known_BK is None else weight_K * known_BK
    return (distance_BK * weight_BK).sum(1) / weight_BK.sum(1).clamp_min(1e-9)


def prior_loss(value_BI: Tensor, centre_I: Tensor, sigma_I: Tensor) -> Tensor:
    """(B,) mean square of sliders in units of their spread among people (``rig.prior.spread``)."""
    return ((value_BI - centre_I) / sigma_I).square().mean(1)


def seat_loss(value_BI: Tensor, centre_I: Tensor, shift_3I: Tensor) -> Tensor:
    """(B,) squared length of the face's shift against its joint, in tolerances (``fit_seat``)."""
    return ((value_BI - centre_I) @ shift_3I.T).square().sum(1)


def rest_loss(expression_BE: Tensor, cost_E: Tensor) -> Tensor:
    """(B,) how much the face does; positive values cost evenly, so that unneeded shapes go to exactly zero."""
    return (expression_BE.clamp_min(0.0) * cost_E).mean(1)


def undecided_loss(style_BS: Tensor, styles: tuple[slice, ...]) -> Tensor:
    """(B,) mean entropy of the styles' probabilities, in units of an even spread: 0 is a valid one-hot."""
    rows = []
    for where in styles:
        p = style_BS[:, where].clamp_min(1e-9)
        count = max(p.shape[1], 2)
        rows.append(-(p * p.log()).sum(1) / torch.log(torch.tensor(float(count))))
    return torch.stack(rows, 1).mean(1) if rows else style_BS.new_zeros(len(style_BS))
