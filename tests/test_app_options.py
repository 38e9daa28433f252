"""Mistyped options: one line that says what is wrong, what was meant, and where help is."""

from __future__ import annotations

import os

import pytest

from facelive.app.main import main
from facelive.app.options import told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("live --sorce x", "unrecognized options: --sorce, x; did you mean --source?"),
        ("live --threads x", "--threads takes a number, not 'x'"),
        ("live --budget-ms soon", "--budget-ms takes a number, not 'soon'"),
        ("render --params", "missing value for argument '--params'. Expected 1 values"),
        ("keys --frob", "unrecognized options: --frob"),
        ("render", "missing: --params and -o"),
        ("replay", "missing: PATH"),
        (
            "live --sorce x --thread 2",
            "unrecognized options: --sorce, x, --thread, 2; did you mean --source or --threads?",
        ),
        (f"live --threads /{'y' * 70}/{'z' * 60}", f"--threads takes a number, not '/{'y' * 70}/{'z' * 60}'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_status_2(arguments: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 2
    assert capsys.readouterr().err.strip() == f"facelive: {said} (see facelive {arguments.split()[0]} --help)"


def test_choices_are_named_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "--pace", "quick"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "'quick'" in line
    assert "source" in line
    assert "max" in line


def test_help_is_printed_whole_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["live", "--help"])
    assert end.value.code == 0
    assert "--source" in capsys.readouterr().out


def test_whatever_tyro_says_one_day_it_is_one_line() -> None:
    nothing = "these options cannot be read (see facelive live --help)"
    for empty in ("", "...", "╭───╮\n", "\n\n"):
        assert told(empty, "facelive live") == nothing
    assert told("Something\nelse\n", "facelive live") == "something else (see facelive live --help)"
    assert told("Wrong\n\nother", "facelive live") == "wrong other (see facelive live --help)"
    assert told(" Title\n -----\n what\n -----\n more", "facelive live") == "what (see facelive live --help)"


def test_the_terminal_s_width_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "61")
    assert main(["live", "--pace", "quick"]) == 2
    assert os.environ["COLUMNS"] == "61"
