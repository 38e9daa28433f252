"""A folder of pictures, in the order of their names, as if it were a clip; or one picture."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np

from facelive.errors import SourceError
from facelive.stream.sources.source import SourceBase, SourceFrame

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})


class FolderSource(SourceBase):
    """Every picture of a folder at a given rate. One that cannot be decoded is skipped with a notice."""

    def __init__(self, path: Path, *, fps: float = 30.0) -> None:
        """path: a folder, or one picture. Raises SourceError if it holds no picture."""
        super().__init__(path.name or str(path))
        try:
            files = [path] if path.is_file() else list(path.iterdir())
        except OSError as error:
            raise SourceError(f"cannot read the folder {path}: {error.strerror}") from error
        self._files = sorted((f for f in files if f.suffix.lower() in PICTURES), key=_natural)
        if not self._files:
            raise SourceError(f"{path} holds no picture ({', '.join(sorted(PICTURES))})")
        self._step_ns = int(1e9 / fps)
        self._next = 0
        self._good = 0

    def read(self) -> SourceFrame | None:
        import cv2

        while self._next < len(self._files):
            file = self._files[self._next]
            self._next += 1
            try:
                image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
            except (OSError, cv2.error):
                image = None
            if image is None:
                self.notices = (*self.notices, f"{file.name} cannot be decoded and was skipped")
                continue
            media_ns = (self._next - 1) * self._step_ns
            self._good += 1
            return SourceFrame(media_ns=media_ns, captured_ns=time.perf_counter_ns(), image=np.asarray(image, np.uint8))
        if not self._good:
            raise SourceError(f"no picture of {self.name} can be decoded")
        return None

    def close(self) -> None:
        self._next = len(self._files)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """frame2 before frame10."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]
