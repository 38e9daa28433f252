"""The encoder against the frozen imitator: what it says of a photo is drawn, and the drawing compared with the photo.

Identity and facial content losses: Shi et al., ICCV 2019, equations 1 to 3; loopback: Shi et al., AAAI 2020, equation 5
(what is read from the drawing is what was drawn). Shapes: B photos, P parameters, D embedding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from facelive.errors import FileError
from facelive.likeness.content import content_loss
from facelive.likeness.drawing import APPEARANCE, Draws
from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition
from facelive.likeness.fit_variables import locked_rows
from facelive.likeness.identity import IdentityNetwork, open_identity
from facelive.likeness.imitator import Imitator
from facelive.likeness.losses import identity_loss
from facelive.likeness.parser import FaceParser
from facelive.likeness.refine import SHIPPED_IMITATOR, SHIPPED_PARSER
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.encoder.losses import scaled_huber

Outputs = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImitatedWeights:
    """How much each term counts beside those of ``LossWeights``."""

    identity: float = 2.0
    """1 - cosine of centred embeddings."""
    content: float = 1.0
    """Where the parts lie and how they are shaped; nothing without a parser."""
    loopback: float = 0.5
    """Sliders, styles and colours read from the drawing against those that were drawn."""
    held: tuple[str, ...] = ("colour", "glasses")
    """Groups, styles, colours that learn nothing here: the imitator draws in one studio light, so a photo's light would
    go into the colours, and the shipped one hardly draws glasses (docs/log.md)."""


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """The networks that teach and do not learn."""

    imitator: Draws
    network: IdentityNetwork
    known: Recognition
    parser: FaceParser | None = None

    @classmethod
    def open(cls, head: Head, imitator: Path | None = None) -> Frozen:
        """The shipped ones, or another imitator. Raises FileError if there is none, WeightsError if it is damaged."""
        path = imitator or SHIPPED_IMITATOR
        if not path.is_file():
            raise FileError(f"there is no imitator at {path}: train one (facelive train imitator), or give --imitator")
        return cls(
            imitator=Imitator.load(path, head.schema, head),
            network=open_identity("dlib", None),
            known=Recognition.load(SHIPPED_RECOGNITION, head.schema),
            parser=FaceParser.load(SHIPPED_PARSER) if SHIPPED_PARSER.is_file() else None,
        )


class ImitatedObjective(nn.Module):
    """Outputs for photos -> loss through the imitator, and its named parts (floats, for the log)."""

    drawn_mean: Tensor
    spread: Tensor

    def __init__(self, schema: Schema, frozen: Frozen, spread_I: Tensor, weights: ImitatedWeights) -> None:
        super().__init__()
        self.frozen, self.weights = frozen, weights
        # Only so that Fabric moves them; they are frozen.
        self.networks = nn.ModuleList(
            [n for n in (frozen.imitator, frozen.network, frozen.parser) if isinstance(n, nn.Module)]
        )
        self.styles = list(schema.style_columns.values())
        held_P = torch.from_numpy(locked_rows(schema, weights.held))
        for group in APPEARANCE:
            self.register_buffer(f"held_{group}", held_P[torch.from_numpy(schema.indices(group))], persistent=False)
        self.register_buffer("spread", spread_I, persistent=False)
        self.register_buffer("drawn_mean", torch.from_numpy(frozen.known.drawn_mean_D), persistent=False)

    def forward(
        self, outputs: Outputs, image_BCHW: Tensor, photo_BD: Tensor, known_B: Tensor,
        encode: Callable[[Tensor], Outputs],
    ) -> tuple[Tensor, dict[str, float]]:  # fmt: skip
        """outputs: of the encoder, unclamped, for the photos image_BCHW in [0, 1].

        photo_BD: their people's embeddings, centred on photos; known_B: 0 where there is none. encode: the encoder.
        """
        appearance_BN = torch.cat([self._valid(outputs, group) for group in APPEARANCE], 1)
        drawn = self.frozen.imitator(appearance_BN, outputs["pose"])
        w = self.weights
        embedded_BD = self.frozen.network(drawn.image_BCHW, drawn.landmarks_BK2) - self.drawn_mean
        share_B = known_B / known_B.sum().clamp_min(1.0)
        terms = {"imitated_identity": w.identity * (identity_loss(embedded_BD, photo_BD) * share_B).sum()}
        if self.frozen.parser is not None:
            seen, imitated = self.frozen.parser(image_BCHW), self.frozen.parser(drawn.image_BCHW)
            terms["imitated_content"] = w.content * content_loss(imitated, seen).mean()
        terms["loopback"] = w.loopback * self._loopback(encode(drawn.image_BCHW), outputs)
        return torch.stack(list(terms.values())).sum(), {name: float(value.detach()) for name, value in terms.items()}

    def _valid(self, outputs: Outputs, group: str) -> Tensor:
        """In range, styles as probabilities. Beyond the range the gradient passes: what went out must return."""
        value = torch.where(self.get_buffer(f"held_{group}"), outputs[group].detach(), outputs[group])
        if group == "style":
            return torch.cat([value[:, where].softmax(1) for where in self.styles], 1) if self.styles else value
        return value + (value.clamp(0.0, 1.0) - value).detach()

    def _loopback(self, read: Outputs, drawn: Outputs) -> Tensor:
        identity = scaled_huber(read["identity"], drawn["identity"].detach().clamp(0.0, 1.0), self.spread).mean()
        free_N = ~self.get_buffer("held_colour")
        apart_BN = (read["colour"] - drawn["colour"].detach().clamp(0.0, 1.0)).abs()[:, free_N] / 0.1
        terms = [identity, apart_BN.mean()] if apart_BN.numel() else [identity]
        held_N = self.get_buffer("held_style")
        styles = [
            nn.functional.cross_entropy(read["style"][:, where], drawn["style"][:, where].detach().softmax(1))
            for where in self.styles
            if not held_N[where].any()
        ]
        if styles:
            terms.append(torch.stack(styles).mean())
        return torch.stack(terms).sum()
