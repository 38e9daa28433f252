"""Exponential moving average of weights: what is exported, because it is better than the last step's."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """Starts fast, so that early weights leave it soon. ``decay`` 0 follows the model."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.values: dict[str, Tensor] = {name: v.detach().clone() for name, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """After every step."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.values[name].lerp_(value.detach(), 1.0 - decay)
            else:
                self.values[name].copy_(value)
