"""One slot between a thread and an event loop: the newest value wins, and who puts never waits."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Latest(Generic[Value]):
    """Values come from any thread; readers are coroutines of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._newest: tuple[int, Value | None] = (0, None)
        self._waiting: set[asyncio.Future[None]] = set()

    def put(self, value: Value) -> None:
        """Replace the value; microseconds."""
        self._newest = (self._newest[0] + 1, value)
        # No reader, no wake-up. A reader that joins after this look finds the new value by itself.
        if self._waiting and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._wake)
            except RuntimeError:
                return  # the loop was closed between the look and the call: nobody is left to be told

    @property
    def newest(self) -> Value | None:
        """The value now; None before the first."""
        return self._newest[1]

    async def after(self, seen: int) -> tuple[int, Value]:
        """The newest value and its number as soon as that is greater than ``seen``."""
        while True:
            future: asyncio.Future[None] = self._loop.create_future()
            self._waiting.add(future)
            try:
                number, value = self._newest
                if number > seen and value is not None:
                    return number, value
                await future
            finally:
                self._waiting.discard(future)

    def _wake(self) -> None:
        for future in tuple(self._waiting):
            if not future.done():
                future.set_result(None)
