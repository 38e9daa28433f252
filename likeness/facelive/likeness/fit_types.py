"""What goes into a fit and what comes out. Plain data.

Suffixes: P parameters of the schema, I identity, E expression, K points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]
METHOD = 5
"""Counts up with what a fit does: answers of before are not the answers of today."""
Stage = Literal["encoder", "start", "landmarks", "imitator", "renderer", "styles"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoFace:
    """One photo of the person, cut as the encoder's crop."""

    name: str
    """For messages and the sheet."""
    image_HW3: NDArray[np.uint8]
    """(256, 256, 3) BGR."""
    landmarks_K2: F32
    """(68, 2) crop / 256: the encoder's own, where it was asked."""
    dense_K2: F32 | None = None
    """(478, 2) crop / 256, MediaPipe's mesh, which then counts instead of the 68; None: unknown."""
    params_P: Vector | None = None
    """What ``facelive encode`` says; None: start from the recogniser's linear map, or at the rig's middle face."""
    style_P: Vector | None = None
    """Beside it how likely each option is, in the style columns; None: only what was chosen is known."""
    pose_10: F32 | None = None
    """The encoder's pose; None: found from the landmarks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitWeights:
    """Weights of the loss terms (but for the seat, each of them is near 1 for a poor fit)."""

    identity: float = 1.0
    """Identity network, 1 - cosine. Shi et al. 2020 weigh it 0.01 against content in their own scale."""
    content: float = 1.0
    """Facial content; counts only with a parser."""
    landmarks: float = 20.0
    """Points, in crop / 256."""
    prior: float = 0.06
    """Sliders in spreads, squared."""
    doubt: float = 0.05
    """Sliders in units of what the encoder is in doubt about, squared; through the imitator, where that is measured."""
    seat: float = 0.01
    """Shift of the face against its joint, in tolerances (``fit_seat``), squared."""
    rest: float = 0.05
    """Expression that is not needed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConfig:
    """How a still is fitted."""

    budget_s: float = 20.0
    """Stop after so long; what is best by then is the answer."""
    rounds: int = 2
    """Gauss-Newton rounds on the real renderer; 0 leaves them out."""
    landmark_steps: int = 80
    """Of the landmark fit from the encoder's answer; twice as many without one."""
    steps: int = 120
    """Steps through the imitator, where there is one."""
    imitator_share: float = 0.5
    """Of the time that is left when they begin; the rest is for the real renderer's rounds. Fewer steps if need be."""
    not_imitated: tuple[str, ...] = ("glasses", "colour")
    """Styles and colours, or all colours, that stay while the imitator draws. It knows one studio light and hardly any
    glasses: hair and lips went green and blue to please the identity network (looked at, docs/log.md)."""
    not_recognised: tuple[str, ...] = (
        "eye-height1",
        "eye-height2",
        "eye-height3",
        "eye-eyefold",
        "eye-eyefold-angle",
        "eye-eyefold-curve",
        "eye-bag",
        "eye-bag-height",
        "eye-bag-depth",
        "hair",
        "beard",
        "glasses",
    )
    """Sliders and styles that stay as the encoder said them. A recogniser's chip hardly shows lids, and to please it
    eyes went shut; it ends above the hair, and what fits changed of hair had been right (docs/log.md)."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Through the imitator. "sgd" is the published one: 50 steps, rate 10, x0.8 every 5, projected to the range."""
    learning_rate: float = 0.02
    """Of Adam."""
    sgd_rate: float = 10.0
    """Of SGD (Shi et al. 2019)."""
    momentum: float = 0.9
    """Of SGD."""
    check_every: int = 20
    """Steps through the imitator between two looks at the real renderer."""
    locked: tuple[str, ...] = ()
    """Parameters that stay as they are: names, styles ("hair"), colours ("skin") or groups ("identity")."""
    weights: FitWeights = field(default_factory=FitWeights)
    """Of the loss."""
    seed: int = 0
    """Of everything drawn."""

    def __post_init__(self) -> None:
        if not 0.0 < self.budget_s < math.inf or self.rounds < 0 or self.steps < 0 or self.check_every < 1:
            raise UsageError("a fit needs a budget above 0 s, and rounds and steps that are not negative")
        if not 0.0 < self.imitator_share <= 1.0:
            raise UsageError("the imitator's share of the time lies between 0 and 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Iterate:
    """One candidate, judged by the real renderer."""

    stage: Stage
    seconds: float
    """Since the fit began."""
    loss: float
    cosine: float
    """Identity cosine of photo and render, mean over photos: a self-judgement, it was optimised. NaN: no network."""
    content: float
    """Facial content loss; NaN without a parser."""
    landmarks: float
    """Mean distance of the inner 51 points, share of the outer eye distance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """How far the imitator is from the renderer where its steps ended best, both in the studio's light."""

    pixel: float
    """Mean absolute difference, range 0 to 1."""
    cosine: float
    """Identity cosine photo-imitation minus photo-render: what the imitator promises and the renderer does not keep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """The answer for one person."""

    params_P: Vector
    """Identity, styles (one-hot) and colours of the person; expression and pose of the first photo."""
    expression_BE: F32
    """Per photo."""
    pose_B10: F32
    """Per photo, in its crop's frame."""
    history: tuple[Iterate, ...]
    """In order of time; the best one is the answer."""
    best: int
    """Index into ``history``."""
    gap: Gap | None
    """None without an imitator."""
    light: tuple[tuple[float, float, float], float]
    """White balance and exposure of the photo's light, as found beside the colours."""
