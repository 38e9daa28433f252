"""Portraits and what is learnt from them: drawn near the answers, people told apart, shapes of renders kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facelive.errors import FileError  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.prior import sample_identity  # noqa: E402
from facelive.stream.likeness_fusion import Fusion  # noqa: E402
from facelive.train.data.photo_cache import PhotoCache  # noqa: E402
from facelive.train.translator import alike  # noqa: E402
from facelive.train.translator.lessons import Aims, AlikeRecipe, OnPhotos, OnRenders  # noqa: E402
from facelive.train.translator.network import GROUPS, Echo, Sizes, Translator, load_translator  # noqa: E402
from facelive.train.translator.portraits import Painter, Portraits, fused, near  # noqa: E402
from facelive.train.translator.sitters import Sitters, gather  # noqa: E402

HEAD = Head.default()
SCHEMA = HEAD.schema
SIZES = Sizes.of(SCHEMA)
COLUMNS = np.concatenate([SCHEMA.indices(group) for group in GROUPS])
FEATURES, PEOPLE, VIDEOS = 160, 40, 3


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray, Sitters]:
    """Likenesses, what dlib's network would see in them (a linear map), and photos whose features carry who it is."""
    rng = np.random.default_rng(5)
    likeness = np.stack([sample_identity(SCHEMA, rng) for _ in range(1500)])[:, COLUMNS].astype(np.float32)
    mix = rng.normal(size=(SIZES.total, FEATURES)).astype(np.float32) / 8.0
    mix[SIZES.identity :] *= 0.1
    seen = likeness @ mix
    person = np.repeat(np.arange(PEOPLE), VIDEOS)
    photo = seen[person] + 0.05 * rng.normal(size=(len(person), FEATURES)).astype(np.float32)
    sitters = Sitters(
        features_MD=photo.astype(np.float32),
        identity_MI=np.repeat(SCHEMA.neutral()[SCHEMA.indices("identity")][None], len(person), 0),
        style_MS=likeness[person][:, SIZES.identity : SIZES.identity + SIZES.style],
        colour_MC=likeness[person][:, -SIZES.colour :], person_M=person.astype(np.int64),
        video_M=np.arange(len(person), dtype=np.int64), grey_M=person >= PEOPLE - 6,
    )  # fmt: skip
    return likeness, seen, sitters


def net_of(features: np.ndarray) -> Translator:
    torch.manual_seed(1)
    net = Translator(FEATURES, SIZES, FEATURES, 64, 0.0)
    net.mean_D.copy_(torch.from_numpy(features.mean(0)))
    net.enter_DK.copy_(torch.eye(FEATURES) / float(features.std()))
    net.middle[: SIZES.identity] = 0.5
    net.spread[: SIZES.identity] = 0.15
    for layer in (net.leave, net.straight):
        torch.nn.init.normal_(layer.weight, std=0.02)
    return net.eval()


def test_portraits_lie_near_the_answers_and_are_people(world: tuple[np.ndarray, np.ndarray, Sitters]) -> None:
    _, seen, sitters = world
    net = net_of(seen)
    answers = fused(SCHEMA, sitters, net)
    with torch.no_grad():
        said = [part.numpy().astype(np.float64) for part in net(torch.from_numpy(sitters.features_MD[:1]))]
    fusion = Fusion(SCHEMA)
    own = [np.asarray(part[0], np.float64) for part in (sitters.identity_MI, sitters.style_MS, sitters.colour_MC)]
    alone = fusion.values(
        (own[0], own[1], own[2]), (said[0][0], fusion.probabilities(said[1][0].astype(np.float32)), said[2][0]), 1.0
    )
    for many, one in zip(answers, alone, strict=True):
        np.testing.assert_allclose(many[0], one, atol=1e-6)
    strangers = np.repeat(SCHEMA.neutral()[None], 3, 0)
    drawn = near(SCHEMA, answers, strangers, 300, np.random.default_rng(0))
    assert drawn.min() >= 0.0
    assert drawn.max() <= 1.0
    for where in SCHEMA.style_columns.values():
        one = drawn[:, SIZES.identity :][:, where]
        np.testing.assert_array_equal(one.sum(1), 1.0)
        assert set(np.unique(one)) == {0.0, 1.0}
    apart = np.abs(drawn[:, None, : SIZES.identity] - answers[0][None]).max(2).min(1)
    assert (apart < 1e-6).mean() > 0.1, "some are the answers themselves"
    assert (apart > 0.01).mean() > 0.4, "others lie about them"
    again = near(SCHEMA, answers, strangers, 300, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, again)


