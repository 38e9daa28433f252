"""The status port's thread: heartbeat, schema, avatars and events; nothing is conflated."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import zmq

_POLL_MS = 25
_QUEUE = 1024
_SUBSCRIPTIONS_AT_ONCE = 100
_JOIN_S = 0.8


class StatusService:
    """Owns the status socket while its thread runs.

    standing: what a newcomer must know. heartbeat: the heartbeat message of now. tick: called every round.
    """

    def __init__(
        self,
        socket: zmq.Socket[Any],
        *,
        standing: Callable[[], tuple[bytes, ...]],
        heartbeat: Callable[[], bytes],
        tick: Callable[[], None],
        heartbeat_s: float,
    ) -> None:
        self._socket = socket
        self._standing = standing
        self._heartbeat = heartbeat
        self._tick = tick
        self._heartbeat_s = heartbeat_s
        # The oldest fall out if the thread starves; the live loop never waits for room.
        self._queue: deque[bytes] = deque(maxlen=_QUEUE)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facelive-status", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, message: bytes) -> None:
        """Send a message soon; from any thread."""
        self._queue.append(message)

    def stop(self) -> bool:
        """End the thread; whether it has ended. May be called twice, and before ``start``."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            newcomers = bool(self._socket.poll(_POLL_MS)) and self._hear_subscriptions()
            self._tick()
            # Standing messages first: a posted avatar is already among them and may come twice, but never too early.
            if newcomers:
                for message in self._standing():
                    self._send(message)
            self._send_queue()
            if newcomers or time.monotonic() >= due:
                self._send(self._heartbeat())
                due = time.monotonic() + self._heartbeat_s
        self._send_queue()

    def _hear_subscriptions(self) -> bool:
        came = False
        for _ in range(_SUBSCRIPTIONS_AT_ONCE):
            try:
                came = self._socket.recv(zmq.NOBLOCK)[:1] == b"\x01" or came
            except zmq.Again:
                break
        return came

    def _send_queue(self) -> None:
        while self._queue:
            self._send(self._queue.popleft())

    def _send(self, message: bytes) -> None:
        self._socket.send(message, zmq.NOBLOCK)
