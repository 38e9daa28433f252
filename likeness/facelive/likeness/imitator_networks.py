"""The two decoders of an imitator: from numbers (and point maps) to pixels.

Shapes: B batch, N inputs, C channels, H W picture, S part classes.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

_SLOPE = 0.1


class PaperDecoder(nn.Module):
    """Shi et al. 2019, table 1: transposed convolutions, kernel 4, the first stride 1, then 2; batch norm and ReLU.

    ``widths`` 512 512 512 256 128 64 64 give 512x512 and, at 103 inputs, 12.06 M weights. Sigmoid at the end.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = inputs
        for i, next_width in enumerate(widths):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            layers += [
                nn.ConvTranspose2d(width, next_width, 4, stride, padding, bias=False),
                nn.BatchNorm2d(next_width),
                nn.ReLU(inplace=True),
            ]
            width = next_width
        layers.append(nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False))
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs_BN: Tensor) -> Tensor:
        return torch.sigmoid(self.layers(inputs_BN[:, :, None, None]))


class LightDecoder(nn.Module):
    """Upsampling and 3x3 convolutions, steered channel by channel by the code; the last step shuffles pixels.

    maps: feature maps of the points at ``maps_at`` pixels, averaged down for the coarser stages. No batch norm: a
    picture does not depend on its neighbours in the batch, so one device gives what several give.

    palette: each part has a colour that follows from the code alone, and every pixel the mean of these by what it
    shows, added before the sigmoid. Tone is half of an imitator's error, and steered convolutions learn it slowly
    (docs/log.md).
    """

    def __init__(
        self, code: int, widths: tuple[int, ...], base: int, maps: int, maps_at: int, parts: int, *, palette: bool
    ) -> None:
        super().__init__()
        self.base = nn.Linear(code, base * 64)
        self.maps_at = maps_at
        stages: list[_Stage] = []
        width, side = base, 8
        for i, next_width in enumerate(widths):
            here = maps if side <= maps_at else 0
            stages.append(_Stage(width + here, next_width, code, grows=i > 0))
            width, side = next_width, side * 2
        # One more look at the finest grid: lashes and teeth are made here.
        stages.append(_Stage(width, width, code, grows=False))
        self.stages = nn.ModuleList(stages)
        self.colours = nn.Conv2d(width, 12, 3, 1, 1)
        self.parts = nn.Conv2d(width, parts, 1) if parts else None
        self.palette = nn.Linear(code, 3 * parts) if parts and palette else None
        if self.palette is not None:
            nn.init.zeros_(self.palette.weight)
            nn.init.zeros_(self.palette.bias)
        with torch.no_grad():
            self.colours.weight.mul_(0.3)

    def forward(self, code_BN: Tensor, maps_BCHW: Tensor) -> tuple[Tensor, Tensor | None]:
        x_BCHW = torch.nn.functional.leaky_relu(self.base(code_BN), _SLOPE).unflatten(1, (-1, 8, 8))
        pyramid = {maps_BCHW.shape[-1]: maps_BCHW}
        for side in (32, 16, 8):
            if side < self.maps_at:
                pyramid[side] = nn.functional.avg_pool2d(pyramid[side * 2], 2)
        for module in self.stages[:-1]:
            stage = cast("_Stage", module)
            if stage.grows:
                x_BCHW = nn.functional.interpolate(x_BCHW, scale_factor=2.0, mode="nearest")
            side = x_BCHW.shape[-1]
            x_BCHW = stage(torch.cat([x_BCHW, pyramid[side]], 1) if side <= self.maps_at else x_BCHW, code_BN)
        x_BCHW = x_BCHW + self.stages[-1](x_BCHW, code_BN)
        colours_BCHW = nn.functional.pixel_shuffle(self.colours(x_BCHW), 2)
        parts_BSHW = self.parts(x_BCHW) if self.parts is not None else None
        if self.palette is not None and parts_BSHW is not None:
            own_B3S = self.palette(code_BN).unflatten(1, (3, -1))
            plain_BCHW = torch.einsum("bcs,bshw->bchw", own_B3S, parts_BSHW.softmax(1))
            colours_BCHW = colours_BCHW + nn.functional.interpolate(plain_BCHW, scale_factor=2.0, mode="nearest")
        return torch.sigmoid(colours_BCHW), parts_BSHW


class _Stage(nn.Module):
    def __init__(self, inputs: int, outputs: int, code: int, grows: bool) -> None:
        super().__init__()
        self.grows = grows
        self.convolution = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.steer = nn.Linear(code, 2 * outputs)
        nn.init.kaiming_normal_(self.convolution.weight, _SLOPE)
        with torch.no_grad():
            self.steer.weight.mul_(0.3)
            self.steer.bias.zero_()

    def forward(self, x_BCHW: Tensor, code_BN: Tensor) -> Tensor:
        gain_BC, shift_BC = self.steer(code_BN).chunk(2, 1)
        y_BCHW = self.convolution(x_BCHW) * (1.0 + gain_BC[..., None, None]) + shift_BC[..., None, None]
        return nn.functional.leaky_relu(y_BCHW, _SLOPE)
