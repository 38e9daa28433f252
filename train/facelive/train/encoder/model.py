"""The encoder network: plain ReLU convolutions, one trunk, one linear head per group.

Shapes: B batch, H W picture, C channels, and per schema I identity, S style columns, K colour channels, E expression.
The heads are linear while training and are clamped to their ranges when exported (docs/architecture.md, "Encoder"):
a clamp would hide the gradient of everything that sits at its end, and most expression values sit at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from facelive.rig.schema import Schema

# Order of the `confidence` output. The first says whether a face is there at all.
CONFIDENCES = ("present", "identity", "style", "colour", "expression", "pose")
POSE_OUTPUTS = (
    "yaw", "pitch", "roll", "cx", "cy", "log_scale", "leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch",
)  # fmt: skip
# What a face in the middle of a 256 crop has: the bias of the pose head, so that training starts at a sensible place.
# Measured on the built-in neutral head: 1.15 pixels a millimetre, face centre at (128, 93).
_POSE_BIAS = (0.0, 0.0, 0.0, 0.5, 0.365, 0.14, 0.0, 0.0, 0.0, 0.0)
LANDMARKS = 68


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderConfig:
    """Size of the network. The defaults cost about 0.12 GMAC."""

    sight: int = 128
    """Side at which the trunk sees the crop: a 256 crop is averaged down first. 256 costs four times as much."""
    stem: int = 16
    """Channels at half resolution."""
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels at 1/4, 1/8, 1/16 and 1/32."""
    depths: tuple[int, ...] = (1, 1, 2, 1)
    """Residual blocks at each of these."""
    squeeze: int = 64
    """Channels that keep their place on the 8x8 grid when it is flattened; landmarks live from them."""
    hidden: int = 320
    """Width of the shared layer before the heads."""


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return torch.relu(x_BCHW + self.second(self.first(x_BCHW)))


class Encoder(nn.Module):
    """(B, 3, H, W) float in [0, 1], BGR -> dict of head outputs, linear (styles and confidence: logits).

    H = W = 256, or ``config.sight`` where the caller has shrunk the crop already. Where the last grid is smaller than
    8x8 it is repeated, so that weights go on from a cheap phase of training to a finer one.
    """

    grid = 8

    def __init__(self, schema: Schema, config: EncoderConfig | None = None) -> None:
        super().__init__()
        config = config or EncoderConfig()
        self.config = config
        layers: list[nn.Module] = [_convolution(3, config.stem, 2)]
        width = config.stem
        for next_width, depth in zip(config.widths, config.depths, strict=True):
            layers.append(_convolution(width, next_width, 2))
            layers.extend(_Residual(next_width) for _ in range(depth))
            width = next_width
        self.trunk = nn.Sequential(*layers)
        self.squeeze = nn.Sequential(nn.Conv2d(width, config.squeeze, 1, bias=False), nn.BatchNorm2d(config.squeeze))
        self.hidden = nn.Sequential(
            nn.Linear(config.squeeze * self.grid**2 + width, config.hidden), nn.ReLU(inplace=True)
        )
        self.sizes = head_sizes(schema)
        self.heads = nn.Linear(config.hidden, sum(self.sizes.values()))
        self._start_at_neutral(schema)

    def _start_at_neutral(self, schema: Schema) -> None:
        neutral = torch.from_numpy(schema.neutral())
        bias = {name: torch.zeros(size) for name, size in self.sizes.items()}
        for group in ("identity", "colour", "expression"):
            bias[group] = neutral[torch.from_numpy(schema.indices(group))]
        bias["pose"] = torch.tensor(_POSE_BIAS)
        bias["landmarks"] = torch.full((2 * LANDMARKS,), 0.5)
        with torch.no_grad():
            self.heads.weight.mul_(0.1)
            self.heads.bias.copy_(torch.cat([bias[name] for name in self.sizes]))

    def forward(self, image_BCHW: Tensor) -> dict[str, Tensor]:
        shrink = image_BCHW.shape[-1] // self.config.sight
        if shrink > 1:
            image_BCHW = nn.functional.avg_pool2d(image_BCHW, shrink)
        features_BCHW = self.trunk((image_BCHW - 0.5) * 4.0)
        placed_BCHW = torch.relu(self.squeeze(features_BCHW))
        if placed_BCHW.shape[-1] != self.grid:
            placed_BCHW = nn.functional.interpolate(placed_BCHW, (self.grid, self.grid), mode="nearest")
        pooled_BC = features_BCHW.mean((2, 3))
        hidden_BC = self.hidden(torch.cat([placed_BCHW.flatten(1), pooled_BC], 1))
        parts = cast("tuple[Tensor, ...]", self.heads(hidden_BC).split(list(self.sizes.values()), 1))
        outputs = dict(zip(self.sizes, parts, strict=True))
        outputs["landmarks"] = outputs["landmarks"].unflatten(1, (LANDMARKS, 2))
        return outputs


def head_sizes(schema: Schema) -> dict[str, int]:
    """Width of every head, in the order of the outputs. A rig may lack styles or colours: its head has then width 0."""
    return {
        "identity": len(schema.indices("identity")),
        "style": len(schema.indices("style")),
        "colour": len(schema.indices("colour")),
        "expression": len(schema.indices("expression")),
        "pose": len(POSE_OUTPUTS),
        "landmarks": 2 * LANDMARKS,
        "confidence": len(CONFIDENCES),
    }
