"""Numbers on the command line that cannot be meant are told before anything begins."""

from __future__ import annotations

import math

from facelive.errors import UsageError


def check_numbers(least: float, *, endless: bool = True, **named: float) -> None:
    """Raise UsageError for the first that is below ``least`` or no number. endless: infinity is one. Names as in
    Python.
    """
    for name, value in named.items():
        if math.isnan(value) or value < least or (value == math.inf and not endless):
            raise UsageError(f"--{name.replace('_', '-')} must be a number of at least {least:g}")
