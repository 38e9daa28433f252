"""The imitator: a network that draws like the renderer or game engine, and that can be differentiated.

Shi et al., "Face-to-Parameter Translation for Game Character Auto-Creation", ICCV 2019, with expression and pose as
inputs beside identity, and with landmarks. Shapes: see ``facelive.likeness.drawing``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from facelive.errors import FileError, SchemaError, UsageError, WeightsError
from facelive.likeness.drawing import POSE_SIZE, Imitation, appearance_columns
from facelive.likeness.imitator_networks import LightDecoder, PaperDecoder
from facelive.likeness.imitator_points import (
    LANDMARKS,
    HeadPoints,
    LearnedPoints,
    Placed,
    Splat,
    appearance_features,
    pose_features,
)
from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.schema import Schema

FORMAT, VERSION = "facelive-imitator", 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ImitatorConfig:
    """Form of the network. The defaults draw 256x256 for 0.37 GMAC, all that ``live_256`` adds for 0.39."""

    network: Literal["paper", "light"] = "light"
    """"paper": eight transposed convolutions; "light": upsampling, 3x3 convolutions and point maps."""
    widths: tuple[int, ...] = (128, 96, 64, 32, 16)
    """Channels. light: at 8, 16, 32, ... pixels, the last doubled for the picture. paper: of all but the last layer."""
    geometry: bool = True
    """Take landmarks and point maps from the rig's differentiable twin; False: learn them (own characters)."""
    parts: bool = True
    """Also tell what every pixel shows (light only); needs part masks to learn from."""
    code: int = 256
    """light: width of the layers that read the numbers."""
    deep: int = 0
    """light: further pairs of such layers, each added to what it read."""
    base: int = 48
    """light: channels of the first 8x8 grid."""
    maps: int = 24
    """light: channels of the point maps."""
    tints: int = 0
    """light: channels of the point maps beside these, which follow from styles and colours point by point."""
    normals: bool = False
    """light: three more channels of the point maps, in which direction the skin there looks; with geometry only."""
    palette: bool = False
    """light: every part has a colour of its own, straight from the numbers; with parts only."""
    maps_at: int = 64
    """light: side of the finest point maps: 16, 32 or 64."""
    more_points: int = 160
    """light: points beside the landmarks, all over the head; with geometry only."""
    landmark_hidden: int = 256
    """Width of the network that learns landmarks where there is no geometry."""

    def __post_init__(self) -> None:
        if self.maps_at not in (8, 16, 32, 64) or self.maps < 4 or len(self.widths) < 2:
            raise UsageError("an imitator needs two widths, four maps, and maps_at of 8, 16, 32 or 64")
        if self.network == "paper" and self.parts:
            raise UsageError("the paper's network does not know parts: give parts=False")
        if self.palette and not self.parts:
            raise UsageError("without parts there is nothing to give a palette's colours to: give palette=False")
        if self.normals and not self.geometry:
            raise UsageError("only a rig's geometry knows normals: give normals=False")

    @property
    def size(self) -> int:
        """Side of the picture, pixels."""
        return 4 * 2 ** len(self.widths) if self.network == "paper" else 8 * 2 ** len(self.widths)


def paper_512(*, geometry: bool = True) -> ImitatorConfig:
    """The published network: 512x512."""
    return ImitatorConfig(network="paper", widths=(512, 512, 512, 256, 128, 64, 64), parts=False, geometry=geometry)


def live_256(*, geometry: bool = True, parts: bool = True) -> ImitatorConfig:
    """Light enough to be refined through on a CPU: 256x256."""
    return ImitatorConfig(geometry=geometry, parts=parts, tints=8, deep=2, normals=geometry, palette=parts)


