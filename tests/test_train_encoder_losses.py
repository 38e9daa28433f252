"""What the encoder's terms teach where a picture leaves it open."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facelive.rig.head import Head  # noqa: E402
from facelive.train.encoder.losses import LossWeights, scaled_huber, scaled_square  # noqa: E402
from facelive.train.encoder.objective import Objective  # noqa: E402
from facelive.train.encoder.points import POSE_HOME, FacePoints  # noqa: E402


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


def test_exact_expressions_are_learnt_by_squares() -> None:
    """Renders and imagined faces share the term; twice the error of a shape that is all out counts four times."""
    head = Head.default()
    schema = head.schema
    teach = Objective(head, FacePoints.of(head), np.repeat(schema.neutral()[None], 4, 0), LossWeights())
    neutral = torch.from_numpy(schema.neutral()[None])
    identity, rest = (neutral[:, torch.from_numpy(schema.indices(group))] for group in ("identity", "expression"))
    pose = torch.tensor([POSE_HOME])
    out = rest.clone()
    out[0, schema.group_names("expression").index("tongueOut")] = 1.0

    def term(said: float) -> float:
        outputs = {"identity": identity, "expression": said * out, "pose": pose}
        return float(teach._geometry(outputs, identity, out, pose)["expression"])

    assert term(1.0) == 0.0
    assert term(0.0) == pytest.approx(4.0 * term(0.5), rel=1e-4)
