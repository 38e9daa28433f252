"""facelive listen: show the parameters that arrive."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import tyro

from facelive.app.address import StreamAddress
from facelive.app.numbers import check_numbers

if TYPE_CHECKING:
    from rich.table import Table

    from facelive.stream.frame import Face, Frame
    from facelive.stream.receiver import Receiver

_ROWS = 14
_REDRAW_S = 0.1
_WAIT_MS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Listen:
    """Show the parameters that arrive, until Ctrl-C."""

    stream: Annotated[StreamAddress, tyro.conf.arg(name="")] = field(default_factory=StreamAddress)
    """Which stream."""
    seconds: float = 0.0
    """End after so long; 0 goes on."""
    lines: bool = False
    """One line a frame instead of a table, for pipes."""

    def __post_init__(self) -> None:
        check_numbers(0, seconds=self.seconds)


def run(options: Listen) -> int:
    """Show frames as they come; a stream that is not there yet is waited for."""
    from facelive.stream.receiver import Receiver

    with Receiver(options.stream.address, curve=options.stream.curve()) as receiver:
        print(f"waiting for {options.stream.address} (Ctrl-C ends)", file=sys.stderr)
        if options.lines or not sys.stdout.isatty():
            _print_lines(receiver, options.seconds)
        else:
            _show_table(receiver, options.seconds)
        counts = receiver.counts
        print(f"{counts.frames} frames, {counts.missed} missed, {counts.rejected} rejected", file=sys.stderr)
    return 0


def _over(started: float, seconds: float) -> bool:
    return 0.0 < seconds <= time.monotonic() - started


def _print_lines(receiver: Receiver, seconds: float) -> None:
    started = time.monotonic()
    try:
        while not _over(started, seconds):
            frame = receiver.read_next(timeout_ms=_WAIT_MS)
            if frame is not None:
                for face in frame.faces:
                    print(describe(frame, face), flush=True)
    except KeyboardInterrupt:
        return


def describe(frame: Frame, face: Face) -> str:
    """One face of a frame in one line: state, the strongest shapes, how old it is."""
    strongest = sorted(face.expression.items(), key=lambda item: -item[1])[:4]
    shapes = "  ".join(f"{name} {value:.2f}" for name, value in strongest if value > 0.01)
    age = f"{frame.age_ms:5.1f} ms" if frame.age_ms is not None else "    - ms"
    return f"{frame.sequence:>8}  face {face.face_id}  {state_of(face):<8} {age}  {shapes}"


def state_of(face: Face) -> str:
    """tracked, held or lost."""
    if face.tracked:
        return "tracked"
    return "lost" if face.lost else "held"


def _show_table(receiver: Receiver, seconds: float) -> None:
    from rich.live import Live as Screen

    started = drawn = time.monotonic()
    count, rate = 0, 0.0
    with Screen(refresh_per_second=10, transient=True) as screen:
        try:
            while not _over(started, seconds):
                frame = receiver.read_next(timeout_ms=_WAIT_MS)
                count += frame is not None
                now = time.monotonic()
                if frame is None or now - drawn < _REDRAW_S:
                    continue
                rate = 0.8 * rate + 0.2 * count / (now - drawn) if rate else count / (now - drawn)
                drawn, count = now, 0
                screen.update(_table(frame, rate))
        except KeyboardInterrupt:
            return


def _table(frame: Frame, rate: float) -> Table:
    from rich.table import Table

    age = f", {frame.age_ms:.1f} ms old" if frame.age_ms is not None else ""
    table = Table(title=f"frame {frame.sequence}, {rate:.0f} fps{age}", title_justify="left")
    table.add_column("parameter")
    for face in frame.faces:
        table.add_column(f"face {face.face_id} ({state_of(face)})", min_width=28)
    if not frame.faces:
        return table
    names = sorted(frame.expression, key=lambda name: -max(face.expression[name] for face in frame.faces))[:_ROWS]
    for name in sorted(names):
        table.add_row(name, *(_bar(face.expression[name]) for face in frame.faces))
    return table


def _bar(value: float) -> str:
    return f"{value:4.2f} {'█' * round(22 * min(max(value, 0.0), 1.0))}"
