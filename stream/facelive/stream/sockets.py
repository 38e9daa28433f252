"""A ZeroMQ context with its sockets, opened and closed together: nothing is left open after a half-failed start."""

from __future__ import annotations

import logging
from typing import Any

import zmq

from facelive.stream.packet import MAXIMUM_MESSAGE

logger = logging.getLogger("facelive.stream")

# A context with a socket that a stuck thread still owns can neither be ended nor collected without waiting for ever.
_abandoned: list[zmq.Context[Any]] = []


class SocketGroup:
    """Sockets that share a context of their own. LINGER 0: what could not go out in time is worth nothing later."""

    def __init__(self) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self._sockets: list[zmq.Socket[Any]] = []

    def socket(self, kind: int, *, maximum_bytes: int = MAXIMUM_MESSAGE) -> zmq.Socket[Any]:
        """A new socket; a peer that sends a larger message is dropped."""
        socket = self.context.socket(kind)
        self._sockets.append(socket)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, maximum_bytes)
        return socket

    def close(self, *, threads_ended: bool = True) -> None:
        """Close all sockets and end the context; may be called twice.

        threads_ended: False if a thread that uses one of the sockets did not end: then they are left to the process.
        """
        if not threads_ended:
            logger.warning("a thread of the stream did not end in time; its sockets stay open until the process ends")
            _abandoned.append(self.context)
            return
        for socket in self._sockets:
            socket.close(0)
        self._sockets.clear()
        self.context.term()
