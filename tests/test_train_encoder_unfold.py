"""An exported encoder can be trained further: the file that ships is a beginning too."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")
onnx = pytest.importorskip("onnx", reason="exports need onnx")

from facelive.app import train  # noqa: E402
from facelive.errors import FileError, WeightsError  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.stream.weights_folder import ENCODER  # noqa: E402
from facelive.train.encoder import mean_of  # noqa: E402
from facelive.train.encoder.batches import from_disk  # noqa: E402
from facelive.train.encoder.beginning import check_beginning, load_weights  # noqa: E402
from facelive.train.encoder.export import OUTPUTS, Deployed, compare, export_onnx, run_onnx  # noqa: E402
from facelive.train.encoder.half import halve  # noqa: E402
from facelive.train.encoder.loop import TrainConfig, Trainer  # noqa: E402
from facelive.train.encoder.model import Encoder, EncoderConfig  # noqa: E402
from facelive.train.encoder.points import FacePoints  # noqa: E402
from facelive.train.encoder.recipes import EncoderRecipe, encoder_further, encoder_smoke  # noqa: E402
from facelive.train.encoder.unfold import check_exported, unfold  # noqa: E402

CROPS = np.random.default_rng(0).integers(0, 255, (6, 256, 256, 3), dtype=np.uint8)


def learnt(form: EncoderConfig | None = None) -> Encoder:
    """A small network whose batch norms do something."""
    torch.manual_seed(0)
    head = Head.default()
    encoder = Encoder(head.schema, FacePoints.of(head), form or encoder_smoke().model)
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            for name in ("running_mean", "bias"):
                getattr(module, name).data.normal_(0.0, 0.3)
            for name in ("running_var", "weight"):
                getattr(module, name).data.uniform_(0.5, 2.0)
    encoder.places.weight.data.mul_(300.0)
    encoder.placed.weight.data.add_(0.02 * torch.randn_like(encoder.placed.weight))
    encoder.placed.bias.data.normal_(0.0, 0.01)
    return encoder.eval()


def said(encoder: Encoder, crops: np.ndarray) -> dict[str, np.ndarray]:
    """By the network as it is exported."""
    with torch.inference_mode():
        found = Deployed(encoder).eval()(
            torch.from_numpy(crops), torch.zeros(len(crops), encoder.sizes["identity"] + 1)
        )
    return {name: value.numpy() for name, value in zip(OUTPUTS, found, strict=True)}


def test_an_exported_network_is_taken_back_and_computes_the_same(tmp_path: Path) -> None:
    head, path = Head.default(), tmp_path / "encoder.onnx"
    before = learnt()
    export_onnx(before, head.schema, path, CROPS)
    halve(path)
    torch.manual_seed(1)
    after = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model)
    unfold(path, after, CROPS[:4])
    assert after.training
    compare(said(after.eval(), CROPS[4:]), run_onnx(path, CROPS[4:])).check(2e-4)
    # Its norms normalise: training goes on from statistics of pictures, not from a mean of 0 and a spread of 1.
    seen: list[Any] = []
    for module in after.trunk.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_pre_hook(lambda norm, inputs: seen.append((inputs[0], norm)))
    with torch.inference_mode():
        after(torch.from_numpy(CROPS[:4]).permute(0, 3, 1, 2) / 255.0)
    assert len(seen) == sum(isinstance(m, torch.nn.BatchNorm2d) for m in before.trunk.modules())
    for given, norm in seen:
        torch.testing.assert_close(norm.running_mean, given.mean((0, 2, 3)), atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(norm.running_var, given.var((0, 2, 3), correction=0), atol=1e-4, rtol=1e-2)


def test_a_training_and_a_mean_begin_with_an_exported_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the trainer unfolds before its first step is the export's function; ``mean_of`` unfolds the same."""
    head, path = Head.default(), tmp_path / "encoder.onnx"
    export_onnx(learnt(), head.schema, path, CROPS)
    crops = from_disk(CROPS[:4])
    renders: Any = type("Four", (), {"pictures": staticmethod(crops), "__len__": lambda _: 4})()
    config = TrainConfig(output=tmp_path / "run", start_from=path, threads=1)
    begun = Trainer(head, encoder_smoke(), config, lambda _: renders, lambda _: None).averaged()
    compare(said(begun, CROPS[4:]), run_onnx(path, CROPS[4:])).check(2e-4)
    monkeypatch.setattr(mean_of, "renders_of", lambda reader, size: renders)
    blank = Encoder(head.schema, FacePoints.of(head), encoder_smoke().model)
    reader: Any = None
    points = FacePoints.of(head)
    for name, value in mean_of._weights(path, reader, blank, points).items():
        torch.testing.assert_close(value, begun.state_dict()[name], atol=0, rtol=0, msg=name)
    for content, why in ((b"no weights", "holds no weights of this recipe's network"), (None, "No such file")):
        file = tmp_path / "encoder.pt"
        file.write_bytes(content) if content is not None else file.unlink()
        with pytest.raises(FileError, match=why):
            mean_of._weights(file, reader, blank, points)


