"""Figures of the run while it runs, for a terminal or a page."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveStats:
    """A snapshot, about twice a second."""

    source: str
    """What is read: "camera 0: HD Webcam", "clip.mp4"."""
    state: str
    """"starting", "searching", "tracked", "held", "lost", "no camera" or "ended"."""
    seconds: float
    """Since the first frame."""
    frames: int
    """Frames taken so far."""
    dropped: int
    """Frames that came while another was worked on."""
    packets: int
    """Packets sent so far."""
    faces: int
    """Faces tracked now."""
    fps: float
    """Over the last second or so."""
    cpu_ms_per_frame: float
    """Process CPU per frame over the last second or so, decoding apart."""
    age_ms: float
    """Capture to publish of the newest frame."""
    stage_ms: dict[str, float] = field(default_factory=dict)
    """Wall-clock ms per frame by stage over the last second or so."""
    notice: str = ""
    """The newest line for a person: "no face for a minute: is the lens covered?"; empty if there is none."""
    calibrating: bool = False
    """A neutral calibration is being taken."""
    address: str = ""
    """Where the parameters go."""
