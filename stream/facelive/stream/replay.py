"""Playing a recording to a sink, as if it were live: same order, same gaps, new time stamps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from facelive.errors import UsageError
from facelive.stream.clock import now_ns
from facelive.stream.frame import Frame, FrameFlag
from facelive.stream.recording import Recording
from facelive.stream.sinks import Sink
from facelive.stream.state import Avatar

Pace = Literal["source", "max"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayConfig:
    """How to play."""

    pace: Pace = "source"
    """``source`` keeps the recorded times; ``max`` sends every frame as fast as they go."""
    speed: float = 1.0
    """2 plays twice as fast; only with pace ``source``."""
    loop: bool = False
    """Begin again at the end, until stopped."""

    def __post_init__(self) -> None:
        if not 0.01 <= self.speed <= 100.0:
            raise UsageError("--speed must lie between 0.01 and 100")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplaySummary:
    """What was played."""

    frames: int
    rounds: int
    """How often the recording was played to its end."""
    seconds: float
    problem: str
    """What the recording says about itself if it is damaged, else empty."""


def replay(
    recording: Recording,
    sink: Sink,
    config: ReplayConfig = ReplayConfig(),
    *,
    stop: threading.Event | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> ReplaySummary:
    """Play a recording; a frame that is due is sent, however late the one before was: time never drifts.

    stop: ends it within the time of one frame. on_frame: called with the number of frames sent so far.
    Raises UsageError if the recording holds no frame.
    """
    stop = stop or threading.Event()
    started_ns = now_ns()
    frames = rounds = 0
    while not stop.is_set():
        before = frames
        frames = _play_once(recording, sink, config, stop, frames, on_frame)
        if frames == before and not stop.is_set():
            raise UsageError(f"{recording.path} holds no frame")
        rounds += not stop.is_set()
        if not config.loop:
            break
    return ReplaySummary(frames=frames, rounds=rounds, seconds=(now_ns() - started_ns) / 1e9, problem=recording.problem)


def _play_once(
    recording: Recording,
    sink: Sink,
    config: ReplayConfig,
    stop: threading.Event,
    frames: int,
    on_frame: Callable[[int], None] | None,
) -> int:
    origin_ns = now_ns()
    for at_ns, item in recording.timed():
        if config.pace == "source":
            wait_ns = origin_ns + int(at_ns / config.speed) - now_ns()
            if wait_ns > 0:
                stop.wait(wait_ns / 1e9)
        if stop.is_set():
            break
        if isinstance(item, Frame):
            sink.send(restamp(item))
            frames += 1
            if on_frame is not None:
                on_frame(frames)
        elif isinstance(item, Avatar):
            sink.send_avatar(item)
        else:
            sink.send_event(replace(item, at_ns=0))
    return frames


def restamp(frame: Frame) -> Frame:
    """The frame as if it were made now, as old as it was when it was published: a reader's age stays true."""
    shift_ns = now_ns() - frame.published_ns
    return replace(
        frame,
        captured_ns=frame.captured_ns + shift_ns,
        inferred_ns=frame.inferred_ns + shift_ns,
        flags=(frame.flags | FrameFlag.REPLAY) & ~FrameFlag.RESENT,
    )
