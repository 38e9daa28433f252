"""Points that were never drawn: any person with any expression in any pose, and the errors a detector makes.

A network that reads parameters from points learns from these a hundred times faster than from pictures.
Shapes: B batch, N pictures of a set, K points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.rig.schema import Schema
from facelive.train.encoder.batches import RenderSet

_SIGMA_PX = (0.2, 2.5)
"""Standard deviation of a point's error in a crop of 256, drawn per face on a logarithmic scale."""
_GAZE = slice(6, 10)
MEETINGS = 4
"""Faces of somebody from which he is known; live, it is some seconds."""


@dataclass
class Imagined:
    """Labels of faces; their points follow from them. Not frozen: Fabric moves the tensors."""

    identity_BI: Tensor
    expression_BE: Tensor
    pose_B10: Tensor
    sigma_B11: Tensor
    """Of the noise to add to the points, crop / 256."""
    noise_BK2: Tensor
    """Unit normal."""


@dataclass
class Meetings:
    """How somebody was met before: several faces of each of B people, one after the other. Not frozen: as above."""

    faces: Imagined
    """(B * MEETINGS) rows; their identity is whose they are."""
    known_B: Tensor
    """1 where the acquaintance counts, else 0."""


class Imagination:
    """Recombines the people, expressions and poses of a set. The step alone decides the random numbers."""

    def __init__(self, schema: Schema, renders: RenderSet, points: int, seed: int) -> None:
        self.renders, self.points, self.seed = renders, points, seed
        self.identity, self.expression = schema.indices("identity"), schema.indices("expression")
        self.rows: NDArray[np.intp] = np.flatnonzero(renders.present_N > 0.5)

    def draw(self, step: int, count: int) -> Imagined:
        """``count`` faces of one step."""
        rng = np.random.default_rng((self.seed, 11, step))
        return self._draw(rng, self.rows[rng.integers(0, len(self.rows), count)])

    def meet(self, step: int, identity_BI: Tensor) -> Meetings:
        """Earlier faces of these people, for half of them."""
        rng = np.random.default_rng((self.seed, 12, step))
        faces = self._draw(rng, np.zeros(MEETINGS * len(identity_BI), np.intp))
        known = (rng.random(len(identity_BI)) < 0.5).astype(np.float32)
        faces.identity_BI = identity_BI.repeat_interleave(MEETINGS, 0)
        return Meetings(faces, torch.from_numpy(known))

    def _draw(self, rng: np.random.Generator, who: NDArray[np.intp]) -> Imagined:
        count = len(who)
        doing, where = (self.rows[rng.integers(0, len(self.rows), count)] for _ in range(2))
        pose = self.renders.pose_N10[where].copy()
        pose[:, _GAZE] = self.renders.pose_N10[doing][:, _GAZE]  # lids follow the gaze: they belong together
        low, high = np.log(_SIGMA_PX)
        sigma = np.exp(rng.uniform(low, high, (count, 1, 1))) / 256.0
        return Imagined(
            identity_BI=torch.from_numpy(self.renders.params_NP[who][:, self.identity]),
            expression_BE=torch.from_numpy(self.renders.params_NP[doing][:, self.expression]),
            pose_B10=torch.from_numpy(pose),
            sigma_B11=torch.from_numpy(sigma.astype(np.float32)),
            noise_BK2=torch.from_numpy(rng.standard_normal((count, self.points, 2), dtype=np.float32)),
        )
