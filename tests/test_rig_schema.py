"""What a schema refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from facelive.errors import FileError, SchemaError
from facelive.rig.schema import Group, Parameter, Schema


def column(name: str, of: str, kind: Literal["style", "colour"] = "style", group: Group | None = None) -> Parameter:
    return Parameter(name=name, group=group or kind, kind=kind, member_of=of)


SLIDER = Parameter(name="nose", group="identity")
A, B, C, D = column("hair:a", "hair"), column("hair:b", "hair"), column("beard:a", "beard"), column("beard:b", "beard")


def test_columns_stand_side_by_side_whatever_stands_between() -> None:
    for apart in ((A, SLIDER, B), (A, C, B), (A, column("skin:r", "skin", "colour"), B)):
        with pytest.raises(SchemaError, match="'hair' must stand side by side"):
            Schema("odd", apart)


def test_style_columns_count_within_the_group() -> None:
    schema = Schema("apart", (A, B, SLIDER, C, D))
    assert schema.style_columns == {"hair": slice(0, 2), "beard": slice(2, 4)}
    styles = np.array([0.1, 0.9, 0.7, 0.2], np.float32)
    vector = schema.neutral()
    vector[schema.indices("style")] = styles
    assert schema.clip(vector)[schema.indices("style")].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert styles[schema.style_columns["beard"]].tolist() == pytest.approx([0.7, 0.2])


def test_a_style_is_of_its_group() -> None:
    with pytest.raises(SchemaError, match="belongs to the group 'style'"):
        column("hair:a", "hair", group="identity")


@pytest.mark.parametrize(
    "row", [{"name": ["a"]}, {"name": 3}, {"name": "a", "unit": 1}, {"name": "a", "member_of": ["h"]}]
)
def test_text_must_be_text(row: dict[str, Any]) -> None:
    data = Schema("one", (SLIDER,)).to_json()
    data["parameters"] = [{"group": "identity", **row}]
    with pytest.raises(SchemaError, match="are text"):
        Schema.from_json(data)


def test_depths_and_sizes_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(FileError, match="is not JSON"):
        Schema.load(path)
    with pytest.raises(SchemaError, match="is not a number"):
        Schema("one", (SLIDER,)).to_vector({"nose": json.loads("1" + 400 * "0")})
