"""Commands of `python -m facelive.train...` end as `facelive` does: no traceback for what a user got wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

import facelive.train.data.photos
from facelive.errors import FileError
from facelive.train.common.command import as_command

TRAIN = Path(facelive.train.data.photos.__file__).parents[1]
COMMANDS = sorted(path for path in TRAIN.rglob("*.py") if '__name__ == "__main__"' in path.read_text(encoding="utf-8"))


def test_there_are_commands_and_all_end_in_the_same_way() -> None:
    assert len(COMMANDS) > 8
    for path in COMMANDS:
        assert path.read_text(encoding="utf-8").rstrip().endswith("    as_command(main)"), path


def test_an_error_is_a_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> None:
        raise FileError("there is no\n such folder")

    for main, status in ((wrong, 2), (lambda: None, 0)):
        with pytest.raises(SystemExit) as left:
            as_command(main)
        assert left.value.code == status
    assert capsys.readouterr().err == "facelive: there is no such folder\n"


def test_a_missing_folder_of_photos_is_told_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facelive.train.data.photos", str(tmp_path / "none"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "ytf_eval_people.txt" in done.stderr
    assert not (tmp_path / "out").exists()
