"""The report's arithmetic: published colour pairs, the verification protocol, ranks in a gallery, the table."""

from __future__ import annotations

import functools
import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.render import Renderer, Scene
from facelive.stream.encoder import Observation
from facelive.stream.refiner import Improved
from facelive.train.data.people import identity
from facelive.train.data.photos import Photo
from facelive.train.data.placing import CropJitter, place
from facelive.train.evaluate import rank
from facelive.train.evaluate.encoders import MeanFace, to_params
from facelive.train.evaluate.fused import FusedEncoder
from facelive.train.evaluate.photo_landmarks import Encoded
from facelive.train.evaluate.report import colours, everyone, fits, page, rows
from facelive.train.evaluate.report import live_figures as module
from facelive.train.evaluate.report import photo_figures as photo_module
from facelive.train.evaluate.report.ciede2000 import ciede2000, lab
from facelive.train.evaluate.report.faces import Face, Outputs, Rendered, spread_over
from facelive.train.evaluate.report.gallery import Photos, first_shares, likeness
from facelive.train.evaluate.report.jitter import Jitter
from facelive.train.evaluate.report.methods import MeanMethod, RefinedMethod, begins_with
from facelive.train.evaluate.report.parts import PartDrawing
from facelive.train.evaluate.report.photo_figures import PhotoBench
from facelive.train.evaluate.report.plan import ReportConfig
from facelive.train.evaluate.report.render_figures import RenderBench
from facelive.train.evaluate.report.run import called, report
from facelive.train.evaluate.report.sheet import shortened
from facelive.train.evaluate.report.tables import Column, Row, Section, Table, Value, show, to_html, to_json, to_text
from facelive.train.evaluate.report.verification import best_threshold, draw_pairs, random_projection, verify
from facelive.train.evaluate.run import EvaluateConfig
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


def test_verification_does_not_depend_on_units() -> None:
    """A slider may have a spread of .1 and a probability one of .5: neither is the other's noise."""
    person, video = people()
    pairs = draw_pairs(person, video)
    quiet, loud = features(person, 0.1), features(np.zeros_like(person), 1.0)
    found = verify(np.concatenate([0.01 * quiet, loud[:, :5], np.full((len(person), 1), 0.3)], 1), person, pairs)
    assert found is not None
    assert found.accuracy > 0.95


def test_the_threshold_never_saw_the_fold_it_is_tried_on() -> None:
    """Labels of one fold turned round: its accuracy falls to nothing, which a threshold fitted on it would prevent."""
    person, video = people()
    pairs = draw_pairs(person, video)
    assert pairs is not None
    pairs.same_M[pairs.fold_M == 4] ^= True
    turned = verify(features(person, 0.1), person, pairs)
    assert turned is not None
    assert 0.8 < turned.accuracy < 0.9 + 1e-9


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


