"""Ctrl-C between two steps: what was learnt is saved before the program ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupted() -> Iterator[Callable[[], bool]]:
    """Yields what tells whether Ctrl-C was pressed: ask after every step, save, and raise KeyboardInterrupt.

    Pressed inside a step it would leave half of the weights moved. The second press ends at once. Outside the main
    thread, which gets no signals, it is never pressed. Pressed in the last step, it is heard at the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed.is_set():
        raise KeyboardInterrupt
