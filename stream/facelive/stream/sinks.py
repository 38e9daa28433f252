"""Where frames go. The publisher is one sink; others (VMC, a file) join behind the same interface."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from facelive.stream.frame import Frame
from facelive.stream.state import Avatar, Event


class Sink(Protocol):
    """Takes what the live loop makes. No method blocks: what cannot go out now is dropped and counted."""

    def send(self, frame: Frame) -> None:
        """One instant with all its faces."""
        ...

    def send_avatar(self, avatar: Avatar) -> None:
        """Somebody's identity, when it is first known and when it changes."""
        ...

    def send_event(self, event: Event) -> None:
        """Something happened."""
        ...

    def close(self) -> None:
        """Ends all threads and frees everything; may be called twice."""
        ...


class FanOut:
    """Several sinks as one. Closing closes them all, even if one of them fails; the first failure is raised."""

    def __init__(self, *sinks: Sink) -> None:
        self.sinks = sinks

    def send(self, frame: Frame) -> None:
        for sink in self.sinks:
            sink.send(frame)

    def send_avatar(self, avatar: Avatar) -> None:
        for sink in self.sinks:
            sink.send_avatar(avatar)

    def send_event(self, event: Event) -> None:
        for sink in self.sinks:
            sink.send_event(event)

    def close(self) -> None:
        failure: Exception | None = None
        for sink in self.sinks:
            try:
                sink.close()
            except Exception as error:  # noqa: BLE001 raised below
                failure = failure or error
        if failure is not None:
            raise failure

    def __enter__(self) -> FanOut:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
