"""Layers that several parts of the encoder are made of."""

from __future__ import annotations

from torch import nn


def convolution(inputs: int, outputs: int, stride: int = 1, kernel: int = 3, scale: int = 1) -> nn.Sequential:
    """With batch norm and ReLU. scale: kernel, stride and padding count in so many pixels."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, scale * kernel, scale * stride, scale * (kernel // 2), bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def linear(inputs: int, outputs: int) -> nn.Sequential:
    """Normalised: of units that see thousands of positive features, ReLU alone lets nearly all die (docs/log.md)."""
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True))
