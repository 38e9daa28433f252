"""Commands of `python -m facelive.train...` end as `facelive` does: no traceback for what a user got wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

import facelive.train.data.photos
from facelive.app import train, train_imitator, train_parser
from facelive.app.main import main
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

    for command, status in ((wrong, 2), (lambda: None, 0)):
        with pytest.raises(SystemExit) as left:
            as_command(command)
        assert left.value.code == status
    assert capsys.readouterr().err == "facelive: there is no such folder\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "encoder", "--recipe", "imitator"),
        ("train", "encoder", "--photos", "none"),
        ("train", "encoder", "--start-from", "none.pt"),
        ("train", "encoder", "--imitator", "none.pt"),
        ("train", "encoder", "--threads", "0"),
        ("train", "encoder", "--hours", "nan"),
        ("train", "parser", "--photos", "none"),
        ("train", "parser", "--steps", "-1"),
        ("train", "imitator", "--start-from", "none.pt"),
        ("train", "imitator", "--steps", "-1"),
        ("train", "imitator", "--batch", "-4"),
        ("train", "imitator", "--threads", "-1"),
        ("train", "imitator", "--budget-minutes", "-1"),
        ("train", "own-encoder", "--data", "d", "--imitator", "i", "--schema", "s", "--steps", "-4"),
        ("evaluate", "imitator", "--imitator", "i", "--data", "d", "--pictures", "0"),
        ("fit", "photo.png", "--budget", "nan"),
        ("fit", "photo.png", "--budget", "inf"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_drawn(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lightning", reason="training needs lightning")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"")
    for module in (train, train_parser, train_imitator):
        monkeypatch.setattr(module, "_drawn", lambda *_: pytest.fail("drew pictures first"))
    status = main(list(arguments))
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("facelive: ")]
    assert (status, len(lines)) == (2, 1)
    assert not (tmp_path / "runs").exists()


def test_people_who_are_not_there_are_told_before_measuring(tmp_path: Path) -> None:
    from facelive.train.evaluate import run as evaluate_run
    from facelive.train.evaluate.run import EvaluateConfig

    (tmp_path / "ytf_landmarks.csv").write_text("file\nAnn/0.jpg," + ",".join(["5.0"] * 136) + "\n")
    (tmp_path / "people.txt").write_text("Bob\n")
    config = EvaluateConfig(output=tmp_path / "out", photos=tmp_path, eval_people=tmp_path / "people.txt")
    with pytest.raises(FileError, match="nobody whom"):
        evaluate_run._photos_of(config)
    (tmp_path / "people.txt").write_text("Ann\n")
    assert list(evaluate_run._photos_of(config)) == ["eval"]


def test_a_missing_folder_of_photos_is_told_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facelive.train.data.photos", str(tmp_path / "none"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "ytf_eval_people.txt" in done.stderr
    assert not (tmp_path / "out").exists()
