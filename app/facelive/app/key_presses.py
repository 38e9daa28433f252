"""Single key presses in a terminal, without Enter; does nothing where standard input is no terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_POLL_S = 0.1
_JOIN_S = 1.0


@contextmanager
def key_presses(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Calls ``pressed(key)`` from a thread of its own for every key; yields whether keys can be read."""
    if not sys.stdin or not sys.stdin.isatty():
        yield False
        return
    ended = threading.Event()
    if sys.platform == "win32":
        thread = threading.Thread(target=_read_windows, args=(pressed, ended), name="facelive-keys", daemon=True)
        restore: Callable[[], None] = lambda: None  # noqa: E731
    else:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        if not _in_foreground(descriptor):
            yield False  # started with "&": to touch the terminal would stop the whole program
            return
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)
        thread = threading.Thread(target=_read_posix, args=(pressed, ended), name="facelive-keys", daemon=True)

        def restore() -> None:
            if _in_foreground(descriptor):
                termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

    thread.start()
    try:
        yield True
    finally:
        ended.set()
        thread.join(_JOIN_S)
        restore()


def _in_foreground(descriptor: int) -> bool:
    """Whether the terminal is this job's just now."""
    import os

    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def _read_posix(pressed: Callable[[str], None], ended: threading.Event) -> None:
    import os
    import select

    descriptor = sys.stdin.fileno()
    while not ended.is_set():
        readable, _, _ = select.select([descriptor], [], [], _POLL_S)
        if readable and not _in_foreground(descriptor):
            ended.wait(_POLL_S)  # sent to the background: the keys are another program's
        elif readable:
            data = os.read(descriptor, 1)
            if not data:
                return
            pressed(data.decode("latin-1"))


def _read_windows(pressed: Callable[[str], None], ended: threading.Event) -> None:
    import importlib

    console = importlib.import_module("msvcrt")  # by name: it exists on Windows only
    while not ended.wait(_POLL_S):
        while console.kbhit():
            pressed(console.getwch())