def test_a_painted_chip_shows_the_likeness() -> None:
    painter = Painter(HEAD)
    values = SCHEMA.neutral()[COLUMNS]
    light, dark = values.copy(), values.copy()
    skin = SCHEMA.colours["skin"].start - int(SCHEMA.indices("colour")[0]) + SIZES.identity + SIZES.style
    light[skin : skin + 3], dark[skin : skin + 3] = (0.75, 0.6, 0.5), (0.3, 0.2, 0.15)
    a, b = painter.chip(light), painter.chip(dark)
    assert a.shape == (224, 224, 3)
    assert a[90:110, 60:90].mean() > b[90:110, 60:90].mean() + 30


def test_people_are_told_apart_and_shapes_stay(world: tuple[np.ndarray, np.ndarray, Sitters]) -> None:
    likeness, seen, sitters = world
    recipe = AlikeRecipe(echo_steps=300, echo_batch=128, echo_hidden=32, steps=80, batch=64, noise=0.2)
    last = torch.eye(FEATURES)
    echo = alike.portrait_echo(SCHEMA, torch.from_numpy(likeness), torch.from_numpy(seen), recipe)
    told = echo(torch.from_numpy(likeness)) - (torch.from_numpy(seen) - echo.mean_V)
    assert float(told.square().sum() / torch.from_numpy(seen - seen.mean(0)).square().sum()) < 0.5
    start = net_of(seen)
    aims = Aims.of(sitters, last)
    np.testing.assert_allclose(aims.people_PV.norm(dim=1).numpy(), 1.0, atol=1e-5)
    own = torch.nn.functional.normalize(aims.photo_MV[1] + aims.photo_MV[2], dim=0)
    torch.testing.assert_close(aims.own_MV[0], own, atol=1e-5, rtol=0.0)
    photos = OnPhotos(start, echo, sitters, aims, 0.01 * torch.eye(FEATURES), SCHEMA, recipe)
    renders = OnRenders(start, HEAD, torch.from_numpy(seen), torch.from_numpy(likeness[:, : SIZES.identity]), recipe)
    net = alike.tell_apart(start, photos, renders, recipe)
    with torch.no_grad():
        torch.manual_seed(0)
        (confused, close, _), (shape, _) = photos(start), renders(start)
        torch.manual_seed(0)
        (after, closer, moved), (shape_after, _) = photos(net), renders(net)
    assert after < 0.8 * confused
    assert closer > close + 0.1
    assert shape_after < shape, "renders' shapes are taught as well"
    assert moved > 0.0


def test_one_kind_of_photos_is_enough(world: tuple[np.ndarray, np.ndarray, Sitters]) -> None:
    _, seen, sitters = world
    recipe = AlikeRecipe(batch=8, grey=0.5)
    start, echo = net_of(seen), Echo(SIZES, FEATURES, 8).eval()
    for rows in (sitters.grey_M, ~sitters.grey_M):
        some = sitters.some(rows)
        assert some.person_M.max() + 1 == len(np.unique(sitters.person_M[rows]))
        photos = OnPhotos(
            start, echo, some, Aims.of(some, torch.eye(FEATURES)), torch.zeros(1, FEATURES), SCHEMA, recipe
        )
        assert len(photos._some()) == 8
        assert all(bool(value.isfinite()) for value in photos(start))


