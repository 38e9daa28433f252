"""Colours of skin learnt from what was seen: other answers stay, and dark people are drawn darker."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facelive.errors import FileError  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.looks import skin_tone  # noqa: E402
from facelive.stream.weights_folder import TRANSLATOR  # noqa: E402
from facelive.train.data.seen_tones import TONES, toned  # noqa: E402
from facelive.train.translator.by_eye import (  # noqa: E402
    Colours,
    Ridge,
    Seen,
    lesson_of_photos,
    lesson_of_renders,
    of_strangers,
)
from facelive.train.translator.network import Sizes, Translator  # noqa: E402
from facelive.train.translator.tones import by_tone  # noqa: E402
from facelive.train.translator.unfold import begin_with  # noqa: E402

SCHEMA = Head.default().schema
SIZES = Sizes.of(SCHEMA)
FEATURES, PEOPLE, PHOTOS = 24, 60, 5
SKIN = SCHEMA.colours["skin"]
TAUGHT = ("skin", "lip")
RIDGE = Ridge(renders=0.5, ridge=0.05)


def timid() -> Translator:
    """Half way between a middling skin and the true one, which the first feature tells; other answers at random."""
    torch.manual_seed(0)
    net = Translator(FEATURES, SIZES, FEATURES, 16, 0.0)
    net.enter_DK.copy_(torch.eye(FEATURES))
    net.middle.fill_(0.5)
    net.spread.fill_(0.2)
    first = SIZES.identity + SIZES.style + SKIN.start - int(SCHEMA.indices("colour")[0])
    with torch.no_grad():
        for row, channel in zip(range(first, first + 3), range(3), strict=True):
            light, dark = float(skin_tone(0.25)[channel]), float(skin_tone(0.75)[channel])
            net.leave.weight[row] = 0.0
            net.straight.weight[row] = 0.0
            net.leave.bias[row] = ((light + dark) / 2 - 0.5) / 0.2
            net.straight.bias[row] = 0.0
            net.straight.weight[row, 0] = 0.5 * (dark - light) / 2 / 0.2
    return net.eval()


def people() -> Seen:
    rng = np.random.default_rng(2)
    dark = np.arange(PEOPLE) % 6 == 0  # one in six
    features = rng.standard_normal((PEOPLE, PHOTOS, FEATURES)).astype(np.float32)
    features[:, :, 0] = np.where(dark, 1.0, -1.0)[:, None] + 0.1 * rng.standard_normal((PEOPLE, PHOTOS))
    return Seen(
        features_MD=features.reshape(-1, FEATURES), person_M=np.repeat(np.arange(PEOPLE), PHOTOS),
        words=tuple("dark" if d else "light" for d in dark), grey_M=np.arange(PEOPLE * PHOTOS) % 7 == 0,
    )  # fmt: skip


def test_people_end_where_they_were_seen_and_all_else_stays() -> None:
    seen, net = people(), timid()
    rng = np.random.default_rng(3)
    drawn = rng.standard_normal((800, FEATURES)).astype(np.float32)
    drawn[:, 0] *= 0.1  # they say nothing of how far dark and light lie apart
    truth = np.repeat(SCHEMA.neutral()[None], len(drawn), 0)
    layers = Colours(net, SCHEMA, drawn, TAUGHT)
    truth[:, layers.params_C] = layers.said(drawn)  # renders: nothing to mend
    photos = lesson_of_photos(layers, SCHEMA, seen, lambda params, word: toned(SCHEMA, params, *TONES[word]))
    renders = lesson_of_renders(layers, drawn, truth)
    before = by_tone(layers.said(seen.features_MD), seen)
    strangers = by_tone(of_strangers(layers, seen, photos, renders, RIDGE), seen)
    for word in ("dark", "light"):
        assert strangers[word]["error"] < 0.75 * before[word]["error"]
    change_HC = RIDGE.solve(photos, renders)
    after = layers.changed(change_HC)
    probe = torch.from_numpy(seen.features_MD)
    with torch.no_grad():
        old, new = (torch.cat(one.outputs(one.whiten(probe)), 1).numpy() for one in (net, after))
    others = np.setdiff1d(np.arange(SIZES.total), layers.columns_C)
    np.testing.assert_array_equal(new[:, others], old[:, others])
    np.testing.assert_allclose(
        new[:, layers.columns_C], old[:, layers.columns_C] + photos.inputs_BH @ change_HC, atol=1e-4
    )


def test_answers_are_widened_about_the_mean_of_people_in_colour() -> None:
    seen, net = people(), timid()
    layers = Colours(net, SCHEMA, seen.features_MD, TAUGHT)
    wide = layers.widened(net, seen, 1.5)
    before, after = (Colours(one, SCHEMA, seen.features_MD, TAUGHT).said(seen.features_MD) for one in (net, wide))
    shown = ~seen.grey_M
    centre = np.stack([before[shown & (seen.person_M == p)].mean(0) for p in range(PEOPLE)]).mean(0)
    np.testing.assert_allclose(after, centre + 1.5 * (before - centre), atol=1e-4)


def test_a_tone_counts_by_its_people_not_by_their_photos() -> None:
    seen = Seen(
        features_MD=np.zeros((7, FEATURES), np.float32), person_M=np.array([0, 0, 0, 0, 1, 2, 2]),
        words=("light", "light", "dark"), grey_M=np.zeros(7, np.bool_),
    )  # fmt: skip
    weight = seen.weights()
    assert weight.sum() == pytest.approx(1.0)
    assert weight[:4].sum() == pytest.approx(weight[4])  # four photos of one person, one of another
    assert 1.0 < weight[5:].sum() / weight[4] < 2.0  # rare counts more, but not as much as two
    middle = sum(TONES["dark"]) / 2
    exact = np.tile(skin_tone(middle), (7, 2)).astype(np.float64)
    assert by_tone(exact, seen)["dark"]["error"] == pytest.approx(0.0, abs=1e-3)


def test_an_exported_translator_is_the_same_function_behind_another_map_of_features() -> None:
    """``alike`` adds noise behind the map, so the map must be taken out of the layers again."""
    from facelive.train.translator.domains import Domains
    from facelive.train.translator.unfold import _behind

    rng = np.random.default_rng(5)
    raw = timid()
    for layer in (raw.body[0], raw.leave, raw.straight):
        torch.nn.init.normal_(layer.get_parameter("weight"), std=0.2)
    axes = np.linalg.qr(rng.standard_normal((FEATURES, FEATURES)))[0]
    away = axes[:, 0]
    flat = axes * rng.uniform(0.5, 3.0, FEATURES) @ axes.T @ (np.eye(FEATURES) - np.outer(away, away))
    kinds = Domains(
        mean_D=rng.standard_normal(FEATURES).astype(np.float32), enter_DK=flat.astype(np.float32),
        noise_KK=np.eye(FEATURES, dtype=np.float32),
    )  # fmt: skip
    with torch.no_grad():  # what is folded is blind to what its map drops
        for layer in (raw.body[0], raw.straight):
            weight = layer.get_parameter("weight")
            weight -= weight @ torch.from_numpy(np.outer(flat_null(flat), flat_null(flat))).float()
    net = _behind(raw, SCHEMA, kinds)
    probe = torch.from_numpy(rng.standard_normal((20, FEATURES)).astype(np.float32))
    net.eval()
    with torch.no_grad():
        for a, b in zip(raw(probe), net(probe), strict=True):
            torch.testing.assert_close(a, b, atol=2e-3, rtol=0)
    assert torch.equal(net.enter_DK, torch.from_numpy(kinds.enter_DK))


def flat_null(enter_DK: np.ndarray) -> np.ndarray:
    """The direction of features that a map drops."""
    return np.linalg.svd(enter_DK.T)[2][-1]


def test_what_is_begun_with_is_not_replaced(tmp_path: Path) -> None:
    from facelive.errors import UsageError
    from facelive.train.translator.going_on import weights_beside

    start = tmp_path / "translator.pt"
    start.write_bytes(b"weights")
    with pytest.raises(UsageError, match="would be replaced"):
        weights_beside(tmp_path / "translator.onnx", start)
    with pytest.raises(UsageError, match="there is no folder"):
        weights_beside(tmp_path / "none" / "translator.onnx", start)
    assert weights_beside(tmp_path / "other.onnx", start) == tmp_path / "other.pt"


def test_only_training_people_teach(tmp_path: Path) -> None:
    from facelive.train.data.photo_cache import require_split

    for split in ("train", "held-out"):
        (tmp_path / "photos.json").write_text(json.dumps({"split": split}))
        if split == "train":
            require_split(tmp_path, "train")
        else:
            with pytest.raises(FileError, match="'held-out', not 'train'"):
                require_split(tmp_path, "train")
    with pytest.raises(FileError, match="no finished photo cache"):
        require_split(tmp_path / "none", "train")


def test_the_file_that_ships_can_be_begun_with(tmp_path: Path) -> None:
    from facelive.rig.face_chip import WIDE
    from facelive.stream.translator import open_translator

    net = begin_with(TRANSLATOR, SCHEMA)
    chip = np.random.default_rng(0).integers(0, 255, (WIDE, WIDE, 3), dtype=np.uint8)
    translator = open_translator(SCHEMA, precision="fp32").translator
    assert translator is not None
    from facelive.train.translator.recognisers import Recognisers

    with translator, torch.no_grad():
        said = translator.look(chip)
        identity, _, colour = net(Recognisers.shipped()(torch.from_numpy(chip[None])))
    np.testing.assert_allclose(identity[0].numpy(), said.identity_I, atol=0.01)
    np.testing.assert_allclose(colour[0].numpy(), said.colour_C, atol=0.01)
    path = tmp_path / "other.onnx"
    with pytest.raises(FileError, match="cannot read"):
        begin_with(path, SCHEMA)
    path.write_bytes(b"no network")
    with pytest.raises(FileError, match="is not an ONNX file"):
        begin_with(path, SCHEMA)
    with pytest.raises(FileError, match="holds no translator of this rig"):
        begin_with(TRANSLATOR.with_name("encoder.onnx"), SCHEMA)
