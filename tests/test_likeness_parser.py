"""The face parser: its cost, its file, its labels, and that training goes on exactly where it stopped."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the parser needs torch")
pytest.importorskip("lightning", reason="training needs lightning")

from facelive.errors import FileError  # noqa: E402
from facelive.likeness.parser import CLASSES, FaceParser, ParserConfig  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.mesh import Segment  # noqa: E402
from facelive.rig.render import Camera  # noqa: E402
from facelive.train.data import shards  # noqa: E402
from facelive.train.parser import labels  # noqa: E402
from facelive.train.parser.examples import Batches, RenderParts  # noqa: E402
from facelive.train.parser.objective import PartLoss, iou  # noqa: E402
from facelive.train.parser.recipes import parser_smoke  # noqa: E402
from facelive.train.parser.run import ParserRun, ParserTrainer, train_parser  # noqa: E402

SCHEMA = Head.default().schema


def cost(parser: FaceParser) -> int:
    """Multiply-adds of all convolutions for one crop."""
    total = 0

    def count(module: Any, _: object, out: Any) -> None:
        nonlocal total
        total += out.shape[-1] * out.shape[-2] * module.weight.numel()

    handles = [m.register_forward_hook(count) for m in parser.modules() if isinstance(m, torch.nn.Conv2d)]
    with torch.no_grad():
        parser(torch.zeros(1, 3, 256, 256))
    for handle in handles:
        handle.remove()
    return total


def test_light_enough_for_live() -> None:
    parser = FaceParser().eval()
    assert cost(parser) <= 0.15e9
    with torch.no_grad():
        parsed = parser(torch.rand(2, 3, 256, 256))
    assert parsed.logits_BSHW.shape == (2, CLASSES, 128, 128)
    assert parsed.features_BFHW.shape[-2:] == (64, 64)


def test_file_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    parser = FaceParser(ParserConfig(widths=(4, 6, 8, 8))).eval()
    path = tmp_path / "parser.pt"
    parser.save(path)
    image = torch.rand(1, 3, 128, 128)
    with torch.no_grad():
        difference = (FaceParser.load(path)(image).logits_BSHW - parser(image).logits_BSHW).abs().max()
    assert float(difference) < 0.01
    path.write_bytes(b"no")
    with pytest.raises(FileError, match="no face parser"):
        FaceParser.load(path)


def dense_points() -> np.ndarray:
    """(478, 2) of the neutral head in a 256 picture."""
    head = Head.default()
    points = head.landmarks478.points(head.solve(head.schema.neutral()), head.triangles_T3)
    return Camera.portrait(256, 256).project(points)


def test_photo_labels_keep_left_and_right() -> None:
    points = dense_points()
    found = labels.from_landmarks(points, borders=False)
    for label, part in ((labels.EYE_LEFT, 263), (labels.EYE_RIGHT, 33)):
        rows, columns = np.nonzero(found == label)
        assert len(rows) > 8
        assert abs(columns.mean() - points[part, 0] / 2) < 10
    left, right = np.nonzero(found == labels.EYE_LEFT)[1].mean(), np.nonzero(found == labels.EYE_RIGHT)[1].mean()
    assert left > right  # the subject's left is right in the picture
    mirrored = labels.mirror_table()[found[:, ::-1]]
    assert np.nonzero(mirrored == labels.EYE_LEFT)[1].mean() > np.nonzero(mirrored == labels.EYE_RIGHT)[1].mean()
    upper, lower = np.nonzero(found == labels.UPPER_LIP)[0].mean(), np.nonzero(found == labels.LOWER_LIP)[0].mean()
    assert upper < lower


def test_a_set_of_classes_is_satisfied_by_any_of_them() -> None:
    table = labels.allowed()
    assert table[:CLASSES].sum() == CLASSES
    assert table[labels.FACE, Segment.NOSE]
    assert not table[labels.OUTSIDE, Segment.NOSE]
    loss = PartLoss(4.0)
    from facelive.train.parser.examples import Batch

    def value(part: Segment, label: int) -> float:
        logits = torch.full((1, CLASSES, 4, 4), -15.0)
        logits[:, part] = 15.0
        batch = Batch(torch.zeros(1, 3, 4, 4), torch.full((1, 4, 4), label), torch.ones(1))
        return float(loss(logits, batch))

    assert value(Segment.NOSE, labels.FACE) < 1e-3
    assert value(Segment.SKIN, labels.FACE) < 1e-3
    assert value(Segment.EYE_LEFT, labels.FACE) > 10.0
    assert value(Segment.EYE_LEFT, int(Segment.EYE_LEFT)) < 1e-3
    assert value(Segment.EYE_RIGHT, int(Segment.EYE_LEFT)) > 10.0


def test_iou_of_a_confusion_matrix() -> None:
    counts = np.array([[8, 2], [1, 5]])
    assert iou(counts, 1) == pytest.approx(5 / 8)


def toy_shards(folder: Path, count: int = 16) -> Path:
    """Squares that mean something: skin grey, an eye dark."""
    rng = np.random.default_rng(0)
    images = np.full((count, 256, 256, 3), 160, np.uint8)
    segments = np.full((count, 128, 128), int(Segment.SKIN), np.uint8)
    for i in range(count):
        x, y = rng.integers(20, 90, 2)
        images[i, 2 * y : 2 * y + 30, 2 * x : 2 * x + 30] = 20
        segments[i, y : y + 15, x : x + 15] = int(Segment.EYE_LEFT)
        segments[i, :4] = shards.OCCLUDED
    manifest = {"format": shards.FORMAT, "version": shards.VERSION, "schema": f"{SCHEMA.hash:016x}", "segments": True}
    shards.write_json(folder / shards.MANIFEST, manifest)
    arrays = {
        "images": images, "segments": segments, "params": np.zeros((count, len(SCHEMA)), np.float32),
        "present": np.ones(count, np.float32), "person": np.arange(count, dtype=np.int32) // 2,
    }  # fmt: skip
    shards.write_shard(folder, 0, arrays)
    return folder


def test_interrupted_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    toy_shards(data)
    recipe = parser_smoke()
    renders = RenderParts.open(data, SCHEMA, 0.2)
    assert not set(renders.train) & set(renders.held_out)

    def trainer(name: str, steps_now: int | None) -> ParserTrainer:
        run = ParserRun(output=tmp_path / name, steps_now=steps_now, threads=1, log_every=4)
        return ParserTrainer(recipe, run, Batches(recipe, renders, None))

    whole = trainer("whole", None)
    assert whole.train()
    assert not trainer("parts", 3).train()
    again = trainer("parts", None)
    assert again.step == 3
    assert again.train()
    for name, value in whole.averaged().state_dict().items():
        assert torch.equal(value, again.averaged().state_dict()[name]), name


def test_a_run_reports_iou_and_leaves_a_parser(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    toy_shards(data)
    report = train_parser(SCHEMA, data, None, None, parser_smoke(), ParserRun(output=tmp_path / "run", threads=1))
    assert report is not None
    assert set(report["renders"]) == {part.name.lower() for part in Segment}
    assert FaceParser.load(tmp_path / "run" / "parser.pt").config == parser_smoke().model
    manifest = shards.read_manifest(data)
    shards.write_json(data / shards.MANIFEST, {**manifest, "segments": False})
    with pytest.raises(FileError, match="--segments"):
        RenderParts.open(data, SCHEMA, 0.2)
