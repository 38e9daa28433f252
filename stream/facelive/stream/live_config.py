"""What a live run can be told. Frozen dataclasses; the command line is made from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from facelive.errors import UsageError
from facelive.stream.one_euro import OneEuroConfig

Backend = Literal["auto", "openvino", "onnxruntime", "torch", "tensorrt", "tensorrt-rtx"]
Precision = Literal["auto", "fp32", "fp16", "int8"]
Pace = Literal["source", "max"]
RefinerName = Literal["geometry", "redraw", "imitator"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterConfig:
    """Smoothing per group of parameters (One Euro, Casiez et al., CHI 2012); left and right are never pooled."""

    enabled: bool = True
    """False passes the encoder's values on as they are."""
    mouth: OneEuroConfig = field(default_factory=lambda: OneEuroConfig(min_cutoff_hz=0.7, beta=9.0))
    """Jaw, mouth, cheeks, nose, tongue."""
    brows: OneEuroConfig = field(default_factory=lambda: OneEuroConfig(min_cutoff_hz=0.6, beta=4.0))
    """Brows move slowly and their noise is seen at once; they have the most of all shapes (docs/log.md)."""
    blinks: OneEuroConfig = field(default_factory=lambda: OneEuroConfig(min_cutoff_hz=2.0, beta=16.0))
    """Nearly unfiltered: a blink is over in 150 ms."""
    eyes: OneEuroConfig = field(default_factory=lambda: OneEuroConfig(min_cutoff_hz=0.7, beta=9.0))
    """Lids (look, squint, wide) and the gaze."""
    rotation: OneEuroConfig = field(default_factory=lambda: OneEuroConfig(min_cutoff_hz=1.2, beta=8.0))
    """Head angles, rad."""
    position: OneEuroConfig = field(default_factory=lambda: OneEuroConfig(min_cutoff_hz=0.8, beta=12.0))
    """Head position, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackerConfig:
    """When a face counts as seen, and when MediaPipe looks again."""

    faces: int = 1
    """At most so many faces; each keeps its id."""
    search_hz: float = 8.0
    """How often MediaPipe looks while no face is there (every frame for the first second)."""
    more_hz: float = 1.0
    """How often MediaPipe looks for further faces while some, but fewer than ``faces``, are tracked."""
    recheck_s: float = 5.0
    """A tracked face is looked at by MediaPipe at least this often; 0 switches that off."""
    minimum_presence: float = 0.5
    """The encoder's confidence that the crop shows a face; below it MediaPipe decides at once."""
    maximum_disagreement: float = 0.16
    """Distance of the encoder's landmarks from those of its own parameters, in outer eye distances."""
    hold_s: float = 0.3
    """A lost face keeps its last expression for so long."""
    ease_s: float = 0.7
    """Then it goes to neutral within this time."""
    search_side: int = 384
    """MediaPipe sees the picture scaled down to this longer side, pixels."""

    def __post_init__(self) -> None:
        if not (0.0 < self.search_hz < math.inf and 0.0 < self.more_hz < math.inf):
            raise UsageError("--tracker.search-hz and --tracker.more-hz must be above 0")
        if not all(0.0 <= value < math.inf for value in (self.recheck_s, self.hold_s, self.ease_s)):
            raise UsageError("--tracker.recheck-s, --tracker.hold-s and --tracker.ease-s are numbers from 0 on")
        if self.search_side < 64:
            raise UsageError("--tracker.search-side must be at least 64 pixels")


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveConfig:
    """One live run: where pictures come from, what is done with them, where the parameters go."""

    source: str = "auto"
    """Camera index or name, file, image folder, rtsp:// address, "performance"; "auto": first camera, else that."""
    pace: Pace = "source"
    """"source" keeps a file's own time and drops late frames; "max" takes every frame, as fast as they go."""
    threads: int = 1
    """Threads of the encoder."""
    fps: float = 0.0
    """At most so many frames a second; 0 is no cap."""
    seconds: float = 0.0
    """End after so many seconds; 0 runs until the source ends or Ctrl-C."""
    camera_width: int = 640
    """Asked of a camera, pixels."""
    camera_height: int = 480
    """Asked of a camera, pixels."""
    camera_fps: float = 30.0
    """Asked of a camera; also the speed of an image folder."""
    backend: Backend = "auto"
    """What runs the encoder."""
    precision: Precision = "auto"
    """"auto" takes int8 on a CPU where the weights have it."""
    encoder: Path | None = None
    """Another encoder (ONNX); None is the one that ships with the package."""
    recognition: bool = True
    """Let recognition features have a say in who the avatar looks like; --no-recognition leaves it to the encoder."""
    translator: Path | None = None
    """Another translator (ONNX) of recognition features; None is the one that ships with the package."""
    landmarker: Path | None = None
    """Another MediaPipe face_landmarker.task; None is the one that ships with the package."""
    schema: Path | None = None
    """schema.json of a character of your own, with an ``encoder`` made for it; None is the built-in head."""
    refine: int = 0
    """Refine the encoder's answer by at most so many steps a frame; 0 is off."""
    budget_ms: float = 20.0
    """What a frame may spend on refining. What takes longer is done beside the frames, at its own rate."""
    refiner: RefinerName = "redraw"
    """"redraw": draw the answer, look at the drawing and take back what was wrong, beside the frames on a second core;
    "geometry": landmarks alone, a millisecond a step; "imitator" (needs torch): landmarks and facial content."""
    imitator: Path | None = None
    """Imitator weights for --refiner imitator; None is the one that ships."""
    mirror: bool = False
    """Swap left and right, as a mirror does."""
    link_blinks: bool = False
    """Both eyes close together (the mean of both)."""
    user: str = "default"
    """Whose neutral calibration is loaded and saved."""
    calibrate: bool = False
    """Take the first second of tracked frames as the neutral face and save it for ``user``."""
    field_of_view_deg: float = 60.0
    """Horizontal field of view that distances are computed with."""
    filters: FilterConfig = field(default_factory=FilterConfig)
    """Smoothing."""
    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    """Acquisition and loss."""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise UsageError("--threads must be at least 1")
        if self.tracker.faces < 1:
            raise UsageError("--tracker.faces must be at least 1")
        if not 10.0 <= self.field_of_view_deg <= 150.0:
            raise UsageError("--field-of-view-deg must lie between 10 and 150")
        if self.refine < 0 or self.budget_ms <= 0.0:
            raise UsageError("--refine cannot be negative, and --budget-ms must be above 0")
        if self.imitator is not None and not (self.refine and self.refiner == "imitator"):
            raise UsageError("--imitator is used with --refine N --refiner imitator only")
        if not (0.0 <= self.fps < math.inf and 0.0 <= self.seconds < math.inf):
            raise UsageError("--fps and --seconds are numbers from 0 on")
        if not (0.0 < self.camera_fps < math.inf and self.camera_width > 0 and self.camera_height > 0):
            raise UsageError("--camera-fps, --camera-width and --camera-height must be above 0")
