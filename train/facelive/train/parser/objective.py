"""The loss of the parser, and intersection over union."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.likeness.parser import FaceParser
from facelive.rig.mesh import Segment
from facelive.train.parser.examples import Batch, PhotoParts, RenderParts, joined
from facelive.train.parser.labels import ANY, CLASSES, FACE, OUTSIDE, PHOTO_PARTS, allowed

_LEAST = 1e-8
_PLAIN = (Segment.BACKGROUND, Segment.SKIN, Segment.HAIR, Segment.NECK, Segment.CLOTH)


class PartLoss(nn.Module):
    """Minus the log probability of each pixel's set of allowed classes; small parts count more."""

    allowed: Tensor
    weight: Tensor

    def __init__(self, part_weight: float) -> None:
        super().__init__()
        table = torch.from_numpy(allowed())
        self.register_buffer("allowed", table.float(), persistent=False)
        weight = torch.full((len(table),), part_weight)
        weight[[int(part) for part in _PLAIN]] = 1.0
        weight[[FACE, OUTSIDE]] = 1.0
        weight[ANY] = 0.0
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, logits_BSHW: Tensor, batch: Batch) -> Tensor:
        """One number: weighted mean over pixels."""
        may_BSHW = self.allowed[batch.label_BHW].permute(0, 3, 1, 2)
        # Not as a sum of logarithms: exp of very negative numbers takes a third of a CPU's step (docs/log.md).
        log_p_BHW = ((logits_BSHW.softmax(1) * may_BSHW).sum(1) + _LEAST).log()
        weight_BHW = self.weight[batch.label_BHW] * batch.weight_B[:, None, None]
        return -(log_p_BHW * weight_BHW).sum() / weight_BHW.sum().clamp_min(1e-6)


@torch.no_grad()
def render_iou(parser: FaceParser, renders: RenderParts, limit: int = 200) -> dict[str, float]:
    """By class name, over all pixels of held-out renders; NaN for classes that do not occur."""
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    for row in renders.held_out[:limit]:
        batch = joined([renders.read(int(row))], [1.0])
        said = parser(batch.image_BCHW).logits_BSHW.argmax(1)[0].numpy()
        truth = batch.label_BHW[0].numpy()
        known = truth < CLASSES
        counts += np.bincount(CLASSES * truth[known] + said[known], minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    return {part.name.lower(): iou(counts, int(part)) for part in Segment}


def iou(counts: NDArray[np.int64], part: int) -> float:
    """Of one class in a confusion matrix (truth, said)."""
    union = int(counts[part].sum() + counts[:, part].sum() - counts[part, part])
    return float(counts[part, part] / union) if union else float("nan")


@torch.no_grad()
def photo_iou(parser: FaceParser, photos: PhotoParts, limit: int = 200) -> dict[str, float]:
    """By part name, against the masks of MediaPipe's landmarks, which are no truth but another opinion."""
    both = dict.fromkeys(PHOTO_PARTS, 0)
    either = dict.fromkeys(PHOTO_PARTS, 0)
    step = max(1, len(photos.rows) // limit)
    for row in range(0, len(photos.rows), step):
        batch = joined([photos.read(row, borders=False)], [1.0])
        said = parser(batch.image_BCHW).logits_BSHW.argmax(1)[0].numpy()
        truth = batch.label_BHW[0].numpy()
        for part, label in PHOTO_PARTS.items():
            both[part] += int(((said == part) & (truth == label)).sum())
            either[part] += int(((said == part) | (truth == label)).sum())
    return {part.name.lower(): both[part] / either[part] if either[part] else float("nan") for part in PHOTO_PARTS}
