"""Both eyes from near: a small picture of each, level and of one size, in the colours of the crop.

An iris is eight pixels wide, half under lids and with a lamp in it. What the trunk keeps of that, and a few samples
between pupil and rim, left its colour hardly better than the commonest one's (docs/log.md).

Shapes: B batch, N samples of one eye, H W its rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from facelive.train.encoder.close_look import Pixels
from facelive.train.encoder.layers import convolution, linear
from facelive.train.encoder.points import EYES, FacePoints

ROWS, COLUMNS = 10, 20
_WIDE, _HIGH = 0.6, 0.3
"""Half the sides of the small picture, about the pupil, in widths of the eye."""
_WIDTHS = (64, 64, 64)


class EyeLook(nn.Module):
    """(B, width) what both eyes show, given what the rest of the face shows in the same light."""

    pupil: Tensor
    corner: Tensor
    at_N2: Tensor

    def __init__(self, points: FacePoints, seen: int, width: int) -> None:
        """seen: numbers that come from elsewhere. The points must have pupils."""
        super().__init__()
        layers, inputs = [], 3 * len(EYES)
        for stride, outputs in zip((1, 2, 2), _WIDTHS, strict=True):
            layers.append(convolution(inputs, outputs, stride))
            inputs = outputs
        self.maps = nn.Sequential(*layers)
        rows, columns = (-(-side // 4) for side in (ROWS, COLUMNS))
        self.mix = linear(rows * columns * inputs + seen, width)
        y, x = torch.meshgrid(
            torch.linspace(-_HIGH, _HIGH, ROWS), torch.linspace(-_WIDE, _WIDE, COLUMNS), indexing="ij"
        )
        self.register_buffer("at_N2", torch.stack([x.flatten(), y.flatten()], 1), persistent=False)
        self.register_buffer("pupil", torch.tensor(points.pupils), persistent=False)
        self.register_buffer("corner", torch.tensor(EYES), persistent=False)

    def forward(self, pixels: Pixels, points_BK2: Tensor, seen_BM: Tensor) -> Tensor:
        """points_BK2: crop / 256. Where it looks has no gradient."""
        return self.read(self.small(pixels, points_BK2), seen_BM)

    def small(self, pixels: Pixels, points_BK2: Tensor) -> Tensor:
        """(B, 6, ROWS, COLUMNS) the small pictures, BGR of one eye and of the other, about -2..2."""
        there_BK2 = points_BK2.detach()
        across_BE2 = there_BK2[:, self.corner[:, 1]] - there_BK2[:, self.corner[:, 0]]
        down_BE2 = torch.stack([-across_BE2[..., 1], across_BE2[..., 0]], -1)
        at_BEN2 = (
            there_BK2[:, self.pupil][:, :, None]
            + self.at_N2[:, :1] * across_BE2[:, :, None]
            + self.at_N2[:, 1:] * down_BE2[:, :, None]
        )
        colour_B3EN = (pixels.colours(at_BEN2.flatten(1, 2)) - 0.5).mul(4.0).unflatten(2, (len(EYES), -1))
        return colour_B3EN.transpose(1, 2).flatten(1, 2).unflatten(2, (ROWS, COLUMNS))

    def read(self, small_BCHW: Tensor, seen_BM: Tensor) -> Tensor:
        """(B, width) from the small pictures and what comes from elsewhere."""
        return self.mix(torch.cat([self.maps(small_BCHW).flatten(1), seen_BM], 1))
