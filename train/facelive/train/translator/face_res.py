"""HSE FaceRes: a second network that recognises faces, a MobileNet that sees the whole head.

Source: A. Savchenko, "Efficient facial representations for age, gender and identity recognition in organizing photo
albums using multi-output ConvNet", PeerJ Computer Science 5:e197, 2019; trained on VGGFace2. The numbers are those of
``models/faceres.bin`` in the npm package ``@vladmandic/human`` 3.3.6 (MIT), in half precision there as well; its heads
for age and sex are left out. They ship inside the translator's file, and ``face_res`` reads them from there.

Shapes: B batch, 224x224 pictures.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from facelive.errors import FileError
from facelive.likeness.onnx_weights import initialisers
from facelive.stream.weights_folder import TRANSLATOR

FEATURES = 1024
SIDE = 224
PREFIX = "features.face_res."
"""Of its weights in the translator's file."""
_MEAN_BGR = (103.939, 116.779, 123.68)
_WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_HALVES = (1, 3, 5, 11)
"""Blocks whose depthwise kernels step by two pixels."""
_MOST = 6.0
"""Units are clipped there (ReLU6)."""


class FaceRes(nn.Module):
    """(B, 3, 224, 224) BGR in [0, 255] -> (B, 1024) means of the last maps. A bare module has random weights."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN_BGR).view(1, 3, 1, 1), persistent=False)
        layers, width = [nn.Conv2d(3, 32, 3, 2)], 32
        for block, next_width in enumerate(_WIDTHS):
            layers.append(nn.Conv2d(width, width, 3, 2 if block in _HALVES else 1, groups=width))
            layers.append(nn.Conv2d(width, next_width, 1))
            width = next_width
        self.layers = nn.ModuleList(layers)

    mean: Tensor

    def forward(self, image_BCHW: Tensor) -> Tensor:
        x_BCHW = image_BCHW - self.mean
        for layer in self.layers:
            assert isinstance(layer, nn.Conv2d)
            if layer.kernel_size[0] == 3:  # TensorFlow's "same": of an even side the pixel more is at the end
                x_BCHW = nn.functional.pad(x_BCHW, (0, 1, 0, 1) if layer.stride[0] == 2 else (1, 1, 1, 1))
            x_BCHW = layer(x_BCHW).clamp(0.0, _MOST)
        return x_BCHW.mean((2, 3))


def face_res(path: Path = TRANSLATOR) -> FaceRes:
    """From a translator's file, or ``faceres.json`` of the package with ``faceres.bin`` beside it.

    Raises FileError if the file does not hold the network.
    """
    network = FaceRes()
    try:
        state = _published(path) if path.suffix == ".json" else initialisers(path, PREFIX)
        network.load_state_dict(state)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise FileError(f"{path} does not hold FaceRes: {str(error).splitlines()[0]}") from error
    return network.eval().requires_grad_(False)


def _published(path: Path) -> dict[str, Tensor]:
    """TensorFlow.js' format: a list of tensors, and their bytes one after the other."""
    (group,) = json.loads(path.read_text(encoding="utf-8"))["weightsManifest"]
    data, at, found = (path.parent / group["paths"][0]).read_bytes(), 0, {}
    for row in group["weights"]:
        kind = np.dtype(row.get("quantization", row)["dtype"])
        count = int(np.prod(row["shape"]))
        found[row["name"]] = np.frombuffer(data, kind, count, at).reshape(row["shape"]).astype(np.float32)
        at += count * kind.itemsize
    # Batch norms of the 1x1 kernels are multiplied in already; of the others the factor stands apart.
    state = _layer(0, found["conv1/convolution/merged_input"], found["conv1_bn/batchnorm_1/sub"])
    for block in range(len(_WIDTHS)):
        deep, flat = f"conv_dw_{block + 1}", f"conv_pw_{block + 1}"
        kernel_HWC1 = found[f"{deep}/depthwise_kernel"] * found[f"{deep}_bn/batchnorm_1/mul"].reshape(1, 1, -1, 1)
        state |= _layer(2 * block + 1, kernel_HWC1.swapaxes(2, 3), found[f"{deep}_bn/batchnorm_1/sub"])
        kernel_HWIO = found[f"{flat}/convolution/merged_input"]
        state |= _layer(2 * block + 2, kernel_HWIO, found[f"{flat}_bn/batchnorm_1/sub"])
    return state


def _layer(number: int, kernel_HWIO: np.ndarray, bias_O: np.ndarray) -> dict[str, Tensor]:
    weight = torch.from_numpy(np.ascontiguousarray(kernel_HWIO.transpose(3, 2, 0, 1)))
    return {f"layers.{number}.weight": weight, f"layers.{number}.bias": torch.from_numpy(bias_O.reshape(-1).copy())}
