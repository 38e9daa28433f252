"""facelive replay: publish a recording again, or turn it into CSV."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from facelive.app.address import PublishAddress
from facelive.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """Publish a recording with its own timing, or write it as a table."""

    recording: tyro.conf.Positional[Path]
    """The recording (.flrec)."""
    csv: Path | None = None
    """Write a table instead of publishing: a row per face and frame."""
    info: bool = False
    """Only say what it holds."""
    speed: float = 1.0
    """2 plays twice as fast."""
    pace: Literal["source", "max"] = "source"
    """"max": as fast as it goes."""
    loop: bool = False
    """Begin again at the end, until Ctrl-C."""
    publish: Annotated[PublishAddress, tyro.conf.arg(name="")] = field(default_factory=PublishAddress)
    """Where it is offered."""


def run(options: Replay) -> int:
    """Do one of the three."""
    from facelive.stream.recording import Recording

    if options.info and options.csv is not None:
        raise UsageError("--info and --csv exclude each other")
    recording = Recording(options.recording)
    if options.info:
        info = recording.info()
        print(f"{options.recording}: {info.frames} frames, {info.seconds:.1f} s")
        _warn(info.problem)
        return 0
    if options.csv is not None:
        from facelive.app.file_checks import check_ending, check_other_file
        from facelive.stream.csv_export import export_csv

        check_other_file(options.csv, options.recording)
        check_ending(options.csv, ".csv")
        rows = export_csv(recording, options.csv)
        print(f"{options.csv}: {rows} rows")
        _warn(recording.problem)
        return 0
    return _publish(recording, options)


def _publish(recording: object, options: Replay) -> int:
    from facelive.stream.publisher import Publisher, PublisherConfig
    from facelive.stream.recording import Recording
    from facelive.stream.replay import ReplayConfig, replay

    assert isinstance(recording, Recording)
    config = PublisherConfig(address=options.publish.address, curve=options.publish.curve())
    stop = threading.Event()
    with Publisher(recording.schema, config) as publisher:
        print(f"replaying {options.recording} at {options.publish.address} (Ctrl-C ends)", file=sys.stderr)
        played = ReplayConfig(pace=options.pace, speed=options.speed, loop=options.loop)
        summary = replay(recording, publisher, played, stop=stop)
    print(f"{summary.frames} frames in {summary.seconds:.1f} s")
    _warn(summary.problem)
    return 0


def _warn(problem: str) -> None:
    if problem:
        print(f"facelive: {problem}", file=sys.stderr)
