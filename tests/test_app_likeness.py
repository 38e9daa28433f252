"""Likeness from the command line: what is taken for granted, and what a line says where it cannot be."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from facelive.app import dataset_import, doctor
from facelive.app.evaluate import Evaluate
from facelive.app.fit import Fit
from facelive.app.fit_files import question
from facelive.app.main import main
from facelive.errors import FileError, UsageError
from facelive.rig.default_schema import default_schema
from facelive.rig.framing import CROP, apply, frame_face
from facelive.rig.head import Head
from facelive.rig.render import Renderer, Scene
from facelive.stream.encode import PictureEncoder
from facelive.stream.still import look_twice
from facelive.train.formats.db_description import picture_name, write_db_description


def community_folder(folder: Path, width: int) -> Path:
    """Three grey pictures and ``width`` numbers for each."""
    folder.mkdir(parents=True)
    names = [picture_name(number, 4) for number in range(3)]
    write_db_description(folder / "db_description", names, np.full((3, width), 0.5, np.float32))
    for name in names:
        cv2.imwrite(str(folder / f"{name}.jpg"), np.full((64, 64, 3), 120, np.uint8))
    return folder


@pytest.mark.parametrize("width", [99, 103])
def test_a_community_set_is_known_by_its_width(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    community_folder(Path("export/trainset"), width)
    assert main(["dataset", "import", "export/trainset", "--framing", "crop", "--size", "32"]) == 0
    assert f"community-{width}" in capsys.readouterr().err
    assert (tmp_path / "data" / "trainset" / "manifest.json").is_file()


def test_another_width_needs_a_schema(tmp_path: Path) -> None:
    source = community_folder(tmp_path / "other", 50)
    with pytest.raises(FileError, match=r"50 numbers a picture\): give --schema"):
        dataset_import._schema(dataset_import.DatasetImport(source=source))
    with pytest.raises(FileError, match=r"no schema at .*none\.json: give"):
        dataset_import._schema(dataset_import.DatasetImport(source=source, schema=str(tmp_path / "none.json")))


@pytest.mark.parametrize(("folder", "each"), [(True, True), (False, False)])
def test_a_folder_s_answers_lie_in_folders_however_many_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: bool, each: bool
) -> None:
    """With one photo today and two tomorrow, the first one's answer is found again."""
    pytest.importorskip("torch", reason="fitting needs torch")
    from facelive.app import fit, fit_photos

    (tmp_path / "a.png").write_bytes(b"")
    monkeypatch.setattr(fit, "_prepare", lambda options: (None, None, None))
    monkeypatch.setattr(fit_photos, "PhotoFinder", lambda **_: nullcontext(SimpleNamespace(notice="")))
    went: list[bool] = []
    monkeypatch.setattr(fit, "_fit_each", lambda *_: went.append(True) or 0)
    monkeypatch.setattr(fit, "_fit_group", lambda *_: went.append(False))
    assert fit.run(Fit(photos=(tmp_path if folder else tmp_path / "a.png",))) == 0
    assert went == [each]


def test_other_networks_are_another_question(tmp_path: Path) -> None:
    """A folder that was fitted with one imitator is not done for another."""
    pytest.importorskip("torch", reason="fitting needs torch")
    photo, network = tmp_path / "photo.jpg", tmp_path / "imitator.pt"
    photo.write_bytes(b"photo")
    network.write_bytes(b"one")
    options = Fit(photos=(photo,), imitator=network)
    schema = default_schema()
    first = question([photo], options, schema)
    assert question([photo], replace(options, output=tmp_path, again=True), schema) == first
    network.write_bytes(b"other")
    assert question([photo], options, schema) != first
    assert question([photo], replace(options, steps=7), schema) != question([photo], options, schema)


def test_an_imitator_without_data_is_for_the_built_in_head_and_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelive.app.train_imitator import TrainImitator, _drawn

    with pytest.raises(UsageError, match="--data"):
        _drawn(TrainImitator(output=tmp_path, schema=tmp_path / "schema.json"), 64)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="facelive dataset plain"):
        _drawn(TrainImitator(output=tmp_path), 64)


