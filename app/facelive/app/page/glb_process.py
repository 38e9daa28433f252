"""Makes GLBs in a process of its own: painting a face takes seconds, and would stop the live loop by Python's lock."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType

import numpy as np

from facelive.app.page.avatars import Exporter
from facelive.errors import FaceliveError, FileError
from facelive.rig.schema import Vector

_DONE, _FAILED = b"+", b"-"
_PAINTED, _PLAIN = b"p", b"o"
_JOIN_S = 1.0


class GlbProcess:
    """An ``Exporter`` that has the work done elsewhere; started with the first call. One caller at a time."""

    def __init__(self, export: Exporter) -> None:
        """export: a function at the top level of a module."""
        self._export = export
        self._pipe: Connection | None = None
        self._process: BaseProcess | None = None
        self._closed = False

    def __call__(self, params_P: Vector, painted: bool) -> bytes:
        """The GLB. Raises FileError if the export fails or the process has ended."""
        pipe = self._pipe or self._start()
        try:
            pipe.send_bytes((_PAINTED if painted else _PLAIN) + params_P.astype(np.float32).tobytes())
            answer = pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise FileError("the process that makes GLBs has ended") from error
        if answer[:1] == _FAILED:
            raise FileError(answer[1:].decode())
        return answer[1:]

    def _start(self) -> Connection:
        if self._closed:
            raise FileError("the process that makes GLBs is closed")
        # spawn, not fork: this program has threads.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._export), name="facelive-glb", daemon=True)
        self._process.start()
        theirs.close()
        return self._pipe

    def close(self) -> None:
        """End the process, whatever it does; may be called twice."""
        self._closed = True
        if self._process is not None:
            self._process.terminate()
            self._process.join(_JOIN_S)

    def __enter__(self) -> GlbProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(pipe: Connection, export: Exporter) -> None:
    """The other process: one GLB for every message, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which then ends this process
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            pipe.send_bytes(_DONE + export(np.frombuffer(message, np.float32, offset=1), message[:1] == _PAINTED))
        except FaceliveError as error:
            pipe.send_bytes(_FAILED + str(error).encode())
