"""The terms of the fit: pure, one number a row, and what they are at their best and worst."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="likeness needs torch")

from facelive.likeness import losses  # noqa: E402


def test_identity_is_one_minus_cosine() -> None:
    a = torch.tensor([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    b = torch.tensor([[3.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    torch.testing.assert_close(losses.identity_loss(a, b), torch.tensor([0.0, 1.0, 2.0]))


def test_landmarks_ignore_what_is_unknown_and_bend_for_outliers() -> None:
    drawn, seen = torch.zeros(1, 3, 2), torch.zeros(1, 3, 2)
    seen[0, 2] = 0.5
    weight = torch.tensor([1.0, 1.0, 1.0])
    known = torch.tensor([[1.0, 1.0, 0.0]])
    assert float(losses.landmark_loss(drawn, seen, weight, known)) == 0.0
    far = float(losses.landmark_loss(drawn, seen, weight))
    further = float(losses.landmark_loss(drawn, 2.0 * seen, weight))
    assert further == pytest.approx(2.0 * far, rel=0.02)  # linear, not square
    heavy = losses.landmark_loss(drawn, seen, torch.tensor([1.0, 1.0, 8.0]))
    assert float(heavy) > far


def test_prior_is_zero_at_its_centre_and_counts_spreads() -> None:
    centre, sigma = torch.tensor([0.5, 0.2]), torch.tensor([0.1, 0.2])
    assert float(losses.prior_loss(centre[None], centre, sigma)) == 0.0
    assert float(losses.prior_loss((centre + sigma)[None], centre, sigma)) == pytest.approx(1.0)


def test_the_seat_costs_shifts_and_nothing_else() -> None:
    shift = torch.tensor([[2.0, 0.0, 0.0], [0.0, -3.0, 0.0], [0.0, 0.0, 0.0]])
    centre = torch.tensor([0.5, 0.5, 0.5])
    moved = centre + torch.tensor([[0.0, 0.0, 0.4], [0.5, 0.0, 0.0], [0.5, 1.0, 0.0]])
    torch.testing.assert_close(losses.seat_loss(moved, centre, shift), torch.tensor([0.0, 1.0, 10.0]))


def test_undecided_styles_cost_and_decided_ones_do_not() -> None:
    styles = (slice(0, 2), slice(2, 6))
    even = torch.tensor([[0.5, 0.5, 0.25, 0.25, 0.25, 0.25]])
    sure = torch.tensor([[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]])
    assert float(losses.undecided_loss(even, styles)) == pytest.approx(1.0)
    assert float(losses.undecided_loss(sure, styles)) == pytest.approx(0.0, abs=1e-6)


def test_gradient_reaches_every_parameter() -> None:
    rng = np.random.default_rng(0)
    points = torch.tensor(rng.uniform(0, 1, (1, 68, 2)), requires_grad=True)
    sliders = torch.tensor(rng.uniform(0, 1, (1, 95)), requires_grad=True)
    style = torch.tensor(rng.uniform(0.1, 1, (1, 6)), requires_grad=True)
    weight = torch.ones(68, dtype=torch.float64)
    total = losses.landmark_loss(points, torch.zeros_like(points), weight).sum()
    centre, sigma = torch.zeros(95, dtype=torch.float64), torch.ones(95, dtype=torch.float64)
    total = total + losses.prior_loss(sliders, centre, sigma).sum() + losses.rest_loss(sliders, sigma).sum()
    total = total + losses.undecided_loss(style, (slice(0, 2), slice(2, 6))).sum()
    total.backward()
    for value in (points, sliders, style):
        assert value.grad is not None
        assert bool((value.grad.abs() > 0).all())
