"""The loop learns, resumes exactly, and exports what it trained."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")

from facelive.errors import FileError, UsageError  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.tiny import tiny_head  # noqa: E402
from facelive.train.common.devices import Precision  # noqa: E402
from facelive.train.encoder.batches import RenderSet, from_disk  # noqa: E402
from facelive.train.encoder.export import OUTPUTS, Deployed, compare, export_onnx, run_onnx  # noqa: E402
from facelive.train.encoder.half import halve  # noqa: E402
from facelive.train.encoder.imagined import Imagination  # noqa: E402
from facelive.train.encoder.loop import TrainConfig, Trainer  # noqa: E402
from facelive.train.encoder.losses import LossWeights, heat_entropy  # noqa: E402
from facelive.train.encoder.mean_of import mean_of  # noqa: E402
from facelive.train.encoder.model import CROP, Encoder, cells  # noqa: E402
from facelive.train.encoder.objective import Objective  # noqa: E402
from facelive.train.encoder.points import POSE_HOME, POSE_OUTPUTS, FacePoints  # noqa: E402
from facelive.train.encoder.quantise import cost, quantise  # noqa: E402
from facelive.train.encoder.recipes import Phase, encoder_smoke  # noqa: E402


@pytest.fixture(scope="module")
def renders() -> RenderSet:
    """Noise with labels: enough to see that the loop runs and that a repeated batch is learned."""
    rng = np.random.default_rng(0)
    head, count = Head.default(), 12
    schema = head.schema
    params = np.repeat(schema.neutral()[None], count, 0)
    params[:, schema.indices("expression")] = rng.uniform(0, 0.5, (count, len(schema.indices("expression"))))
    pose = rng.normal(0, 0.1, (count, len(POSE_OUTPUTS))).astype(np.float32)
    landmarks = rng.uniform(0.3, 0.7, (count, 68, 2)).astype(np.float32)
    images = rng.integers(0, 255, (count, 128, 128, 3), dtype=np.uint8)
    return RenderSet(from_disk(images), params, pose, landmarks, np.ones(count, np.float32))


def trainer(
    renders: RenderSet, output: Path, steps: int, budget_s: float = 1e9, precision: Precision = "fp32",
    optimiser: Literal["adamw", "muon"] = "adamw",
) -> Trainer:  # fmt: skip
    phases = (Phase(steps=steps, size=128, batch=4, imagined=4),)
    recipe = replace(encoder_smoke(), phases=phases, optimiser=optimiser)
    config = TrainConfig(output=output, budget_s=budget_s, log_every=1, threads=1, precision=precision)
    return Trainer(Head.default(), recipe, config, lambda _size: renders, lambda _size: None)


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_interrupted_and_uninterrupted_runs_give_the_same_weights(
    renders: RenderSet, tmp_path: Path, optimiser: Literal["adamw", "muon"]
) -> None:
    whole = trainer(renders, tmp_path / "whole", 4, optimiser=optimiser)
    assert whole.run()
    first = trainer(renders, tmp_path / "parts", 4, budget_s=0.0, optimiser=optimiser)
    assert not first.run()
    assert first.state.step == 1
    second = trainer(renders, tmp_path / "parts", 4, optimiser=optimiser)
    assert second.state.step == 1
    assert second.run()
    for name, value in whole.averaged().state_dict().items():
        torch.testing.assert_close(second.averaged().state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_every_weight_has_one_optimiser_group_and_steps_of_inner_matrices_alone_are_orthogonal(
    renders: RenderSet, tmp_path: Path
) -> None:
    run = trainer(renders, tmp_path / "run", 1, optimiser="muon")
    model, groups = run.model.module, run.optimiser.param_groups
    held = [id(p) for group in groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters())
    turned = {id(p) for group in groups if group["orthogonal"] for p in group["params"]}
    names = {name for name, p in model.named_parameters() if id(p) in turned}
    assert {"trunk.stages.0.0.0.weight", "points.second.weight", "mix.0.weight", "close.seen.0.weight"} <= names
    ends = ("trunk.stem", "places", "placed", "from_", "close.move", "close.weight", "close.bias", "eyes.maps.0")
    assert not [name for name in names if name.startswith(ends) or name.endswith("bias")]


def test_the_maps_are_taught_where_their_own_points_are(renders: RenderSet) -> None:
    """Peaks at a face's points have the least loss; with any two maps changed over it is larger, at all four steps."""
    head = Head.default()
    points = FacePoints.of(head)
    objective = Objective(head, points, renders.params_NP, LossWeights())
    true_BK2 = points.home_K2[None] + 0.02 * torch.randn(1, len(points), 2, generator=torch.manual_seed(0))
    peaks = -0.5 * ((cells(32)[None, None] - true_BK2[:, list(points.mapped), None]) * 32).square().sum(-1)
    for step in range(4):
        which = objective.heated(step)
        right = heat_entropy(peaks[:, which], true_BK2[:, objective.mapped_M[which]])
        wrong = heat_entropy(peaks.roll(1, 1)[:, which], true_BK2[:, objective.mapped_M[which]])
        first = heat_entropy(peaks[:, which], true_BK2[:, which])
        assert float(right.mean()) < float(wrong.mean())
        assert float(right.mean()) < float(first.mean())
        assert int(peaks[:, which].shape[1]) == len(points.mapped) // 4


