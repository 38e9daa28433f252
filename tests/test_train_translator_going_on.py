"""The commands that go on from a translator, from their arguments to the file: hair, tones and what is worn."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the translator is trained with torch")

from facelive.errors import FileError  # noqa: E402
from facelive.rig.face_chip import cut_chip  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.stream.weights_folder import TRANSLATOR  # noqa: E402
from facelive.train.data.mediapipe_points import POINTS_68  # noqa: E402
from facelive.train.data.photo_cache import (  # noqa: E402
    FORMAT,
    LABELS_FILE,
    MARGIN,
    META,
    VERSION,
    WIDE_FILE,
    PhotoCache,
)
from facelive.train.data.render import RenderConfig, render_dataset  # noqa: E402
from facelive.train.data.seen_hair import SeenHair  # noqa: E402
from facelive.train.data.seen_styles import SeenStyles, key_of  # noqa: E402
from facelive.train.data.seen_tones import SeenTones  # noqa: E402
from facelive.train.data.seen_words import SeenWords  # noqa: E402
from facelive.train.data.shards import ShardReader  # noqa: E402
from facelive.train.translator import hair, tones, worn  # noqa: E402
from facelive.train.translator.network import GROUPS  # noqa: E402
from facelive.train.translator.pairs import Pairs, Runner  # noqa: E402
from facelive.train.translator.sitters import Sitters  # noqa: E402
from facelive.train.translator.unfold import begin_with  # noqa: E402

SCHEMA = Head.default().schema
PEOPLE = ("anna", "bert", "cleo", "dora")
COUNT = 16


@dataclass(frozen=True)
class World:
    """What the commands read, made of renders alone."""

    renders: Path
    photos: Path
    pairs: Path
    sitters: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    render_dataset(RenderConfig(output=folder / "renders", count=COUNT, seed=3, workers=1))
    reader = ShardReader(folder / "renders", SCHEMA)
    images, points, params = (np.asarray(reader.blocks(name)[0]) for name in ("images", "landmarks478", "params"))
    points = np.nan_to_num(points[..., :2].astype(np.float32), nan=0.5)
    points = points * 256.0 if points.max() < 4.0 else points
    chips = np.stack([cut_chip(image, at[POINTS_68]) for image, at in zip(images, points, strict=True)])
    features = Runner(folder)(chips).astype(np.float32)
    person = np.arange(COUNT) // 4
    Pairs(
        drawn_ND=features, params_NP=params.astype(np.float32), person_N=person.astype(np.int64), photo_MD=features,
        photo_person_M=person.astype(np.int32), photo_row_M=np.arange(COUNT),
    ).save(folder / "pairs.npz")  # fmt: skip
    _photos(folder / "photos", images, points, person)
    sizes = {name: len(SCHEMA.indices(name)) for name in ("identity", "style", "colour")}
    Sitters(
        features_MD=features, person_M=person, video_M=np.arange(COUNT), grey_M=np.zeros(COUNT, bool),
        identity_MI=np.zeros((COUNT, sizes["identity"]), np.float32),
        style_MS=np.zeros((COUNT, sizes["style"]), np.float32),
        colour_MC=np.zeros((COUNT, sizes["colour"]), np.float32),
    ).save(folder / "sitters.npz")  # fmt: skip
    return World(folder / "renders", folder / "photos", folder / "pairs.npz", folder / "sitters.npz")


def _photos(folder: Path, images: np.ndarray, points: np.ndarray, person: np.ndarray) -> None:
    """A finished photo cache of training people."""
    folder.mkdir()
    np.save(folder / WIDE_FILE, np.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))))
    dense = np.concatenate([points, np.zeros_like(points[..., :1])], 2)
    labels = {
        "file_N": np.array([f"ytf/{PEOPLE[p]}/{i}.jpg" for i, p in enumerate(person)]), "person_N": person,
        "landmarks478_N": dense, "suspicious_N": np.zeros(len(images), bool),
    }  # fmt: skip
    rest = {field.name for field in fields(PhotoCache)} - {"wide_N", "people", *labels}
    arrays: dict[str, Any] = {**labels, **{name: np.zeros(len(images), np.float32) for name in rest}}
    np.savez(folder / LABELS_FILE, **arrays)
    said = {"format": FORMAT, "version": VERSION, "people": list(PEOPLE), "split": "train"}
    (folder / META).write_text(json.dumps(said), encoding="utf-8")


def _run(module: object, world: World, output: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    given = ["--pairs", world.pairs, "--photos", world.photos, "--start", TRANSLATOR, "--renders", world.renders]
    monkeypatch.setattr(sys, "argv", ["command", *map(str, given), "-o", str(output), *more])
    module.main()  # pyright: ignore[reportAttributeAccessIssue]


def _words(kind: Callable[[dict[str, str]], SeenWords], words: dict[str, str]) -> Any:
    return classmethod(lambda cls: kind({key_of(person): word for person, word in words.items()}))


def test_each_command_changes_its_own_answers_and_writes_both_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(SeenHair, "load", _words(SeenHair, {"anna": "blond", "bert": "white", "cleo": "black"}))
    monkeypatch.setattr(SeenTones, "load", _words(SeenTones, {"anna": "fair", "bert": "dark", "cleo": "tan"}))
    wears = {key_of("anna"): {"hair": "tied", "beard": "none", "glasses": "some"}}
    monkeypatch.setattr(SeenStyles, "load", classmethod(lambda cls, schema: SeenStyles(schema, wears)))
    monkeypatch.setattr(worn, "solve", lambda *given, **named: _quick(*given, **named))
    sitters = ("--sitters", str(world.sitters))
    styles, colours = SCHEMA.styles, SCHEMA.colours
    for name, module, more, own in (
        ("hair", hair, (), [colours["hair"]]),
        ("tones", tones, (), [colours["skin"], colours["lip"]]),
        ("worn", worn, sitters, [styles["hair"], styles["beard"], styles["glasses"]]),
    ):
        output = tmp_path / f"{name}.onnx"
        with caplog.at_level(logging.INFO):
            caplog.clear()
            _run(module, world, output, monkeypatch, *more)
        said = json.loads(caplog.messages[-1])
        assert {name, "figures", "parity"} <= set(said)
        assert max(said["parity"].values()) < 0.01
        assert output.with_suffix(".pt").stat().st_size > 1_000_000
        moved = np.flatnonzero(np.abs(_answers(output, world) - _answers(TRANSLATOR, world)).max(0) > 1e-3)
        taught = {column for where in own for column in range(where.start, where.stop)}
        assert moved.size
        assert set(moved.tolist()) <= taught


def _answers(file: Path, world: World) -> np.ndarray:
    """(N, P) of all renders; 0 for what a translator does not say."""
    out = np.zeros((COUNT, len(SCHEMA)))
    with torch.no_grad():
        said = begin_with(file, SCHEMA)(torch.from_numpy(Pairs.load(world.pairs).drawn_ND))
    out[:, np.concatenate([SCHEMA.indices(group) for group in GROUPS])] = torch.cat(said, 1).numpy()
    return out


_solve = worn.solve


def _quick(*given: object, **named: object) -> object:
    return _solve(*given, **(named | {"steps": 3}))  # pyright: ignore[reportArgumentType]


def test_photos_of_other_people_teach_nothing(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = tmp_path / "held"
    held.mkdir()
    (held / META).write_text(json.dumps({"split": "held-out"}), encoding="utf-8")
    other = World(world.renders, held, world.pairs, world.sitters)
    with pytest.raises(FileError, match="held-out"):
        _run(hair, other, tmp_path / "hair.onnx", monkeypatch)
