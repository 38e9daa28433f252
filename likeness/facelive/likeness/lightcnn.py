"""LightCNN-29 v2, for those who have its published checkpoint.

Source: X. Wu, R. He, Z. Sun, T. Tan, "A Light CNN for Deep Face Representation with Noisy Labels", TIFS 2018. Module
names follow the published file (``conv1.filter.weight``, ``block1.0.conv1.filter.weight``, ...). The weights are in no
registry; the tests use random ones of the published shapes.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from facelive.errors import FileError

SIDE = 128
_BLOCKS = (1, 2, 3, 4)
_CLASSIFIER = "fc2.weight"


class _MaxFeatureMap(nn.Module):
    """A convolution with twice the channels, and the larger of both halves."""

    def __init__(self, inputs: int, outputs: int, kernel: int, padding: int) -> None:
        super().__init__()
        self.filter = nn.Conv2d(inputs, 2 * outputs, kernel, 1, padding)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        a, b = self.filter(x_BCHW).chunk(2, 1)
        return torch.maximum(a, b)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _MaxFeatureMap(width, width, 3, 1)
        self.conv2 = _MaxFeatureMap(width, width, 3, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.conv2(self.conv1(x_BCHW)) + x_BCHW


class _Group(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_a = _MaxFeatureMap(inputs, inputs, 1, 0)
        self.conv = _MaxFeatureMap(inputs, outputs, 3, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.conv(self.conv_a(x_BCHW))


def _halved(x_BCHW: Tensor) -> Tensor:
    return nn.functional.max_pool2d(x_BCHW, 2) + nn.functional.avg_pool2d(x_BCHW, 2)


def _run(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Residual(width) for _ in range(count)))


class LightCnn29(nn.Module):
    """(B, 1, 128, 128) grey in [0, 1] -> (B, 256), not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _MaxFeatureMap(1, 48, 5, 2)
        self.block1, self.group1 = _run(48, _BLOCKS[0]), _Group(48, 96)
        self.block2, self.group2 = _run(96, _BLOCKS[1]), _Group(96, 192)
        self.block3, self.group3 = _run(192, _BLOCKS[2]), _Group(192, 128)
        self.block4, self.group4 = _run(128, _BLOCKS[3]), _Group(128, 128)
        self.fc = nn.Linear(8 * 8 * 128, 256)

    def forward(self, grey_BCHW: Tensor) -> Tensor:
        x = _halved(self.conv1(grey_BCHW))
        x = _halved(self.group1(self.block1(x)))
        x = _halved(self.group2(self.block2(x)))
        x = self.group3(self.block3(x))
        x = _halved(self.group4(self.block4(x)))
        return self.fc(x.flatten(1))

    @classmethod
    def load(cls, path: Path) -> LightCnn29:
        """The published checkpoint (``{"state_dict": {"module.conv1...": ...}}``; its classifier is left out).

        Raises FileError if it cannot be read or is another network.
        """
        try:
            data: Any = torch.load(path, map_location="cpu", weights_only=True)
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror}") from error
        except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
            raise FileError(f"{path} is no checkpoint of LightCNN-29 v2; give the published one") from error
        state = data.get("state_dict", data) if isinstance(data, dict) else None
        if not isinstance(state, dict):
            raise FileError(f"{path} is no checkpoint of LightCNN-29 v2")
        plain = {str(name).removeprefix("module."): value for name, value in state.items()}
        plain.pop(_CLASSIFIER, None)
        network = cls()
        try:
            network.load_state_dict(plain)
        except (RuntimeError, TypeError, AttributeError) as error:
            raise FileError(
                f"{path} is no checkpoint of LightCNN-29 v2: {str(error).splitlines()[-1].strip()[:160]}"
            ) from error
        return network.eval().requires_grad_(False)
