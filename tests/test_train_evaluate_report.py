"""The report's arithmetic: published colour pairs, the verification protocol, ranks in a gallery, the table."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from facelive.train.evaluate import rank
from facelive.train.evaluate.report.ciede2000 import ciede2000, lab
from facelive.train.evaluate.report.gallery import Photos, first_shares, likeness
from facelive.train.evaluate.report.tables import Column, Row, Section, Table, show, to_html, to_json, to_text
from facelive.train.evaluate.report.verification import best_threshold, draw_pairs, random_projection, verify
from facelive.train.evaluate.statistics import Interval

# Sharma, Wu, Dalal 2005, table 1: L1 a1 b1 L2 a2 b2 difference.
SHARMA = np.array([
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
])  # fmt: skip


def test_colour_differences_are_the_published_ones() -> None:
    one, other, published = SHARMA[:, :3], SHARMA[:, 3:6], SHARMA[:, 6]
    np.testing.assert_allclose(ciede2000(one, other), published, atol=5.1e-5)
    np.testing.assert_allclose(ciede2000(other, one), published, atol=5.1e-5)
    assert not ciede2000(one, one).any()


def test_srgb_to_lab() -> None:
    np.testing.assert_allclose(lab(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])), [[100, 0, 0], [0, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(lab(np.array([1.0, 0.0, 0.0])), [53.24, 80.09, 67.20], atol=0.02)
    np.testing.assert_allclose(lab(np.array([0.0, 0.0, 1.0])), [32.30, 79.19, -107.86], atol=0.02)


def people(count: int = 30, videos: int = 2, frames: int = 3) -> tuple[np.ndarray, np.ndarray]:
    person = np.repeat(np.arange(count), videos * frames)
    return person, np.tile(np.repeat(np.arange(videos), frames), count)


def features(person: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(person.max() + 1, 40))
    return centres[person] + noise * rng.normal(size=(len(person), 40)) + 5.0


def test_verification_pairs_follow_the_protocol() -> None:
    person, video = people()
    pairs = draw_pairs(person, video)
    assert pairs is not None
    one, other = person[pairs.one_M], person[pairs.other_M]
    assert ((one == other) == pairs.same_M).all()
    assert (video[pairs.one_M] != video[pairs.other_M])[pairs.same_M].all()
    assert set(pairs.fold_M.tolist()) == set(range(10))
    folds_of = {who: set(pairs.fold_M[(one == who) | (other == who)].tolist()) for who in np.unique(person)}
    assert all(len(folds) == 1 for folds in folds_of.values())
    for fold in range(10):
        assert pairs.same_M[pairs.fold_M == fold].mean() == 0.5


def test_verification_tells_likeness_from_noise() -> None:
    person, video = people()
    pairs = draw_pairs(person, video)
    good, bad = (verify(features(person, noise), person, pairs) for noise in (0.1, 100.0))
    assert good is not None
    assert bad is not None
    assert good.accuracy == pytest.approx(1.0)
    assert 0.35 < bad.accuracy < 0.65
    assert good.people == 30
    assert draw_pairs(*people(videos=1)) is None
    assert draw_pairs(*people(count=9)) is None


def test_the_threshold_never_saw_the_fold_it_is_tried_on() -> None:
    """Labels of one fold turned round: its accuracy falls to nothing, which a threshold fitted on it would prevent."""
    person, video = people()
    pairs = draw_pairs(person, video)
    assert pairs is not None
    pairs.same_M[pairs.fold_M == 4] ^= True
    turned = verify(features(person, 0.1), person, pairs)
    assert turned is not None
    assert turned.accuracy == pytest.approx(0.9)


def test_a_random_matrix_passes_verification() -> None:
    person, video = people()
    made = verify(random_projection(features(person, 0.3), 110), person, draw_pairs(person, video))
    assert made is not None
    assert made.accuracy > 0.9


def test_the_best_threshold_lies_between_scores() -> None:
    assert 0.4 < best_threshold(np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, False, True, True])) < 0.6
    tied = best_threshold(np.array([0.5, 0.5, 0.5, 0.9]), np.array([False, True, False, True]))
    assert 0.5 < tied < 0.9
    assert best_threshold(np.array([0.2, 0.3]), np.array([False, False])) > 0.3


def unit(rows: np.ndarray) -> np.ndarray:
    centred = rows - 5.0
    return (centred / np.linalg.norm(centred, axis=1, keepdims=True)).astype(np.float32)


def test_gallery_shares_are_those_of_the_slow_count() -> None:
    person, video = people(8)
    similarity = unit(features(person, 2.0)) @ unit(features(person, 2.0, 1)).T
    similarity[:, 3] = similarity[:, 20]
    mine = person[:, None] == person[None]
    right = mine & (video[:, None] != video[None])
    slow = rank._first_shares(similarity, right, person, person)
    np.testing.assert_allclose(first_shares(similarity, right, mine, person), slow, atol=1e-9)


def test_a_gallery_of_one_render_each() -> None:
    person, video = people(20)
    photos = Photos(embedding_ND=unit(features(person, 0.1)), person_N=person, video_N=video)
    chosen = np.flatnonzero((video == 0) & (np.arange(len(person)) % 3 == 0))[:10]
    same = likeness(photos, photos.embedding_ND[chosen], chosen)
    assert (same.people, same.photos, same.renders) == (10, 60, 10)
    assert same.other_video.value == same.own_photo.value == same.same_video.value == pytest.approx(1.0)
    assert same.cosine_own.value > 0.9 > same.cosine_others.value
    everyone_alike = likeness(photos, np.repeat(photos.embedding_ND[:1], 10, 0), chosen)
    assert everyone_alike.other_video.value <= 0.1 + 1e-9
    strangers = likeness(photos, np.roll(photos.embedding_ND[chosen], 1, 0), chosen)
    assert strangers.other_video.value == 0.0
    one_video = likeness(Photos(embedding_ND=photos.embedding_ND, person_N=person, video_N=0 * video),
                         photos.embedding_ND[chosen], chosen)  # fmt: skip
    assert math.isnan(one_video.other_video.value)


def table() -> Table:
    columns = tuple(Column(key=key, title=key, group="all") for key in ("mean", "<encoder>"))
    rows = (
        Row(key="error", title="error, mm", values=(6.0, Interval(value=3.0, low=2.5, high=3.5))),
        Row(key="rank", title="rank", values=(None, 0.25), beside="chance 1 %", share=True),
    )
    return Table(columns=columns, sections=(Section(title="renders", rows=rows, note="n = 3"),))


def test_the_table_says_the_same_in_every_form() -> None:
    made = table()
    text, page, data = to_text(made), to_html(made), to_json(made)
    assert "3 (2.5 to 3.5)" in text
    assert "25.0 %" in text
    assert "&lt;encoder&gt;" in page
    assert "<encoder>" not in page
    assert data["rank"] == {"<encoder>": 0.25, "beside": "chance 1 %"}
    assert data["error"]["<encoder>"] == {"value": 3.0, "low": 2.5, "high": 3.5}
    json.dumps(data)
    assert show(None) == "\N{EN DASH}"
    assert show(float("nan")) == "not measurable"
    with pytest.raises(ValueError, match="1 values for 2 columns"):
        Table(columns=made.columns, sections=(Section(title="", rows=(Row(key="a", title="a", values=(1,)),)),))
