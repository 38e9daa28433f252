"""A video file or a network stream, through OpenCV's FFmpeg."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from facelive.errors import SourceError
from facelive.stream.sources.source import Gap, SourceBase, SourceFrame

_OPEN_TIMEOUT_MS = 5000
_READ_TIMEOUT_MS = 3000
_RETRY_S = 1.0
# A file whose container promises this much more than it gives is called truncated; containers round by a few frames.
_TRUNCATED_SHARE = 0.97


class VideoSource(SourceBase):
    """A file with its own time stamps. Decoding stays in the reading thread, so that its CPU can be told apart."""

    def __init__(self, path: Path) -> None:
        """Raises SourceError if the file is missing or no video that can be read."""
        import cv2

        super().__init__(path.name)
        if not path.exists():
            raise SourceError(f"there is no file {path}")
        self._cv2 = cv2
        self._capture: Any = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not self._capture.isOpened():
            raise SourceError(f"{path} cannot be read as a video: is it complete? Try to play it, or convert it to MP4")
        self._path = path
        self._fps = float(self._capture.get(cv2.CAP_PROP_FPS)) or 30.0
        self._promised = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._read = 0
        self._media_ns = -1

    def read(self) -> SourceFrame | None:
        if not self._capture.isOpened():
            return None
        good, image = self._capture.read()
        if not good or image is None:
            self._end()
            return None
        captured_ns = time.perf_counter_ns()
        self._read += 1
        return SourceFrame(media_ns=self._time_ns(), captured_ns=captured_ns, image=image)

    def _time_ns(self) -> int:
        """The frame's presentation time; where the container has none, frames at its nominal rate."""
        stamp_ns = int(self._capture.get(self._cv2.CAP_PROP_POS_MSEC) * 1e6)
        if stamp_ns <= self._media_ns:
            stamp_ns = self._media_ns + int(1e9 / self._fps) if self._media_ns >= 0 else 0
        self._media_ns = stamp_ns
        return stamp_ns

    def _end(self) -> None:
        if self._read == 0:
            raise SourceError(f"{self._path} holds no picture that can be decoded: it is damaged or truncated")
        if self._read < _TRUNCATED_SHARE * self._promised:
            self.notices = (
                f"{self._path.name} ends after {self._read} of {self._promised} frames: it is damaged or truncated",
            )

    def close(self) -> None:
        self._capture.release()


class NetworkSource(SourceBase):
    """An rtsp:// (or http://, udp://) stream; it is opened again when it breaks off."""

    live = True

    def __init__(self, address: str) -> None:
        """Raises SourceError if nothing answers at the address."""
        super().__init__(_without_password(address))
        self._address = address
        self._capture: Any = None
        if not self._open():
            raise SourceError(f"nothing that can be read answers at {self.name}: check the address and the network")

    def _open(self) -> bool:
        import cv2

        options = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS,
            cv2.CAP_PROP_N_THREADS, 1,
        ]  # fmt: skip
        self._capture = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, options)
        return bool(self._capture.isOpened())

    def read(self) -> SourceFrame | Gap | None:
        if self._capture is None:
            return None
        if self._capture.isOpened() or self._open():
            good, image = self._capture.read()
            if good and image is not None:
                now_ns = time.perf_counter_ns()
                return SourceFrame(media_ns=now_ns, captured_ns=now_ns, image=image)
            self._capture.release()
        return Gap(f"{self.name} has broken off: trying again", _RETRY_S)

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def _without_password(address: str) -> str:
    """The address as it may be shown: without user and password."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
