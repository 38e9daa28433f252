"""A camera, found again when it is pulled out and plugged in."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from facelive.errors import SourceError
from facelive.stream.sources.camera_list import CameraInfo, describe, find_camera, list_cameras
from facelive.stream.sources.source import Gap, Picture, SourceBase, SourceFrame

_RETRY_S = 0.5
_FAILURES_UNTIL_GONE = 3
# OpenCV waits 10 s for a V4L2 frame by default; Ctrl-C and hot-plug must not.
_SELECT_TIMEOUT = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used here."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, Picture | None]: ...
    def release(self) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraRequest:
    """What is asked of a camera; it gives what it can."""

    width: int = 640
    height: int = 480
    fps: float = 30.0


class CameraSource(SourceBase):
    """Newest frames of one camera. It is remembered by name, so that it is found again under another index."""

    live = True

    def __init__(
        self,
        wanted: str,
        request: CameraRequest,
        *,
        cameras: Callable[[], tuple[CameraInfo, ...]] = list_cameras,
        open_capture: Callable[[int, CameraRequest], Capture] | None = None,
    ) -> None:
        """wanted: index or (part of a) name. The callables exist for tests. Raises SourceError if there is none."""
        self._cameras = cameras
        self._open_capture = open_capture or _open_capture
        self._request = request
        known = cameras()
        camera = find_camera(wanted, known)
        if camera is None:
            raise SourceError(f"no camera {wanted!r}: {describe(known)}. Or give a clip, or --source performance")
        self._camera = camera
        super().__init__(source_name(camera))
        self._capture: Capture | None = self._open_capture(camera.index, request)
        self._failures = 0
        if not self._capture.isOpened():
            raise SourceError(_why_not(camera))

    def read(self) -> SourceFrame | Gap | None:
        if self._capture is None and not self._reopen():
            return Gap(f"{self.name} is gone: waiting for it to be plugged in again", _RETRY_S)
        assert self._capture is not None
        good, image = self._capture.read()
        if good and image is not None:
            self._failures = 0
            now_ns = time.perf_counter_ns()
            return SourceFrame(media_ns=now_ns, captured_ns=now_ns, image=image)
        self._failures += 1
        if self._failures >= _FAILURES_UNTIL_GONE or not self._capture.isOpened():
            self._capture.release()
            self._capture = None
            self._failures = 0
        return Gap(f"{self.name} gives no picture", 0.05)

    def _reopen(self) -> bool:
        """Look for the camera by name first: a replugged one often has another index."""
        known = self._cameras()
        camera = next((c for c in known if c.name == self._camera.name), None)
        if camera is None:
            return False
        capture = self._open_capture(camera.index, self._request)
        if not capture.isOpened():
            capture.release()
            return False
        self._camera, self._capture = camera, capture
        self.name = source_name(camera)
        return True

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def source_name(camera: CameraInfo) -> str:
    """What the source of this camera is called."""
    return f"camera {camera.index}: {camera.name}"


def _open_capture(index: int, request: CameraRequest) -> Capture:
    os.environ.setdefault(_SELECT_TIMEOUT, "1")
    import cv2

    capture: Any = cv2.VideoCapture(index)
    if capture.isOpened():
        # MJPG first: many USB cameras give more than 10 fps at 640x480 and above only with it.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, request.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, request.height)
        capture.set(cv2.CAP_PROP_FPS, request.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _why_not(camera: CameraInfo) -> str:
    """A line that names the likely reason and the fix."""
    if sys.platform == "linux":
        device = Path(f"/dev/video{camera.index}")
        if device.exists() and not os.access(device, os.R_OK | os.W_OK):
            return f"no permission to open camera {camera.label}: sudo usermod -aG video $USER, then log in again"
        return f"camera {camera.label} cannot be opened: another program uses it (fuser -v {device} names it). End that"
    if sys.platform == "darwin":
        return f"camera {camera.label} cannot be opened: allow it in System Settings, Privacy, Camera, or end its user"
    return f"camera {camera.label} cannot be opened: another program uses it, or Settings, Privacy, Camera forbids it"
