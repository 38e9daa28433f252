"""The facial content loss: both brows, both eyes, the published weights, and gradients to the picture."""

import pytest

torch = pytest.importorskip("torch", reason="likeness needs torch")

from facelive.errors import UsageError  # noqa: E402
from facelive.likeness.content import PART_WEIGHTS, content_loss, content_parts  # noqa: E402
from facelive.likeness.parser import CLASSES, FaceParser, Parsed  # noqa: E402
from facelive.rig.mesh import Segment  # noqa: E402


def parsed_with(part: Segment | None, place: int = 40) -> Parsed:
    """A certain answer: skin everywhere, a square of ``part`` at some place, features that are one everywhere."""
    logits = torch.full((1, CLASSES, 128, 128), -20.0)
    logits[:, Segment.SKIN] = 20.0
    if part is not None:
        logits[:, Segment.SKIN, place : place + 12, 40:60] = -20.0
        logits[:, part, place : place + 12, 40:60] = 20.0
    return Parsed(logits, torch.ones(1, 8, 64, 64))


def test_published_weights() -> None:
    by_name = {part.name: weight for part, weight in PART_WEIGHTS.items()}
    assert by_name == {
        "BROW_LEFT": 1.1, "BROW_RIGHT": 1.1, "EYE_LEFT": 1.1, "EYE_RIGHT": 1.1, "NOSE": 1.0, "TEETH": 0.7,
        "UPPER_LIP": 1.0, "LOWER_LIP": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("part", list(PART_WEIGHTS))
def test_every_part_counts_by_its_weight(part: Segment) -> None:
    """The community code looks at one brow and one eye and never reads its last three weights."""
    here, there = parsed_with(part), parsed_with(part, 70)
    parts = content_parts(here, there)[0]
    row = list(PART_WEIGHTS).index(part)
    assert float(parts[row]) > 0.5
    assert float(parts.sum() - parts[row]) == pytest.approx(0.0, abs=1e-6)
    expected = PART_WEIGHTS[part] * float(parts[row]) / sum(PART_WEIGHTS.values())
    assert float(content_loss(here, there)) == pytest.approx(expected, rel=1e-5)
    assert float(content_loss(here, here)) == 0.0


def test_left_and_right_are_not_exchanged() -> None:
    left, right = parsed_with(Segment.EYE_LEFT), parsed_with(Segment.EYE_RIGHT)
    assert float(content_loss(left, right)) > float(content_loss(left, parsed_with(None)))


def test_gradient_reaches_every_pixel_block() -> None:
    torch.manual_seed(0)
    parser = FaceParser().eval()
    drawn = torch.rand(1, 3, 256, 256, requires_grad=True)
    photo = torch.rand(1, 3, 256, 256)
    content_loss(parser(drawn), parser(photo)).sum().backward()
    assert drawn.grad is not None
    blocks = torch.nn.functional.avg_pool2d(drawn.grad.abs().sum(1, keepdim=True), 16)
    assert bool((blocks > 0).all())


def test_photos_in_another_range_are_refused() -> None:
    with pytest.raises(UsageError, match="255"):
        FaceParser()(torch.rand(1, 3, 256, 256) * 255.0)
