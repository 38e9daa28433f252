"""facelive live: a camera or clip in, parameters out, a page on request."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from facelive.app.address import PublishAddress
from facelive.app.file_checks import check_other_file
from facelive.errors import UsageError
from facelive.stream.control import FilterChange
from facelive.stream.live_config import LiveConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facelive.app.page.server import Page
    from facelive.stream.live_control import LiveControl
    from facelive.stream.live_stats import LiveStats
    from facelive.stream.refiner import Improver
    from facelive.stream.sinks_worker import WorkerSink
    from facelive.stream.summary import Summary

Tap = Callable[[bytes], None]
_HINT = "c calibrate a neutral face   x forget it   m mirror   q quit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """Go live: follow the faces of a camera, clip, folder or network stream, and publish their parameters."""

    config: Annotated[LiveConfig, tyro.conf.arg(name="")] = field(default_factory=LiveConfig)
    """What is read and how it is worked on."""
    publish: Annotated[PublishAddress, tyro.conf.arg(name="")] = field(default_factory=PublishAddress)
    """Where the parameters go."""
    to: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """Another program to send to as well; once per program. vmc://HOST:PORT?names=perfectsync (or arkit, vrm0, vrm1),
    ifacialmocap://HOST:PORT, livelinkface://HOST:PORT?subject=NAME, vtube://HOST:PORT. HOST, PORT may be left out."""
    view: bool = False
    """Show the avatar in the browser, on a page that only this machine can open."""
    view_port: int = 47810
    """The page's port; 0 takes any that is free."""
    browser: bool = True
    """Open the browser for --view (otherwise the address is only printed)."""
    summary: Path | None = None
    """Write the run's figures here (JSON)."""
    record: Path | None = None
    """Record the stream here as well (.flrec)."""
    quiet: bool = False
    """No live figures in the terminal."""


class Controls:
    """What keys and page ask of the running pipeline; does nothing before it runs. Any thread may call it."""

    def __init__(self, stop: threading.Event) -> None:
        self.control: LiveControl | None = None
        self._stop = stop

    def calibrate(self) -> None:
        """Take the coming second as the neutral face."""
        if self.control is not None:
            self.control.calibrate()

    @property
    def mirrored(self) -> bool:
        """Whether left and right are swapped now."""
        return self.control is not None and self.control.mirror

    def set_mirror(self, mirror: bool) -> None:
        """Swap left and right, or not."""
        if self.control is not None:
            self.control.change_filters(FilterChange(mirror=mirror))

    def press(self, key: str) -> None:
        """A key in the terminal."""
        if key in ("q", "\x1b"):
            self._stop.set()
        elif key == "c":
            self.calibrate()
        elif self.control is not None and key == "x":
            self.control.calibrate(clear=True)
        elif self.control is not None and key == "m":
            self.set_mirror(not self.mirrored)


def run(options: Live) -> int:
    """Run until the source ends, q or Ctrl-C; then print the figures."""
    from facelive.app.live_display import live_display, print_summary

    if options.view and options.config.schema is not None:
        raise UsageError("the page shows the built-in head only: leave out --view, and draw your character yourself")
    if options.summary is not None:
        _check_summary(options.summary, options)
    stop = threading.Event()
    controls = Controls(stop)
    with ExitStack() as stack:
        improver = stack.enter_context(_improver(options.config))
        sinks = (
            stack.enter_context(_sinks(options.to, options.config.schema, quiet=options.quiet)) if options.to else []
        )
        page = stack.enter_context(_page(options, controls)) if options.view else None
        taps: list[Tap] = [page.feed] if page is not None else []
        if options.record is not None:
            taps.append(stack.enter_context(_recorder(options.record, options.config.schema)))
        from facelive.app.key_presses import key_presses

        keys = stack.enter_context(key_presses(controls.press))
        display = stack.enter_context(live_display(quiet=options.quiet, hint=_HINT if keys else ""))
        summary = _go(options, controls, stop, taps, sinks, page, display.show, improver)
    print_summary(summary)
    if options.summary is not None:
        summary.save(options.summary)
    return 0


