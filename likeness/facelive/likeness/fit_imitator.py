"""The published way to fit: many small steps through a network that draws, then the renderer's word on the result.

Source: Shi et al., ICCV 2019: 50 steps of SGD, rate 10 falling by a fifth every 5, projected to [0, 1], softmax(100 x)
for one-hots. Adam is the default here: it needs no tuning per loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from facelive.likeness import losses
from facelive.likeness.drawing import Draws, Imitation
from facelive.likeness.fit_judge import Judge
from facelive.likeness.fit_types import FitConfig
from facelive.likeness.fit_variables import FitVariables

_BETA_END = 12.0
"""Adam: by then a lead of 1 in logits is a one-hot to five digits."""
_BETA_SGD = 100.0
"""Shi et al. 2019."""
_SGD_SCALE = 1e-3
"""Of our loss, for the published rate: there identity weighs .01 and content is a mean over features; here every term
is near 1 for a poor fit, and landmarks weigh more. At rate 10 the first step leaves the face (tried)."""
_UNDECIDED = 0.1
_TRIED = 4
"""Steps after which it is known what a step takes."""
_STYLE_RATE = 1.0
"""Of the other rates: a style that nobody doubted must not turn over for a little likeness (a beard on a woman)."""
_DOUBT_RATE = 0.1
"""Of sliders that move along the encoder's doubt, in its units."""
_POSE_RATE = 0.15
"""Of the other rates: radians and crop shares are finer than sliders."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """After one step."""

    number: int
    planned: int
    """How many there will be, as far as is known."""
    loss: float


def fit_through(
    draws: Draws, judge: Judge, variables: FitVariables, config: FitConfig, on_step: Callable[[Step], bool],
    left_s: Callable[[], float],
) -> None:  # fmt: skip
    """Move ``variables`` for ``config.steps`` steps, or until ``on_step`` returns False (the time is up).

    left_s: seconds that are left for it. If that is too little, fewer steps are planned, so that rates and styles
    still come to their end.
    """
    optimiser = _optimiser(variables, config)
    rates = [group["lr"] for group in optimiser.param_groups]
    given_s, planned, number = left_s(), config.steps, 0
    while number < planned:
        done = number / max(planned - 1, 1)
        share = _share(config, number, planned)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * share
        beta = annealed(config, done)
        appearance_BN, pose_B10 = variables(beta)
        imitation = draws(appearance_BN, pose_B10)
        loss = _loss(judge, variables, imitation, beta, done)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        variables.hold()
        optimiser.step()
        variables.project()
        if not on_step(Step(number=number, planned=planned, loss=float(loss.detach()))):
            return
        number += 1
        if number % config.check_every == 0 or number == _TRIED:
            # One more at least after the first few: the last of all is the one that the renderer is asked about.
            least = int(number % config.check_every != 0)
            planned = min(config.steps, number + max(least, affordable(number, given_s, left_s())))


def affordable(done: int, given_s: float, left_s: float) -> int:
    """How many more steps the time allows, by what those that are done took."""
    return max(0, int(left_s / max((given_s - left_s) / done, 1e-6)))


def annealed(config: FitConfig, done: float) -> float:
    """Steepness of the styles' softmax when a share of the steps is done; at 0, what the first logits are made for."""
    if config.optimiser == "sgd":
        return _BETA_SGD
    return math.exp(math.log(_BETA_END) * done)


def _loss(judge: Judge, variables: FitVariables, imitation: Imitation, beta: float, progress: float) -> Tensor:
    # Networks overshoot the range; what compares pictures takes none beyond it.
    terms = judge.terms(imitation.image_BCHW.clamp(0.0, 1.0), imitation.landmarks_BK2)
    total = judge.total(terms, variables.identity, variables.expression)
    undecided = losses.undecided_loss(variables.probabilities(beta)[None], variables.styles)[0]
    if variables.along_doubt:
        total = total + judge.weights.doubt * variables.moved.square().mean()
    return total + _UNDECIDED * progress * undecided


def _optimiser(variables: FitVariables, config: FitConfig) -> torch.optim.Optimizer:
    rate = config.learning_rate if config.optimiser == "adam" else _SGD_SCALE * config.sgd_rate
    groups = [
        {"params": [variables.moved], "lr": _DOUBT_RATE if variables.along_doubt else rate},
        {"params": [variables.colour, variables.expression], "lr": rate},
        {"params": [variables.style], "lr": _STYLE_RATE * rate if config.optimiser == "adam" else rate},
        {"params": [variables.pose], "lr": _POSE_RATE * rate if config.optimiser == "adam" else 1e-3 * rate},
    ]
    if config.optimiser == "adam":
        return torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.98))
    return torch.optim.SGD(groups, lr=rate, momentum=config.momentum)


def _share(config: FitConfig, number: int, planned: int) -> float:
    """Of the rate at a step."""
    if config.optimiser == "sgd":
        return 0.8 ** (number // 5)
    return 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * number / planned))
