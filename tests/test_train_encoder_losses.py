"""What the encoder's terms teach where a picture leaves it open."""

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facelive.train.encoder.losses import scaled_huber, scaled_square  # noqa: E402


def _learnt(term: object) -> float:
    """Of 20 faces that look alike one has its tongue out: the answer at which the term is least."""
    true = torch.zeros(20, 1)
    true[0] = 1.0
    answers = torch.linspace(0.0, 1.0, 1001)
    totals = torch.stack([term(answer.expand(20, 1), true, torch.tensor([0.12])).mean() for answer in answers])  # type: ignore[operator]
    return float(answers[totals.argmin()])


def test_a_square_learns_how_likely_what_is_rare_is_and_a_huber_loss_hardly() -> None:
    assert _learnt(scaled_square) == pytest.approx(0.05, abs=1e-3)
    assert _learnt(scaled_huber) < 0.01


def test_both_are_the_same_for_small_errors() -> None:
    said, spread = torch.tensor([[0.30, 0.52]]), torch.tensor([0.1, 0.2])
    true = torch.tensor([[0.35, 0.50]])
    assert torch.allclose(scaled_square(said, true, spread), scaled_huber(said, true, spread))
