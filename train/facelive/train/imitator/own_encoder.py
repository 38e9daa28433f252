"""A small encoder for a user's own character, known by its schema only: the network and its ONNX file.

It gives what docs/architecture.md asks of an encoder, so that ``facelive live`` and ``encode`` run it as any other.
Shapes: B batch, H W crop; I S C E the sizes of the schema's groups.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import WeightsError
from facelive.likeness.drawing import APPEARANCE, POSE_SIZE
from facelive.likeness.imitator_points import LANDMARKS
from facelive.rig.framing import FRAMING
from facelive.rig.schema import Schema

OUTPUTS = ("identity", "style", "colour", "expression", "pose", "landmarks", "confidence")
CONFIDENCES = 6
_CROP = 256
_MIDDLE = (0.0, 0.0, 0.0, 0.5, 0.365, 0.14, 0.0, 0.0, 0.0, 0.0)
_GRID = 8
_OPSET = 17
_TOLERANCE = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnEncoderConfig:
    """Size of the network. The defaults cost about 0.06 GMAC."""

    sight: int = 128
    """Side at which it sees the 256 crop: 64, 128 or 256."""
    widths: tuple[int, ...] = (16, 32, 64, 96)
    """Channels at 1/2, 1/4, ...; the last grid has 8x8 cells (three widths at 64, four at 128, five at 256)."""
    squeeze: int = 32
    """Channels that keep their place in the 8x8 grid."""
    hidden: int = 256


class OwnEncoder(nn.Module):
    """(B, 3, H, W) BGR in [0, 1] -> heads, linear (styles and confidence: logits)."""

    def __init__(self, schema: Schema, config: OwnEncoderConfig) -> None:
        super().__init__()
        if config.sight != _GRID * 2 ** len(config.widths):
            raise WeightsError(f"a sight of {config.sight} and {len(config.widths)} widths do not end at 8x8")
        self.config = config
        layers: list[nn.Module] = []
        width = 3
        for next_width in config.widths:
            layers += [nn.Conv2d(width, next_width, 3, 2, 1, bias=False), nn.BatchNorm2d(next_width), nn.ReLU(True)]
            layers += [
                nn.Conv2d(next_width, next_width, 3, 1, 1, bias=False),
                nn.BatchNorm2d(next_width),
                nn.ReLU(True),
            ]
            width = next_width
        self.trunk = nn.Sequential(*layers, nn.Conv2d(width, config.squeeze, 1), nn.ReLU(True))
        self.hidden = nn.Sequential(nn.Linear(config.squeeze * _GRID**2, config.hidden), nn.ReLU(True))
        self.sizes = {**{group: len(schema.indices(group)) for group in APPEARANCE}, "pose": POSE_SIZE,
                      "landmarks": 2 * LANDMARKS, "confidence": CONFIDENCES}  # fmt: skip
        self.heads = nn.Linear(config.hidden, sum(self.sizes.values()))
        neutral = torch.from_numpy(schema.neutral())
        bias = [neutral[torch.from_numpy(schema.indices(group))] for group in APPEARANCE]
        bias += [torch.tensor(_MIDDLE), torch.full((2 * LANDMARKS,), 0.5), torch.zeros(CONFIDENCES)]
        with torch.no_grad():
            self.heads.weight.mul_(0.1)
            self.heads.bias.copy_(torch.cat(bias))

    def forward(self, image_BCHW: Tensor) -> dict[str, Tensor]:
        shrink = image_BCHW.shape[-1] // self.config.sight
        if shrink > 1:
            image_BCHW = nn.functional.avg_pool2d(image_BCHW, shrink)
        hidden_BC = self.hidden(self.trunk((image_BCHW - 0.5) * 4.0).flatten(1))
        parts = cast("tuple[Tensor, ...]", self.heads(hidden_BC).split(list(self.sizes.values()), 1))
        outputs = dict(zip(self.sizes, parts, strict=True))
        outputs["landmarks"] = outputs["landmarks"].unflatten(1, (LANDMARKS, 2))
        return outputs


class _Deployed(nn.Module):
    """(B, 256, 256, 3) uint8 -> the contract's outputs, in range."""

    def __init__(self, encoder: OwnEncoder, schema: Schema) -> None:
        super().__init__()
        self.encoder = encoder
        low, high = torch.from_numpy(schema.minimum), torch.from_numpy(schema.maximum)
        for group in ("identity", "colour", "expression"):
            where = torch.from_numpy(schema.indices(group))
            self.register_buffer(f"low_{group}", low[where])
            self.register_buffer(f"high_{group}", high[where])

    def forward(self, image_BHWC: Tensor) -> tuple[Tensor, ...]:
        outputs = self.encoder(image_BHWC.float().permute(0, 3, 1, 2) * (1.0 / 255.0))
        for group in ("identity", "colour", "expression"):
            low, high = self.get_buffer(f"low_{group}"), self.get_buffer(f"high_{group}")
            outputs[group] = torch.minimum(torch.maximum(outputs[group], low), high)
        outputs["confidence"] = outputs["confidence"].sigmoid()
        return tuple(outputs[name] for name in OUTPUTS)


def export_own(encoder: OwnEncoder, schema: Schema, path: Path) -> None:
    """Write the ONNX file and compare it with torch. Raises WeightsError if the two differ."""
    import onnx
    import onnxruntime

    deployed = _Deployed(encoder, schema).eval()
    probe = np.random.default_rng(0).integers(0, 255, (1, _CROP, _CROP, 3), dtype=np.uint8)
    example = torch.from_numpy(probe)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the trace-based exporter announces its retirement
        axes = {name: {0: "N"} for name in ("image", *OUTPUTS)}
        torch.onnx.export(
            deployed, (example,), str(path), input_names=["image"], output_names=list(OUTPUTS), dynamic_axes=axes,
            opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
        expected = [value.numpy() for value in deployed(example)]
    model = onnx.load(str(path))
    for key, value in (("schema", f"{schema.hash:016x}"), ("version", "1"), ("framing", FRAMING)):
        entry = model.metadata_props.add()
        entry.key, entry.value = f"facelive.{key}", value
    onnx.save(model, str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = cast("list[NDArray[np.float32]]", session.run(list(OUTPUTS), {"image": probe}))
    worst = max(float(np.abs(a - b).max(initial=0.0)) for a, b in zip(found, expected, strict=True))
    if worst > _TOLERANCE:
        raise WeightsError(f"the exported encoder differs from torch by {worst:.2g}")
