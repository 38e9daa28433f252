"""What changes seldom and travels on the status port: who somebody is, what happened, how the stream is doing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Group

EventKind = Literal["found", "lost", "calibrated", "source", "recording", "ended"]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
AVATAR_GROUPS: tuple[Group, ...] = ("identity", "style", "colour")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Avatar:
    """Who one face is: all that stays. Suffix A: the parameters of the groups identity, style and colour."""

    face_id: int
    """The face it belongs to; 0 .. 2**32 - 1."""
    revision: int
    """Counts the changes of this face's avatar from 1; every frame names the revision that it goes with."""
    values: NDArray[np.float32]
    """(A,) float32: the schema's parameters of ``AVATAR_GROUPS``, in the order of the schema. Styles are one-hot."""
    locked: bool = False
    """The identity is settled; before that it may still be refined."""
    confidence: float = 1.0
    """0 .. 1."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Avatar):
            return NotImplemented
        mine = (self.face_id, self.revision, self.locked, self.confidence)
        theirs = (other.face_id, other.revision, other.locked, other.confidence)
        return mine == theirs and np.array_equal(self.values, other.values)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened once."""

    kind: str
    """One of ``EVENT_KINDS``; a newer publisher may say others, readers ignore what they do not know."""
    face_id: int | None = None
    """Whose; None if it concerns the stream."""
    text: str = ""
    """For a person to read."""
    at_ns: int = 0
    """When, on the publisher's clock; 0 lets the publisher fill it in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamState:
    """How the stream is doing; sent once a second as the heartbeat. What is not known stays at its default."""

    phase: str = "starting"
    """``starting``, ``searching``, ``tracked``, ``held``, ``lost``, ``no camera``, ``paused`` or ``ended``."""
    source: str = ""
    """What is read: ``camera 0: HD Webcam``, ``clip.mp4``."""
    fps: float = 0.0
    """Over the last second or so."""
    frames: int = 0
    """Frames taken."""
    dropped: int = 0
    """Frames that came while another was worked on."""
    packets: int = 0
    """Frames published; the publisher fills it in."""
    faces: tuple[int, ...] = ()
    """Ids of the faces tracked now."""
    cpu_ms_per_frame: float = 0.0
    age_ms: float = 0.0
    """Capture to publish of the newest frame."""
    stage_ms: dict[str, float] = field(default_factory=dict)
    """Wall-clock ms per frame by stage."""
    calibrating: bool = False
    recording: str = ""
    """Name of the recording that is being written; empty if none."""
    notice: str = ""
    """The newest line for a person."""
