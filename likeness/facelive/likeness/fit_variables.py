"""What a fit through an imitator moves: one person, and for every photo an expression and a pose.

Styles are logits under a softmax that gets steeper, so that they end as a valid one-hot; everything else is projected
back into its range after every step. What is locked keeps its value and gets no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import SchemaError
from facelive.likeness.drawing import APPEARANCE, appearance_slices
from facelive.likeness.fit_geometry import Held
from facelive.rig.schema import GROUPS, Schema, Vector

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_LEAST_LIKELY = 0.02
_NEVER = -30.0
"""Logit of an option that was ruled out: further than any number of steps goes."""
_SHARE_OF_CHOSEN = 0.6
"""Probability that the start's style has at the start: enough to lead, not enough to be the end."""


def locked_rows(schema: Schema, names: Sequence[str]) -> NDArray[np.bool_]:
    """(P,) which parameters are locked. names: parameters, styles, colours or groups. Raises SchemaError."""
    locked = np.zeros(len(schema), bool)
    for name in names:
        if name in schema:
            index = schema.index(name)
            # One column of a one-hot cannot stay while the others move.
            style = schema.styles.get(schema.parameters[index].member_of)
            locked[style if style is not None else index] = True
        elif name in schema.styles:
            locked[schema.styles[name]] = True
        elif name in schema.colours:
            locked[schema.colours[name]] = True
        elif name in GROUPS:
            locked[[p.group == name for p in schema.parameters]] = True
        else:
            raise SchemaError(
                f"--lock {name}: the rig {schema.name!r} has no parameter, style, colour or group of that name"
            )
    return locked


class FitVariables(nn.Module):
    """B photos of one person. ``forward(beta)`` gives what ``Draws`` takes."""

    def __init__(
        self, schema: Schema, start_P: Vector, expression_BE: F32, pose_B10: F32, locked_P: NDArray[np.bool_],
        style_P: Vector | None = None, *, beta: float = 1.0, doubt_II: F64 | None = None,
    ) -> None:  # fmt: skip
        """style_P: how likely the options of the styles are; None: the start's lead, the others are alike. beta: the
        steepness at which that is so. doubt_II: a root of the covariance of what is not known of the sliders: then
        they move along it; None: each by itself."""
        super().__init__()
        self.schema = schema
        self._slices = appearance_slices(schema)
        rows = schema.indices("identity")
        self._start_I = torch.from_numpy(start_P[rows].copy())
        self._doubt_II = None if doubt_II is None else torch.from_numpy(doubt_II.astype(np.float32))
        self.moved = nn.Parameter(torch.zeros(len(rows)))
        """(I,) from the start: of each slider, or in units of the doubt."""
        self.colour = nn.Parameter(torch.from_numpy(start_P[schema.indices("colour")].copy()))
        self.style = nn.Parameter(torch.from_numpy(_logits(schema, start_P, style_P, locked_P) / np.float32(beta)))
        self.expression = nn.Parameter(torch.from_numpy(expression_BE.astype(np.float32)))
        self.pose = nn.Parameter(torch.from_numpy(pose_B10.astype(np.float32)))
        self._limits = {g: _limits(schema, g) for g in ("identity", "colour", "expression")}
        self._free = {g: torch.from_numpy((~locked_P[schema.indices(g)]).astype(np.float32)) for g in APPEARANCE}
        self._free_10 = torch.from_numpy((~Held.of(schema, locked_P).pose_10).astype(np.float32))
        style = schema.indices("style")
        offset = int(style[0]) if len(style) else 0
        self._styles = tuple(slice(w.start - offset, w.stop - offset) for w in schema.styles.values())

    @property
    def count(self) -> int:
        """B."""
        return len(self.pose)

    @property
    def identity(self) -> Tensor:
        """(I,) sliders, in their range."""
        moved_I = self.moved if self._doubt_II is None else self._doubt_II @ self.moved
        return (self._start_I + self._free["identity"] * moved_I).clamp(*self._limits["identity"])

    @property
    def along_doubt(self) -> bool:
        """Whether ``moved`` is in units of the doubt: its mean square is then how unlikely the person is."""
        return self._doubt_II is not None

    @property
    def styles(self) -> tuple[slice, ...]:
        """Where each style's columns stand among the style columns."""
        return self._styles

    def probabilities(self, beta: float) -> Tensor:
        """(S,) styles as probabilities: softmax(beta * logits) of each style."""
        parts: list[Tensor] = [(beta * self.style[where]).softmax(0) for where in self._styles]
        return torch.cat(parts) if parts else self.style

    def forward(self, beta: float) -> tuple[Tensor, Tensor]:
        """(B, N) appearance and (B, 10) pose."""
        groups = {"identity": self.identity, "style": self.probabilities(beta), "colour": self.colour}
        columns: list[Tensor] = [
            self.expression if name == "expression" else groups[name].expand(self.count, -1) for name in self._slices
        ]
        return torch.cat(columns, 1), self.pose

    def hold(self) -> None:
        """Take the gradient from what is locked; of sliders none arrives there."""
        for name in ("style", "colour", "expression"):
            grad = getattr(self, name).grad
            if grad is not None:
                grad.mul_(self._free[name])
        if self.pose.grad is not None:
            self.pose.grad.mul_(self._free_10)

    @torch.no_grad()
    def project(self) -> None:
        """Back into the range (x in [0, 1] in the paper)."""
        for name in ("colour", "expression"):
            getattr(self, name).clamp_(*self._limits[name])
        if not self.along_doubt:
            self.moved.copy_(self.identity - self._start_I)

    @torch.no_grad()
    def person(self, photo: int = 0) -> Vector:
        """(P,) a valid vector now: styles one-hot, expression of one photo, pose left neutral."""
        out = self.schema.neutral()
        for name in ("identity", "style", "colour"):
            out[self.schema.indices(name)] = getattr(self, name).numpy()
        out[self.schema.indices("expression")] = self.expression[photo].numpy()
        return self.schema.clip(out)


def _limits(schema: Schema, group: str) -> tuple[Tensor, Tensor]:
    rows = [i for i, p in enumerate(schema.parameters) if p.group == group]
    return torch.from_numpy(schema.minimum[rows]), torch.from_numpy(schema.maximum[rows])


def _logits(schema: Schema, start_P: Vector, style_P: Vector | None, locked_P: NDArray[np.bool_]) -> F32:
    """(S,) logits (of softmax with beta 1) in which the likeliest option leads, or the start's; what is locked is
    decided."""
    rows = schema.indices("style")
    out = np.zeros(len(rows), np.float32)
    for where in schema.styles.values():
        options = where.stop - where.start
        if options < 2:
            continue
        first = int(np.flatnonzero(rows == where.start)[0])
        if locked_P[where].any():
            out[first : first + options] = _NEVER
            out[first + int(np.argmax(start_P[where]))] = 0.0
            continue
        if style_P is not None:
            likely = np.where(style_P[where] > 0.0, np.log(np.clip(style_P[where], _LEAST_LIKELY, 1.0)), _NEVER)
            out[first : first + options] = likely - likely.min()
            continue
        lead = np.log(_SHARE_OF_CHOSEN * (options - 1) / (1.0 - _SHARE_OF_CHOSEN))
        out[first + int(np.argmax(start_P[where]))] = max(lead, 0.1)
    return out
