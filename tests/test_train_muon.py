from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from facelive.train.common.muon import Muon, orthogonal  # noqa: E402


def test_a_step_is_nearly_orthogonal_whatever_the_gradient() -> None:
    torch.manual_seed(0)
    for shape in ((40, 90), (90, 40), (30, 30)):
        skewed = torch.randn(shape) * torch.logspace(0, -1.5, shape[1])
        values = torch.linalg.svdvals(orthogonal(skewed))
        assert values.quantile(0.1) > 0.6
        assert values.max() < 1.3
        # The same directions: U V' of its own decomposition.
        u, _, vh = torch.linalg.svd(skewed, full_matrices=False)
        cosine = (orthogonal(skewed) * (u @ vh)).sum() / (orthogonal(skewed).norm() * (u @ vh).norm())
        assert cosine > 0.97


@pytest.mark.parametrize("shape", [(16, 8, 3, 3), (64, 4, 1, 1)])
def test_kernels_move_as_far_as_adam_would(shape: tuple[int, ...]) -> None:
    kernel = torch.nn.Parameter(torch.zeros(shape).to(memory_format=torch.channels_last))
    optimiser = Muon([{"params": [kernel], "orthogonal": True, "weight_decay": 0.0}], lr=0.1)
    kernel.grad = torch.randn_like(kernel)
    optimiser.step()
    assert kernel.square().mean().sqrt().item() == pytest.approx(0.1 * 0.2, rel=0.25)


def test_other_parameters_move_as_by_adamw() -> None:
    torch.manual_seed(0)
    start, gradients = torch.randn(7), torch.randn(5, 7)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    pairs = [
        (ours, Muon([{"params": [ours], "weight_decay": 0.1}], lr=0.01)),
        (theirs, torch.optim.AdamW([{"params": [theirs], "weight_decay": 0.1}], lr=0.01, betas=(0.9, 0.98))),
    ]
    for parameter, optimiser in pairs:
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimiser.step()
    torch.testing.assert_close(ours.data, theirs.data)


def test_it_finds_the_way_where_directions_differ_by_a_thousand() -> None:
    """A badly conditioned regression, each at the best of three rates: half of what AdamW leaves in as many steps."""

    def left(rate: float, *, muon: bool) -> float:
        torch.manual_seed(0)
        inputs = torch.randn(512, 24) * torch.logspace(0, -3, 24) @ torch.linalg.qr(torch.randn(24, 24)).Q
        wanted = inputs @ torch.linalg.pinv(inputs) @ torch.randn(512, 12)
        layer = torch.nn.Linear(24, 12, bias=False)
        torch.nn.init.zeros_(layer.weight)
        optimiser = Muon([{"params": [layer.weight], "weight_decay": 0.0, "orthogonal": muon}], lr=rate)
        for step in range(300):
            optimiser.param_groups[0]["lr"] = rate * (1 - step / 300)
            optimiser.zero_grad()
            (layer(inputs) - wanted).square().mean().backward()
            optimiser.step()
        return (layer(inputs) - wanted).detach().square().mean().item()

    ours, adams = (min(left(rate, muon=muon) for rate in (0.03, 0.1, 0.3)) for muon in (True, False))
    assert ours < 0.5 * adams


def test_a_vector_has_no_orthogonal_step() -> None:
    with pytest.raises(ValueError, match="vector"):
        Muon([{"params": [torch.nn.Parameter(torch.zeros(3))], "orthogonal": True}], lr=0.1)
