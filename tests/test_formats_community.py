"""db_description, eval.bytes and random data sets: what is written comes back, what is malformed is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelive.errors import FileError, SchemaError, UsageError
from facelive.rig.default_schema import default_schema
from facelive.train.formats.db_description import (
    parse_db_description,
    picture_name,
    read_db_description,
    write_db_description,
)  # fmt: skip
from facelive.train.formats.eval_bytes import FEMALE, parse_eval_bytes, read_eval_bytes, write_eval_bytes
from facelive.train.formats.random_set import RandomSetConfig, perturb, random_parameters, write_random_set

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=120)


@pytest.mark.parametrize("width", [99, 103, 1, 146])
def test_both_layouts_come_back(tmp_path: Path, width: int) -> None:
    params_NP = np.random.default_rng(width).random((7, width), dtype=np.float32)
    names = [picture_name(i, FEMALE) for i in range(7)]
    path = tmp_path / "db_description"
    write_db_description(path, names, params_NP)
    assert path.stat().st_size == 4 + 7 * (1 + 10 + 4 * width)
    read_names, read_NP = read_db_description(path)
    assert list(read_names) == names
    assert np.array_equal(read_NP, params_NP)


def test_bytes_are_those_of_the_community_layout() -> None:
    data = struct.pack("<i", 1) + b"\x0adb_00003_4" + np.arange(99, dtype="<f4").tobytes()
    names, params_NP = parse_db_description(data)
    assert names == ("db_00003_4",)
    assert np.array_equal(params_NP, np.arange(99, dtype=np.float32)[None])


def test_names_of_different_length_need_the_width(tmp_path: Path) -> None:
    path = tmp_path / "db_description"
    params_NP = np.ones((2, 5), np.float32)
    write_db_description(path, ["a", "bb"], params_NP)
    assert read_db_description(path, parameters=5)[0] == ("a", "bb")
    with pytest.raises(FileError, match="how many parameters"):
        read_db_description(path)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01\0\0", struct.pack("<i", -1), struct.pack("<i", 1 << 30) + b"x" * 50, struct.pack("<i", 1) + b"\0" * 9,
     struct.pack("<i", 1) + b"\x01\xff" + b"\0" * 8, struct.pack("<i", 1) + b"\x01a" + np.float32(np.nan).tobytes()],
)  # fmt: skip
def test_malformed_descriptions_are_refused(data: bytes) -> None:
    with pytest.raises(FileError):
        parse_db_description(data)


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for parse in (parse_db_description, parse_eval_bytes):
        try:
            parse(data)
        except FileError:
            continue


@given(st.sampled_from([3, 4]), FLOATS)
def test_eval_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, shape: int, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("eval") / "eval.bytes"
    params_P = np.array(values, np.float32)
    write_eval_bytes(path, shape, params_P)
    read_shape, read_P = read_eval_bytes(path)
    assert read_shape == shape
    assert np.array_equal(read_P, params_P)


def test_what_cannot_be_written_is_said() -> None:
    with pytest.raises(SchemaError):
        write_eval_bytes(Path("never"), 4, np.array([np.nan], np.float32))
    with pytest.raises(SchemaError):
        write_db_description(Path("never"), ["a"], np.ones((2, 3), np.float32))
    with pytest.raises(UsageError):
        RandomSetConfig(count=0)


def test_noise_stays_in_range_and_leaves_styles_alone() -> None:
    """The original work's noise leaves [0, 1] and does not reach the file; here it does neither."""
    schema = default_schema()
    for index in range(20):
        clean_P = random_parameters(schema, 5, index)
        noisy_P = clean_P.copy()
        perturb(schema, noisy_P, 0.5, 5, index)
        assert not np.array_equal(clean_P, noisy_P)
        assert (noisy_P >= schema.minimum).all()
        assert (noisy_P <= schema.maximum).all()
        for where in schema.styles.values():
            assert sorted(noisy_P[where])[-2:] == [0.0, 1.0] or where.stop - where.start == 1
            assert np.array_equal(noisy_P[where], clean_P[where])


def test_random_people_differ_and_fill_the_range() -> None:
    schema = default_schema()
    drawn_NP = np.stack([random_parameters(schema, 1, i) for i in range(300)])
    identity = schema.indices("identity")
    assert len(np.unique(drawn_NP[:, identity[0]])) > 290
    assert np.abs(drawn_NP[:, identity].mean(axis=0) - 0.5).max() < 0.1
    expression = schema.indices("expression")
    assert (drawn_NP[:, expression] == schema.neutral()[expression]).all()
    brows = drawn_NP[:, schema.styles["brow"]]
    assert (brows.sum(axis=0) > 10).all()


def test_a_set_is_gone_on_with_and_another_one_refused(tmp_path: Path) -> None:
    schema = default_schema()
    drawn: list[int] = []

    def draw(_: object) -> bytes:
        drawn.append(1)
        return b"picture"

    config = RandomSetConfig(count=10, seed=3)
    write_random_set(tmp_path, schema, config, draw)
    assert len(drawn) == 10
    (tmp_path / "train" / "db_00002_4.png").unlink()
    write_random_set(tmp_path, schema, config, draw)
    assert len(drawn) == 11
    assert len(read_db_description(tmp_path / "train" / "db_description")[0]) == 8
    assert len(read_db_description(tmp_path / "test" / "db_description")[0]) == 2
    with pytest.raises(FileError, match="another data set"):
        write_random_set(tmp_path, schema, RandomSetConfig(count=10, seed=4), draw)
