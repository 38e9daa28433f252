"""A command's options from what was typed; a mistake becomes one line, like every other mistake.

tyro explains mistakes in a box of up to a dozen lines. What it found wrong and what it guesses was meant are kept.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from typing import TypeVar

import tyro

from facelive.errors import UsageError

Options = TypeVar("Options")
_RULE = re.compile(r"^[\s─╭╮╰╯-]*$")
_TITLE = re.compile(r"^╭─+ .* ─+╮$")
_OPTION = re.compile(r"^(--[a-z0-9][\w-]*)")
_NUMBER = re.compile(
    r"^Error parsing (\S+): (?:invalid literal for int\(\) with base 10|could not convert string to float): (.*)$"
)
_MEANT = 3
"""Guesses that are told at most."""


def read_options(kind: type[Options], arguments: Sequence[str], program: str) -> Options:
    """An instance of the options' class. Raises UsageError with one line; ``--help`` prints and ends the program."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(kind, args=arguments, prog=program)
    except SystemExit as end:
        if end.code in (0, None):
            raise
        raise UsageError(told(said.getvalue(), program)) from None


def told(box: str, program: str) -> str:
    """What tyro's box says, in a line."""
    lines = [line.strip().strip("│").strip() for line in box.splitlines()]
    if lines and (_TITLE.match(lines[0]) or (len(lines) > 1 and lines[0] and _RULE.match(lines[1]))):
        del lines[0]  # without a terminal's lines the title stands over a row of hyphens
    blocks: list[list[str]] = [[]]
    for line in lines:
        if not line or _RULE.match(line):
            blocks.append([])
        else:
            blocks[-1].append(line)
    blocks = [block for block in blocks if block]
    wrong = " ".join(blocks[0]).rstrip(".") if blocks else "these options cannot be read"
    if number := _NUMBER.match(wrong):
        wrong = f"{number[1]} takes a number, not {number[2]}"
    meant: list[str] = []
    for block in blocks[1:]:
        if block[0].startswith(("Perhaps you meant", "Similar arguments")):
            meant = [found[1] for line in block if (found := _OPTION.match(line))]
    if meant:
        wrong += f"; did you mean {' or '.join(meant[:_MEANT])}?"
    return f"{wrong[0].lower()}{wrong[1:]} (see {program} --help)"
