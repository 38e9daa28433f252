"""A small face parser: what every pixel of a crop shows. Plain convolutions, light enough for live use.

The classes are the renderer's own (``facelive.rig.mesh.Segment``; left and right are the subject's). Trained on
renders, whose masks are exact, and on photos with labels from MediaPipe's landmarks (``facelive.train.parser``).
Shapes: B batch, S classes, F features. Input (B, 3, 256, 256) or any multiple of 32; it sees the crop at 128.
"""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from facelive.errors import FileError
from facelive.likeness.alignment import require_picture
from facelive.rig.mesh import Segment

SIGHT = 128
"""Side at which the network sees and answers, pixels."""
CLASSES = len(Segment)
FORMAT = "facelive-parser"


class Parsed(NamedTuple):
    """The parser's answer."""

    logits_BSHW: Tensor
    """(B, S, 128, 128)."""
    features_BFHW: Tensor
    """(B, F, 64, 64): what the content loss compares, an eighth of the paper's 512."""

    @property
    def probability_BSHW(self) -> Tensor:
        """(B, S, 128, 128), sums to 1 over the classes."""
        return self.logits_BSHW.softmax(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ParserConfig:
    """Size of the network."""

    widths: tuple[int, int, int, int] = (12, 24, 48, 92)
    """Channels at 128, 64, 32 and 16 pixels."""
    classes: int = CLASSES
    """Kinds of pixels."""


class _Block(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class FaceParser(nn.Module):
    """A U-net of plain 3x3 convolutions; 0.15 GMAC."""

    def __init__(self, config: ParserConfig | None = None) -> None:
        super().__init__()
        self.config = config or ParserConfig()
        a, b, c, d = self.config.widths
        self.at128 = _Block(3, a)
        self.at64 = _Block(a, b, 2)
        self.at32 = nn.Sequential(_Block(b, c, 2), _Block(c, c))
        self.at16 = nn.Sequential(_Block(c, d, 2), _Block(d, d))
        self.down32, self.back32 = nn.Conv2d(d, c, 1), _Block(c, c)
        self.down64, self.back64 = nn.Conv2d(c, b, 1), _Block(b, b)
        self.down128, self.back128 = nn.Conv2d(b, a, 1), _Block(a, a)
        self.head = nn.Conv2d(a, self.config.classes, 1)

    def forward(self, image_BCHW: Tensor) -> Parsed:
        """(B, 3, S, S) BGR in [0, 1]; photo and render alike. Raises UsageError for another range."""
        x = require_picture(image_BCHW)
        if x.shape[-1] != SIGHT:
            whole = x.shape[-1] % SIGHT == 0
            x = (
                nn.functional.avg_pool2d(x, x.shape[-1] // SIGHT)
                if whole
                else nn.functional.interpolate(x, (SIGHT, SIGHT), mode="bilinear", antialias=True, align_corners=False)
            )
        s128 = self.at128(2.0 * x - 1.0)
        s64 = self.at64(s128)
        s32 = self.at32(s64)
        s16 = self.at16(s32)
        s32 = self.back32(s32 + _doubled(self.down32(s16)))
        s64 = self.back64(s64 + _doubled(self.down64(s32)))
        s128 = self.back128(s128 + _doubled(self.down128(s64)))
        return Parsed(self.head(s128), s64)

    def save(self, path: Path) -> None:
        """Weights and sizes; atomic."""
        temporary = path.with_suffix(".tmp")
        state = {
            name: value.half() if value.is_floating_point() else value for name, value in self.state_dict().items()
        }
        torch.save({"format": FORMAT, "config": asdict(self.config), "state": state}, temporary)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> FaceParser:
        """A frozen parser. Raises FileError if the file is none."""
        try:
            data: Any = torch.load(path, map_location="cpu", weights_only=True)
            if data["format"] != FORMAT:
                raise FileError(f"{path} holds no face parser")
            sizes = data["config"]
            parser = cls(ParserConfig(widths=tuple(sizes["widths"]), classes=sizes["classes"]))
            parser.load_state_dict(
                {name: value.float() if value.is_floating_point() else value for name, value in data["state"].items()}
            )
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror}") from error
        except (RuntimeError, EOFError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise FileError(f"{path} is no face parser; give the parser.pt that a training left") from error
        return parser.eval().requires_grad_(False)


def _doubled(x_BCHW: Tensor) -> Tensor:
    return nn.functional.interpolate(x_BCHW, scale_factor=2.0, mode="nearest")