class Imitator(nn.Module):
    """(appearance_BN, pose_B10) -> ``Imitation``. One class for all forms; see ``ImitatorConfig``."""

    neutral: Tensor
    half_range: Tensor
    looks: Tensor

    def __init__(self, schema: Schema, config: ImitatorConfig, head: Head | None = None) -> None:
        """head: where ``config.geometry`` is wanted and the schema is not the built-in head's.

        Raises SchemaError if geometry is wanted and there is none for this schema.
        """
        super().__init__()
        self.schema, self.config = schema, config
        columns = appearance_columns(schema)
        neutral, half_range = appearance_features(schema, columns)
        self.register_buffer("neutral", neutral, persistent=False)
        self.register_buffer("half_range", half_range, persistent=False)
        inputs = len(columns) + POSE_SIZE
        self.points: HeadPoints | LearnedPoints
        if config.geometry:
            more = config.more_points if config.network == "light" else 0
            self.points = HeadPoints(_head_of(schema, head), more)
        else:
            self.points = LearnedPoints(inputs, config.landmark_hidden)
        self.splat: Splat | None = None
        if config.network == "paper":
            self.decoder: PaperDecoder | LightDecoder = PaperDecoder(inputs, config.widths)
            return
        self.code = nn.Sequential(
            nn.Linear(inputs, config.code), nn.LeakyReLU(0.1), nn.Linear(config.code, config.code), nn.LeakyReLU(0.1),
            *(_Deeper(config.code) for _ in range(config.deep)),
        )  # fmt: skip
        side = min(config.maps_at, 8 * 2 ** (len(config.widths) - 1))
        looks = [*schema.indices("style"), *schema.indices("colour")]
        places = np.flatnonzero(np.isin(columns, looks))
        self.register_buffer("looks", torch.from_numpy(places), persistent=False)
        tints = config.tints if len(places) else 0
        self.splat = Splat(self.points.canonical_K3, config.maps, side, len(places), tints, normals=config.normals)
        classes = len(Segment) if config.parts else 0
        self.decoder = LightDecoder(
            config.code, config.widths, config.base, self.splat.channels, side, classes, palette=config.palette
        )

    @property
    def size(self) -> int:
        """Side of the picture, pixels."""
        return self.config.size

    def forward(self, appearance_BN: Tensor, pose_B10: Tensor) -> Imitation:
        """appearance_BN: identity, style (probabilities), colour, expression. pose_B10: as the encoder gives it."""
        inputs_BN = torch.cat([(appearance_BN - self.neutral) / self.half_range, pose_features(pose_B10)], 1)
        # Places keep 32 bits in mixed precision: a bfloat16 cannot tell one pixel from the next.
        with torch.autocast(pose_B10.device.type, enabled=False):
            placed = self._placed(appearance_BN, pose_B10, inputs_BN)
            maps_BCRR = None if self.splat is None else self.splat(placed, inputs_BN[:, self.looks])
        landmarks_BK2 = placed.points_BK2[:, :LANDMARKS]
        if isinstance(self.decoder, PaperDecoder):
            return Imitation(self.decoder(inputs_BN), landmarks_BK2, None)
        assert maps_BCRR is not None
        image_BCHW, parts_BSHW = self.decoder(self.code(inputs_BN), maps_BCRR)
        return Imitation(image_BCHW, landmarks_BK2, parts_BSHW)

    def _placed(self, appearance_BN: Tensor, pose_B10: Tensor, inputs_BN: Tensor) -> Placed:
        if isinstance(self.points, HeadPoints):
            return self.points(appearance_BN, pose_B10)
        return self.points(inputs_BN)

    def save(self, path: Path, *, half: bool = False) -> None:
        """Write the weights with all that is needed to load them again. half: 16-bit floats, half the size."""
        weights = {name: value.detach().cpu().clone() for name, value in self.state_dict().items()}
        if half:
            weights = {n: v.half() if v.is_floating_point() else v for n, v in weights.items()}
        content = {
            "format": FORMAT,
            "version": VERSION,
            "config": asdict(self.config),
            "schema": f"{self.schema.hash:016x}",
            "sha256": _digest(weights),
            "weights": weights,
        }
        temporary = path.with_name(path.name + ".part")
        torch.save(content, temporary)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path, schema: Schema, head: Head | None = None) -> Imitator:
        """Frozen and in evaluation mode. head: as for the constructor.

        Raises FileError if it is no imitator, WeightsError if it is damaged or was trained for another rig.
        """
        content = _read(path)
        if content["schema"] != f"{schema.hash:016x}":
            raise WeightsError(
                f"{path} imitates another rig (schema {content['schema']}, this one is {schema.hash:016x}): "
                "train one for it (facelive train imitator)"
            )
        weights = content["weights"]
        if _digest(weights) != content["sha256"]:
            raise WeightsError(f"{path} is damaged: its weights do not match their sha256")
        options = dict(content["config"])
        options["widths"] = tuple(options["widths"])
        model = cls(schema, ImitatorConfig(**options), head)
        try:
            model.load_state_dict({n: v.float() if v.is_floating_point() else v for n, v in weights.items()})
        except RuntimeError as error:
            raise WeightsError(f"{path} does not fit this version of facelive: {error}") from error
        return model.eval().requires_grad_(False)


class _Deeper(nn.Module):
    """Two more layers, added to what they read. They begin with nothing: a network grows by them (``grow_into``)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, code_BN: Tensor) -> Tensor:
        return code_BN + self.second(nn.functional.leaky_relu(self.first(code_BN), 0.1))


def _head_of(schema: Schema, head: Head | None) -> Head:
    found = head or Head.default()
    if found.schema.hash != schema.hash:
        raise SchemaError(
            f"there is no differentiable head for the rig {schema.name!r}: give its head, or geometry=False"
        )
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except OSError as error:
        raise FileError(f"cannot read the imitator {path}: {error.strerror or error}") from error
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise FileError(f"{path} is not an imitator; give the imitator.pt that a training left") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != VERSION:
        raise FileError(f"{path} is not an imitator of version {VERSION}")
    return content


def _digest(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of names, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()
