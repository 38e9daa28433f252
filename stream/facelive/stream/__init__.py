"""Live: sources, tracker, pipeline, filters; packet, publisher, receiver; recording and replay.

The names below are the public API of the wire; they are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelive.stream.frame import Expression, Face, FaceFlag, Frame, FrameFlag
    from facelive.stream.publisher import Publisher, PublisherConfig
    from facelive.stream.state import Avatar, Event, StreamState

_HOMES = {
    "Avatar": "state", "Event": "state", "StreamState": "state",
    "Expression": "frame", "Face": "frame", "FaceFlag": "frame", "Frame": "frame", "FrameFlag": "frame",
    "Publisher": "publisher", "PublisherConfig": "publisher",
}  # fmt: skip
__all__ = [
    "Avatar", "Event", "Expression", "Face", "FaceFlag", "Frame", "FrameFlag", "Publisher", "PublisherConfig",
    "StreamState",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
