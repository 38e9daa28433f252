"""Live: sources, tracker, pipeline, filters; packet, publisher, receiver; recording and replay.

The names below are the public API of the wire; they are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelive.stream.control import ControlHandler
    from facelive.stream.control_client import ControlClient
    from facelive.stream.csv_export import export_csv
    from facelive.stream.frame import Expression, Face, FaceFlag, Frame, FrameFlag
    from facelive.stream.keys import CurveClient, CurveServer, generate_keys
    from facelive.stream.layout import Layout
    from facelive.stream.publisher import Publisher, PublisherConfig
    from facelive.stream.receiver import Receiver
    from facelive.stream.recording import Recording
    from facelive.stream.recording_writer import RecordingWriter, record_stream
    from facelive.stream.replay import ReplayConfig
    from facelive.stream.sinks import Sink
    from facelive.stream.state import Avatar, Event, StreamState

_HOMES = {
    "Avatar": "state", "ControlClient": "control_client", "ControlHandler": "control", "CurveClient": "keys",
    "CurveServer": "keys", "Event": "state", "Expression": "frame", "Face": "frame", "FaceFlag": "frame",
    "Frame": "frame", "FrameFlag": "frame", "Layout": "layout", "Publisher": "publisher",
    "PublisherConfig": "publisher", "Receiver": "receiver", "Recording": "recording",
    "RecordingWriter": "recording_writer", "ReplayConfig": "replay", "Sink": "sinks", "StreamState": "state",
    "export_csv": "csv_export", "generate_keys": "keys", "record_stream": "recording_writer",
}  # fmt: skip
__all__ = [
    "Avatar", "ControlClient", "ControlHandler", "CurveClient", "CurveServer", "Event", "Expression", "Face",
    "FaceFlag", "Frame", "FrameFlag", "Layout", "Publisher", "PublisherConfig", "Receiver", "Recording",
    "RecordingWriter", "ReplayConfig", "Sink", "StreamState", "export_csv", "generate_keys", "record_stream",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
