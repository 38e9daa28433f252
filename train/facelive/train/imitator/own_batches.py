"""What an own character's encoder learns from: the game's pictures, and pictures that the imitator draws of mixtures.

The imitator makes as many people as wanted: each takes the parameters of two of the game's, one by one from either.
That the encoder must find them again in the imitation is the paper's loopback. Shapes as in ``examples``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from facelive.likeness.drawing import Draws, appearance_slices
from facelive.likeness.projection import rotation
from facelive.train.common.order import Order
from facelive.train.imitator.examples import Examples

_ASTRAY = 0.1
"""Share of crops without a face."""


@dataclass
class OwnBatch:
    """Crops and labels of one step."""

    image_BCHW: Tensor
    appearance_BN: Tensor
    pose_B10: Tensor
    landmarks_BK2: Tensor
    """NaN where not known."""
    present_B: Tensor
    """0: a crop beside the face, the other labels mean nothing."""


class OwnBatches:
    """Makes the batch of a step; the step alone decides the random numbers."""

    def __init__(self, examples: Examples, imitator: Draws, sight: int, seed: int) -> None:
        self.examples, self.imitator, self.sight, self.seed = examples, imitator, sight, seed
        self._order = Order(len(examples.train), seed)
        self._styles_from_one = appearance_slices(examples.schema)["style"]

    @torch.no_grad()
    def make(self, step: int, count: int) -> OwnBatch:
        """Half pictures, half imitations; turned, shifted and recoloured a little, some far astray."""
        rng = np.random.default_rng((self.seed, 3, step))
        half = count // 2
        taken = self.examples.train[self._order.take(step * count, count)]
        real = self.examples.batch(taken[: count - half], self.sight)
        one, other = self.examples.batch(taken[count - half :], 32), self.examples.batch(np.roll(taken, 1)[:half], 32)
        pick = torch.from_numpy(rng.random(one.appearance_BN.shape) < 0.5)
        # Styles stay whole: half a hair style is none.
        pick[:, self._styles_from_one] = False
        mixed_BN = torch.where(pick, other.appearance_BN, one.appearance_BN)
        drawn = self.imitator(mixed_BN, one.pose_B10)
        imitated = torch.nn.functional.interpolate(drawn.image_BCHW, (self.sight, self.sight), mode="area")
        known, unknown = torch.isfinite(one.landmarks_BK2), torch.full_like(one.landmarks_BK2, math.nan)
        batch = OwnBatch(
            image_BCHW=torch.cat([real.target(), imitated]),
            appearance_BN=torch.cat([real.appearance_BN, mixed_BN]),
            pose_B10=torch.cat([real.pose_B10, one.pose_B10]),
            landmarks_BK2=torch.cat([real.landmarks_BK2, drawn.landmarks_BK2.where(known, unknown)]),
            present_B=torch.ones(count),
        )  # fmt: skip
        return recoloured(moved(batch, rng), rng)


def moved(
    batch: OwnBatch, rng: np.random.Generator, turn: float = 0.1, shift: float = 0.05, zoom: float = 0.1
) -> OwnBatch:
    """Turn (rad), shift (share of the side) and zoom each crop and its labels; a tenth lands beside the face."""
    count = len(batch.image_BCHW)
    angle = _even(rng, turn, count)
    scale = _even(rng, zoom, count).exp()
    move = torch.stack([_even(rng, shift, count), _even(rng, shift, count)], 1)
    astray = torch.from_numpy(rng.random(count) < _ASTRAY)
    far = torch.from_numpy(rng.uniform(0.0, 2.0 * math.pi, count).astype(np.float32))
    move[astray] = 0.9 * torch.stack([far.cos(), far.sin()], 1)[astray]
    cos, sin = angle.cos(), angle.sin()
    # A point goes p' = 0.5 + scale * A (p - 0.5) + move; A turns counter-clockwise as seen, y points down.
    turn_B22 = torch.stack([cos, sin, -sin, cos], 1).unflatten(1, (2, 2)) * scale[:, None, None]
    inverse_B22 = torch.linalg.inv(turn_B22)
    theta = torch.cat([inverse_B22, -2.0 * inverse_B22 @ move[:, :, None]], 2)
    grid = torch.nn.functional.affine_grid(theta, list(batch.image_BCHW.shape), align_corners=False)
    image = torch.nn.functional.grid_sample(batch.image_BCHW, grid, padding_mode="border", align_corners=False)

    def points(value: Tensor) -> Tensor:
        return (value - 0.5) @ turn_B22.transpose(1, 2) + 0.5 + move[:, None]

    pose = batch.pose_B10.clone()
    pose[:, 3:5] = points(pose[:, None, 3:5])[:, 0]
    pose[:, 5] += scale.log()
    zero = torch.zeros_like(angle)
    whole_B33 = rotation(zero, zero, angle) @ rotation(pose[:, 0], pose[:, 1], pose[:, 2])
    pose[:, 1] = torch.asin((-whole_B33[:, 1, 2]).clamp(-1.0, 1.0))
    pose[:, 0] = torch.atan2(whole_B33[:, 0, 2], whole_B33[:, 2, 2])
    pose[:, 2] = torch.atan2(whole_B33[:, 1, 0], whole_B33[:, 1, 1])
    return OwnBatch(image, batch.appearance_BN, pose, points(batch.landmarks_BK2), batch.present_B * ~astray)


def recoloured(batch: OwnBatch, rng: np.random.Generator) -> OwnBatch:
    """Brightness, contrast and noise as cameras have them; colours stay nearly, they are labels too."""
    count = len(batch.image_BCHW)
    gain = _even(rng, 0.12, count).exp()[:, None, None, None]
    image = (batch.image_BCHW * gain).clamp(1e-4, 1.0) ** _even(rng, 0.12, count).exp()[:, None, None, None]
    noise = torch.from_numpy(rng.standard_normal(image.shape, dtype=np.float32))
    batch.image_BCHW = (image + 0.015 * noise).clamp(0.0, 1.0)
    return batch


def _even(rng: np.random.Generator, reach: float, count: int) -> Tensor:
    return torch.from_numpy(rng.uniform(-reach, reach, count).astype(np.float32))
