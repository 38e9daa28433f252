"""The networks: features to a likeness (the translator), and a likeness to the embedding that its render would have.

Shapes: B batch, D = 1280 features, V = 256 numbers of the embedding, I, S, C sizes of the schema's groups.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from facelive.errors import FileError
from facelive.rig.schema import Schema

GROUPS = ("identity", "style", "colour")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How many numbers each group has."""

    identity: int
    style: int
    colour: int

    @classmethod
    def of(cls, schema: Schema) -> Sizes:
        return cls(**{group: len(schema.indices(group)) for group in GROUPS})

    @property
    def total(self) -> int:
        return self.identity + self.style + self.colour


class Translator(nn.Module):
    """(B, D) features -> identity (B, I), style logits (B, S), colour (B, C)."""

    def __init__(self, features: int, sizes: Sizes, kept: int, hidden: int = 320, drop: float = 0.2) -> None:
        super().__init__()
        self.sizes = sizes
        self.register_buffer("mean_D", torch.zeros(features))
        self.register_buffer("enter_DK", torch.zeros(features, kept))
        self.register_buffer("middle", torch.zeros(sizes.total))
        self.register_buffer("spread", torch.ones(sizes.total))
        self.body = nn.Sequential(
            nn.Linear(kept, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(drop)
        )
        self.leave = nn.Linear(hidden, sizes.total)
        self.straight = nn.Linear(kept, sizes.total)

    mean_D: Tensor
    enter_DK: Tensor
    middle: Tensor
    spread: Tensor

    def whiten(self, features_BD: Tensor) -> Tensor:
        """(B, K): without what tells photos from renders, about one in spread."""
        return (features_BD - self.mean_D) @ self.enter_DK

    def read(self, white_BK: Tensor) -> Tensor:
        """(B, I + S + C) in spreads about the middle; style as it is."""
        return self.leave(self.body(white_BK)) + self.straight(white_BK)

    def outputs(self, white_BK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Identity and colour unclamped, style logits."""
        values = self.middle + self.spread * self.read(white_BK)
        identity, style, colour = values.split([self.sizes.identity, self.sizes.style, self.sizes.colour], 1)
        return identity, style, colour

    def forward(self, features_BD: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        identity, style, colour = self.outputs(self.whiten(features_BD))
        return identity.clamp(0.0, 1.0), style, colour.clamp(0.0, 1.0)


def load_translator(path: Path, schema: Schema) -> Translator:
    """Weights that ``run`` or ``alike`` wrote. Raises FileError if they are none, or another rig's."""
    try:
        found = torch.load(path, weights_only=True)
        (features, kept), hidden = found["enter_DK"].shape, found["leave.weight"].shape[1]
        net = Translator(features, Sizes.of(schema), kept, hidden)
        net.load_state_dict(found)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise FileError(f"{path} holds no translator of this rig: {str(error).splitlines()[0]}") from error
    return net.eval()


def widened(net: Translator, features_MD: Tensor, person_M: Tensor, gain: float) -> Translator:
    """The same, its sliders ``gain`` times as far from their mean over the people of some photos.

    The least error is made by answers that keep near the mean where features say little, and then everybody looks
    like everybody. features_MD of photos, person_M whose they are, 0 .. people - 1.
    """
    out = copy.deepcopy(net).eval()
    with torch.no_grad():
        said_MI = out.outputs(out.whiten(features_MD))[0]
        whose_PM = nn.functional.one_hot(person_M).float().T
        centre_I = ((whose_PM @ said_MI) / whose_PM.sum(1, keepdim=True)).mean(0)
        some = slice(0, out.sizes.identity)
        out.middle[some] = centre_I + gain * (out.middle[some] - centre_I)
        out.spread[some] *= gain
    return out


def folded(net: Translator) -> Translator:
    """The same function with the map of features made part of the layers behind it: a matrix less to ship."""
    out = copy.deepcopy(net).eval()
    first = out.body[0]
    assert isinstance(first, nn.Linear)
    for layer in (first, out.straight):
        weight = layer.weight @ out.enter_DK.T
        layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(layer.bias - weight @ out.mean_D)
        layer.in_features = weight.shape[1]
    out.whiten = lambda features_BD: features_BD
    del out.enter_DK, out.mean_D
    return out.requires_grad_(False)


class Echo(nn.Module):
    """(B, I + S + C) a likeness, style as shares -> (B, V): the mean embedding of its renders."""

    def __init__(self, sizes: Sizes, embedding: int, hidden: int = 384, drop: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("middle", torch.zeros(sizes.total))
        self.register_buffer("spread", torch.ones(sizes.total))
        self.register_buffer("mean_V", torch.zeros(embedding))
        self.body = nn.Sequential(
            nn.Linear(sizes.total, hidden), nn.SiLU(), nn.Dropout(drop), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Dropout(drop), nn.Linear(hidden, embedding),
        )  # fmt: skip
        self.straight = nn.Linear(sizes.total, embedding)

    middle: Tensor
    spread: Tensor
    mean_V: Tensor

    def forward(self, values_BA: Tensor) -> Tensor:
        """Centred on the mean of renders."""
        x_BA = (values_BA - self.middle) / self.spread
        return self.body(x_BA) + self.straight(x_BA)
