"""Files of a command line that cannot be meant, told before anything is opened or begun."""

from __future__ import annotations

from pathlib import Path

from facelive.errors import FileError, UsageError


def check_other_file(output: Path | None, *inputs: Path) -> None:
    """Raise UsageError if the output is one of the inputs, by whatever name: it would destroy it."""
    if output is None or not output.exists():
        return
    for path in inputs:
        if path.exists() and output.samefile(path):
            raise UsageError(f"{output} is read and cannot be written too: give another output")


def check_file(path: Path | None) -> None:
    """Raise FileError if a file that will be wanted later is not there."""
    if path is not None and not path.is_file():
        raise FileError(f"cannot read {path}: there is no such file")


def check_folder(path: Path) -> None:
    """Raise FileError if no folder can be there, because it, or what it should lie in, is a file."""
    there = next(part for part in (path, *path.absolute().parents) if part.exists())
    if not there.is_dir():
        raise FileError(f"{there} is a file, and no folder can be made there: give another output")


def check_ending(output: Path, *endings: str) -> None:
    """Raise UsageError if a file's name promises another kind of file than will be in it."""
    if output.suffix.lower() not in endings:
        wanted = " or ".join(endings)
        raise UsageError(f"{output}: its name must end in {wanted}, as what is written there is of that kind")
