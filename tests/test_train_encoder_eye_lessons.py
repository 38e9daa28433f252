"""The eyes' own lessons: what is gathered of a face, what is learnt, and that all else stands still."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")

from facelive.errors import UsageError  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.tiny import tiny_head  # noqa: E402
from facelive.train.encoder.batches import RenderSet, from_disk  # noqa: E402
from facelive.train.encoder.eye_lessons import EyeLessons, gather, iris_columns, learn  # noqa: E402
from facelive.train.encoder.eyes import COLUMNS, ROWS  # noqa: E402
from facelive.train.encoder.model import Encoder  # noqa: E402
from facelive.train.encoder.points import POSE_HOME, FacePoints  # noqa: E402
from facelive.train.encoder.recipes import encoder_smoke  # noqa: E402

HEAD = Head.default()
SCHEMA = HEAD.schema
POINTS = FacePoints.of(HEAD)
IRIS = SCHEMA.colours["iris"]


def network() -> Encoder:
    torch.manual_seed(0)
    return Encoder(HEAD.schema, POINTS, replace(encoder_smoke().model, eyes=24)).eval()


def test_small_pictures_are_of_the_eyes_of_faces_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facelive.train.encoder.eye_lessons._LEAST", 2)
    home = POINTS.home_K2.numpy() * 256
    images = np.full((3, 256, 256, 3), 200, np.uint8)
    y, x = np.mgrid[0:256, 0:256]
    for pupil in POINTS.pupils:
        images[:, np.hypot(x - home[pupil, 0], y - home[pupil, 1]) < 5] = (30, 60, 90)
    params = np.repeat(SCHEMA.neutral()[None], 3, 0)
    params[:, IRIS] = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]
    renders = RenderSet(
        from_disk(images), params, np.repeat(np.asarray([POSE_HOME], np.float32), 3, 0),
        np.zeros((3, 68, 2), np.float32), np.array([1, 0, 1], np.float32),
    )  # fmt: skip
    lessons = gather(network(), HEAD, renders)
    assert len(lessons) == 2
    monkeypatch.setattr("facelive.train.encoder.eye_lessons._LEAST", 3)
    with pytest.raises(UsageError, match="2 renders with a face are too few"):
        gather(network(), HEAD, renders)
    torch.testing.assert_close(lessons.iris_NC, torch.from_numpy(params[[0, 2]][:, IRIS]))
    assert lessons.small_NCHW.shape == (2, 6, ROWS, COLUMNS)
    middle = lessons.small_NCHW[:, :, ROWS // 2 - 1 : ROWS // 2 + 1, COLUMNS // 2 - 1 : COLUMNS // 2 + 1].float()
    np.testing.assert_allclose(middle.mean((0, 2, 3)), [30, 60, 90, 30, 60, 90], atol=12)
    assert float(lessons.small_NCHW[:, :, 0].float().mean()) > 190  # above the eyes is skin


def test_the_iris_is_learnt_and_nothing_else_moves() -> None:
    encoder, columns = network(), iris_columns(HEAD)
    with torch.no_grad():
        encoder.mix.get_parameter("0.weight")[:, -24:] = 0.0  # as it begins, from an encoder that did not look
    crop = torch.rand(2, 3, 256, 256)
    with torch.no_grad():
        answers = encoder(crop)
    rng = np.random.default_rng(1)
    iris = rng.uniform(0.1, 0.6, (2000, 3)).astype(np.float32)
    small = np.full((2000, 2, 3, ROWS, COLUMNS), 150, np.uint8)
    small[..., 2:8, 6:14] = (255 * iris[:, ::-1, None, None]).astype(np.uint8)[:, None]
    seen = torch.randn(2000, encoder.config.close).half()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    lessons = EyeLessons(torch.from_numpy(small.reshape(2000, 6, ROWS, COLUMNS)), seen, torch.from_numpy(iris))
    errors = learn(encoder, lessons, columns, epochs=4, batch=64)
    assert errors[-1] < 0.06  # an answer without looking: .125
    after = encoder.state_dict()
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert {name.split(".")[0] for name in moved} == {"eyes", "from_eyes", "from_looks"}
    rows = torch.zeros(encoder.sizes["colour"], dtype=torch.bool)
    rows[columns] = True
    assert after["from_eyes.weight"][rows].abs().sum() > 0
    assert after["from_eyes.weight"][~rows].abs().sum() == 0
    changed = (after["from_looks.weight"] != before["from_looks.weight"]).any(1)
    assert int(changed.sum()) == 3
    assert after["from_looks.weight"][changed].abs().sum() == 0
    with torch.no_grad():
        now = encoder(crop)
    for name, value in answers.items():
        if name != "colour":
            torch.testing.assert_close(now[name], value, atol=0, rtol=0, msg=name)
    others = [k for k in range(encoder.sizes["colour"]) if not rows[k]]
    torch.testing.assert_close(now["colour"][:, others], answers["colour"][:, others], atol=1e-6, rtol=0)


def test_a_rig_without_irises_is_told() -> None:
    with pytest.raises(UsageError, match="no colour called iris"):
        iris_columns(tiny_head())
