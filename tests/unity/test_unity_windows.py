"""The editor windows, pressed by a program on mono: what they write, Python reads. How they look only Unity shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unity import host

from facelive.rig.schema import Schema
from facelive.stream.layout import POSE
from facelive.train.formats.db_description import read_db_description
from facelive.train.formats.random_set import RandomSetConfig, write_random_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("windows")


@pytest.fixture(scope="module")
def told(runner: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """What each window reported, by name."""
    lines = [json.loads(line) for line in host.run(runner, "windows", str(folder)).splitlines()]
    return {line["window"]: line for line in lines}


def test_a_character_is_mapped_by_one_button(told: dict[str, dict[str, Any]]) -> None:
    assert told["map"] == {
        "window": "map", "entries": 2, "head": "Neck/Head", "eye": "Neck/Head/LeftEye", "receiver": True,
    }  # fmt: skip


def test_exported_schema_is_read_by_python(told: dict[str, dict[str, Any]], folder: Path) -> None:
    schema = Schema.load(folder / "schema.json")
    assert schema.name == "staged"
    assert f"{schema.hash:016x}" == told["export"]["hash"]
    groups = [(parameter.name, parameter.group) for parameter in schema.parameters]
    assert groups[:4] == [
        ("jawOpen", "expression"),
        ("mouthSmileLeft", "expression"),
        ("head-size", "identity"),
        ("head-height", "identity"),
    ]
    # A rig without these would send no turn of the head.
    assert groups[-10:] == [(name, "pose") for name in POSE]
    assert [(p.name, p.kind, p.member_of) for p in schema.parameters[4:6]] == [
        ("hat:tall", "style", "hat"), ("hat:flat", "style", "hat"),
    ]  # fmt: skip


def test_preview_moves_undoes_saves_and_loads(told: dict[str, dict[str, Any]], folder: Path) -> None:
    preview = told["preview"]
    assert preview["large"] == preview["loaded"] == preview["awake"] == 2.0
    assert preview["flat"] is True
    assert preview["jaw"] == preview["jaw_loaded"] == 50.0
    assert preview["undone"] == 0.0
    assert preview["neutral"] == preview["asleep"] == preview["closed"] == 1.0
    saved = json.loads((folder / "face.json").read_text(encoding="utf-8"))
    assert saved["head-size"] == 1.0
    assert (saved["hat:tall"], saved["hat:flat"]) == (0.0, 1.0)
    assert [saved[f"skin:{channel}"] for channel in "rgb"] == [0.25, 0.5, 0.75]


def test_data_set_is_cancelled_closed_and_gone_on_with(
    told: dict[str, dict[str, Any]], folder: Path, tmp_path: Path
) -> None:
    """The parameters of the finished set are the Python twin's; pictures and descriptions agree."""
    generate = told["generate"]
    assert generate["progress"] == "40 of 300"
    assert generate["cancelled"] == 40
    assert "go on" in generate["told"]
    assert generate["closed"] == 60
    assert generate["finished"] == 300
    assert generate["outcome"].startswith("300 pictures, 240 of them new")
    assert generate["forced"] is True
    assert generate["released"] is True
    assert "another data set" in told["another"]["dialog"]
    schema = Schema.load(folder / "schema.json")
    config = RandomSetConfig(count=300, seed=1, noise=float(np.float32(0.2)))
    write_random_set(tmp_path / "mine", schema, config, lambda params_P: b"", extension="jpg")
    for part in ("train", "test"):
        names, params_NP = read_db_description(folder / "set" / part / "db_description")
        mine, mine_NP = read_db_description(tmp_path / "mine" / part / "db_description")
        assert list(names) == list(mine)
        assert np.array_equal(params_NP, mine_NP)
        assert params_NP.min() >= 0
        assert params_NP.max() <= 1


def test_model_is_chosen_and_synced(told: dict[str, dict[str, Any]]) -> None:
    model = told["model"]
    assert (model["chosen"], model["synced"], model["damaged"], model["mended"]) == (0.5, 2.0, 2.0, 0.5)
    assert "cut off" in model["told"]
    assert model["undone"] == 2.0


def test_picture_is_chosen_and_synced(told: dict[str, dict[str, Any]]) -> None:
    picture = told["picture"]
    assert picture["chosen"] == pytest.approx(picture["wanted"], abs=1e-6)
    assert picture["next"] == pytest.approx(picture["wanted_next"], abs=1e-6)
    assert "its picture is missing" in picture["told"]
    assert "not in db_description" in picture["dialog"]
