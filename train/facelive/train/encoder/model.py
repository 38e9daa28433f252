"""The encoder network: it finds points, reads the face's parameters from them, and looks at the skin around them.

One plain ReLU trunk with a way back up to a quarter of the crop; heat maps of some points, whose means (integral
regression, Sun et al. 2018) place all of them; then a second look at these places (``close_look``), and two small
readers. The first knows points only: geometry decides most of pose, expression and shape, and that part can be taught
with points that were never drawn. The second adds what points do not show (tongue, teeth, wrinkles, colours, hair),
from features read where the heat maps look.

Shapes: B batch, H W picture, C channels, K points, M of them with a heat map, L places that are looked at, N cells of a
heat map, and per schema I identity, S style columns, E expression. Heads are linear while training and clamped to their
ranges when exported (docs/architecture.md, "Encoder"): a clamp would hide the gradient of everything that sits at its
end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from facelive.rig.schema import Schema
from facelive.train.common.devices import Precision, mixed
from facelive.train.encoder.close_look import CloseLook, Pixels, Planes
from facelive.train.encoder.eyes import EyeLook
from facelive.train.encoder.layers import convolution, linear
from facelive.train.encoder.points import LANDMARKS, POSE_HOME, POSE_OUTPUTS, FacePoints

# Order of the `confidence` output. The first says whether a face is there at all.
CONFIDENCES = ("present", "identity", "style", "colour", "expression", "pose")
# What a head's output of 1 means, so that all heads learn at the same pace: about one spread of the values.
_UNIT = {"identity": 0.15, "style": 1.0, "colour": 0.15, "expression": 0.2, "confidence": 1.0}
_POSE_UNIT = (0.3, 0.15, 0.1, 0.03, 0.03, 0.1, 0.15, 0.15, 0.15, 0.15)
_POINT_UNIT = 0.05
_GEOMETRY = ("identity", "expression", "pose")
_AT_ONCE = 4
"""Pictures whose heat maps a CPU has in hand at a time. Maps of a whole batch are 11 MB: neither a cache nor malloc's
own pool holds that, and with every pass over them the system would make new pages (benchmarks/train_step.py)."""
CROP = 256
"""Side of the crop in pixels, and of the picture that the first kernels read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderConfig:
    """Size of the network. The defaults cost about 0.2 GMAC."""

    sight: int = 128
    """Side of the trunk's raster. At 128 its first kernels are 6x6 pixels of the 256 crop, every 4th; 256 costs four
    times as much."""
    stem: int = 32
    """Channels of these first kernels."""
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels at 1/4, 1/8, 1/16 and 1/32."""
    depths: tuple[int, ...] = (1, 1, 2, 1)
    """Residual blocks at each of these."""
    neck: int = 64
    """Channels on the way back up to 1/4, which the heat maps and the looks read."""
    free: int = 12
    """Places that the network chooses itself to look at."""
    squeeze: int = 32
    """Channels of the coarse 4x4 layout of the whole crop: hair, beard, light."""
    reader: int = 512
    """Width of the reader of points."""
    hidden: int = 320
    """Width of the reader of looks."""
    patch: int = 8
    """Features of each point's patch in the second look."""
    close: int = 224
    """Width of what the second look hands on."""
    eyes: int = 96
    """Width of what the look at the eyes hands on; 0 for none. A rig without pupils has none."""


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return torch.relu(x_BCHW + self.second(self.first(x_BCHW)))


class _Trunk(nn.Module):
    """Down to 1/32, and up again to 1/4 with the finer maps added on the way."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.stem = convolution(3, config.stem, 2, scale=CROP // config.sight)
        width, stages = config.stem, []
        for next_width, depth in zip(config.widths, config.depths, strict=True):
            stages.append(
                nn.Sequential(convolution(width, next_width, 2), *(_Residual(next_width) for _ in range(depth)))
            )
            width = next_width
        self.stages = nn.ModuleList(stages)
        self.sideways = nn.ModuleList(nn.Conv2d(width, config.neck, 1) for width in config.widths)
        self.smooth = nn.ModuleList(convolution(config.neck, config.neck) for _ in config.widths[:-1])

    def forward(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> the finest map (B, neck, H/4, W/4) and the coarsest (B, widths[-1], H/32, W/32)."""
        x_BCHW = self.stem(x_BCHW)
        maps: list[Tensor] = []
        for stage in self.stages:
            x_BCHW = stage(x_BCHW)
            maps.append(x_BCHW)
        up_BCHW = self.sideways[-1](x_BCHW)
        for level in range(len(maps) - 2, -1, -1):
            up_BCHW = nn.functional.interpolate(up_BCHW, scale_factor=2.0, mode="nearest")
            up_BCHW = self.smooth[level](up_BCHW + self.sideways[level](maps[level]))
        return up_BCHW, x_BCHW