def test_ranks_see_whose_portraits_they_are(
    world: tuple[np.ndarray, np.ndarray, Sitters], monkeypatch: pytest.MonkeyPatch
) -> None:
    likeness, seen, sitters = world
    answers = [likeness]

    def answered(_: object, some: Sitters, __: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        said = answers[0][some.person_M]
        return said[:, : SIZES.identity], said[:, SIZES.identity : -SIZES.colour], said[:, -SIZES.colour :]

    def painted(_: object, values: np.ndarray, __: object) -> Portraits:
        mix = np.linalg.lstsq(likeness, seen, rcond=None)[0]
        return Portraits(values_NA=values, features_ND=(values @ mix).astype(np.float32))

    monkeypatch.setattr(alike, "fused", answered)
    monkeypatch.setattr(alike, "paint", painted)
    pairs = sitters.video_M // 2
    two_a_video = replace(sitters, video_M=sitters.person_M * 2 + pairs % 2)

    def ranked() -> dict[str, float]:
        return alike.ranks(HEAD, two_a_video, net_of(seen), torch.eye(FEATURES), lambda chips: seen[: len(chips)])

    right = ranked()
    assert right["same_video"] > 0.9
    assert right["other_video"] > 0.9
    answers[0] = np.roll(likeness, 7, axis=0)
    assert max(ranked().values()) < 0.2, "another's portrait is nobody's likeness"


def test_sitters_are_gathered_from_sure_photos_with_their_videos() -> None:
    rng = np.random.default_rng(3)
    count = 6
    points = np.zeros((count, 478, 3), np.float32)
    points[:, :, :2] = rng.uniform(60.0, 200.0, (478, 2)).astype(np.float32)
    points[4] = np.nan
    files = np.array(
        ["ytf/a/0_1.jpg", "ytf/a/0_2.jpg", "ytf/a/1_1.jpg", "lfpw/x/1.jpg", "ytf/b/0_1.jpg", "ytf/b/0_2.jpg"]
    )
    cache = PhotoCache(
        wide_N=rng.integers(0, 255, (count, 320, 320, 3), dtype=np.uint8), file_N=files,
        person_N=np.array([3, 3, 3, 5, 7, 7], np.int32), people=("?",) * 8,
        similarity_N=np.zeros((count, 2, 3), np.float32), landmarks68_N=points[:, :68, :2], landmarks478_N=points,
        scores_N=np.zeros((count, 52), np.float32), angles_N=np.zeros((count, 3), np.float32),
        spread_N=np.zeros(count, np.float32), disagreement_N=np.zeros(count, np.float32),
        suspicious_N=np.array([False, False, False, False, False, True]), pixels_N=np.full(count, 60.0, np.float32),
    )  # fmt: skip

    def encode(crop: np.ndarray) -> dict[str, np.ndarray]:
        said = {"identity": SIZES.identity, "style": SIZES.style, "colour": SIZES.colour}
        return {name: np.full((1, size), crop.mean() / 100.0, np.float32) for name, size in said.items()}

    found = gather(cache, SCHEMA, lambda chips: chips.mean((1, 2)).astype(np.float32), encode, seed=0)
    assert len(found) == 4, "unseen and doubtful faces sit for nobody"
    np.testing.assert_array_equal(found.person_M, [0, 0, 0, 1])
    assert len(np.unique(found.video_M[:3])) == 2
    np.testing.assert_array_equal(found.grey_M, [False, False, False, True])
    assert found.identity_MI.max() <= 1.0
    for where in SCHEMA.style_columns.values():
        np.testing.assert_allclose(found.style_MS[:, where].sum(1), 1.0, atol=1e-5)
    nobody = replace(cache, suspicious_N=np.ones(count, np.bool_))
    with pytest.raises(FileError, match="nobody"):
        gather(nobody, SCHEMA, lambda chips: chips[:, 0, 0].astype(np.float32), encode, seed=0)


def test_files_come_back_and_damaged_ones_are_named(
    world: tuple[np.ndarray, np.ndarray, Sitters], tmp_path: Path
) -> None:
    likeness, seen, sitters = world
    sitters.save(tmp_path / "sitters.npz")
    again = Sitters.load(tmp_path / "sitters.npz")
    np.testing.assert_array_equal(again.features_MD, sitters.features_MD)
    np.testing.assert_array_equal(again.grey_M, sitters.grey_M)
    Portraits(values_NA=likeness[:3], features_ND=seen[:3]).save(tmp_path / "p.npz")
    both = Portraits.load(tmp_path / "p.npz", tmp_path / "p.npz")
    assert both.values_NA.shape == (6, SIZES.total)
    net = net_of(seen)
    torch.save(net.state_dict(), tmp_path / "net.pt")
    features = torch.from_numpy(seen[:2])
    for a, b in zip(net(features), load_translator(tmp_path / "net.pt", SCHEMA)(features), strict=True):
        torch.testing.assert_close(a, b)
    (tmp_path / "bad").write_bytes(b"no")
    for read in (Sitters.load, Portraits.load, lambda path: load_translator(path, SCHEMA)):
        with pytest.raises(FileError, match="bad"):
            read(tmp_path / "bad")