def test_points_are_placed_by_the_nearest_map_to_begin_with() -> None:
    """Also of a rig without dense points, where each of the 68 has its own."""
    dense = FacePoints.of(Head.default())
    sparse = FacePoints(dense=(), home_K2=dense.home_K2[:68], weight_K=torch.ones(68), photo_weight_K=torch.ones(68))
    for points in (dense, sparse):
        network = Encoder(Head.default().schema, points, encoder_smoke().model).eval()
        mapped = list(points.mapped)
        assert mapped[: len(points.looked)] == list(points.looked)
        moved = 0.01 * torch.randn(2, len(mapped), 2, generator=torch.manual_seed(1))
        with torch.no_grad():
            placed = network.place(points.home_K2[mapped] + moved)
            torch.testing.assert_close(placed[:, mapped], points.home_K2[mapped] + moved)
            assert network(torch.rand(1, 3, 256, 256))["landmarks"].shape == (1, 68, 2)
        assert float((placed - points.home_K2).abs().amax()) < 0.06
    assert sorted(sparse.mapped) == list(range(68))
    assert len(dense.mapped) == len(set(dense.mapped)) == 72


def test_heat_maps_a_few_at_a_time_are_the_same_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    head = Head.default()
    network = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model).eval()
    image_BCHW, found = torch.rand(5, 3, 128, 128), []
    for few in (5, 2):
        monkeypatch.setattr("facelive.train.encoder.model._AT_ONCE", few)
        with torch.no_grad():
            found.append(network(image_BCHW, heated=slice(1, 9, 4)))
    for name, value in found[0].items():
        torch.testing.assert_close(found[1][name], value, msg=name)
    with torch.no_grad():
        every = network(image_BCHW, heated=slice(None))["heat"]
        assert "heat" not in network(image_BCHW)
    torch.testing.assert_close(found[0]["heat"], every[:, 1:9:4])


def test_mixed_precision_rounds_the_trunk_and_no_place(renders: RenderSet, tmp_path: Path) -> None:
    made = trainer(renders, tmp_path, 2, precision="bf16")
    assert made.run()
    network, seen = made.averaged(), []
    network.trunk.stem.register_forward_hook(lambda _module, _given, out: seen.append(out.dtype))
    image_BCHW = torch.from_numpy(renders.pictures(np.arange(4), 128)).permute(0, 3, 1, 2) / 255.0
    with torch.no_grad():
        plain = network(image_BCHW, heated=slice(3))
        network.precision = "bf16"
        rounded = network(image_BCHW, heated=slice(3))
    assert seen == [torch.float32, torch.bfloat16]
    assert all(value.dtype == torch.float32 for value in rounded.values())
    assert float((rounded["points"] - plain["points"]).abs().max()) * CROP < 0.5
    assert float((rounded["heat"] - plain["heat"]).abs().max()) > 0.0


