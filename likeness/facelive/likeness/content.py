"""The facial content loss: where the parts of the face lie and how they are shaped, by the parser's eyes.

Source: Shi et al., ICCV 2019, eq. 3: L1 between features weighted by the probability of a part,
``| p(drawn) F(drawn) - p(photo) F(photo) |``. The weights per part are those of the community implementation, which
counts one brow and one eye only; here both of each count.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from facelive.likeness.parser import Parsed
from facelive.rig.mesh import Segment

PART_WEIGHTS: dict[Segment, float] = {
    Segment.BROW_LEFT: 1.1,
    Segment.BROW_RIGHT: 1.1,
    Segment.EYE_LEFT: 1.1,
    Segment.EYE_RIGHT: 1.1,
    Segment.NOSE: 1.0,
    Segment.TEETH: 0.7,
    Segment.UPPER_LIP: 1.0,
    Segment.LOWER_LIP: 1.0,
}
"""Published weights: brow 1.1, eye 1.1, nose 1.0, teeth 0.7, upper lip 1.0, lower lip 1.0."""


def weighted_features(parsed: Parsed) -> Tensor:
    """(B, parts, F, 64, 64): the parser's features, masked softly by each part of ``PART_WEIGHTS``."""
    parts = [int(part) for part in PART_WEIGHTS]
    size = (parsed.features_BFHW.shape[-2], parsed.features_BFHW.shape[-1])
    p_BPHW = nn.functional.adaptive_avg_pool2d(parsed.probability_BSHW[:, parts], size)
    return p_BPHW[:, :, None] * parsed.features_BFHW[:, None]


def content_parts(drawn: Parsed, photo: Parsed) -> Tensor:
    """(B, parts) unweighted: L1 per part, over the area that the part has in either picture.

    Divided by that area, so that a small eye counts as much as a large nose.
    """
    difference_BP = (weighted_features(drawn) - weighted_features(photo)).abs().mean(2).sum((2, 3))
    parts = [int(part) for part in PART_WEIGHTS]
    area = 0.5 * (drawn.probability_BSHW[:, parts].sum((2, 3)) + photo.probability_BSHW[:, parts].sum((2, 3)))
    # Probabilities are counted at 128, features at 64: a quarter as many cells. 16 cells keep hidden parts calm.
    return difference_BP / (0.25 * area.detach() + 16.0)


def content_loss(drawn: Parsed, photo: Parsed) -> Tensor:
    """(B,) the parts by their published weights."""
    weight = torch.tensor(list(PART_WEIGHTS.values()), dtype=drawn.features_BFHW.dtype)
    return content_parts(drawn, photo) @ weight.to(drawn.features_BFHW.device) / float(weight.sum())
