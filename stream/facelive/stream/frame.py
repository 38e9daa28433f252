"""What travels: a ``Frame`` (one instant of the stream) with a ``Face`` for everybody in the picture.

A frame holds all faces: one message is one instant, and a reader that keeps only the newest message loses nobody.
Suffixes: E expression parameters of the schema, P all parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from facelive.errors import NoFaceError, SchemaError

Weights = NDArray[np.float32]
Quaternion = tuple[float, float, float, float]
Point = tuple[float, float, float]
Gaze = tuple[float, float, float, float]


class FrameFlag(IntFlag):
    """Bits of a whole frame. Readers ignore bits that they do not know."""

    RESENT = 1
    """The last frame again, for somebody who has just subscribed: its age means nothing."""
    REPLAY = 2
    """From a recording, not from a live face."""


class FaceFlag(IntFlag):
    """Bits of one face. Of TRACKED, HELD and LOST exactly one is set. Readers ignore bits that they do not know."""

    TRACKED = 1
    """Seen in this very frame."""
    HELD = 2
    """Not seen just now; the last values are held (about 0.3 s)."""
    LOST = 4
    """Gone: the values ease to neutral and then stay there until the face is dropped or found again."""
    CALIBRATING = 8
    """The neutral face is being learnt: values are not yet final."""
    REFINED = 16
    """A refiner has made the answer fit this very frame better."""
    MIRRORED = 32
    """Left and right were exchanged before publishing."""
    LOCKED = 64
    """The identity of this face is settled."""


class Expression(Mapping[str, float]):
    """(E,) weights by name, without a dict per frame: ``expression["jawOpen"]``. ``weights`` is the array."""

    __slots__ = ("_index", "weights")

    def __init__(self, weights: Weights, index: Mapping[str, int]) -> None:
        self.weights = weights
        self._index = index

    def __getitem__(self, name: str) -> float:
        return float(self.weights[self._index[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        return f"Expression({dict(self)!r})"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Face:
    """One person at one instant. Angles and axes as in docs/architecture.md."""

    face_id: int
    """Stable while the person stays in the picture; 0 .. 2**32 - 1."""
    weights: Weights
    """(E,) float32: the schema's expression group, in order."""
    flags: FaceFlag = FaceFlag.TRACKED
    confidence: float = 1.0
    """How sure the tracker is of this face, 0 .. 1."""
    rotation: Quaternion = (0.0, 0.0, 0.0, 1.0)
    """Head rotation, unit quaternion x, y, z, w."""
    translation: Point = (0.0, 0.0, 0.0)
    """headX, headY, headZ in metres."""
    gaze: Gaze = (0.0, 0.0, 0.0, 0.0)
    """Left yaw, left pitch, right yaw, right pitch in radians, relative to the head."""
    avatar_revision: int = 0
    """The revision of this face's ``Avatar``; 0 while none has been published."""
    index: Mapping[str, int] | None = None
    """Name -> position in ``weights``; shared by all frames of a schema. Not on the wire; a receiver fills it in."""

    @property
    def expression(self) -> Expression:
        """The weights by name. Raises SchemaError when the schema of this face is not known."""
        if self.index is None:
            raise SchemaError("the names of this face's expression are unknown: decode it with its schema")
        return Expression(self.weights, self.index)

    @property
    def tracked(self) -> bool:
        """Seen in this very frame."""
        return bool(self.flags & FaceFlag.TRACKED)

    @property
    def lost(self) -> bool:
        """Gone; the values are neutral or on their way there."""
        return bool(self.flags & FaceFlag.LOST)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Face):
            return NotImplemented
        return self._plain() == other._plain() and np.array_equal(self.weights, other.weights)

    __hash__ = None  # type: ignore[assignment]

    def _plain(self) -> tuple[object, ...]:
        return (
            self.face_id, self.flags, self.confidence, self.rotation, self.translation, self.gaze,
            self.avatar_revision,
        )  # fmt: skip


_NO_FLAG = FrameFlag(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One instant of the stream. A live loop fills the first four fields, the publisher the rest.

    All times are nanoseconds of the publisher's ``time.perf_counter_ns``, named by ``clock_id``.
    """

    captured_ns: int
    """When the picture was taken (or read)."""
    inferred_ns: int
    """When its values were ready."""
    faces: tuple[Face, ...]
    """Everybody, the main person first. A live stream has at least one: LOST and neutral when nobody is there."""
    flags: FrameFlag = _NO_FLAG
    published_ns: int = 0
    """When it was handed to the socket."""
    sequence: int = 0
    """Counts published frames from 1; a gap means frames that this reader did not get."""
    schema_hash: int = 0
    stream_id: int = 0
    """Random per publisher: another number means that the publisher was started again."""
    clock_id: int = 0
    """Names the clock of the times: equal on one machine since it was started (see ``clock.py``)."""
    received_ns: int = field(default=0, compare=False)
    """When it arrived, on the reader's own clock; 0 outside a receiver. Not on the wire."""
    clock_offset_ns: int | None = field(default=None, compare=False)
    """Publisher's clock minus reader's clock; None while unknown. Not on the wire."""

    @property
    def face(self) -> Face:
        """The main person. Raises NoFaceError if the frame is empty."""
        if not self.faces:
            raise NoFaceError("this frame shows nobody: look at frame.faces first")
        return self.faces[0]

    @property
    def expression(self) -> Expression:
        """The main person's expression by name. Raises as ``face`` and ``Face.expression``."""
        return self.face.expression

    @property
    def age_ms(self) -> float | None:
        """From capture to arrival here, in ms; None while the clocks are not compared, or for a frame sent again."""
        return self._since(self.captured_ns)

    @property
    def transport_ms(self) -> float | None:
        """From publishing to arrival here, in ms; None as ``age_ms``."""
        return self._since(self.published_ns)

    def _since(self, then_ns: int) -> float | None:
        if self.clock_offset_ns is None or not self.received_ns or self.flags & FrameFlag.RESENT:
            return None
        return (self.received_ns + self.clock_offset_ns - then_ns) / 1e6