@pytest.mark.parametrize("at", [1, 3])
def test_ctrl_c_keeps_what_was_learnt(
    renders: RenderSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Pressed inside the second step, or in the last one of four: both are finished first, saved, and it is heard."""
    whole = trainer(renders, tmp_path / "whole", 4)
    assert whole.run()
    first = trainer(renders, tmp_path / "parts", 4)
    step = first._step

    def pressed(*given: Any) -> Any:
        if first.state.step == at:
            signal.raise_signal(signal.SIGINT)
        return step(*given)

    monkeypatch.setattr(first, "_step", pressed)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = trainer(renders, tmp_path / "parts", 4)
    assert second.state.total == at + 1
    assert second.run()
    for name, value in whole.averaged().state_dict().items():
        torch.testing.assert_close(second.averaged().state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_a_checkpoint_of_another_recipe_is_refused(renders: RenderSet, tmp_path: Path) -> None:
    assert trainer(renders, tmp_path, 1).run()
    with pytest.raises(FileError, match="another rig or recipe"):
        trainer(renders, tmp_path, 2)
    (tmp_path / "last.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises(FileError, match="not a readable checkpoint"):
        trainer(renders, tmp_path, 1)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    head = Head.default()
    other = Encoder(head.schema, FacePoints.of(head), replace(encoder_smoke().model, stem=4))
    torch.save(other.state_dict(), tmp_path / "encoder.pt")
    config = TrainConfig(output=tmp_path / "run", start_from=tmp_path / "encoder.pt", threads=1)
    for spoil in (None, b"an ONNX file, say"):
        if spoil is not None:
            (tmp_path / "encoder.pt").write_bytes(spoil)
        with pytest.raises(FileError, match=r"encoder\.pt holds no weights of this recipe's network; [^\n]*$"):
            Trainer(head, encoder_smoke(), config, lambda _size: None, lambda _size: None)  # type: ignore[arg-type]
    assert not config.output.exists(), "nothing is left behind"
    (tmp_path / "encoder.pt").unlink()
    with pytest.raises(FileError, match=r"cannot read .*encoder\.pt: No such file"):
        Trainer(head, encoder_smoke(), config, lambda _size: None, lambda _size: None)  # type: ignore[arg-type]


def test_a_heat_map_s_mean_is_the_point_and_its_loss_is_least_there() -> None:
    """A Gaussian on the cells has its mean where it was put, in the labels' units, and the lowest entropy."""
    places = torch.tensor([[[0.31, 0.62], [0.5, 0.5]]])
    logits = -0.5 * ((cells(32)[None, None] - places[:, :, None]) * 32).square().sum(-1)
    torch.testing.assert_close(logits.softmax(-1) @ cells(32), places, atol=2e-4, rtol=0)
    there, elsewhere = heat_entropy(logits, places), heat_entropy(logits, places + 0.05)
    assert bool((there < elsewhere).all())
    outside = heat_entropy(logits, torch.full((1, 2, 2), 1.2))
    assert bool((outside == 0).all())


@pytest.mark.parametrize("head", [Head.default(), tiny_head()], ids=["default", "tiny"])
def test_points_alone_teach_their_reader(head: Head, tmp_path: Path) -> None:
    """A phase without pictures lowers the error of what is read from points never seen, on any rig."""
    rng = np.random.default_rng(0)
    schema, count = head.schema, 64
    params = np.repeat(schema.neutral()[None], count, 0)
    for group in ("identity", "expression"):
        params[:, schema.indices(group)] = rng.uniform(0, 1, (count, len(schema.indices(group))))
    pose = rng.normal(0, 0.1, (count, len(POSE_OUTPUTS))).astype(np.float32) + np.array(POSE_HOME, np.float32)
    images = np.zeros((count, 128, 128, 3), np.uint8)
    landmarks = np.zeros((count, 68, 2), np.float32)
    made = RenderSet(from_disk(images), params, pose, landmarks, np.ones(count, np.float32))
    recipe = replace(encoder_smoke(), phases=(Phase(steps=60, size=128, batch=0, imagined=64),))
    run = Trainer(head, recipe, TrainConfig(output=tmp_path, threads=1), lambda _size: made, lambda _size: None)
    objective = Objective(head, run.points, params, recipe.losses)
    unseen = Imagination(schema, made, len(run.points), seed=99).draw(0, 64)

    def error() -> float:
        with torch.no_grad():
            return float(objective.imagined(run.model.module.read(objective.imagine(unseen)), unseen)[0])

    before = error()
    assert run.run()
    assert error() < 0.8 * before


def test_looks_are_read_at_the_pupils_too_where_a_rig_has_them() -> None:
    head = Head.default()
    points = FacePoints.of(head)
    pupils = points.home_K2[list(points.looked[-2:])] * 256.0
    corners = points.home_K2[[36, 39, 42, 45]] * 256.0  # of both eyes, as the picture shows them from left to right
    middles = torch.stack([corners[:2].mean(0), corners[2:].mean(0)])
    torch.testing.assert_close(pupils, middles, atol=4.0, rtol=0.0)
    assert max(replace(points, dense=()).looked) < 68


@pytest.mark.parametrize("late", [False, True], ids=["as GPUs take it", "for CPUs"])
def test_what_is_exported_gives_the_same_answers(late: bool) -> None:
    torch.manual_seed(1)
    head = Head.default()
    encoder = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model).eval()
    encoder.places.weight.data.mul_(100.0 if late else 500.0)  # maps that look somewhere
    crop, person = (
        torch.randint(0, 256, (2, 256, 256, 3), dtype=torch.uint8),
        torch.rand(2, encoder.sizes["identity"] + 1),
    )
    with torch.inference_mode():
        expected = encoder(crop.permute(0, 3, 1, 2) / 255.0, person)
        given = dict(zip(OUTPUTS, Deployed(encoder, late=late).eval()(crop, person), strict=True))
    assert (expected["landmarks"] - expected["landmarks"].mean(1, keepdim=True)).abs().mean() > 0.01
    torch.testing.assert_close(given["landmarks"], expected["landmarks"], atol=1e-5, rtol=0)
    for name in ("style", "pose"):
        torch.testing.assert_close(given[name], expected[name], atol=1e-4, rtol=1e-4, msg=name)
    for name in ("identity", "colour", "expression"):
        torch.testing.assert_close(given[name], expected[name].clamp(0.0, 1.0), atol=1e-4, rtol=1e-4, msg=name)


