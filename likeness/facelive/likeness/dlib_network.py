"""dlib's face recognition network (ResNet-29, 128 numbers a face) as a torch module with gradients.

Source: D. King, "High Quality Face Recognition with Deep Metric Learning", dlib, 2017; weights CC0. The ``.dat`` file
is dlib's own serialisation; only what this one network needs of it is read: each layer writes a marker (``con_4``,
``affine_``, ``fc_2``) and then its parameters as one tensor, input side first.

Shapes: B batch, 150x150 aligned face chips (RGB, 0..255, padding 0.25 of dlib's five-point chip).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import FileError

_MEAN_RGB = (122.782, 117.001, 104.298)
_MARKERS = re.compile(rb"con_4|affine_|fc_2")
_STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Width, residual blocks, and whether the first of them halves the picture."""


class DlibFace(nn.Module):
    """(B, 3, 150, 150) RGB in [0, 255] -> (B, 128), not normalised (dlib compares by Euclidean distance; 0.6 is its
    threshold). ``load`` gives the published weights; a bare module has random ones."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN_RGB).view(1, 3, 1, 1), persistent=False)
        self.first = _ConvolutionAffine(3, 32, 7, 2, 0)
        blocks: list[nn.Module] = []
        width = 32
        for next_width, count, halves in _STAGES:
            for i in range(count):
                blocks.append(_Block(width, next_width, halves and i == 0))
                width = next_width
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Linear(width, 128, bias=False)

    mean: Tensor

    def forward(self, chip_BCHW: Tensor) -> Tensor:
        x_BCHW = self.first((chip_BCHW - self.mean) / 256.0).relu()
        x_BCHW = nn.functional.max_pool2d(x_BCHW, 3, 2)
        for block in self.blocks:
            x_BCHW = block(x_BCHW)
        return self.last(x_BCHW.mean((2, 3)))

    @classmethod
    def load(cls, path: Path) -> DlibFace:
        """The published ``dlib_face_recognition_resnet_model_v1.dat``. Raises FileError if it is not that file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise FileError(f"cannot read dlib's network {path}: {error.strerror}") from error
        network = cls()
        layers = [m for m in network.modules() if isinstance(m, _ConvolutionAffine)]
        wanted = [part for layer in layers for part in (layer.convolution, layer.affine)] + [network.last]
        tensors = _tensors(data)
        try:
            for module, values in zip(wanted, tensors, strict=True):
                _fill(module, values)
        except (ValueError, RuntimeError) as error:
            raise FileError(f"{path} is not dlib_face_recognition_resnet_model_v1.dat: {error}") from error
        return network.eval().requires_grad_(False)


class _Affine(nn.Module):
    """dlib's frozen batch norm: one gain and one offset per channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.offset = nn.Parameter(torch.zeros(width))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gain[:, None, None] + self.offset[:, None, None]


class _ConvolutionAffine(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding)
        self.affine = _Affine(outputs)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.affine(self.convolution(x_BCHW))


class _Block(nn.Module):
    """Two 3x3 convolutions and a short cut; dlib pads what is smaller (channels, rows, columns) with zeros."""

    def __init__(self, inputs: int, outputs: int, halves: bool) -> None:
        super().__init__()
        # dlib's default padding: half the kernel at stride 1, none at stride 2.
        self.first = _ConvolutionAffine(inputs, outputs, 3, 2 if halves else 1, 0 if halves else 1)
        self.second = _ConvolutionAffine(outputs, outputs, 3, 1, 1)
        self.halves = halves

    def forward(self, x_BCHW: Tensor) -> Tensor:
        y_BCHW = self.second(self.first(x_BCHW).relu())
        if self.halves:
            x_BCHW = nn.functional.avg_pool2d(x_BCHW, 2, 2)
        shape = [max(a, b) for a, b in zip(x_BCHW.shape[1:], y_BCHW.shape[1:], strict=True)]
        return (_padded(x_BCHW, shape) + _padded(y_BCHW, shape)).relu()


def _padded(x_BCHW: Tensor, shape: list[int]) -> Tensor:
    channels, rows, columns = (want - have for want, have in zip(shape, x_BCHW.shape[1:], strict=True))
    return nn.functional.pad(x_BCHW, (0, columns, 0, rows, 0, channels))


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """dlib's integers: a control byte with the length (and the sign in its top bit), then the bytes, low first."""
    control = data[at]
    length = control & 0x0F
    value = int.from_bytes(data[at + 1 : at + 1 + length], "little")
    return (-value if control & 0x80 else value), at + 1 + length


def _tensors(data: bytes) -> list[NDArray[np.float32]]:
    """The parameters of every layer in the file, in order. A marker inside the numbers is not mistaken for a layer."""
    found: list[NDArray[np.float32]] = []
    at = 0
    while match := _MARKERS.search(data, at):
        at = match.end()
        # A fully connected layer writes its outputs and inputs before the tensor.
        before = 2 if match.group() == b"fc_2" else 0
        numbers: list[int] = []
        try:
            for _ in range(before + 5):
                value, at = _integer(data, at)
                numbers.append(value)
        except IndexError:
            break
        version, *dimensions = numbers[before:]
        count = int(np.prod(dimensions))
        if version != 2 or not 0 < count <= (len(data) - at) // 4:
            continue
        found.append(np.frombuffer(data, "<f4", count, at))
        at += 4 * count
    return found


def _fill(module: Any, values: NDArray[np.float32]) -> None:
    flat = torch.from_numpy(values.copy())
    with torch.no_grad():
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            weights = module.weight.numel()
            module.weight.copy_(flat[:weights].view_as(module.weight))
            module.bias.copy_(flat[weights:].view_as(module.bias))
        elif isinstance(module, _Affine):
            module.gain.copy_(flat[: len(module.gain)])
            module.offset.copy_(flat[len(module.gain) :].view_as(module.offset))
        else:
            # dlib multiplies from the left: its matrix is (inputs, outputs).
            module.weight.copy_(flat.view(module.in_features, module.out_features).T)
