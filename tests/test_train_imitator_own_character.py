"""The worked example of docs/own_character.md: from a schema and pictures to a live stream, by its commands only.

The character is the tiny rig, a ball with a nose, of which facelive knows no more than the files: nothing counts
parameters, nothing asks for geometry.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")
pytest.importorskip("onnx", reason="the export needs onnx")

from conftest import ROOT  # noqa: E402
from imitator_toys import draw_tiny, tiny_person, tiny_set, toy_recipe  # noqa: E402

from facelive.app.main import COMMANDS, main  # noqa: E402
from facelive.likeness.imitator import Imitator  # noqa: E402
from facelive.rig.bodiless import bodiless_head  # noqa: E402
from facelive.rig.framing import CropCamera  # noqa: E402
from facelive.rig.tiny import tiny_head, tiny_schema  # noqa: E402
from facelive.stream.decode import Decoder  # noqa: E402
from facelive.stream.recording import Recording  # noqa: E402
from facelive.train.formats.db_description import picture_name, write_db_description  # noqa: E402
from facelive.train.formats.game_labels import write_landmarks  # noqa: E402
from facelive.train.imitator.examples import Examples  # noqa: E402
from facelive.train.imitator.own_batches import OwnBatches, moved  # noqa: E402
from facelive.train.imitator.own_encoder import OwnEncoder  # noqa: E402
from facelive.train.imitator.own_training import loss_terms, smoke, train_own  # noqa: E402

SCHEMA = tiny_schema()


def game_folder(folder: Path, count: int = 30) -> Path:
    """What a game engine would export: schema, pictures, parameters, landmarks."""
    rng = np.random.default_rng(0)
    for part, numbers in (("train", range(count - 4)), ("test", range(count - 4, count))):
        (folder / part).mkdir(parents=True)
        params, points = [], {}
        for number in numbers:
            params.append(tiny_person(rng))
            image, _, points[picture_name(number, 4)] = draw_tiny(params[-1], size=256)
            cv2.imwrite(str(folder / part / f"{picture_name(number, 4)}.jpg"), image)
        write_db_description(folder / part / "db_description", list(points), np.stack(params))
        write_landmarks(folder / part / "landmarks.csv", points)
    SCHEMA.save(folder / "schema.json")
    return folder


def test_the_tutorials_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command of the tutorial, with fewer steps. Whether anything is learned, other tests say."""
    monkeypatch.chdir(tmp_path)
    # It lets the log through to a stderr that pytest takes away afterwards.
    monkeypatch.setattr("facelive.app.train_imitator.need_torch", lambda: None)
    for name in ("CONFIG", "CACHE"):
        monkeypatch.setenv(f"FACELIVE_{name}_DIR", str(tmp_path / name))
    game_folder(Path("game"))
    Path("people").mkdir()
    for number in range(3):
        cv2.imwrite(f"people/{number}.png", np.full((240, 320, 3), 99, np.uint8))
    shorter = {"--steps 20000": "--steps 4", "--steps 8000": "--steps 3", "--recipe live_256": "--recipe smoke",
               "--recipe own": "--recipe smoke", "--source 0": "--source people"}  # fmt: skip
    ran: set[str] = set()
    for command in tutorial_commands():
        for long, short in shorter.items():
            command = command.replace(long, short)
        assert main(command.split()[1:]) == 0, command + capsys.readouterr().err
        ran |= {name for name in COMMANDS if command.startswith(f"facelive {name}")}
    assert ran >= {
        "dataset import",
        "dataset export",
        "train imitator",
        "evaluate imitator",
        "train own-encoder",
        "live",
        "encode",
    }
    assert Imitator.load(Path("runs/mine/imitator.pt"), SCHEMA).size == 64
    figures = json.loads(Path("out/mine/figures.json").read_text())
    assert figures["pictures"] == 4
    recording = Recording(Path("mine.flrec"))
    assert recording.schema.hash == SCHEMA.hash
    lines = Path("answers.jsonl").read_text().splitlines()
    assert [json.loads(line)["found"] for line in lines] == [False] * 3


def tutorial_commands() -> list[str]:
    """The indented lines of the tutorial that start with ``facelive``, joined where they end in a backslash."""
    text = (ROOT / "docs" / "own_character.md").read_text(encoding="utf-8").replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines() if line.startswith("    facelive ")]


def toy_imitator() -> Imitator:
    """Untrained: nothing here depends on what it draws."""
    model = replace(toy_recipe().model, geometry=False)
    return Imitator(SCHEMA, model).eval().requires_grad_(False)


def test_an_own_encoder_learns_and_resumes(tmp_path: Path) -> None:
    examples = Examples(tiny_set(tmp_path / "data", count=30), SCHEMA)
    imitator = toy_imitator()
    short = replace(smoke(), steps=30)
    path = train_own(examples, imitator, short, tmp_path / "whole")
    assert path is not None
    assert train_own(examples, imitator, short, tmp_path / "parts", budget_s=0.0) is None
    again = train_own(examples, imitator, short, tmp_path / "parts")
    assert again is not None
    one, other = (torch.load(p.parent / "last.ckpt", weights_only=True)["model"] for p in (path, again))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    batch = OwnBatches(examples, imitator, 64, 1).make(0, 16)
    fresh = OwnEncoder(SCHEMA, short.model)
    trained = OwnEncoder(SCHEMA, short.model)
    trained.load_state_dict(one)
    with torch.no_grad():
        answers = [model.eval()(batch.image_BCHW) for model in (fresh, trained)]
    before, after = (float(sum(loss_terms(SCHEMA, answer, batch).values())) for answer in answers)
    assert after < 0.9 * before


def test_labels_move_with_the_crop(tmp_path: Path) -> None:
    """The pose label of a moved crop still projects the head's points onto the moved landmarks."""
    examples = Examples(tiny_set(tmp_path, count=8), SCHEMA)
    imitator = toy_imitator()
    batch = OwnBatches(examples, imitator, 32, 0).make(0, 2)
    chosen = examples.train[:2]
    plain = examples.batch(chosen, 32)
    batch.pose_B10, batch.landmarks_BK2 = plain.pose_B10, plain.landmarks_BK2
    shifted = moved(batch, np.random.default_rng(1))
    head = tiny_head()
    for row, index in enumerate(chosen):
        points = head.landmarks68.points(head.solve(examples.params_NP[index]), head.triangles_T3)
        seen = CropCamera.from_encoder(shifted.pose_B10[row].numpy()).project(points, head.face_centre)
        # Crop / 256 counts from the corner of the first pixel here and from its centre there: half a pixel.
        np.testing.assert_allclose(seen, shifted.landmarks_BK2[row].numpy() * 256, atol=0.7)


def test_a_head_without_a_body_decodes() -> None:
    head = bodiless_head(SCHEMA)
    assert head.solve(SCHEMA.neutral()).shape == (0, 3)
    decoder = Decoder(head)
    assert decoder.schema is SCHEMA