def test_a_step_of_the_cosine_is_of_each_photo_with_itself() -> None:
    """People differ much more in their cosines than a method changes them: unpaired, no step could be told."""
    person, video = people(20)
    photos = Photos(embedding_ND=unit(features(person, 0.1)), person_N=person, video_N=video)
    chosen = np.flatnonzero(np.arange(len(person)) % 3 == 0)
    # Of every person's render another share is right: own cosines go from 0 to 1.
    share = np.linspace(0.0, 1.0, 20)[person[chosen]][:, None]
    strangers = np.roll(photos.embedding_ND[chosen], len(chosen) // 2, 0)

    def renders(share: np.ndarray) -> np.ndarray:
        mixed = share * photos.embedding_ND[chosen] + (1.0 - share) * strangers
        return (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)

    before = renders(0.9 * share)
    same, better = (likeness(photos, each, chosen, before) for each in (before, renders(share)))
    assert same.cosine_step == Interval(value=0.0, low=0.0, high=0.0)
    assert better.cosine_step is not None
    assert better.cosine_step.low > 0.02
    assert better.cosine_own.value - same.cosine_own.value == pytest.approx(better.cosine_step.value, abs=1e-6)
    assert better.cosine_own.low < same.cosine_own.high, "side by side their intervals say nothing"
    assert likeness(photos, before, chosen).cosine_step is None


def test_who_begins_with_whom() -> None:
    keys = ["mean", "also", "pixels", "encoder", "refined", "fit"]
    assert [begins_with(key, keys) for key in keys] == [None, "mean", "mean", "mean", "encoder", "refined"]
    assert begins_with("fit", ["mean", "encoder", "fit"]) == "encoder"
    assert begins_with("also", ["also"]) is None
    assert begins_with("fit", keys, redrawn=False) == "encoder", "by landmarks, say: no fit begins with that"


class Halfway:
    """An improver that goes half of the way from where it begins to 1; notes where it began."""

    needs_picture = False

    def __init__(self) -> None:
        self.began: list[float] = []

    def improve(
        self, crop: np.ndarray | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        assert steps == 2
        assert seen.told
        self.began.append(float(start.expression_E[0]))
        return Improved(seen=replace(seen, expression_E=0.5 * (start.expression_E + 1.0)), steps=steps)


def test_frames_begin_with_what_the_last_one_found_as_live() -> None:
    improver = Halfway()
    method = RefinedMethod(improver=improver, steps=2)
    encoder = MeanFace(HEAD)
    crops = np.zeros((3, 256, 256, 3), np.uint8)
    raw = encoder(crops)
    raw["expression"] = np.repeat(np.array([[0.0], [0.25], [0.25]], np.float32), raw["expression"].shape[1], 1)
    frames = method.of_frames(crops, raw, told=True)
    np.testing.assert_allclose(improver.began, [0.0, 0.75, 0.875], atol=1e-6)
    np.testing.assert_allclose(frames["expression"][:, 0], [0.5, 0.875, 0.9375], atol=1e-6)
    assert frames["pose"].shape == raw["pose"].shape


def test_refined_frames_are_those_of_the_pixels_as_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live mixes recognition in afterwards; what it refines has none."""
    pixels, shaken = MeanFace(HEAD), []
    still = Jitter(raw=1.0, live=0.5, delay_frames=0)
    monkeypatch.setattr(module, "jitter", lambda schema, of, faces: shaken.append(of) or still)
    encoder = FusedEncoder(pixels, SimpleNamespace(), HEAD.schema)  # type: ignore[arg-type]
    method = RefinedMethod(improver=Halfway(), steps=2)
    faces = [(np.zeros((8, 8, 3), np.uint8), np.eye(2, 3, dtype=np.float32))]
    found = module.live_figures(HEAD.schema, encoder, pixels, [method], [], faces, math.nan, lambda *_: None)
    assert shaken[0] is encoder
    assert shaken[1].encoder is pixels
    assert shaken[1].method is method
    assert found["refined"]["jitter_live"] == 0.5


def test_the_bench_compares_an_answer_with_the_one_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    person, video = np.repeat([0, 1], 2), np.array([0, 1, 0, 1])
    own = np.eye(2, dtype=np.float32)[person]
    bench = object.__new__(PhotoBench)
    bench.head, bench.faces, bench._drawing, bench._recognised_ND = HEAD, [face("a")] * 4, None, None  # type: ignore[assignment]
    bench._photos = Photos(embedding_ND=own, person_N=person, video_N=video)
    bench._portraits = SimpleNamespace(embedding=lambda params: params[:2])  # type: ignore[assignment]
    for name in ("_landmark_figures", "_turning"):
        monkeypatch.setattr(PhotoBench, name, lambda *_: {})
    monkeypatch.setattr(photo_module, "on_photos", lambda *_: np.zeros(1))
    monkeypatch.setattr(photo_module, "to_params", lambda schema, outputs, row: outputs["drawn"])
    right, half = ([{"drawn": share * row} for row in own] for share in (1.0, 0.5))
    alone, step = bench.figures(range(4), right), bench.figures(range(4), right, half)
    assert alone["cosine_step"] is None
    assert step["cosine_step"] == Interval(value=0.5, low=0.5, high=0.5)


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


def test_verification_never_stands_alone() -> None:
    columns = [Column(key="encoder", title="encoder", group="all")]
    alone: dict[str, Value] = {"landmarks": 5.0, "verification": 0.9}
    controlled = alone | {"verification_control": 0.96}
    complete = controlled | {"rank_other_video": 0.2}

    def keys(figures: dict[str, Value]) -> set[str]:
        return set(to_json(rows.build(columns, [figures], renders="", photos="", live="")))

    assert "verification" not in keys(alone) | keys(controlled)
    assert {"verification", "verification_control", "rank_other_video"} <= keys(complete)
    half = rows.build([*columns, *columns], [complete, controlled], renders="", photos="", live="")
    assert "verification" not in to_json(half)


def test_a_few_faces_are_spread_over_people_then_videos() -> None:
    who, video = ["a", "a", "a", "b", "b", "b"], [0, 0, 1, 2, 2, 3]
    assert spread_over(who, video, 2) == [0, 3]
    assert spread_over(who, video, 4) == [0, 3, 2, 5]
    assert sorted(spread_over(who, video, 9)) == [0, 1, 2, 3, 4, 5]


HEAD = Head.default()


def face(name: str, params: np.ndarray | None = None) -> Face:
    outputs = MeanFace(HEAD)(np.zeros((1, 256, 256, 3), np.uint8))
    if params is not None:
        for group in ("identity", "style", "colour", "expression"):
            outputs[group] = params[None, HEAD.schema.indices(group)]
    dense = np.full((478, 2), 100.0, np.float32)
    crop = np.full((256, 256, 3), len(name), np.uint8)
    return Face(name=name, person=name, crop_HW3=crop, dense_K2=dense, outputs=outputs)


def test_fits_are_kept_and_the_budget_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def begun(face: Face) -> Outputs:
        return face.outputs | {"identity": face.outputs["identity"] + np.float32(0.01)}

    def fit(head: Head, one: Face, plan: fits.FitPlan) -> fits.FitAnswer:
        done.append(one.name)
        np.testing.assert_allclose(one.outputs["identity"], MeanFace(HEAD)(one.crop_HW3[None])["identity"] + 0.01)
        return fits.FitAnswer(outputs=one.outputs, seconds=2.0)

    monkeypatch.setattr(fits, "_fit", fit)
    plan = fits.FitPlan(tools=None, begin=begun, folder=tmp_path / "fits", seconds=5.0)  # type: ignore[arg-type]
    faces = [face("a"), replace(face("bb"), dense_K2=None)]
    first = fits.fit_all(HEAD, faces[:1], plan)
    assert set(first) == {"a"}
    both = fits.fit_all(HEAD, faces, plan)
    assert set(both) == {"a", "bb"}
    assert done == ["a", "bb"]
    np.testing.assert_array_equal(both["a"].outputs["identity"], begun(faces[0])["identity"])
    fits.fit_all(HEAD, faces[:1], replace(plan, seconds=6.0))
    assert done == ["a", "bb", "a"]
    assert set(fits.fit_all(HEAD, [*faces, face("ccc")], replace(plan, minutes=0.0))) == {"a", "bb"}
    next((tmp_path / "fits").glob("*.npz")).write_bytes(b"damaged")
    fits.fit_all(HEAD, faces, plan)
    assert len(done) in (3, 4)


@functools.cache
def rendered(person: int) -> Rendered:
    placed = place(HEAD, identity(HEAD.schema, 5, person), 1.0, CropJitter())
    picture = Renderer(HEAD, 256, samples=1).render(placed.params_P, Scene(camera=placed.camera))
    one = replace(face(f"p{person}", placed.label_P), crop_HW3=picture.image_HW3, dense_K2=None)
    one.outputs["pose"] = placed.pose_10[None]
    one.outputs["style"] = 10.0 * one.outputs["style"]
    return Rendered(face=one, placed=placed, parts_HW=picture.parts_HW)


def test_an_oracle_beats_the_mean_face_on_renders() -> None:
    made = [rendered(person) for person in range(2)]
    bench = RenderBench(HEAD, made, PartDrawing(HEAD))
    oracle = bench.figures([0, 1], [one.face.outputs for one in made])
    mean = bench.figures([0, 1], [MeanMethod(head=HEAD).answer(one.face) for one in made])

    def value(figures: dict[str, Value], key: str) -> float:
        found = figures[key]
        return found.value if isinstance(found, Interval) else float(found)  # type: ignore[arg-type]

    assert value(oracle, "identity_mm") < 0.01 < 1.0 < value(mean, "identity_mm")
    assert value(mean, "identity_ratio") == pytest.approx(1.0)
    assert value(oracle, "slider_ratio") < 1e-3
    assert value(oracle, "style_hair") == 1.0
    assert value(oracle, "colour_skin") < 0.01 < value(oracle, "sampling_skin")
    assert value(oracle, "render_landmarks") < 1.0
    assert value(oracle, "angle_deg") < 0.1
    assert value(oracle, "render_part_iou") > 0.9 > value(mean, "render_part_iou")


def test_titles_of_the_sheet_stay_above_their_pictures() -> None:
    assert shortened("encoder + 3 steps") == "encoder + 3 steps"
    long = shortened("encoder of a_folder_with_a_long_name")
    assert long.startswith("encoder of a_f")
    assert long.endswith("..")
    assert cv2.getTextSize(long, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0] <= 176


def test_everybody_stands_on_the_sheet_once_beside_his_portrait() -> None:
    """The first photo of each person by name, whatever the order; the head at rest, whatever the photo does."""
    files = ["b/20.jpg", "a/11.jpg", "b/10.jpg", "a/10.jpg"]
    grey = {file: np.full((300, 300, 3), 40 + 50 * number, np.uint8) for number, file in enumerate(files)}

    def seen(file: str, jaw: float) -> Encoded:
        outputs = face(file, HEAD.schema.neutral()).outputs
        outputs["expression"][:] = jaw
        return Encoded(
            photo=Photo(file=file, person=file[0], annotated_68=None), image=grey[file],
            similarity=np.eye(2, 3, dtype=np.float32), outputs=outputs,
            landmarks68=np.zeros((68, 2), np.float32), teacher68=np.zeros((68, 2), np.float32),
        )  # fmt: skip

    sheet = everyone.draw(HEAD, [seen(file, 0.0) for file in files], across=2)
    assert sheet.shape == (184, 2 * 368, 3)
    assert [int(sheet[100, x, 0]) for x in (90, 368 + 90)] == [grey["a/10.jpg"][0, 0, 0], grey["b/10.jpg"][0, 0, 0]]
    np.testing.assert_array_equal(sheet[20:176, 176:352], sheet[20:176, 368 + 176 : 368 + 352])
    np.testing.assert_array_equal(everyone.draw(HEAD, [seen(file, 0.9) for file in files], across=2), sheet)


@pytest.mark.parametrize("shift", [-8.0, 0.0, 8.0])
def test_styles_are_read_from_logits_of_any_size(shift: float) -> None:
    """Log probabilities are all below 0, sure logits above 1: neither may end as the first style of the list."""
    outputs = face("a").outputs
    logits = np.random.default_rng(0).normal(size=outputs["style"].shape).astype(np.float32) + np.float32(shift)
    outputs["style"] = logits
    params, first = to_params(HEAD.schema, outputs, 0), int(HEAD.schema.indices("style")[0])
    for where in HEAD.schema.styles.values():
        assert params[where].argmax() == logits[0, where.start - first : where.stop - first].argmax()


def test_iris_and_hair_are_sampled_where_they_are() -> None:
    """A picture painted by its masks: what is sampled is what was painted."""
    one = rendered(1)
    painted = np.full((256, 256, 3), (10, 20, 30), np.uint8)
    painted[one.parts_HW == Segment.HAIR] = (90, 60, 30)
    painted[np.isin(one.parts_HW, (Segment.EYE_LEFT, Segment.EYE_RIGHT))] = (200, 120, 40)
    shown = colours.sampled(replace(one, face=replace(one.face, crop_HW3=painted)))
    np.testing.assert_allclose(shown["hair"], np.array([30, 60, 90]) / 255)
    np.testing.assert_allclose(shown["iris"], np.array([40, 120, 200]) / 255)
    np.testing.assert_allclose(shown["skin"], np.array([30, 20, 10]) / 255, atol=2e-3)


def test_the_page_is_whole_and_escapes(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    image = np.zeros((8, 8, 3), np.uint8)
    page.write(path, table(), facts=["<fact>"], notes=["a & b"], parser=None, sheet=image, encoder_parts=["<p>x</p>"])
    text = path.read_text(encoding="utf-8")
    assert "&lt;fact&gt;" in text
    assert "a &amp; b" in text
    assert "prefers-color-scheme: dark" in text
    assert 'src="data:image/jpeg;base64,' in text
    assert "http" not in text


def test_a_whole_report_does_not_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The community implementation's evaluation crashes. Two pictures of one person, no photos, no networks."""
    monkeypatch.setattr("facelive.likeness.refine.SHIPPED_PARSER", tmp_path / "none.pt")
    config = EvaluateConfig(output=tmp_path / "out", people=0, stills=0)
    wanted = ReportConfig(refine=1, refiner="redraw", renders=1, frames=2)
    table, written = report(config, wanted)
    assert [column.title for column in table.columns] == ["mean face", "encoder", "encoder + 1 steps"]
    assert "held-out renders" in written.read_text(encoding="utf-8").lower()
    said = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))["report"]
    assert said["figures"]["identity_mm"]["encoder_all"]["value"] > 0.0
    assert any(note.startswith("Face parser: none") for note in said["notes"])


