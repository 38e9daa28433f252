"""The imitator and the face parser that ship: do they draw and see what the renderer draws? People of another seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the imitator and the parser need torch")

from facelive.likeness.imitator import Imitator  # noqa: E402
from facelive.likeness.parser import FaceParser  # noqa: E402
from facelive.likeness.refine import SHIPPED_IMITATOR, SHIPPED_PARSER  # noqa: E402
from facelive.rig.default_schema import default_schema  # noqa: E402
from facelive.rig.mesh import Segment  # noqa: E402
from facelive.train.data.render import render_dataset  # noqa: E402
from facelive.train.imitator.examples import Batch, Examples  # noqa: E402
from facelive.train.imitator.losses import pixel_error  # noqa: E402
from facelive.train.imitator.plain import plain_config  # noqa: E402

PEOPLE = 4
FACE = (Segment.SKIN, Segment.NOSE, Segment.EYE_LEFT, Segment.EYE_RIGHT, Segment.UPPER_LIP, Segment.LOWER_LIP)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Two pictures each of people whom no training drew."""
    folder = tmp_path_factory.mktemp("strangers")
    render_dataset(plain_config(folder, 2 * PEOPLE, seed=77_007))
    examples = Examples(folder, default_schema())
    return examples.batch(examples.train, 256)


def face_error(image_BCHW: Any, batch: Batch) -> Any:
    """(B,) L1 per pixel and channel over the face."""
    assert batch.segments_BHW is not None
    face_BHW = torch.isin(batch.segments_BHW, torch.tensor([int(part) for part in FACE], dtype=torch.uint8))
    mask_B1HW = torch.nn.functional.interpolate(face_BHW[:, None].float(), scale_factor=2.0)
    error_B1HW = pixel_error(image_BCHW, batch.target()).mean(1, keepdim=True)
    return (error_B1HW * mask_B1HW).sum((1, 2, 3)) / mask_B1HW.sum((1, 2, 3))


@torch.inference_mode()
def test_the_imitator_draws_strangers(strangers: Batch) -> None:
    imitator = Imitator.load(SHIPPED_IMITATOR, default_schema())
    drawn = imitator(strangers.appearance_BN, strangers.pose_B10)
    own = face_error(drawn.image_BCHW, strangers)
    assert own.mean() < 0.04
    other = face_error(drawn.image_BCHW.roll(2, 0), strangers)
    assert (own < 0.7 * other).all(), "somebody else's picture is no worse"
    apart_px = 256.0 * (drawn.landmarks_BK2 - strangers.landmarks_BK2).norm(dim=2).mean()
    assert apart_px < 0.5


def test_the_imitators_gradient_moves_lids_and_mouth(strangers: Batch) -> None:
    """A step along the gradient of a picture with open mouth or closed eyes goes towards that picture."""
    schema = default_schema()
    imitator = Imitator.load(SHIPPED_IMITATOR, schema)
    appearance_BN, pose_B10 = strangers.appearance_BN[:2], strangers.pose_B10[:2]
    offset = sum(len(schema.indices(group)) for group in ("identity", "style", "colour"))
    names = schema.group_names("expression")
    for name in ("jawOpen", "eyeBlinkLeft"):
        column = offset + names.index(name)
        there_BN = appearance_BN.clone()
        there_BN[:, column] = 0.7
        here_BN = there_BN.clone()
        here_BN[:, column] = 0.4
        here_BN.requires_grad_()
        with torch.no_grad():
            wanted = imitator(there_BN, pose_B10).image_BCHW
        pixel_error(imitator(here_BN, pose_B10).image_BCHW, wanted).mean().backward()
        assert here_BN.grad is not None
        assert (here_BN.grad[:, column] < 0).all(), name


@torch.inference_mode()
def test_the_parser_sees_the_parts_of_strangers(strangers: Batch) -> None:
    assert strangers.segments_BHW is not None
    parser = FaceParser.load(SHIPPED_PARSER)
    said = parser(strangers.target()).logits_BSHW.argmax(1).numpy()
    truth = strangers.segments_BHW.numpy()
    least = {Segment.SKIN: 0.85, Segment.HAIR: 0.75, Segment.NOSE: 0.75, Segment.EYE_LEFT: 0.5, Segment.UPPER_LIP: 0.5}
    for part, wanted in least.items():
        both, either = (said == part) & (truth == part), (said == part) | (truth == part)
        assert both.sum() / max(1, either.sum()) > wanted, part


@pytest.mark.parametrize("path", [SHIPPED_IMITATOR, SHIPPED_PARSER])
def test_they_are_small(path: Path) -> None:
    assert path.stat().st_size < 6e6


def test_labels_and_pictures_of_the_strangers_are_there(strangers: Batch) -> None:
    """Else the figures above would say nothing."""
    assert len(strangers.image_BHWC) == 2 * PEOPLE
    assert np.isfinite(strangers.landmarks_BK2.numpy()).all()
    assert float(strangers.target().std()) > 0.1
