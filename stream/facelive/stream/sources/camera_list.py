"""Which cameras there are, by name, with the best resolution and rate that they say they have."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from facelive.errors import SourceError

_SYSFS = Path("/sys/class/video4linux")
_PROBED_INDICES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraInfo:
    """One camera of this machine."""

    index: int
    """What ``--source`` takes, and what OpenCV opens."""
    name: str
    """As the system calls it; on macOS and Windows "camera N"."""
    width: int = 0
    """Largest offered width, pixels; 0 if unknown."""
    height: int = 0
    fps: float = 0.0
    """Highest rate at that size; 0 if unknown."""

    @property
    def label(self) -> str:
        """Index, name and what it offers: ``0: HD Webcam (1280x720, 30 fps)``."""
        size = f" ({self.width}x{self.height}, {self.fps:g} fps)" if self.width else ""
        return f"{self.index}: {self.name}{size}"


def list_cameras(*, sysfs: Path = _SYSFS, devices: Path = Path("/dev")) -> tuple[CameraInfo, ...]:
    """The cameras of this machine. On Linux from the system's own list; elsewhere by trying the first few indices."""
    if sys.platform == "linux":
        return _linux_cameras(sysfs, devices)
    return _probed_cameras()


def find_camera(wanted: str, cameras: tuple[CameraInfo, ...]) -> CameraInfo | None:
    """The camera of an index or of (part of) a name, upper and lower case alike; None if no name fits.

    Raises SourceError if a part of a name fits several.
    """
    if wanted.isdecimal():
        return next((c for c in cameras if c.index == int(wanted)), None)
    lower = wanted.lower()
    exact = [c for c in cameras if c.name.lower() == lower]
    fitting = exact or [c for c in cameras if lower in c.name.lower()]
    if len(fitting) > 1 and not exact:
        raise SourceError(f"{wanted!r} fits several cameras: {'; '.join(c.label for c in fitting)}. Give the index")
    return fitting[0] if fitting else None


def describe(cameras: tuple[CameraInfo, ...]) -> str:
    """For an error message: what there is."""
    if not cameras:
        return "no camera was found on this machine"
    return "there are: " + "; ".join(camera.label for camera in cameras)


def _linux_cameras(sysfs: Path, devices: Path) -> tuple[CameraInfo, ...]:
    from facelive.stream.sources.v4l2 import best_format, captures_video

    found: list[CameraInfo] = []
    for entry in sysfs.glob("video*"):
        number = entry.name.removeprefix("video")
        try:
            name = (entry / "name").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue
        device = devices / entry.name
        # A camera often has several nodes (pictures, metadata); only those that give pictures count.
        if not number.isdecimal() or captures_video(device) is False:
            continue
        width, height, fps = best_format(device)
        found.append(CameraInfo(index=int(number), name=name or entry.name, width=width, height=height, fps=fps))
    return tuple(sorted(found, key=lambda camera: camera.index))


def _probed_cameras() -> tuple[CameraInfo, ...]:
    import cv2

    found: list[CameraInfo] = []
    for index in range(_PROBED_INDICES):
        capture = cv2.VideoCapture(index)
        try:
            if not capture.isOpened():
                break
            width, height = (int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
            fps = float(capture.get(cv2.CAP_PROP_FPS))
            found.append(CameraInfo(index=index, name=f"camera {index}", width=width, height=height, fps=fps))
        finally:
            capture.release()
    return tuple(found)
