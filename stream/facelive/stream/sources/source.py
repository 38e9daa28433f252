"""What every source of pictures offers, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Vector

Picture = NDArray[np.uint8]
"""(H, W, 3) uint8 BGR."""


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One picture (or, from the built-in performance, the parameters that a picture would have given)."""

    media_ns: int
    """The source's own time: presentation time of a file, capture time of a camera. Filters use it."""
    captured_ns: int
    """``time.perf_counter_ns`` when it was read."""
    image: Picture | None = None
    parameters: Vector | None = None
    """(P,) float32; instead of an image."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing now, but perhaps later: a camera was pulled out."""

    reason: str
    """For a person."""
    wait_s: float
    """Ask again after this time."""


class Source(Protocol):
    """Where pictures come from. A context manager; read by one thread."""

    @property
    def name(self) -> str:
        """For a person: "camera 0: HD Webcam", "clip.mp4"."""
        ...

    @property
    def live(self) -> bool:
        """Whether pictures come at their own time (a camera); a file waits to be asked."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """Lines for a person that reading has given rise to."""
        ...

    def read(self) -> SourceFrame | Gap | None:
        """The next picture; None at the end. May block for about a frame time. Raises SourceError."""
        ...

    def close(self) -> None:
        """Release the device or file; may be called twice."""
        ...

    def __enter__(self) -> Source: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SourceBase:
    """The part that all sources share."""

    live = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.notices: tuple[str, ...] = ()

    def read(self) -> SourceFrame | Gap | None:
        raise NotImplementedError

    def close(self) -> None:
        """Release the device or file; may be called twice."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
