"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facelive.errors import FileError
from facelive.files import replacing
from facelive.rig.tiny import tiny_schema


def test_a_file_is_replaced_in_one_step_and_is_as_readable_as_any(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    before = os.umask(0o022)
    try:
        with replacing(path) as temporary:
            temporary.write_text("new")
            assert path.read_text() == "old"
        assert path.stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
        with replacing(pipe) as temporary:
            assert temporary == pipe
        assert pipe.is_fifo()


def test_a_schema_that_cannot_be_saved_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot write the schema"):
        tiny_schema().save(tmp_path / "nowhere" / "schema.json")
