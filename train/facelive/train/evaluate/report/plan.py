"""What a report holds: what stands beside the encoder, and which faces a column is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facelive.stream.live_config import RefinerName
from facelive.train.evaluate.report.faces import Outputs

if TYPE_CHECKING:
    from facelive.likeness.fit import Tools


@dataclass(frozen=True, kw_only=True)
class ReportConfig:
    """What stands beside the encoder."""

    refine: int = 3
    """Steps of refinement; 0 leaves the column out."""
    refiner: RefinerName = "redraw"
    imitator: Path | None = None
    parser: Path | None = None
    """Of the refiner, and measured itself; None: the one that ships, if any."""
    also: Path | None = None
    """Another encoder file."""
    fit: int = 0
    """So many photos and so many renders are fitted in full."""
    fit_seconds: float = 20.0
    """For each."""
    fit_minutes: float | None = None
    """For all that earlier runs left to do."""
    tools: Tools | None = None
    """The networks of the fit; None: no fit."""
    tool_weights: tuple[Path, ...] = ()
    """The files they came from."""
    renders: int = 24
    """Held-out rendered people; 0 leaves them out."""
    frames: int = 12
    """Pictures of each of them."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Some faces, and what each method said about them."""

    title: str
    photos: tuple[int, ...]
    renders: tuple[int, ...]
    methods: tuple[tuple[str, str], ...]
    """Key and title of each column."""
    photo_answers: dict[str, list[Outputs]]
    render_answers: dict[str, list[Outputs]]
