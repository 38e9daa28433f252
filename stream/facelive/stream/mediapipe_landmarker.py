"""MediaPipe's face landmarker: it finds faces when none is tracked. Imported late, and beside other work."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import EngineUnavailable, WeightsError
from facelive.stream.landmarks68 import ibug68
from facelive.stream.later_modules import later
from facelive.stream.weights_folder import landmarker_path

Points = NDArray[np.float32]
_JOIN_S = 30.0


class MediaPipeLandmarker:
    """Finds faces in single pictures ("image") or follows them ("video"). A context manager; one thread at a time."""

    def __init__(
        self, path: Path | None = None, *, faces: int = 1, video: bool = False, blendshapes: bool = False,
        minimum_confidence: float = 0.5,
    ) -> None:  # fmt: skip
        """path: another .task file than the package's. Raises WeightsError or EngineUnavailable."""
        model = landmarker_path(path)
        vision, base_options, self._image = _import()
        options = vision.FaceLandmarkerOptions(
            base_options=base_options(model_asset_buffer=model.read_bytes()),
            running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
            num_faces=faces,
            output_face_blendshapes=blendshapes,
            min_face_detection_confidence=minimum_confidence,
        )
        self._video = video
        try:
            self._landmarker: Any = vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise WeightsError(f"MediaPipe cannot use {model}: {str(error).splitlines()[0]}") from error

    def detect(self, image: NDArray[np.uint8], *, time_ms: int = 0) -> Any:
        """MediaPipe's own result for a BGR picture (HWC uint8). time_ms must rise in video mode."""
        if self._landmarker is None:
            raise EngineUnavailable("this landmarker is closed")
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        picture = self._image.Image(image_format=self._image.ImageFormat.SRGB, data=rgb)
        return self._landmarker.detect_for_video(picture, time_ms) if self._video else self._landmarker.detect(picture)

    def find(self, image: NDArray[np.uint8], *, longest_side: int = 0) -> list[Points]:
        """Every face's 68 points, (68, 2) float32 pixels of ``image``, the largest face first.

        longest_side: the picture is scaled down to it before; 0 leaves it as it is.
        """
        import cv2

        height, width = image.shape[:2]
        scale = min(1.0, longest_side / max(height, width)) if longest_side else 1.0
        small = image
        if scale < 1.0:
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        result = self.detect(np.asarray(small, np.uint8))
        size = np.array([width, height], np.float32)
        found = [
            ibug68(np.array([(p.x, p.y) for p in face], np.float32)) * size - 0.5 for face in result.face_landmarks
        ]
        return sorted(found, key=_extent, reverse=True)

    def close(self) -> None:
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def __enter__(self) -> MediaPipeLandmarker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LandmarkerLoader:
    """Loads a landmarker in its own thread while the rest starts, and warms it up. ``get`` waits for it."""

    def __init__(self, path: Path | None, *, faces: int) -> None:
        self._path = path
        self._faces = faces
        self._landmarker: MediaPipeLandmarker | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._load, name="facelive-landmarker", daemon=True)
        self._thread.start()

    def _load(self) -> None:
        try:
            landmarker = MediaPipeLandmarker(self._path, faces=self._faces)
            landmarker.find(np.zeros((192, 192, 3), np.uint8))
            self._landmarker = landmarker
        except Exception as error:  # noqa: BLE001 (raised again where the landmarker is wanted)
            self._error = error

    def get(self) -> MediaPipeLandmarker:
        """The landmarker. Raises what loading it raised."""
        self._thread.join(_JOIN_S)
        if self._error is not None:
            raise self._error
        if self._landmarker is None:
            raise EngineUnavailable(f"MediaPipe did not load within {_JOIN_S:.0f} s")
        return self._landmarker

    def close(self) -> None:
        """Wait for the thread, release the landmarker."""
        self._thread.join(_JOIN_S)
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None


def _extent(points: Points) -> float:
    return float(np.ptp(points, axis=0).max())


def _import() -> tuple[Any, Any, Any]:
    """(vision, BaseOptions, mediapipe). Raises EngineUnavailable."""
    try:
        with later("matplotlib", "matplotlib.pyplot", "sounddevice"):
            import mediapipe
            from mediapipe.tasks.python import vision
            from mediapipe.tasks.python.core.base_options import BaseOptions
    except ImportError as error:
        raise EngineUnavailable(f"mediapipe is missing or broken ({error}): pip install 'mediapipe>=1.2'") from error
    return vision, BaseOptions, mediapipe
