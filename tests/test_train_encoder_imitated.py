"""The encoder learns through the frozen imitator: gradients arrive, and the terms are least where they should be."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")

from torch import Tensor  # noqa: E402

from facelive.errors import FileError  # noqa: E402
from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition  # noqa: E402
from facelive.likeness.identity import open_identity  # noqa: E402
from facelive.likeness.imitator import Imitator, ImitatorConfig  # noqa: E402
from facelive.likeness.parser import FaceParser, ParserConfig  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.looks import melanin_of  # noqa: E402
from facelive.stream.likeness_fusion import SKULL, SKULL_REACH  # noqa: E402
from facelive.train.data.seen_styles import SeenStyles, key_of  # noqa: E402
from facelive.train.data.seen_tones import TONES, SeenTones  # noqa: E402
from facelive.train.encoder.batches import PhotoSet, RenderSet, from_disk  # noqa: E402
from facelive.train.encoder.imitated import Frozen, ImitatedObjective, ImitatedWeights  # noqa: E402
from facelive.train.encoder.loop import TrainConfig, Trainer  # noqa: E402
from facelive.train.encoder.losses import LossWeights  # noqa: E402
from facelive.train.encoder.objective import Objective  # noqa: E402
from facelive.train.encoder.photo_looks import _as_label  # noqa: E402
from facelive.train.encoder.points import POSE_HOME, FacePoints  # noqa: E402
from facelive.train.encoder.recipes import Phase, encoder_smoke  # noqa: E402

HEAD = Head.default()
SCHEMA = HEAD.schema
NOBODY = SeenStyles(SCHEMA, {})


@pytest.fixture(scope="module")
def frozen() -> Frozen:
    """A small, untrained imitator and parser; the identity network is the real one."""
    torch.manual_seed(0)
    config = ImitatorConfig(widths=(16, 12, 8, 8), code=24, base=8, maps=6, maps_at=32, more_points=16)
    imitator = Imitator(SCHEMA, config, HEAD).eval().requires_grad_(False)
    return Frozen(
        imitator=imitator,
        network=open_identity("dlib", None),
        known=Recognition.load(SHIPPED_RECOGNITION, SCHEMA),
        parser=FaceParser(ParserConfig(widths=(4, 6, 8, 8))).eval().requires_grad_(False),
    )


def said(count: int) -> dict[str, Tensor]:
    """Outputs of an encoder: people a little off the middle."""
    rng = torch.Generator().manual_seed(1)
    outputs: dict[str, Tensor] = {}
    for group in ("identity", "colour", "expression"):
        middle = torch.from_numpy(SCHEMA.neutral()[SCHEMA.indices(group)])
        outputs[group] = middle + 0.1 * torch.rand(count, len(middle), generator=rng)
    outputs["style"] = torch.randn(count, len(SCHEMA.indices("style")), generator=rng)
    outputs["pose"] = torch.tensor([POSE_HOME]).repeat(count, 1)
    return {name: value.requires_grad_() for name, value in outputs.items()}


def objective(frozen: Frozen, weights: ImitatedWeights) -> ImitatedObjective:
    return ImitatedObjective(SCHEMA, frozen, torch.full((len(SCHEMA.indices("identity")),), 0.15), weights)


def test_the_gradient_reaches_every_group(frozen: Frozen) -> None:
    outputs = said(2)
    with torch.no_grad():
        outputs["identity"][:, 0] = 1.4  # out of range: it must be able to come back
    loss, parts = objective(frozen, ImitatedWeights(loopback=0.0))(
        outputs, torch.rand(2, 3, 128, 128), torch.randn(2, 128), torch.ones(2), lambda _image: outputs
    )
    loss.backward()
    assert set(parts) == {"imitated_identity", "imitated_content", "loopback"}
    held = outputs.pop("colour").grad
    assert held is None or not held.any(), "a photo's light must not go into the colours"
    assert outputs["style"].grad is not None
    where = SCHEMA.styles["glasses"]
    first = int(SCHEMA.indices("style")[0])
    assert not outputs["style"].grad[:, where.start - first : where.stop - first].any()
    for name, value in outputs.items():
        assert value.grad is not None, name
        moved = (value.grad.abs().sum(0) > 0).float().mean()
        assert moved > 0.5, f"{name}: only {float(moved):.2f} of its numbers get a gradient"
    grad = outputs["identity"].grad
    assert grad is not None
    assert bool((grad[:, 0] != 0).all())


def test_identity_is_least_for_the_own_face_and_counts_only_where_it_is_known(frozen: Frozen) -> None:
    outputs = {name: value.detach() for name, value in said(2).items()}
    judge = objective(frozen, ImitatedWeights(identity=1.0, content=0.0, loopback=0.0))
    drawn = frozen.imitator(
        torch.cat([judge._valid(outputs, g) for g in ("identity", "style", "colour", "expression")], 1), outputs["pose"]
    )
    own_BD = frozen.network(drawn.image_BCHW, drawn.landmarks_BK2) - torch.from_numpy(frozen.known.drawn_mean_D)
    photo = torch.rand(2, 3, 128, 128)

    def identity(photo_BD: Tensor, known_B: Tensor) -> float:
        return judge(outputs, photo, photo_BD, known_B, lambda _image: outputs)[1]["imitated_identity"]

    assert identity(own_BD, torch.ones(2)) == pytest.approx(0.0, abs=1e-5)
    assert identity(-own_BD, torch.ones(2)) == pytest.approx(2.0, abs=1e-5)
    assert identity(torch.cat([own_BD[:1], -own_BD[1:]]), torch.tensor([1.0, 0.0])) == pytest.approx(0.0, abs=1e-5)


def test_loopback_is_least_when_what_was_drawn_is_read(frozen: Frozen) -> None:
    judge = objective(frozen, ImitatedWeights(identity=0.0, content=0.0, loopback=1.0))
    outputs = {name: value.detach() for name, value in said(2).items()}
    other = {name: value + 0.2 for name, value in outputs.items()} | {"style": -outputs["style"]}
    known = torch.randn(2, 128), torch.ones(2)
    same = judge(outputs, torch.rand(2, 3, 128, 128), *known, lambda _image: outputs)[1]["loopback"]
    different = judge(outputs, torch.rand(2, 3, 128, 128), *known, lambda _image: other)[1]["loopback"]
    assert different > same + 1.0


@pytest.mark.parametrize("size", [128, 256])
def test_a_phase_through_the_imitator_trains_on_photos(frozen: Frozen, tmp_path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    count = 6
    params = np.repeat(SCHEMA.neutral()[None], count, 0)
    images = rng.integers(0, 255, (count, size, size, 3), dtype=np.uint8)
    pose = np.repeat(np.asarray([POSE_HOME], np.float32), count, 0)
    points = rng.uniform(0.3, 0.7, (count, 478, 2)).astype(np.float32)
    renders = RenderSet(from_disk(images), params, pose, points[:, :68], np.ones(count, np.float32))
    shapes = len(SCHEMA.indices("expression"))
    photos = PhotoSet(
        from_disk(images), points[:, :68], points, np.zeros((count, shapes), np.float32),
        np.ones((count, shapes), np.float32), looks_NP=params, looks_weight_N=np.ones(count, np.float32),
        embedding_ND=rng.normal(0, 0.1, (count, 128)).astype(np.float32),
    )  # fmt: skip
    recipe = replace(encoder_smoke(), phases=(Phase(steps=2, size=size, batch=2, photos=2, imagined=2, imitated=2),))
    config = TrainConfig(output=tmp_path, log_every=1, threads=1)
    trainer = Trainer(HEAD, recipe, config, lambda _size: renders, lambda _size: photos, frozen)
    before = [value.clone() for value in trainer.model.parameters()]
    assert trainer.run()
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len(rows) == 2
    for row in rows:
        assert {"imitated_identity", "imitated_content", "loopback", "photo_looks"} <= set(row)
        assert all(np.isfinite(value) for value in row.values())
    assert any(bool((a != b).any()) for a, b in zip(before, trainer.model.parameters(), strict=True))


def test_without_an_imitator_one_line_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="facelive train imitator"):
        Frozen.open(HEAD, tmp_path / "none.pt")


def test_what_a_recogniser_guesses_teaches_photos_it_knows() -> None:
    """Least where the answer is the guess; nothing where nobody was recognised."""
    head_points = FacePoints.of(HEAD)
    teach = Objective(HEAD, head_points, np.repeat(SCHEMA.neutral()[None], 4, 0), LossWeights())
    guess = torch.from_numpy(np.repeat(SCHEMA.neutral()[None], 2, 0))
    same = {group: guess[:, torch.from_numpy(SCHEMA.indices(group))] for group in ("identity", "colour")}
    same["style"] = 20.0 * guess[:, torch.from_numpy(SCHEMA.indices("style"))]
    known = torch.ones(2)
    unknown = torch.zeros(2)
    least = float(teach._looks(same, guess, known, known))
    wrong = {group: same | {group: same[group].flip(1) * 0.5} for group in same}
    for group, outputs in wrong.items():
        assert float(teach._looks(outputs, guess, known, known)) > least + 0.05, group
        assert float(teach._looks(outputs, guess, unknown, unknown)) == 0.0
        of_styles = float(teach._looks(outputs, guess, unknown, known))  # a grey photo, somebody looked at it
        assert (of_styles > least + 0.05) == (group == "style")
    # A colour of which nobody knows is not taught, and spoils no gradient.
    iris = SCHEMA.colours["iris"].start - int(SCHEMA.indices("colour")[0])
    silent = guess.clone()
    silent[:, SCHEMA.colours["iris"]] = float("nan")
    other = same["colour"].clone()
    other[:, iris : iris + 3] += 0.4
    other.requires_grad_(True)
    loss = teach._looks(same | {"colour": other}, silent, known, known)
    assert float(loss.detach()) == pytest.approx(least, abs=1e-6)
    loss.backward()
    assert other.grad is not None
    assert (other.grad[:, iris : iris + 3] == 0.0).all()
    assert other.grad.isfinite().all()
    assert float(teach._looks(same | {"colour": other.detach()}, guess, known, known)) > least + 0.05


def test_photos_of_one_person_share_what_the_translator_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace
    from typing import Any

    from facelive.stream.translator import Likeness, Opened, Translator
    from facelive.train.encoder import photo_looks

    class Brightness(Translator):
        """Says a slider from the chip's brightness."""

        def __init__(self) -> None:
            """Without an engine."""

        def look(self, chip: Any) -> Likeness:
            sizes = {
                group: np.zeros(len(SCHEMA.indices(group)), np.float32) for group in ("identity", "style", "colour")
            }
            said = sizes["identity"] + np.float32(chip.mean() / 255.0)
            return Likeness(identity_I=said, style_S=sizes["style"], colour_C=sizes["colour"] + np.float32(0.5))

        def close(self) -> None:
            """Nothing is open."""

    points = np.full((6, 478, 3), np.nan, np.float32)
    points[[0, 1, 2, 4, 5]] = 128.0 + 30.0 * np.random.default_rng(0).standard_normal((478, 3))
    cache: Any = SimpleNamespace(
        landmarks478_N=points, colour_N=np.array([1, 1, 1, 1, 0, 0], np.bool_), people=("Ann", "Bob", "Cy", "Di"),
        person_N=np.array([0, 0, 1, 1, 2, 3]),
        images_N=np.stack([np.full((256, 256, 3), grey, np.uint8) for grey in (51, 102, 204, 204, 99, 99)]),
    )  # fmt: skip
    cache = type("Cache", (SimpleNamespace,), {"__len__": lambda _: 6})(**vars(cache))
    monkeypatch.setattr(photo_looks, "embed", lambda _net, images, _points: np.zeros((len(images), 128), np.float32))
    monkeypatch.setattr(photo_looks, "open_translator", lambda _schema, **_kind: Opened(Brightness()))
    tied = SeenStyles(SCHEMA, {key_of("Bob"): {"hair": "tied"}, key_of("Cy"): {"glasses": "some"}})
    monkeypatch.setattr(SeenStyles, "load", lambda _schema: tied)
    monkeypatch.setattr(SeenTones, "load", lambda: SeenTones({key_of("Ann"): "very-dark"}))
    looks = photo_looks.photo_looks(cache, SCHEMA)
    np.testing.assert_array_equal(looks.weight_N, [1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(looks.style_weight_N, [1, 1, 1, 0, 1, 0])
    assert looks.params_NP[4, SCHEMA.styles["glasses"]][0] == 0.0, "somebody saw glasses on the grey photo"
    darkness = [melanin_of(row) for row in looks.params_NP[:3, SCHEMA.colours["skin"]]]
    assert darkness[0] == pytest.approx(TONES["very-dark"][0], abs=0.02), "somebody saw how dark her skin is"
    assert darkness[2] == pytest.approx(melanin_of(np.full(3, 0.5, np.float32)), abs=1e-5)
    iris_N3 = looks.params_NP[:, SCHEMA.colours["iris"]]
    assert iris_N3[0, 0] > iris_N3[0, 2] + 0.1, "and so her eyes are brown"
    assert np.isnan(iris_N3[2]).all(), "nobody knows his"
    slider = looks.params_NP[:, SCHEMA.indices("identity")[0]]
    np.testing.assert_allclose(slider[:3], [0.3, 0.3, 0.8], atol=0.02)
    for name in SKULL:
        said = looks.params_NP[2, SCHEMA.index(name)]
        assert 0.0 < said - SCHEMA.neutral()[SCHEMA.index(name)] <= SKULL_REACH, "hair hides it: no label far out"
    hair = looks.params_NP[0, SCHEMA.styles["hair"]]
    np.testing.assert_allclose(hair, 1.0 / len(hair), atol=1e-6)
    seen = looks.params_NP[2, SCHEMA.styles["hair"]]
    assert seen[SCHEMA.options("hair").index("tied-back")] == 1.0, "what was seen of his hair, not of somebody else's"
    monkeypatch.setattr(photo_looks, "open_translator", lambda _schema, **_kind: Opened(None, "none"))
    alone = photo_looks.photo_looks(cache, SCHEMA).params_NP
    known = Recognition.load(SHIPPED_RECOGNITION, SCHEMA)
    wanted = _as_label(SCHEMA, known.scores(np.zeros(128, np.float32)), "Bob", tied)
    wanted[SCHEMA.colours["iris"]] = np.nan
    np.testing.assert_allclose(alone[2], wanted, atol=1e-5)


def test_labels_from_scores_are_valid() -> None:
    scores = np.random.default_rng(3).normal(0.5, 1.0, len(SCHEMA)).astype(np.float32)
    label = _as_label(SCHEMA, scores, "Ann", NOBODY)
    assert (label >= SCHEMA.minimum).all()
    assert (label <= SCHEMA.maximum).all()
    for where in SCHEMA.styles.values():
        assert label[where].sum() == pytest.approx(1.0, abs=1e-5)
        assert label[where].argmax() == np.clip(scores[where], 0.02, 1.0).argmax()


def test_the_reader_of_points_has_a_pace_of_its_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    params = np.repeat(SCHEMA.neutral()[None], 4, 0)
    images = rng.integers(0, 255, (4, 128, 128, 3), dtype=np.uint8)
    pose = np.repeat(np.asarray([POSE_HOME], np.float32), 4, 0)
    points = rng.uniform(0.3, 0.7, (4, 68, 2)).astype(np.float32)
    renders = RenderSet(from_disk(images), params, pose, points, np.ones(4, np.float32))
    recipe = replace(encoder_smoke(), phases=(Phase(steps=1, size=128, batch=2, imagined=2, reader_rate=0.0),))
    trainer = Trainer(HEAD, recipe, TrainConfig(output=tmp_path, threads=1), lambda _size: renders, lambda _size: None)
    model = trainer.model.module
    before = {name: value.clone() for name, value in model.named_parameters()}
    assert trainer.run()
    moved = {name for name, value in model.named_parameters() if bool((value != before[name]).any())}
    reader = {name for name in before if name.startswith(("points.", "from_points."))}
    assert reader
    assert not moved & reader
    assert any(name.startswith("trunk.") for name in moved)
