"""facelive record: write the parameter stream to a file, with its own time stamps."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from facelive.app.address import StreamAddress
from facelive.app.numbers import check_numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Record a stream until Ctrl-C."""

    output: tyro.conf.Positional[Path]
    """The recording (.flrec)."""
    stream: Annotated[StreamAddress, tyro.conf.arg(name="")] = field(default_factory=StreamAddress)
    """Which stream."""
    seconds: float = 0.0
    """End after so long; 0 goes on."""
    wait_s: float = 10.0
    """How long to wait for the first frame."""
    append: bool = False
    """Go on at the end of a recording that is there."""
    overwrite: bool = False
    """Replace a recording that is there."""

    def __post_init__(self) -> None:
        check_numbers(0, seconds=self.seconds)
        check_numbers(0, endless=False, wait_s=self.wait_s)


def run(options: Record) -> int:
    """Record, and say what the file holds."""
    from facelive.errors import FileError, UsageError
    from facelive.stream.receiver import Receiver
    from facelive.stream.recording_writer import record_stream

    if options.append and options.overwrite:
        raise UsageError("--append and --overwrite exclude each other")
    stream = options.stream
    curve = stream.curve()
    print(f"recording {stream.address} to {options.output} (Ctrl-C ends)", file=sys.stderr)
    summary = record_stream(
        lambda tap: Receiver(stream.address, latest=False, curve=curve, tap=tap),
        options.output,
        mode="append" if options.append else "replace" if options.overwrite else "create",
        seconds=options.seconds or None,
        wait_ms=round(1000 * options.wait_s),
    )
    if summary.problem:
        raise FileError(str(summary))
    print(summary)
    return 0
