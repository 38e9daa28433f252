"""A second look at the points, in the picture's own pixels: where the heat maps found them, and how they should move.

The trunk sees every fourth pixel and its maps have cells of eight; a lid is thinner than that. So the crop is read
again in a small patch about each point that sits on a feature, and one small network moves all points at once (cascaded
regression; Xiong and De la Torre, "Supervised Descent Method", CVPR 2013; Ren et al., CVPR 2014, for features of each
point's own and one regression for all).

Shapes: B batch, H W picture, K points, C of them that are looked at closely, G numbers of a patch, F features.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from facelive.train.encoder.points import FacePoints

PATCH = 8
"""Side of a patch in samples; they lie ``_STEP`` pixels of the crop apart."""
_STEP = 1.5
_CROP = 256.0
_GREEN = 1
"""The channel of BGR that is nearest to brightness, and that cameras and JPEG keep best."""
_FLAT = 0.03
"""Contrast of a patch below which there is nothing but noise to see."""
_UNIT = 0.01
"""What a movement of 1 means, crop / 256."""


class Pixels(Protocol):
    """A picture that can be read anywhere: bilinearly; beyond its edge, the edge. Places are crop / 256."""

    def green(self, at_BC2: Tensor, around_G2: Tensor) -> Tensor:
        """(B, C, G) in [0, 1]: the same pattern about every place."""
        ...

    def colours(self, at_BK2: Tensor) -> Tensor:
        """(B, 3, K) BGR in [0, 1]."""
        ...


class Planes:
    """Of a picture (B, 3, H, W) in [0, 1], as training has it."""

    def __init__(self, image_BCHW: Tensor) -> None:
        self._image_BCHW = image_BCHW

    def green(self, at_BC2: Tensor, around_G2: Tensor) -> Tensor:
        at_BCG2 = _from_edges(at_BC2[:, :, None] + around_G2)
        return _sampled(self._image_BCHW[:, _GREEN : _GREEN + 1], at_BCG2)[:, 0]

    def colours(self, at_BK2: Tensor) -> Tensor:
        return _sampled(self._image_BCHW, _from_edges(at_BK2[:, None]))[:, :, 0]


class Packed:
    """Of a picture (B, 256, 256, 3) in [0, 1], as a camera arranges it. The same numbers, read for speed.

    To runtimes its rows are a grey picture three times as wide: taking a channel out of it costs a CPU five times as
    much as reading all patches. What lies between two pixels is then not between neighbours, and is weighed here.
    """

    def __init__(self, image_BHWC: Tensor) -> None:
        self._wide_B1HW = image_BHWC.flatten(2)[:, None]

    def green(self, at_BC2: Tensor, around_G2: Tensor) -> Tensor:
        x_BCG, y_BCG = (at_BC2[:, :, None, axis] + around_G2[:, axis] for axis in (0, 1))
        return self._read(x_BCG, y_BCG, torch.tensor(float(_GREEN)))

    def colours(self, at_BK2: Tensor) -> Tensor:
        x_BK, y_BK = at_BK2[..., 0], at_BK2[..., 1]
        return self._read(x_BK[:, None], y_BK[:, None], torch.arange(3.0)[:, None])

    def _read(self, x_BKG: Tensor, y_BKG: Tensor, channel: Tensor) -> Tensor:
        x_BKG = (x_BKG * _CROP).clamp(0.0, _CROP - 1.0)
        left_BKG = x_BKG.floor().clamp(max=_CROP - 2.0)
        column_BKG = left_BKG * (2.0 / _CROP) + (2.0 * channel + 1.0) * (1.0 / (3.0 * _CROP))
        # Sums with constants, not a concatenation of numbers two by two: that is what runtimes are quick at.
        x_2, y_2 = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0])
        at_BKG2 = column_BKG[..., None] * x_2 + y_BKG[..., None] * y_2 + torch.tensor([-1.0, 1.0 / _CROP - 1.0])
        left, right = (_sampled(self._wide_B1HW, at_BKG2 + shift * x_2)[:, 0] for shift in (0.0, 2.0 / _CROP))
        return left + (right - left) * (x_BKG - left_BKG)


class CloseLook(nn.Module):
    """Moves points, and hands on what it saw. Begins by moving nothing."""

    close: Tensor
    between: Tensor
    grid_G2: Tensor

    def __init__(self, points: FacePoints, features: int, width: int) -> None:
        super().__init__()
        count, close = len(points), points.close
        self.weight = nn.Parameter(torch.randn(len(close), PATCH * PATCH, features) / PATCH)
        self.bias = nn.Parameter(torch.zeros(len(close), features))
        seen = len(close) * features + 2 * count + 3 * (count + len(points.irises))
        self.seen = nn.Sequential(
            nn.Linear(seen, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)
        )  # fmt: skip
        self.move = nn.Linear(width, 2 * count)
        nn.init.zeros_(self.move.weight)
        nn.init.zeros_(self.move.bias)
        at = (torch.arange(PATCH) - 0.5 * (PATCH - 1)) * (_STEP / _CROP)
        y, x = torch.meshgrid(at, at, indexing="ij")
        self.register_buffer("grid_G2", torch.stack([x.flatten(), y.flatten()], 1), persistent=False)
        self.register_buffer("close", torch.tensor(close), persistent=False)
        self.register_buffer("between", torch.tensor(points.irises).reshape(-1, 2), persistent=False)

    def forward(self, pixels: Pixels, points_BK2: Tensor, offsets_BK2: Tensor) -> tuple[Tensor, Tensor]:
        """The points where they should be, and (B, width) what was seen.

        points_BK2: crop / 256; offsets_BK2: from the neutral face's, in units of about 1. Where it looks has no
        gradient; what it adds has.
        """
        there_BK2 = points_BK2.detach()
        patch_BCG = pixels.green(there_BK2[:, self.close], self.grid_G2)
        patch_BCG = patch_BCG - patch_BCG.mean(-1, keepdim=True)
        patch_BCG = patch_BCG / (patch_BCG.square().mean(-1, keepdim=True) + _FLAT**2).sqrt()
        features_BCF = torch.relu((patch_BCG[:, :, None] @ self.weight)[:, :, 0] + self.bias)
        if len(self.between):
            there_BK2 = torch.cat([there_BK2, there_BK2[:, self.between].mean(2)], 1)
        colour_B3K = (pixels.colours(there_BK2) - 0.5) * 4.0
        parts = [features_BCF.flatten(1), offsets_BK2.flatten(1), colour_B3K.flatten(1)]
        seen_BN = self.seen(torch.cat(parts, 1))
        moved_BK2 = points_BK2 + self.move(seen_BN).unflatten(1, (-1, 2)) * _UNIT
        return moved_BK2, seen_BN


def _sampled(image_BCHW: Tensor, at_BKG2: Tensor) -> Tensor:
    """(B, C, K, G): the picture at places from -1 at the outer edge of the first pixel to 1 at that of the last."""
    return nn.functional.grid_sample(image_BCHW, at_BKG2, mode="bilinear", padding_mode="border", align_corners=False)


def _from_edges(at_BKG2: Tensor) -> Tensor:
    """Labels, crop / 256, count from the centre of the first pixel."""
    return at_BKG2 * 2.0 + (1.0 / _CROP - 1.0)
