"""AdamW whose steps for matrices and kernels have no preferred directions.

Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"): the momentum of a matrix is
replaced by the nearest orthogonal one, so that directions which gradients rarely show learn as fast as the others.
Scaled to the root mean square of AdamW's steps (Liu et al. 2025, "Muon is scalable for LLM training"), so one rate
serves both. torch's own takes matrices alone, and most of a trunk is kernels: here a kernel is a matrix of its filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Of Jordan et al.: drives singular values to within .7 to 1.2 in five rounds, which is near enough."""
_ROUNDS = 5
_ADAM_RMS = 0.2


class Muon(torch.optim.Optimizer):
    """AdamW; groups with ``orthogonal`` true hold matrices and kernels whose steps are made orthogonal.

    Leave what reads the input, and what gives the answers, to AdamW: their directions do mean something.
    """

    def __init__(
        self, groups: Iterable[dict[str, Any]], lr: float, *, betas: tuple[float, float] = (0.9, 0.98),
        momentum: float = 0.95, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        """Raises ValueError if a group is to be orthogonal and holds a vector."""
        super().__init__(
            groups,
            {"lr": lr, "betas": betas, "momentum": momentum, "eps": eps, "weight_decay": 0.01, "orthogonal": False},
        )
        if any(p.ndim < 2 for group in self.param_groups if group["orthogonal"] for p in group["params"]):
            raise ValueError("a vector has no orthogonal step")

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step along the gradients that are there."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            towards = self._orthogonal if group["orthogonal"] else self._adam
            for p in group["params"]:
                if p.grad is not None:
                    p.mul_(1.0 - group["lr"] * group["weight_decay"])
                    p.add_(towards(p, p.grad, group), alpha=-group["lr"])
        return loss

    def _orthogonal(self, p: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        state, keep = self.state[p], group["momentum"]
        if not state:
            state["mean"] = torch.zeros_like(p)
        state["mean"].lerp_(gradient, 1.0 - keep)
        # Nesterov's: where the momentum will be after the same gradient once more.
        matrix = gradient.lerp(state["mean"], keep).flatten(1)
        return (orthogonal(matrix) * (_ADAM_RMS * max(matrix.shape) ** 0.5)).reshape(p.shape)

    def _adam(self, p: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        state, (first, second) = self.state[p], group["betas"]
        if not state:
            state |= {"steps": 0, "mean": torch.zeros_like(p), "square": torch.zeros_like(p)}
        state["steps"] += 1
        state["mean"].lerp_(gradient, 1.0 - first)
        state["square"].lerp_(gradient.square(), 1.0 - second)
        spread = (state["square"] / (1.0 - second ** state["steps"])).sqrt_().add_(group["eps"])
        return state["mean"] / (1.0 - first ** state["steps"]) / spread


def orthogonal(matrix_NM: Tensor) -> Tensor:
    """(N, M) float32: about U V' of the decomposition U S V'. In bfloat16, and by products of matrices alone."""
    tall = matrix_NM.shape[0] > matrix_NM.shape[1]
    x = (matrix_NM.T if tall else matrix_NM) / matrix_NM.norm().clamp_min(1e-7)
    x = x.bfloat16().contiguous()
    a, b, c = _QUINTIC
    for _ in range(_ROUNDS):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    x = x.float()
    return x.T if tall else x
