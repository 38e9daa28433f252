"""A command's options from what was typed; a mistake becomes one line, like every other mistake.

tyro explains mistakes in a box of up to a dozen lines. What it found wrong and what it guesses was meant are kept.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import tyro

from facelive.errors import UsageError

Options = TypeVar("Options")
_RULE = re.compile(r"^[\s─╭╮╰╯]*[─-]{3,}[\s─╭╮╰╯-]*$")
_TITLE = re.compile(r"^╭─+ .* ─+╮$")
_OPTION = re.compile(r"^(-[\w-]+)")
_HEAD = re.compile(r"^(-[\w-]+|[A-Z]{2,})\b")
_NUMBER = re.compile(
    r"^Error parsing (\S+): (?:invalid literal for int\(\) with base 10|could not convert string to float): (.*)$"
)
_MISSING, _ALIKE = "Missing from ", ("Perhaps you meant", "Arguments similar to")
_MEANT = 3
"""Guesses that are told at most."""
_WIDE = "2000"
"""Columns of the box, so that nothing that was typed is broken in two."""


def read_options(kind: type[Options], arguments: Sequence[str], program: str) -> Options:
    """An instance of the options' class. Raises UsageError with one line; ``--help`` prints and ends the program."""
    said = io.StringIO()
    asks_help = any(word in ("-h", "--help") for word in arguments)
    try:
        with contextlib.redirect_stderr(said), contextlib.nullcontext() if asks_help else _wide():
            return tyro.cli(kind, args=arguments, prog=program)
    except SystemExit as end:
        if end.code in (0, None):
            raise
        raise UsageError(told(said.getvalue(), program)) from None


@contextlib.contextmanager
def _wide() -> Iterator[None]:
    """tyro asks the environment how wide the terminal is."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _WIDE
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def told(box: str, program: str) -> str:
    """What tyro's box says, in a line."""
    blocks = _blocks(box)
    first = blocks[0] if blocks else []
    wrong = " ".join(first).rstrip(".") or "These options cannot be read"
    if first and first[0].startswith(_MISSING):
        # The box has their whole help.
        missing = [found[1] for line in first[1:] if (found := _HEAD.match(line))]
        wrong = f"Missing: {' and '.join(missing)}" if missing else wrong
    elif number := _NUMBER.match(wrong):
        wrong = f"{number[1]} takes a number, not {number[2]}"
    alike = [block for block in blocks[1:] if block[0].startswith(_ALIKE)]
    meant = sorted({found[1] for block in alike for line in block[1:] if (found := _OPTION.match(line))})
    if meant:
        wrong += f"; did you mean {' or '.join(meant[:_MEANT])}?"
    return f"{wrong[0].lower()}{wrong[1:]} (see {program} --help)"


def _blocks(box: str) -> list[list[str]]:
    """The lines between the rules, without borders and title."""
    lines = [line.strip().strip("│").strip() for line in box.splitlines()]
    if lines and (_TITLE.match(lines[0]) or (len(lines) > 1 and _RULE.match(lines[1]))):
        del lines[0]  # without a terminal's lines the title stands over a row of hyphens
    blocks: list[list[str]] = [[]]
    for line in lines:
        if _RULE.match(line):
            blocks.append([])
        elif line:
            blocks[-1].append(line)
    return [block for block in blocks if block]
