"""What a live run did, in figures."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facelive.errors import FileError
from facelive.files import replacing

STAGES = ("decode", "track", "encode", "refine", "lock", "filter", "publish")


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The figures of one run. ``to_json`` has exactly the keys that the command line promises."""

    frames: int
    """Frames that the pipeline took (dropped ones are not among them)."""
    frames_with_face: int
    """Frames in which at least one face was tracked."""
    packets: int
    """Parameter packets sent (several faces send several; a face that was lost sends while it eases to neutral)."""
    fps: float
    """Frames per second of wall clock, after start-up."""
    cpu_ms_per_frame: float
    """Process CPU of the whole program per frame after start-up, decoding apart."""
    stage_ms: dict[str, float]
    """Mean wall-clock milliseconds per frame by stage; "decode" runs beside the others, in its own thread."""
    age_ms: dict[str, float]
    """Capture to publish: p50, p95, p99."""
    dropped: int = 0
    """Frames that came while another was worked on (not in the JSON)."""
    first_packet_ms: float = 0.0
    """From the start of ``run_live`` to the first packet; 0 if none was sent (not in the JSON)."""
    notices: tuple[str, ...] = field(default=())
    """What a person should know: "the file ends after 120 of 250 frames" (not in the JSON)."""

    def to_json(self) -> dict[str, Any]:
        """The promised keys."""
        return {
            "frames": self.frames,
            "frames_with_face": self.frames_with_face,
            "packets": self.packets,
            "fps": round(self.fps, 2),
            "cpu_ms_per_frame": round(self.cpu_ms_per_frame, 3),
            "stage_ms": {name: round(value, 3) for name, value in self.stage_ms.items()},
            "age_ms": {name: round(value, 3) for name, value in self.age_ms.items()},
        }

    def save(self, path: Path) -> None:
        """Write the JSON, atomically. Raises FileError if that is not possible."""
        try:
            write_json(path, self.to_json())
        except OSError as error:
            raise FileError(f"cannot write the figures to {path}: {error.strerror}") from error


def check_place(path: Path) -> None:
    """Whether a file can be written there, before hours of work are lost for it. Makes the folder. Raises FileError."""
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder: give a file's name")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".tmp"):
            pass
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error


def write_json(path: Path, data: object) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
