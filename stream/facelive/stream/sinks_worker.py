"""What all sinks for other programs share: a thread of their own, the newest frame only, and figures.

The live loop hands a frame over and goes on. A receiver that is not there, is slow or fails costs it nothing.
"""

from __future__ import annotations

import logging
import socket
import threading

from facelive.errors import UsageError
from facelive.stream.frame import Face, Frame
from facelive.stream.latest_slot import LatestSlot
from facelive.stream.layout import Layout
from facelive.stream.state import Avatar, Event

logger = logging.getLogger("facelive.stream")
_WAIT_S = 0.25
_JOIN_S = 0.8


class WorkerSink:
    """A ``Sink`` that delivers in a thread of its own. Subclasses say how; identity does not travel this way."""

    name = "sink"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.delivered = 0
        """Frames handed to the receiver."""
        self.failed = 0
        """Frames that could not be handed over."""
        self._slot: LatestSlot[Frame] = LatestSlot()
        self._stop = threading.Event()
        self._ending = threading.Lock()
        self._ended = False
        self._left_alone = False
        self._thread = threading.Thread(target=self._run, name=f"facelive-{self.name}", daemon=True)

    def start(self) -> None:
        """Called by the subclass when all is ready."""
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Frames that a newer one has replaced."""
        return self._slot.dropped

    def send(self, frame: Frame) -> None:
        """Hand a frame over; never waits."""
        if frame.faces:
            self._slot.put(frame)

    def send_avatar(self, avatar: Avatar) -> None:
        """Not part of these protocols."""

    def send_event(self, event: Event) -> None:
        """Not part of these protocols."""

    def close(self) -> None:
        """End the thread; may be called twice."""
        self._stop.set()
        self._slot.close()
        started = self._thread.ident is not None
        if started and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
        with self._ending:
            # A thread that is held up (by a slow receiver, or on a machine under load) frees everything itself.
            self._left_alone = started and not self._ended
        if not self._left_alone:
            self.release()

    def release(self) -> None:
        """Free what the subclass holds; may be called twice."""

    def deliver(self, frame: Frame, face: Face) -> bool:
        """Hand a frame's main person to the receiver; whether it took it. Runs on the sink's thread."""
        raise NotImplementedError

    def _run(self) -> None:
        try:
            self._deliver_all()
        finally:
            with self._ending:
                self._ended = True
            if self._left_alone:
                self.release()

    def _deliver_all(self) -> None:
        told = False
        while not self._stop.is_set():
            frame = self._slot.take(_WAIT_S)
            if frame is None:
                continue
            try:
                taken = self.deliver(frame, frame.faces[0])
            except Exception:
                # A fault in a side show must not end it for good, nor fill the log: it is told once.
                taken = False
                if not told:
                    logger.exception("%s: a frame could not be delivered", self.name)
                    told = True
            if taken:
                self.delivered += 1
            else:
                self.failed += 1


class DatagramSink(WorkerSink):
    """A sink that sends UDP datagrams; a host that is not there is no error."""

    def __init__(self, layout: Layout, host: str, port: int) -> None:
        """Raises UsageError if the host is unknown or the port is none."""
        super().__init__(layout)
        if not 1 <= port <= 65535:
            raise UsageError(f"{port} is no UDP port")
        try:
            family, kind, protocol, _, self.address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise UsageError(f"{self.name}: the host {host!r} is unknown: {error.strerror}") from error
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)

    def post(self, datagram: bytes) -> bool:
        """Send it, if it can go out at once; whether it did."""
        try:
            self._socket.sendto(datagram, self.address)
        except OSError:
            # Nobody listens, no route, or the queue of the network card is full: the next frame comes soon.
            return False
        return True

    def release(self) -> None:
        self._socket.close()
