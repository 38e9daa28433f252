"""Mistyped options: one line that says what is wrong, what was meant, and where help is."""

from __future__ import annotations

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
    assert told("", "facelive live") == "these options cannot be read (see facelive live --help)"
    assert told("Something\nelse\n", "facelive live") == "something else (see facelive live --help)"
