"""Imitators: the published size, the promised cost, gradients to every number, files that come back, own rigs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="imitators need torch")

from torch import Tensor  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from facelive.errors import FileError, SchemaError, UsageError, WeightsError  # noqa: E402
from facelive.likeness.drawing import (  # noqa: E402
    APPEARANCE,
    Draws,
    appearance_columns,
    appearance_of,
    appearance_slices,
)
from facelive.likeness.imitator import Imitator, ImitatorConfig, live_256, paper_512  # noqa: E402
from facelive.likeness.imitator_networks import LightDecoder, PaperDecoder  # noqa: E402
from facelive.likeness.imitator_points import HeadPoints, Placed, Splat, spread_points  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.mesh import Segment  # noqa: E402
from facelive.rig.tiny import tiny_head, tiny_schema  # noqa: E402
from facelive.train.common.grow import grow_into  # noqa: E402
from facelive.train.imitator.recipes import RECIPES, fitted  # noqa: E402

SMALL = ImitatorConfig(widths=(16, 12, 8), code=24, base=8, maps=6, maps_at=16, more_points=20, landmark_hidden=16)
POSE = torch.tensor([[0.1, -0.05, 0.02, 0.5, 0.365, 0.14, 0.05, 0.0, 0.05, 0.0]])


def neutral(model: Imitator) -> Tensor:
    return appearance_of(model.schema, torch.from_numpy(model.schema.neutral())[None])


def test_the_published_network_has_the_published_size() -> None:
    decoder = PaperDecoder(103, paper_512().widths)
    assert sum(p.numel() for p in decoder.parameters()) == pytest.approx(12.06e6, abs=0.005e6)
    assert paper_512().size == 512
    assert PaperDecoder(5, (8, 8)).eval()(torch.zeros(2, 5)).shape == (2, 3, 16, 16)


def test_the_light_network_is_light() -> None:
    model = Imitator(Head.default().schema, live_256()).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        drawn = model(neutral(model), POSE)
    assert counter.get_total_flops() / 2 <= 0.4e9
    assert drawn.image_BCHW.shape == (1, 3, 256, 256)
    assert drawn.landmarks_BK2.shape == (1, 68, 2)
    assert drawn.parts_BSHW is not None
    assert drawn.parts_BSHW.shape == (1, len(Segment), 128, 128)
    assert 0.0 <= float(drawn.image_BCHW.min()) < float(drawn.image_BCHW.max()) <= 1.0


def test_the_appearance_is_the_groups_in_order() -> None:
    schema = Head.default().schema
    columns, slices = appearance_columns(schema), appearance_slices(schema)
    names = [schema.names[i] for i in columns]
    assert names == [name for group in APPEARANCE for name in schema.group_names(group)]
    assert [schema.names[i] for i in columns[slices["expression"]]] == list(schema.group_names("expression"))


def test_landmarks_of_the_twin_are_those_of_the_head() -> None:
    from facelive.rig.framing import CropCamera

    head = Head.default()
    model = Imitator(head.schema, SMALL)
    params = head.schema.neutral()
    params[head.schema.index("jawOpen")] = 0.5
    drawn = model(appearance_of(head.schema, torch.from_numpy(params)[None]), POSE * (torch.arange(10) < 6))
    expected = CropCamera.from_encoder(POSE[0].numpy()).project(
        head.landmarks68.points(head.solve(params), head.triangles_T3), head.face_centre
    )
    np.testing.assert_allclose(drawn.landmarks_BK2[0].detach().numpy() * 256.0, expected, atol=0.05)


def test_a_palette_colours_each_part_from_the_numbers_alone() -> None:
    head = tiny_head()
    model = Imitator(head.schema, replace(SMALL, palette=True, deep=1, normals=True), head).eval()
    assert isinstance(model.decoder, LightDecoder)
    assert model.decoder.palette is not None
    with torch.no_grad():
        before = model(neutral(model), POSE)
        assert before.parts_BSHW is not None
        share_HW = before.parts_BSHW.softmax(1)[0, int(Segment.SKIN)].repeat_interleave(2, 0).repeat_interleave(2, 1)
        model.decoder.palette.bias[int(Segment.SKIN)] = 0.5  # blue of the skin: BGR, parts within a channel
        after = model(neutral(model), POSE)
    moved_CHW = (after.image_BCHW.logit() - before.image_BCHW.logit())[0]
    torch.testing.assert_close(moved_CHW[0], 0.5 * share_HW, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(moved_CHW[1:], torch.zeros_like(moved_CHW[1:]), atol=1e-4, rtol=0)


def test_an_imitator_grows_without_changing_its_picture() -> None:
    head = tiny_head()
    torch.manual_seed(0)
    small = Imitator(head.schema, SMALL, head).eval()
    large = Imitator(head.schema, replace(SMALL, tints=4, deep=2, normals=True, palette=True), head).eval()
    grow_into(large, small.state_dict())
    with torch.no_grad():
        one, other = small(neutral(small), POSE), large(neutral(large), POSE)
    torch.testing.assert_close(other.image_BCHW, one.image_BCHW, atol=1e-5, rtol=0)
    with pytest.raises(FileError, match="do not fit"):
        grow_into(small, large.state_dict())


@pytest.mark.parametrize("geometry", [True, False])
@pytest.mark.parametrize("network", ["light", "paper"])
def test_every_number_has_a_gradient(network: str, geometry: bool) -> None:
    torch.manual_seed(0)
    head = tiny_head()
    small = replace(SMALL, geometry=geometry)
    if network == "paper":
        small = replace(small, network="paper", parts=False)
    model = Imitator(head.schema, small, head)
    count = 3
    appearance = neutral(model).repeat(count, 1) + 0.01 * torch.randn(count, len(appearance_columns(head.schema)))
    appearance.requires_grad_()
    pose = (POSE.repeat(count, 1) + 0.01 * torch.randn(count, 10)).requires_grad_()
    draws: Draws = model
    drawn = draws(appearance, pose)
    assert drawn.image_BCHW.shape[-1] == draws.size
    weights = torch.rand_like(drawn.image_BCHW)
    (drawn.image_BCHW * weights).sum().backward()
    assert appearance.grad is not None
    assert pose.grad is not None
    assert bool((appearance.grad.abs().sum(0) > 0).all())
    assert bool((pose.grad.abs().sum(0) > 0).all())


def test_a_splat_puts_features_where_the_points_are() -> None:
    head = tiny_head()
    canonical = HeadPoints(head, 0).canonical_K3[:2]
    splat = Splat(canonical, 6, 16, 3, 2, normals=True)
    place = (torch.tensor([[[3.0, 12.0], [11.0, 4.0]]]) + 0.5) / 16 - 0.5 / 256
    normals = torch.tensor([[[0.0, 0.6, 0.8], [0.0, 0.0, -1.0]]])
    placed = Placed(place, torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2), normals)
    drawn = splat(placed, torch.zeros(1, 3))
    assert drawn.shape == (1, splat.channels, 16, 16)
    assert splat.channels == 6 + 2 + 3
    torch.testing.assert_close(drawn[0, 8:, 12, 3], torch.tensor([0.0, 0.6, 0.8]) / 1.1)
    density = drawn[0, 5].detach()
    assert int(density.argmax()) == 12 * 16 + 3, "x is the column, y the row"
    assert float(density[4, 11]) < 1e-3, "what is turned away is not drawn"
    moved = (splat(placed, torch.tensor([[1.0, 0.0, 0.0]])) - drawn)[0].detach().abs().amax(0)
    assert float(moved[12, 3]) > 0.01, "looks change a point's features"
    assert float(moved[4, 11]) < 1e-3
    assert float(moved[8, 8]) == 0.0, "and nothing elsewhere"


def test_more_points_lie_where_none_are() -> None:
    head = Head.default()
    points = spread_points(head, 30)
    assert len(points) == len(head.landmarks68) + len(head.landmarks478) + 30
    where = points.points(head.solve(head.schema.neutral()), head.triangles_T3)
    fresh, before = where[-30:], where[:-30]
    nearest = np.sqrt(((fresh[:, None] - before) ** 2).sum(2)).min(1)
    assert nearest.min() > 0.015


@pytest.mark.parametrize("half", [False, True])
def test_files_come_back(tmp_path: Path, half: bool) -> None:
    model = Imitator(tiny_schema(), replace(SMALL, geometry=False)).eval()
    path = tmp_path / "imitator.pt"
    model.save(path, half=half)
    again = Imitator.load(path, tiny_schema())
    assert not again.training
    assert not any(p.requires_grad for p in again.parameters())
    with torch.no_grad():
        one, other = model(neutral(model), POSE), again(neutral(model), POSE)
    torch.testing.assert_close(one.image_BCHW, other.image_BCHW, atol=5e-3 if half else 0, rtol=0)


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "imitator.pt"
    Imitator(tiny_schema(), replace(SMALL, geometry=False)).save(path)
    with pytest.raises(WeightsError, match="another rig"):
        Imitator.load(path, Head.default().schema)
    content = torch.load(path, weights_only=True)
    next(iter(content["weights"].values())).view(-1)[0] += 1
    torch.save(content, path)
    with pytest.raises(WeightsError, match="damaged"):
        Imitator.load(path, tiny_schema())
    path.write_bytes(b"no weights")
    with pytest.raises(FileError, match="not an imitator"):
        Imitator.load(path, tiny_schema())
    with pytest.raises(FileError, match="cannot read"):
        Imitator.load(tmp_path / "nowhere.pt", tiny_schema())


def test_geometry_needs_a_head_of_the_rig() -> None:
    with pytest.raises(SchemaError, match="geometry=False"):
        Imitator(tiny_schema(), SMALL)
    with pytest.raises(UsageError, match="parts=False"):
        ImitatorConfig(network="paper")
    with pytest.raises(UsageError, match="palette=False"):
        ImitatorConfig(parts=False, palette=True)
    with pytest.raises(UsageError, match="normals=False"):
        ImitatorConfig(geometry=False, normals=True)
    recipe = fitted(RECIPES["live_256"](), geometry=False, parts=False).model
    assert (recipe.geometry, recipe.parts, recipe.normals, recipe.palette) == (False, False, False, False)


def test_tints_follow_from_styles_and_colours() -> None:
    schema = Head.default().schema
    model = Imitator(schema, live_256())
    columns = appearance_columns(schema)
    groups = {schema.parameters[columns[int(at)]].group for at in model.looks}
    assert groups == {"style", "colour"}
    assert len(model.looks) == len(schema.indices("style")) + len(schema.indices("colour"))
    assert not hasattr(Imitator(schema, replace(live_256(), tints=0)).splat, "tint")