def test_a_report_names_missing_files_before_it_measures(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="--imitator"):
        Evaluate(imitator=tmp_path / "none.pt")
    with pytest.raises(FileError, match="--judge"):
        Evaluate(judge=tmp_path / "none.onnx")


def test_doctor_knows_the_networks_of_likeness() -> None:
    said = {finding.text.split()[0]: finding.verdict for finding in doctor.likeness_weights()}
    assert {"imitator.pt", "parser.pt", "recognition.npz"} <= set(said)
    assert "fix" not in said.values()


def test_fewer_steps_where_time_is_short() -> None:
    pytest.importorskip("torch", reason="fitting needs torch")
    from facelive.likeness.fit_imitator import affordable

    assert affordable(4, 10.0, 8.0) == 16
    assert affordable(20, 10.0, -1.0) == 0


def test_photos_are_kept_apart_if_there_is_somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small folder may hold nobody of the tenth that is kept to measure on."""
    from facelive.app.looked_at import kept_apart, looked_at
    from facelive.train.data import photos
    from facelive.train.data.splits import split_of

    names = [f"Person_{k}" for k in range(200)]
    train, held = (next(n for n in names if split_of(n, set()) == split) for split in ("train", "held-out"))
    (tmp_path / "ytf_eval_people.txt").write_text("Somebody\n")
    built: list[str] = []
    monkeypatch.setattr(photos, "build_photo_cache", lambda config, advance: built.append(config.split))
    header, row = "file," + ",".join(map(str, range(136))), ",".join(["1"] * 136)
    (tmp_path / "ytf_landmarks.csv").write_text(f"{header}\n{train}/10.jpg,{row}\n")
    assert looked_at(tmp_path, tmp_path / "out") == tmp_path / "out"
    assert kept_apart(tmp_path, tmp_path / "apart") is None
    with (tmp_path / "ytf_landmarks.csv").open("a") as file:
        file.write(f"{held}/10.jpg,{row}\n")
    assert kept_apart(tmp_path, tmp_path / "apart") == tmp_path / "apart"
    assert built == ["train", "held-out"]


def test_a_fit_begins_with_what_encode_says_of_the_same_face() -> None:
    """In the same crop (skin had come out darker in another), after three drawings."""
    pytest.importorskip("torch")
    from facelive.app.fit_photos import PhotoFinder

    picture = Renderer(Head.default(), size=256).render(Head.default().schema.neutral(), Scene())
    loose = picture.landmarks68_K2 + np.float32(4.0)  # as another finder places them
    with PictureEncoder(refine=3) as encoder, PhotoFinder() as finder:
        said = encoder.encode_at(picture.image_HW3, loose).parameters
        assert finder._reader is not None
        face = finder._as_encoded(picture.image_HW3, "somebody", loose, finder._reader)
        seen = look_twice(picture.image_HW3, loose, finder._reader._encoder)
    assert said is not None
    assert face.params_P is not None
    for group in ("identity", "style", "colour", "expression"):
        rows = Head.default().schema.indices(group)
        np.testing.assert_allclose(face.params_P[rows], said[rows], atol=1e-5, err_msg=group)
    assert np.abs(seen.similarity - frame_face(loose)).max() > 0.5, "not the crop of those who found the face"
    np.testing.assert_allclose(face.landmarks_K2 * CROP, apply(seen.similarity, seen.landmarks_K2), atol=1e-3)
    assert face.dense_K2 is None


def test_a_fit_says_why_recognition_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from facelive.app import fit_photos
    from facelive.stream import still
    from facelive.stream.translator import Opened

    monkeypatch.setattr(still, "open_translator", lambda *_: Opened(None, "likeness from the encoder alone"))
    with fit_photos.PhotoFinder() as finder:
        assert finder.notice == "likeness from the encoder alone"
    with fit_photos.PhotoFinder(guess=False) as finder:
        assert finder.notice == ""


def test_another_translator_is_another_fit() -> None:
    pytest.importorskip("torch", reason="fitting needs torch")
    from facelive.app.fit_tools import tool_files
    from facelive.stream.weights_folder import TRANSLATOR

    assert TRANSLATOR in tool_files(None, None)
