"""What an imitation is compared by. Pure and unreduced; ``total`` weights and averages.

Shapes: B batch, H W picture, h w part masks (half size), K = 68 landmarks, S part classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from facelive.likeness.drawing import Imitation
from facelive.rig.mesh import Segment
from facelive.train.imitator.examples import Batch

_EYES = (Segment.EYE_LEFT, Segment.EYE_RIGHT)
_BROWS = (Segment.BROW_LEFT, Segment.BROW_RIGHT)
_GLASSES = (Segment.GLASSES,)
_MOUTH = (Segment.UPPER_LIP, Segment.LOWER_LIP, Segment.INNER_MOUTH, Segment.TEETH, Segment.TONGUE)
_FEATURES = (slice(36, 42), slice(42, 48), slice(48, 68))
"""Of the 68 points: both eyes and the mouth."""
IGNORED = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class LossWeights:
    """How much each term, and each part of the face, counts."""

    pixels: float = 1.0
    edges: float = 0.5
    """Differences of neighbouring pixels: what keeps lashes and teeth from being averaged away."""
    landmarks: float = 1.0
    """Only where landmarks are learned."""
    parts: float = 0.02
    """Cross entropy of the part masks."""
    eyes: float = 5.0
    """A pixel of an eye counts so many of the skin's; likewise below. Where there are no masks: dots at the points."""
    mouth: float = 3.0
    brows: float = 2.0
    glasses: float = 4.0
    """Thin, and nearly always away: else a mean face without them costs least."""
    background: float = 0.5

    @classmethod
    def plain(cls) -> LossWeights:
        """The paper's: L1, all pixels alike."""
        return cls(edges=0.0, parts=0.0, eyes=1.0, mouth=1.0, brows=1.0, glasses=1.0, background=1.0)


def pixel_error(image_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
    """(B, 3, H, W): L1. Shi et al. 2019, eq. 2."""
    return (image_BCHW - target_BCHW).abs()


def edge_error(image_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
    """(B, 3, H, W): L1 of the steps to the right and to the pixel below; zero beyond the border."""
    error_BCHW = image_BCHW - target_BCHW
    across = torch.nn.functional.pad(error_BCHW.diff(dim=3), (0, 1))
    down = torch.nn.functional.pad(error_BCHW.diff(dim=2), (0, 0, 0, 1))
    return across.abs() + down.abs()


def landmark_error(landmarks_BK2: Tensor, target_BK2: Tensor) -> Tensor:
    """(B, K): L1 distance in shares of the crop; zero where the target is not known (NaN)."""
    known_BK2 = target_BK2.isfinite()
    return ((landmarks_BK2 - target_BK2.nan_to_num()) * known_BK2).abs().sum(2)


def part_error(parts_BSHW: Tensor, segments_BHW: Tensor) -> Tensor:
    """(B, h, w): cross entropy; zero where something hides the face."""
    return torch.nn.functional.cross_entropy(parts_BSHW, segments_BHW.long(), ignore_index=IGNORED, reduction="none")


def pixel_weights(batch: Batch, size: int, weights: LossWeights) -> Tensor:
    """(B, 1, H, W): how much each pixel counts, by the masks, or around the points, or everywhere the same."""
    if batch.segments_BHW is not None:
        table = batch.landmarks_BK2.new_ones(256)
        counted = (
            (_EYES, weights.eyes), (_BROWS, weights.brows), (_MOUTH, weights.mouth), (_GLASSES, weights.glasses)
        )  # fmt: skip
        for parts, weight in counted:
            table[[int(part) for part in parts]] = weight
        table[int(Segment.BACKGROUND)] = weights.background
        weight_BHW = table[batch.segments_BHW.long()]
        # A little beyond the parts' borders: that is where lashes and lip lines are.
        wide_B1HW = torch.nn.functional.max_pool2d(weight_BHW[:, None], 3, 1, 1)
        return torch.nn.functional.interpolate(wide_B1HW, (size, size), mode="nearest")
    points_BK2 = batch.landmarks_BK2
    out_B1HW = points_BK2.new_ones(len(points_BK2), 1, size, size)
    grid = (torch.arange(size, device=points_BK2.device) + 0.5) / size
    for feature, weight in zip(_FEATURES, (weights.eyes, weights.eyes, weights.mouth), strict=True):
        if weight == 1.0:
            continue
        own_BK2 = points_BK2[:, feature].nan_to_num(-9.0)
        low, high = own_BK2.amin(1), own_BK2.amax(1)
        middle_B2, reach_B2 = 0.5 * (low + high), 0.5 * (high - low) + 0.02
        x_BW = ((grid - middle_B2[:, :1]) / reach_B2[:, :1]).square()
        y_BH = ((grid - middle_B2[:, 1:]) / reach_B2[:, 1:]).square()
        out_B1HW = out_B1HW + (weight - 1.0) * torch.exp(-(x_BW[:, None, None, :] + y_BH[:, None, :, None]))
    return out_B1HW


def total(drawn: Imitation, batch: Batch, weights: LossWeights) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum, and each term before its weight (detached)."""
    image_BCHW, target_BCHW = drawn.image_BCHW.float(), batch.target()
    weight_B1HW = pixel_weights(batch, image_BCHW.shape[-1], weights)
    # Per picture: the loss of a batch is the mean over its pictures, however devices share them.
    weight_B1HW = weight_B1HW / weight_B1HW.mean((1, 2, 3), keepdim=True)
    error_BCHW = pixel_error(image_BCHW, target_BCHW)
    terms = {"pixels": (weight_B1HW * error_BCHW).mean()}
    if weights.edges:
        terms["edges"] = (weight_B1HW * edge_error(image_BCHW, target_BCHW)).mean()
    # Also where no landmark is known (then it is 0): with several devices every weight must have a gradient.
    terms["landmarks"] = landmark_error(drawn.landmarks_BK2.float(), batch.landmarks_BK2).mean()
    if drawn.parts_BSHW is not None and batch.segments_BHW is not None:
        terms["parts"] = part_error(drawn.parts_BSHW.float(), batch.segments_BHW).mean()
    amount = {"pixels": weights.pixels, "edges": weights.edges, "landmarks": weights.landmarks, "parts": weights.parts}
    loss = torch.stack([amount[name] * value for name, value in terms.items()]).sum()
    shown = {name: value.detach() for name, value in terms.items()}
    return loss, shown | {"l1": error_BCHW.detach().mean()}