def _check_summary(summary: Path, options: Live) -> None:
    """Raise UsageError or FileError before a long run whose figures could not be kept, or would destroy something."""
    from facelive.stream.summary import check_place

    source = Path(options.config.source)
    check_other_file(summary, source, *(source.iterdir() if source.is_dir() else ()))
    if options.record is not None and summary.resolve() == options.record.resolve():
        raise UsageError(f"{summary} cannot be both the recording and its figures: give --summary another name")
    check_place(summary)


@contextmanager
def _improver(config: LiveConfig) -> Iterator[Improver | None]:
    """What --refine refines with, opened before anything else: a missing one is told at once."""
    if config.refine == 0:
        yield None
        return
    from facelive.likeness.refine import open_improver
    from facelive.stream.character import character_head

    head = character_head(config.schema)
    if config.refiner != "redraw":
        yield open_improver(config.refiner, head, imitator=config.imitator, threads=config.threads)
        return
    from facelive.engines import open_engine
    from facelive.stream.encoder import Encoder, Observation
    from facelive.stream.redraw import WHOLE, check_drawable
    from facelive.stream.weights_folder import encoder_path

    check_drawable(head)
    with ExitStack() as stack:
        # An encoder of its own: the frames' is at work in another thread.
        engine = open_engine(encoder_path(config.encoder), config.backend, 1, config.precision)
        stack.callback(engine.close)
        encoder = Encoder(engine, head.schema)

        def look(drawing_HW3: NDArray[np.uint8], drawn: Observation) -> Observation:
            return encoder.encode(drawing_HW3, WHOLE, drawn.identity_I if drawn.told else None)

        encoder.warm_up()
        yield open_improver(config.refiner, head, look=look)


def _go(
    options: Live,
    controls: Controls,
    stop: threading.Event,
    taps: list[Tap],
    sinks: list[WorkerSink],
    page: Page | None,
    show: Callable[[LiveStats], None],
    improver: Improver | None,
) -> Summary:
    from facelive.stream.live import run_live
    from facelive.stream.publisher import PublisherConfig

    def started(control: LiveControl) -> None:
        controls.control = control

    def figures(stats: LiveStats) -> None:
        show(stats)
        if page is not None:
            page.show_stats(stats)

    return run_live(
        options.config,
        publisher=PublisherConfig(address=options.publish.address, curve=options.publish.curve()),
        taps=taps,
        sinks=sinks,
        on_start=started,
        on_stats=figures,
        on_picture=page.show_picture if page is not None else None,
        stop_event=stop,
        improver=improver,
    )


@contextmanager
def _sinks(addresses: tuple[str, ...], schema: Path | None, *, quiet: bool) -> Iterator[list[WorkerSink]]:
    """The other programs, each with a thread of its own. Raises UsageError if an address means nothing."""
    from facelive.stream.character import character_head
    from facelive.stream.layout import Layout
    from facelive.stream.sinks_open import open_sink

    layout = Layout(character_head(schema).schema)
    with ExitStack() as stack:
        sinks: list[WorkerSink] = []
        for address in addresses:
            sinks.append(open_sink(address, layout))
            stack.callback(sinks[-1].close)
        yield sinks
        if not quiet:
            for address, sink in zip(addresses, sinks, strict=True):
                print(f"{address}: {sink.delivered} frames sent, {sink.failed} not taken", file=sys.stderr)


@contextmanager
def _page(options: Live, controls: Controls) -> Iterator[Page]:
    """The page, with the browser opened as soon as it answers."""
    from facelive.app.character import page_glb
    from facelive.app.page.glb_process import GlbProcess
    from facelive.app.page.server import Page
    from facelive.rig.head import Head

    schema = Head.default().schema
    with GlbProcess(page_glb) as maker, Page(schema, maker, port=options.view_port) as page:
        page.steering = controls
        print(f"page: {page.url}", file=sys.stderr, flush=True)
        if options.browser:
            threading.Thread(target=_open_browser, args=(page,), name="facelive-browser", daemon=True).start()
        yield page


def _open_browser(page: Page) -> None:
    import webbrowser

    if page.wait():
        webbrowser.open(page.url)


@contextmanager
def _recorder(path: Path, schema: Path | None) -> Iterator[Tap]:
    from facelive.stream.character import character_head
    from facelive.stream.recording_writer import RecordingWriter

    writer = RecordingWriter(path, character_head(schema).schema)
    try:
        yield writer.write
    finally:
        summary = writer.close()
        print(summary, file=sys.stderr)
