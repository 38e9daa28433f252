"""An output that names an input would destroy it: said before anything is opened."""

from __future__ import annotations

from pathlib import Path

from facelive.errors import UsageError


def check_other_file(output: Path | None, *inputs: Path) -> None:
    """Raise UsageError if the output is one of the inputs, by whatever name."""
    if output is None or not output.exists():
        return
    for path in inputs:
        if path.exists() and output.samefile(path):
            raise UsageError(f"{output} is read and cannot be written too: give another output")
