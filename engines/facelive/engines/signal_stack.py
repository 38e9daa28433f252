"""Keeps a thread's alternate signal stack its own while OpenVINO opens and closes networks.

OpenVINO gives the thread that compiles a network a signal stack, and takes it away in whichever thread lets go of the
network. Closed in another one than it was opened in, it leaves the first with a stack that is gone: the next Ctrl-C
ends the process with a segmentation fault.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Stack(ctypes.Structure):
    """``stack_t`` of Linux."""

    _fields_ = (("sp", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def own_signal_stack() -> Iterator[None]:
    """Whatever happens inside, the calling thread has the signal stack afterwards that it had before. Linux only."""
    if not sys.platform.startswith("linux"):
        yield
        return
    change = ctypes.CDLL(None).sigaltstack
    before = _Stack()
    known = change(None, ctypes.byref(before)) == 0
    try:
        yield
    finally:
        if known:
            change(ctypes.byref(before), None)