class _PointReader(nn.Module):
    """(B, 2 K) points and (B, M) who it is -> (B, width + 2 K): what the places say. Learns without pictures too."""

    def __init__(self, count: int, person: int, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(2 * count + person, width)
        self.second = nn.Linear(width, width)
        self.third = nn.Linear(width, width)

    def forward(self, offsets_BN: Tensor, person_BM: Tensor) -> Tensor:
        h = torch.relu(self.first(torch.cat([offsets_BN, person_BM], 1)))
        h = h + torch.relu(self.second(h))
        h = h + torch.relu(self.third(h))
        return torch.cat([h, offsets_BN], 1)


class Encoder(nn.Module):
    """(B, 3, H, W) float in [0, 1], BGR -> dict of head outputs, linear (styles and confidence: logits).

    H = W = 256, or ``config.sight``: then a pixel stands for several. ``person_BM`` (B, I + 1): the
    identity as it was learnt from earlier frames, and 1; or zeros for somebody new. A mouth corner that hangs is a
    frown only in a face whose mouth corners do not hang at rest. Beside the outputs of the contract the dict has
    ``points`` (B, K, 2), crop / 256, of which ``landmarks`` are the first 68, ``found``: the same before the second
    look, and, where some maps are asked for, ``heat``: the logits of these (B, m, N).
    """

    home: Tensor
    unit: Tensor
    middle: Tensor
    looked: Tensor
    at_M: Tensor

    def __init__(self, schema: Schema, points: FacePoints, config: EncoderConfig | None = None) -> None:
        super().__init__()
        config = config or EncoderConfig()
        self.config = config
        self.precision: Precision = "fp32"
        """bf16: the trunk and the heat maps' products while training. Whatever is a place stays in 32 bits, or it would
        be a pixel off."""
        self.count = len(points)
        self.sizes = head_sizes(schema)
        self.trunk = _Trunk(config)
        self.map_count = len(points.mapped)
        self.places = nn.Conv2d(config.neck, self.map_count + config.free, 1)
        self.placed = nn.Linear(2 * self.map_count, 2 * self.count)
        self.squeeze = convolution(config.widths[-1], config.squeeze, kernel=1)
        looks = (len(points.looked) + config.free) * config.neck + 16 * config.squeeze + config.widths[-1]
        self.looks = linear(looks, config.hidden)
        self.points = _PointReader(self.count, self.sizes["identity"] + 1, config.reader)
        read = config.reader + 2 * self.count
        self.close = CloseLook(points, config.patch, config.close)
        eyes = config.eyes if points.pupils else 0
        self.eyes = EyeLook(points, config.close, eyes) if eyes else None
        self.mix = linear(read + config.hidden + config.close + eyes, config.hidden)
        self.from_points = nn.Linear(read, sum(self.sizes[name] for name in _GEOMETRY))
        self.from_looks = nn.Linear(config.hidden, sum(self.sizes.values()))
        self.from_eyes = nn.Linear(eyes, self.sizes["colour"]) if eyes else None
        self.register_buffer("home", points.home_K2.clone())
        self.register_buffer("at_M", torch.tensor(points.mapped))
        middle, unit = _scales(schema, self.sizes)
        self.register_buffer("middle", middle)
        self.register_buffer("unit", unit)
        looked = [*range(len(points.looked)), *range(self.map_count, self.map_count + config.free)]
        self.register_buffer("looked", torch.tensor(looked), persistent=False)
        with torch.no_grad():
            self.placed.weight.copy_(_nearest(points))
            self.placed.bias.zero_()
            for one in (self.from_points, self.from_looks):
                one.weight.mul_(0.1)
                one.bias.zero_()
            if self.from_eyes is not None:
                self.from_eyes.weight.zero_()
                self.from_eyes.bias.zero_()

    def forward(
        self, image_BCHW: Tensor, person_BM: Tensor | None = None, heated: slice | None = None
    ) -> dict[str, Tensor]:
        """heated: which maps' logits are handed out."""
        image_BCHW = self.full(image_BCHW)
        fine_BCHW, coarse_BCHW = self.features(image_BCHW)
        fine_BCN = fine_BCHW.flatten(2).contiguous()
        few = _AT_ONCE if fine_BCN.device.type == "cpu" else len(fine_BCN)
        means, seen = zip(*(self._where_and_what(part) for part in fine_BCN.split(few)), strict=True)
        points_BK2 = self.place(torch.cat(means))
        outputs = self.answer(Planes(image_BCHW), points_BK2, torch.cat(seen), coarse_BCHW, person_BM)
        heat = {} if heated is None else {"heat": self._logits(fine_BCN, heated)}
        return outputs | {"found": points_BK2} | heat

    def _where_and_what(self, fine_BCN: Tensor) -> tuple[Tensor, Tensor]:
        """Means of the points' maps, (B, M, 2), and the features under those that are looked at, (B, L, C)."""
        heat_BQN = self._logits(fine_BCN, slice(None)).softmax(-1)
        mean_BM2 = (heat_BQN @ cells(math.isqrt(fine_BCN.shape[-1])).to(heat_BQN))[:, : self.map_count]
        return mean_BM2, heat_BQN[:, self.looked] @ fine_BCN.transpose(1, 2)

    def place(self, mean_BM2: Tensor) -> Tensor:
        """(B, M, 2) means of the maps -> (B, K, 2) all points, crop / 256. Neighbouring maps err alike."""
        moved_BN = self.placed(((mean_BM2 - self.home[self.at_M]) / _POINT_UNIT).flatten(1))
        return self.home + _POINT_UNIT * moved_BN.unflatten(1, (-1, 2))

    def _logits(self, fine_BCN: Tensor, which: slice) -> Tensor:
        """(B, k, N) float32. A product of matrices, not a convolution: the maps come out in the order in which they are
        summed."""
        with mixed(fine_BCN.device, self.precision):
            logits_BKN = self.places.weight.flatten(1)[which] @ fine_BCN
        logits_BKN = logits_BKN.float()
        return logits_BKN if self.places.bias is None else logits_BKN + self.places.bias[which, None]

    def full(self, image_BCHW: Tensor) -> Tensor:
        """The picture as a crop of 256 pixels."""
        if image_BCHW.shape[-1] == self.config.sight < CROP:
            return nn.functional.interpolate(image_BCHW, size=(CROP, CROP), mode="nearest")
        return image_BCHW

    def features(self, image_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """The trunk's finest and coarsest map, of the picture at full size."""
        with mixed(image_BCHW.device, self.precision):
            fine_BCHW, coarse_BCHW = self.trunk((image_BCHW - 0.5).mul_(4.0))
        return fine_BCHW.float(), coarse_BCHW.float()

    def answer(
        self,
        pixels: Pixels,
        found_BK2: Tensor,
        seen_BLC: Tensor,
        coarse_BCHW: Tensor,
        person_BM: Tensor | None,
    ) -> dict[str, Tensor]:
        """All heads, from the picture, the points as the maps found them, the features of the L places
        that are looked at, and the coarsest map.
        """
        layout = self.squeeze(coarse_BCHW)
        if layout.shape[-1] > 4:
            layout = nn.functional.avg_pool2d(layout, layout.shape[-1] // 4)
        looks = self.looks(torch.cat([seen_BLC.flatten(1), layout.flatten(1), coarse_BCHW.mean((2, 3))], 1))
        points_BK2, close = self.close(pixels, found_BK2, self.offsets(found_BK2))
        eyes = close[:, :0] if self.eyes is None else self.eyes(pixels, points_BK2, close)
        return self._heads(points_BK2, torch.cat([looks, close], 1), eyes, person_BM) | {"points": points_BK2}

    def inner_weights(self) -> list[nn.Parameter]:
        """Matrices and kernels between what reads the picture and what gives places and answers.

        Of the second look only what mixes the patches; each patch has a reader of its own.
        """
        outer = [self.trunk.stem, self.places, self.placed, self.close.move, self.from_points, self.from_looks]
        if self.eyes is not None and self.from_eyes is not None:
            outer += [self.eyes.maps[0], self.from_eyes]
        ends = {id(p) for part in outer for p in part.parameters()} | {id(self.close.weight), id(self.close.bias)}
        return [p for p in self.parameters() if p.ndim > 1 and id(p) not in ends]

    def offsets(self, points_BK2: Tensor) -> Tensor:
        """From the neutral face's, in units of about 1."""
        return (points_BK2 - self.home) / _POINT_UNIT

    def read(self, points_BK2: Tensor, person_BM: Tensor | None = None) -> dict[str, Tensor]:
        """What the points alone say: ``identity``, ``expression`` and ``pose``."""
        return self._named(self.from_points(self._from_offsets(points_BK2, person_BM)), _GEOMETRY)

    def _from_offsets(self, points_BK2: Tensor, person_BM: Tensor | None) -> Tensor:
        offsets_BN = self.offsets(points_BK2).flatten(1)
        size = self.sizes["identity"]
        if person_BM is None:
            return self.points(offsets_BN, offsets_BN.new_zeros(len(offsets_BN), size + 1))
        known_B1 = person_BM[:, size:]
        identity_BI = (person_BM[:, :size] - self.middle[:size]) / self.unit[:size] * known_B1
        return self.points(offsets_BN, torch.cat([identity_BI, known_B1], 1))

    def _heads(
        self, points_BK2: Tensor, looks_BN: Tensor, eyes_BN: Tensor, person_BM: Tensor | None
    ) -> dict[str, Tensor]:
        read = self._from_offsets(points_BK2, person_BM)
        added = self._split(self.from_points(read), _GEOMETRY)
        if self.from_eyes is not None:
            added["colour"] = self.from_eyes(eyes_BN)
        values = self._split(self.from_looks(self.mix(torch.cat([read, looks_BN, eyes_BN], 1))), tuple(self.sizes))
        joined = torch.cat([value + added[name] if name in added else value for name, value in values.items()], 1)
        outputs = self._split(joined * self.unit + self.middle, tuple(self.sizes))
        return outputs | {"landmarks": points_BK2[:, :LANDMARKS]}

    def _split(self, values_BN: Tensor, names: tuple[str, ...]) -> dict[str, Tensor]:
        parts = cast("tuple[Tensor, ...]", values_BN.split([self.sizes[name] for name in names], 1))
        return dict(zip(names, parts, strict=True))

    def _named(self, values_BN: Tensor, names: tuple[str, ...]) -> dict[str, Tensor]:
        unit, middle = (
            self._split(self.unit[None], tuple(self.sizes)),
            self._split(self.middle[None], tuple(self.sizes)),
        )
        return {name: value * unit[name] + middle[name] for name, value in self._split(values_BN, names).items()}


def _nearest(points: FacePoints) -> Tensor:
    """(2 K, 2 M): where training begins, every point moves as the nearest one with a map does."""
    near_K = torch.cdist(points.home_K2, points.home_K2[list(points.mapped)]).argmin(1)
    return torch.kron(nn.functional.one_hot(near_K, len(points.mapped)).float(), torch.eye(2))


def cells(side: int) -> Tensor:
    """(side * side, 2): centres of a heat map's cells, crop / 256, in the units of pixel centres at integers."""
    place = ((torch.arange(side) + 0.5) * (256.0 / side) - 0.5) / 256.0
    y, x = torch.meshgrid(place, place, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def head_sizes(schema: Schema) -> dict[str, int]:
    """Width of every head, in the order of the outputs. A rig may lack styles or colours: its head has then width 0."""
    groups = {name: len(schema.indices(name)) for name in ("identity", "style", "colour", "expression")}
    return groups | {"pose": len(POSE_OUTPUTS), "confidence": len(CONFIDENCES)}


def _scales(schema: Schema, sizes: dict[str, int]) -> tuple[Tensor, Tensor]:
    """Middle and unit of every output."""
    neutral = torch.from_numpy(schema.neutral())
    middle, unit = [], []
    for name, size in sizes.items():
        if name == "pose":
            middle.append(torch.tensor(POSE_HOME))
            unit.append(torch.tensor(_POSE_UNIT))
            continue
        has_neutral = name in ("identity", "colour", "expression")
        middle.append(neutral[torch.from_numpy(schema.indices(name))] if has_neutral else torch.zeros(size))
        unit.append(torch.full((size,), _UNIT[name]))
    return torch.cat(middle), torch.cat(unit)
