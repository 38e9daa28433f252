"""One slot between the thread that reads pictures and the one that works on them. Latest wins; there is no queue."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class LatestSlot(Generic[Item]):
    """Holds at most one item. ``put`` replaces what was not taken; ``put_next`` waits until it was.

    With a queue, a source that is faster than the worker makes every frame older than the last (694 ms after some
    seconds at 30 fps against 50 ms of work); with one slot the age stays at the time of one frame.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Items that were replaced before anyone took them."""
        return self._dropped

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, item: Item) -> None:
        """Latest wins: replace what has not been taken. Ignored when closed."""
        with self._changed:
            if self._closed:
                return
            if self._item is not None:
                self._dropped += 1
            self._item = item
            self._changed.notify_all()

    def put_next(self, item: Item) -> bool:
        """Every item counts: wait until the last one was taken. False if the slot was closed meanwhile."""
        with self._changed:
            while self._item is not None and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self._item = item
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> Item | None:
        """The item, as soon as there is one; None after the timeout, or when closed and empty."""
        with self._changed:
            if self._item is None and not self._closed:
                self._changed.wait(timeout_s)
            item, self._item = self._item, None
            if item is not None:
                self._changed.notify_all()
            return item

    def close(self, *, discard: bool = False) -> None:
        """No more items; whoever waits wakes up. What lies there can still be taken unless ``discard``."""
        with self._changed:
            self._closed = True
            if discard:
                self._item = None
            self._changed.notify_all()
