"""What may be asked of a running stream over its control port, and the interface by which a live pipeline answers.

A pipeline implements ``ControlHandler`` and gives it to ``Publisher``. The methods run on the control thread, one at a
time: they must be thread-safe against the live loop and should return soon (hand the wish over, do not carry it out);
a slow one delays other control requests but never a frame. A ``UsageError`` becomes a refusal that the asker reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from facelive.errors import UsageError

_RECORDING_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Smoothing:
    """One Euro filter of one group of parameters."""

    group: str
    """A group that the pipeline knows (``FilterSettings.smoothing`` lists them): mouth, brows, blinks, ..."""
    min_cutoff_hz: float
    """Lower is smoother at rest; > 0."""
    beta: float
    """Higher follows fast movement more closely; >= 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterChange:
    """What to change; None and absent groups stay as they are. An empty change only reads."""

    enabled: bool | None = None
    mirror: bool | None = None
    link_blinks: bool | None = None
    smoothing: tuple[Smoothing, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterSettings:
    """The filters as they are now."""

    enabled: bool
    mirror: bool
    link_blinks: bool
    smoothing: tuple[Smoothing, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """One camera of the publisher's machine."""

    source: str
    """What ``select_camera`` takes: ``"0"``."""
    name: str
    width: int = 0
    """Pixels; 0 if unknown."""
    height: int = 0
    fps: float = 0.0
    selected: bool = False


class ControlHandler(Protocol):
    """What a pipeline offers. Raise ``UsageError`` (or another FaceliveError) to refuse."""

    def calibrate(self, *, clear: bool = False) -> None:
        """Take the coming second as the neutral face, or forget the calibration."""
        ...

    def change_filters(self, change: FilterChange) -> FilterSettings:
        """Change what is asked for; the settings after that."""
        ...

    def cameras(self) -> tuple[Camera, ...]:
        """What can be selected."""
        ...

    def select_camera(self, source: str) -> None:
        """Read from another camera: the ``Camera.source`` of one of ``cameras()``. Nothing else is to be accepted:
        a peer of the control port must not make the publisher open files or addresses."""
        ...

    def start_recording(self, name: str) -> str:
        """Record the stream under a plain name (already checked); the name of the file that is written."""
        ...

    def stop_recording(self) -> str:
        """Finish the recording; a line that says what it holds."""
        ...


class NoControl:
    """The handler of a stream that nobody can steer: refuses everything."""

    def __init__(self, reason: str = "this stream cannot be steered") -> None:
        self._reason = reason

    def calibrate(self, *, clear: bool = False) -> None:
        raise UsageError(self._reason)

    def change_filters(self, change: FilterChange) -> FilterSettings:
        raise UsageError(self._reason)

    def cameras(self) -> tuple[Camera, ...]:
        return ()

    def select_camera(self, source: str) -> None:
        raise UsageError(self._reason)

    def start_recording(self, name: str) -> str:
        raise UsageError(self._reason)

    def stop_recording(self) -> str:
        raise UsageError(self._reason)


def check_recording_name(name: str) -> str:
    """The name, if it is plain: letters, digits, ``._-``, no folder. Raises UsageError otherwise."""
    if not _RECORDING_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a recording: letters a to z, digits, dot, dash and underscore, no folder"
        )
    return name
