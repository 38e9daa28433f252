"""What ``facelive live`` shows in the terminal while it runs, and at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.live import Live as Screen
    from rich.table import Table

    from facelive.stream.live_stats import LiveStats
    from facelive.stream.summary import Summary

_COLOURS = {"tracked": "green", "held": "yellow", "lost": "red", "no camera": "red", "searching": "cyan"}


class LiveDisplay:
    """Live figures: a table that stays in place on a terminal, else nothing. Notices are logged by whoever has them."""

    def __init__(self, screen: Screen | None, *, hint: str) -> None:
        self._screen = screen
        self._hint = hint

    def show(self, stats: LiveStats) -> None:
        """New figures."""
        if self._screen is not None:
            self._screen.update(_table(stats, self._hint))


@contextmanager
def live_display(*, quiet: bool, hint: str) -> Iterator[LiveDisplay]:
    """A display on stderr. quiet: only notices."""
    from rich.console import Console
    from rich.live import Live as Screen

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield LiveDisplay(None, hint=hint)
        return
    with Screen(console=console, refresh_per_second=4, transient=True) as screen:
        yield LiveDisplay(screen, hint=hint)


def _table(stats: LiveStats, hint: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    state = "calibrating: keep a neutral face" if stats.calibrating else stats.state
    head = Text(f"● {state}", style=_COLOURS.get(stats.state, "white"))
    table.add_row(head, f"{stats.faces} face{'s' * (stats.faces != 1)}", stats.source)
    table.add_row(f"{stats.fps:.1f} fps", f"{stats.age_ms:.1f} ms old", f"{stats.cpu_ms_per_frame:.1f} ms CPU a frame")
    table.add_row(f"{stats.packets} packets", f"{stats.dropped} dropped", stats.address)
    stages = "  ".join(f"{name} {ms:.1f}" for name, ms in stats.stage_ms.items())
    table.add_row("[dim]ms a stage[/]", "", f"[dim]{stages}[/]")
    if stats.notice:
        table.add_row("[yellow]note[/]", "", Text(stats.notice, style="yellow"))
    if hint:
        table.add_row("[dim]keys[/]", "", f"[dim]{hint}[/]")
    return table


def print_summary(summary: Summary) -> None:
    """The run in figures, on standard output."""
    stages = ", ".join(f"{name} {ms:.2f}" for name, ms in summary.stage_ms.items())
    age = ", ".join(f"{name} {ms:.1f}" for name, ms in summary.age_ms.items())
    for notice in summary.notices:
        print(f"note            {notice}")
    print(f"frames          {summary.frames} ({summary.frames_with_face} with a face, {summary.dropped} dropped)")
    print(f"packets         {summary.packets} (the first after {summary.first_packet_ms:.0f} ms)")
    print(f"fps             {summary.fps:.1f}")
    print(f"CPU per frame   {summary.cpu_ms_per_frame:.2f} ms")
    print(f"ms per stage    {stages}")
    print(f"age in ms       {age}")