def test_encoders_of_before_the_choice_of_maps_are_refused_by_name(tmp_path: Path) -> None:
    """Exported files before anything is drawn, weights when they are read; nothing else is called older than it is."""
    head, points = Head.default(), FacePoints.of(Head.default())
    before, exported, weights = learnt(), tmp_path / "old.onnx", tmp_path / "old.pt"
    export_onnx(before, head.schema, exported, CROPS)
    check_exported(exported)
    model = onnx.load(str(exported))
    for one in model.graph.initializer:
        if one.name.startswith("encoder.placed.weight"):
            one.name = "encoder.other"
    exported.write_bytes(model.SerializeToString())
    torch.save({n: v for n, v in before.state_dict().items() if not n.startswith("placed.")}, weights)
    for path in (exported, weights):
        with pytest.raises(FileError, match=r"before the 72 heat maps: it runs as it did[^\n]*$"):
            check_beginning(path, encoder_smoke(), head)
    reader: Any = None
    with pytest.raises(FileError, match="before the 72 heat maps"):
        mean_of._weights(weights, reader, learnt(), points)
    others = before.state_dict() | {"at_M": before.at_M.flip(0)}
    torch.save(others, weights)
    with pytest.raises(FileError, match="heat maps of other points"):
        load_weights(weights, learnt(), points)
    torch.save({n: v for n, v in before.state_dict().items() if not n.startswith("close.")}, weights)
    with pytest.raises(FileError, match="holds no weights of this recipe's network"):
        load_weights(weights, learnt(), points)


def test_maps_of_other_points_are_not_taken_for_ours(tmp_path: Path) -> None:
    head, exported = Head.default(), tmp_path / "other.onnx"
    before = learnt()
    before.at_M = before.at_M.flip(0)
    export_onnx(before, head.schema, exported, CROPS)
    with pytest.raises(FileError, match="is not an encoder of this recipe's form"):
        unfold(exported, learnt(), CROPS)


def test_further_begins_with_what_ships_and_a_missing_beginning_is_told_before_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path | None] = []

    def trained(data: Path, photos: Path | None, recipe: EncoderRecipe, config: TrainConfig) -> SimpleNamespace:
        begun.append(config.start_from)
        return SimpleNamespace(complete=False)

    monkeypatch.setattr("facelive.train.encoder.run.train_encoder", trained)
    for recipe in ("further", "v1"):
        train.run(train.TrainEncoder(output=tmp_path / "run", data=tmp_path, recipe=recipe))
    assert begun == [ENCODER, None]
    monkeypatch.setattr(train, "_drawn", lambda options: pytest.fail("drew pictures first"))
    with pytest.raises(FileError, match="there is no such file"):
        train.run(train.TrainEncoder(output=tmp_path / "run", start_from=tmp_path / "none.onnx"))


def test_the_encoder_that_ships_is_where_further_training_begins() -> None:
    head = Head.default()
    encoder = Encoder(head.schema, FacePoints.of(head), encoder_further().model)
    unfold(ENCODER, encoder, CROPS[:2])
    compare(said(encoder.eval(), CROPS[2:4]), run_onnx(ENCODER, CROPS[2:4])).check(5e-4)


def test_other_files_are_refused_in_one_line(tmp_path: Path) -> None:
    head = Head.default()
    encoder = Encoder(head.schema, FacePoints.of(head), replace(encoder_smoke().model, stem=4))
    path = tmp_path / "encoder.onnx"
    with pytest.raises(FileError, match=r"cannot read .*encoder\.onnx: No such file[^\n]*$"):
        unfold(path, encoder, CROPS)
    path.write_bytes(b"a picture, say")
    with pytest.raises(FileError, match=r"encoder\.onnx is not an ONNX file$"):
        unfold(path, encoder, CROPS)
    for other in (ENCODER, ENCODER.with_name("encoder.int8.onnx"), ENCODER.with_name("translator.onnx")):
        with pytest.raises(FileError, match=r"is not an encoder of this recipe's form; [^\n]*$"):
            unfold(other, encoder, CROPS)


def test_a_difference_is_measured_by_the_size_of_what_differs() -> None:
    """A logit of 50 may be off by a thousandth in half precision; a slider may not."""
    exact = {"style": np.array([[50.0, -0.5]], np.float32), "identity": np.zeros((1, 0), np.float32)}
    assert (
        compare(exact, exact | {"style": exact["style"] + np.array([[0.05, 0.0]], np.float32)}).worst["style"] < 1.1e-3
    )
    small = compare(exact, exact | {"style": exact["style"] + np.array([[0.0, 0.05]], np.float32)})
    assert small.worst == {"style": pytest.approx(0.05, abs=1e-6), "identity": 0.0}
    with pytest.raises(WeightsError, match="style"):
        small.check(1e-2)
