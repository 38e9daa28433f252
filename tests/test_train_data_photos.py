"""Splits, MediaPipe's points, cutting crops from photos, and what a photo cache refuses. No photo is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.framing import apply
from facelive.rig.mirror import MIRROR_68
from facelive.train.data import photos
from facelive.train.data.face_teacher import shipped_model
from facelive.train.data.mediapipe_points import MIRROR_478, POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.photos import ANNOTATION_SHIFT, PhotoConfig, build_photo_cache, list_photos, warp
from facelive.train.data.splits import is_held_out, read_eval_people, split_of


def test_splits_are_fixed_for_ever() -> None:
    names = [f"person {i}" for i in range(4000)]
    assert [i for i in range(60) if is_held_out(names[i])] == [6, 14, 19, 40, 55]
    assert split_of("Ada", {"Ada"}) == "eval"
    assert 0.08 < np.mean([is_held_out(name) for name in names]) < 0.12


def test_the_list_of_people_must_exist(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot read"):
        read_eval_people(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(FileError, match="names nobody"):
        read_eval_people(tmp_path / "empty.txt")
    (tmp_path / "other.txt").write_bytes("Jos\xe9".encode("latin-1"))
    with pytest.raises(FileError, match="UTF-8"):
        read_eval_people(tmp_path / "other.txt")
    (tmp_path / "people.txt").write_text("\n Ahmad Masood \nAnn_Lee\n", encoding="utf-8")
    assert read_eval_people(tmp_path / "people.txt") == {"Ahmad Masood", "Ann_Lee"}


def folder_of_photos(root: Path) -> Path:
    people = [f"p{i}" for i in range(60)]
    rows = ["file," + ",".join(f"{a}{i}" for i in range(68) for a in "xy")]
    rows += [f"{person}/00.jpg," + ",".join(["5.0"] * 136) for person in people]
    (root / "ytf_landmarks.csv").write_text("\n".join(rows) + "\n")
    (root / "ytf_eval_people.txt").write_text("p1\np2\n")
    for person in ("p1", "p3", "q1", "q2"):
        (root / "lfw_gray" / person).mkdir(parents=True)
        (root / "lfw_gray" / person / "0001.jpg").write_bytes(b"")
    return root


def test_nobody_is_in_two_splits(tmp_path: Path) -> None:
    folder = folder_of_photos(tmp_path)

    def people(split: str) -> set[str]:
        made = PhotoConfig(photos=folder, output=tmp_path, landmarker=tmp_path, split=split)  # type: ignore[arg-type]
        return {photo.person for photo in list_photos(made)}

    train, held, evaluated = people("train"), people("held-out"), people("eval")
    assert evaluated == {"p1", "p2"}
    assert held
    assert all(is_held_out(person) for person in held)
    assert not train & held
    assert not train & evaluated
    assert {"q1", "q2"} <= train
    assert len(train | held | evaluated) == 62


def test_mediapipe_mirror_is_its_own_inverse_and_fits_the_68() -> None:
    np.testing.assert_array_equal(MIRROR_478[MIRROR_478], np.arange(478))
    np.testing.assert_array_equal(MIRROR_478[POINTS_68], POINTS_68[MIRROR_68])
    assert len(set(POINTS_68)) == 68


@pytest.mark.parametrize("scale", [0.3, 0.9, 2.5])
def test_warp_brings_points_where_the_similarity_says(scale: float) -> None:
    image = np.zeros((900, 900, 3), np.uint8)
    angle = 0.3
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    spot = np.array([430.0, 470.0])
    similarity = np.column_stack([linear, [120.0, 140.0] - linear @ spot]).astype(np.float32)
    cv2.circle(image, (430, 470), round(8 / scale), (255, 255, 255), -1, cv2.LINE_AA)
    for margin, enlarged in ((0, 1.0), (32, 1.0), (51, 1.25)):
        crop = warp(image, similarity, margin, enlarged)
        assert crop.shape[0] == round((256 + 2 * margin) * enlarged)
        y, x = np.nonzero(crop[..., 0] > 127)
        expected = (apply(similarity, spot[None])[0] + margin + 0.5) * enlarged - 0.5
        np.testing.assert_allclose([x.mean(), y.mean()], expected, atol=0.35)


def test_a_list_that_names_nobody_here_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = folder_of_photos(tmp_path)
    with (folder / "ytf_landmarks.csv").open("a") as file:
        file.write("\n\n")  # blank lines are nobody's
    config = PhotoConfig(photos=folder, output=tmp_path, landmarker=tmp_path)
    assert list_photos(config)
    assert not caplog.records
    (folder / "ytf_eval_people.txt").write_text("Somebody Else\n")
    list_photos(config)
    assert "names is among the annotated photos" in caplog.text


class Blind:
    """A teacher who sees nothing: annotated photos are kept all the same."""

    def __init__(self, path: Path) -> None: ...

    def look(self, image: object) -> None: ...

    def look_once(self, image: object) -> None: ...

    def __enter__(self) -> Blind:
        return self

    def __exit__(self, *_: object) -> None: ...


def test_a_cache_is_of_this_list_of_photos_and_of_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of an interrupted build must not bring in who was put on the list of evaluation people since."""
    monkeypatch.setattr(photos, "FaceTeacher", Blind)
    names = [name for name in (f"p{i}" for i in range(9)) if not is_held_out(name)][:3]
    head = ["file," + ",".join(f"{a}{i}" for i in range(68) for a in "xy")]
    points = np.random.default_rng(0).uniform(20, 80, (68, 2))
    points[36:48] += [[0.0, 0.0]] * 6 + [[30.0, 0.0]] * 6
    rows = [f"{name}/00.jpg," + ",".join(f"{value:.2f}" for value in points.ravel()) for name in names]
    folder = tmp_path / "photos"
    (folder / "ytf").mkdir(parents=True)
    (folder / "ytf_landmarks.csv").write_text("\n".join(head + rows))
    (folder / "ytf_eval_people.txt").write_text("nobody\n")
    config = PhotoConfig(photos=folder, output=tmp_path / "cache", landmarker=tmp_path)
    with pytest.raises(FileError, match="can be read"):  # the disk with the photos was not there
        build_photo_cache(config)
    for name in names:
        (folder / "ytf" / name).mkdir()
        cv2.imwrite(str(folder / "ytf" / name / "00.jpg"), np.full((120, 120, 3), 90, np.uint8))
    monkeypatch.setattr(photos, "_join", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build_photo_cache(config)
    monkeypatch.undo()
    monkeypatch.setattr(photos, "FaceTeacher", Blind)
    (folder / "ytf_eval_people.txt").write_text(f"{names[0]}\n")
    assert sorted(build_photo_cache(config).people) == sorted(names[1:])
    assert not (tmp_path / "cache" / "parts").exists()
    (folder / "ytf_eval_people.txt").write_text(f"{names[1]}\n")  # as many, others
    assert sorted(build_photo_cache(config).people) == sorted([names[0], names[2]])


def test_an_unfinished_cache_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no finished photo cache"):
        PhotoCache.open(tmp_path)


def rendered_photos(root: Path) -> Path:
    """Two renders of the default head as "photos" of one person who may be trained on, with exact annotation."""
    from facelive.rig.accessories import accessories
    from facelive.rig.head import Head
    from facelive.rig.render import Renderer

    head = Head.default()
    renderer = Renderer(head, size=300, dress=accessories)
    person = next(name for name in ("Ada", "Bea", "Cleo") if not is_held_out(name))
    (root / "ytf" / person).mkdir(parents=True)
    rows = ["file," + ",".join(f"{a}{i}" for i in range(68) for a in "xy")]
    for number, yaw in enumerate((0.0, 0.25)):
        params = head.schema.neutral()
        params[head.schema.index("headYaw")] = yaw
        picture = renderer.render(params)
        cv2.imwrite(str(root / "ytf" / person / f"0{number}.jpg"), picture.image_HW3)
        points = picture.landmarks68_K2 + np.array(ANNOTATION_SHIFT)
        rows.append(f"{person}/0{number}.jpg," + ",".join(f"{value:.2f}" for value in points.ravel()))
    (root / "ytf_landmarks.csv").write_text("\n".join(rows) + "\n")
    (root / "ytf_eval_people.txt").write_text("nobody\n")
    return root


@pytest.mark.slow
def test_a_cache_of_renders_agrees_with_their_truth(tmp_path: Path) -> None:
    pytest.importorskip("mediapipe")
    (tmp_path / "photos").mkdir()
    folder = rendered_photos(tmp_path / "photos")
    config = PhotoConfig(photos=folder, output=tmp_path / "cache", landmarker=shipped_model())
    told: list[int] = []
    cache = build_photo_cache(config, lambda done, total: told.append(done))
    assert told == [2]
    assert len(cache) == 2
    assert cache.images_N.shape == (2, 256, 256, 3)
    assert cache.wide_N.shape == (2, 320, 320, 3)
    assert (cache.disagreement_N < 0.12).all()
    assert (cache.spread_N < 0.08).all()
    assert cache.angles_N[1, 0] - cache.angles_N[0, 0] == pytest.approx(0.25, abs=0.12)
    assert np.isfinite(np.delete(cache.scores_N, -1, 1)).all()
    eyes_level = cache.landmarks68_N[:, 36:42].mean(1) - cache.landmarks68_N[:, 42:48].mean(1)
    np.testing.assert_allclose(eyes_level[:, 1], 0.0, atol=0.05)
    again = build_photo_cache(config, lambda done, total: told.append(done))
    assert told == [2]  # nothing is looked at twice
    np.testing.assert_array_equal(again.landmarks478_N, cache.landmarks478_N)
    with pytest.raises(FileError, match="another folder"):
        build_photo_cache(replace(config, split="eval"))