def test_what_is_asked_last_is_opened_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge or a parser that is none must not be found after ten minutes of measuring."""
    monkeypatch.setattr("facelive.train.evaluate.run.measure", lambda *_: pytest.fail("it has begun"))
    bad = tmp_path / "bad"
    bad.mkdir()
    config = EvaluateConfig(output=tmp_path / "out", encoder=None, people=1, stills=0)
    plain = ReportConfig(refine=0, renders=1, frames=1)
    with pytest.raises(FileError, match="the judge needs"):
        report(replace(config, judge=bad), plain)
    for name in ("face_detection_yunet_2023mar.onnx", "face_recognition_sface_2021dec.onnx"):
        (bad / name).write_bytes(b"nothing")
    with pytest.raises(FileError, match="no network of OpenCV Zoo"):
        report(replace(config, judge=bad), plain)
    pytest.importorskip("torch", reason="the parser needs torch")
    with pytest.raises(FileError, match=r"give the parser\.pt"):
        report(config, replace(plain, parser=bad / "face_recognition_sface_2021dec.onnx"))


def test_another_encoder_is_called_by_what_tells_it_apart() -> None:
    assert called(Path("runs/before/encoder.int8.onnx")) == "before"
    assert called(Path("runs/winks.onnx")) == "winks"