def test_small_pictures_are_read_as_the_crop_and_fine_things_are_seen() -> None:
    head = Head.default()
    encoder = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model).eval()
    small = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    shown = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    striped = shown.clone()
    striped[..., ::2] *= 1.2  # stripes of one pixel, which a mean of two does not show
    striped[..., 1::2] *= 0.8
    with torch.inference_mode():
        one, other, fine = (encoder(image)["points"] for image in (small, shown, striped))
    torch.testing.assert_close(one, other)
    assert float((fine - other).abs().max()) > 1e-6
    sizes = [replace(encoder_smoke().model, sight=sight) for sight in (128, 256)]
    stems = [Encoder(head.schema, FacePoints.of(head), size).trunk.stem.state_dict() for size in sizes]
    assert [tuple(stem["0.weight"].shape[2:]) for stem in stems] == [(6, 6), (3, 3)]


def test_the_exported_network_gives_what_torch_gives(tmp_path: Path) -> None:
    torch.manual_seed(0)
    head = Head.default()
    schema = head.schema
    encoder = Encoder(schema, FacePoints.of(head), encoder_smoke().model).eval()
    probes = np.random.default_rng(0).integers(0, 255, (3, 256, 256, 3), dtype=np.uint8)
    path = tmp_path / "encoder.onnx"
    export_onnx(encoder, schema, path, probes).check(1e-4)
    outputs = run_onnx(path, probes)
    assert outputs["identity"].shape == (3, len(schema.indices("identity")))
    assert outputs["landmarks"].shape == (3, 68, 2)
    for name in ("identity", "colour", "expression", "confidence"):
        assert outputs[name].min() >= 0.0
        assert outputs[name].max() <= 1.0


def test_half_weights_are_half_the_file_and_nearly_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    head = Head.default()
    encoder = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model).eval()
    probes = np.random.default_rng(0).integers(0, 255, (2, 256, 256, 3), dtype=np.uint8)
    path = tmp_path / "encoder.onnx"
    export_onnx(encoder, head.schema, path, probes)
    exact, size = run_onnx(path, probes), path.stat().st_size
    halve(path)
    assert path.stat().st_size < 0.7 * size
    compare(exact, run_onnx(path, probes)).check(1e-2)


def test_the_mean_of_two_encoders_lies_between_them() -> None:
    one = {"weight": torch.tensor([1.0, 2.0]), "num_batches_tracked": torch.tensor(7)}
    other = {"weight": torch.tensor([3.0, 2.0]), "num_batches_tracked": torch.tensor(9)}
    mean = mean_of([one, other])
    assert mean["weight"].tolist() == [2.0, 2.0]
    assert int(mean["num_batches_tracked"]) == 7
    with pytest.raises(UsageError, match="two"):
        mean_of([one])
    with pytest.raises(FileError, match="one form"):
        mean_of([one, {"weight": torch.zeros(3)}])


def test_what_cpus_take_is_divided_late_and_in_eight_bits(tmp_path: Path) -> None:
    """The same answers as the file that GPUs take, without a softmax over the maps."""
    onnx = pytest.importorskip("onnx")
    torch.manual_seed(4)
    head, exact, late, int8 = Head.default(), tmp_path / "a.onnx", tmp_path / "b.onnx", tmp_path / "b.int8.onnx"
    encoder = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model).eval()
    encoder.places.weight.data.mul_(100.0)
    crops = np.random.default_rng(0).integers(0, 256, (6, 256, 256, 3), dtype=np.uint8)
    export_onnx(encoder, head.schema, exact, crops[:2])
    export_onnx(encoder, head.schema, late, crops[:2], late=True)
    compare(run_onnx(exact, crops), run_onnx(late, crops)).check(1e-3)
    quantise(late, int8, crops)
    kinds = {path: [node.op_type for node in onnx.load(str(path)).graph.node] for path in (exact, int8)}
    assert kinds[exact].count("Softmax") == kinds[int8].count("Exp") == 2
    assert "Softmax" not in kinds[int8]
    assert cost(late, int8, crops)["landmarks"] < 1.0
    names = {one.name for one in onnx.load(str(int8)).graph.initializer}
    assert "encoder.placed.weight" in names, "what places the points keeps all its digits"
    assert "encoder.points.first.weight.bytes" in names
