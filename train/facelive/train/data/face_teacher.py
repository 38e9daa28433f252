"""MediaPipe's face landmarker as a teacher: points, expression scores and head angles of a crop.

Every crop is looked at twice, as it is and flipped, and the two answers are averaged: that takes out the part of the
error that has a side, and how far the two differ tells how much to trust them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import ExtraMissing, FileError
from facelive.rig.default_schema import ARKIT_52, default_schema
from facelive.rig.mirror import Mirror
from facelive.rig.rotation import angles
from facelive.train.data.mediapipe_points import MIRROR_478

F32 = NDArray[np.float32]
MODEL_FILE = "face_landmarker.task"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the teacher says about one face. Pixels of the picture it was given, pixel centres at integers."""

    landmarks_478x3: F32
    """x, y in pixels, z in pixels towards the camera being negative (MediaPipe's own sign)."""
    scores_52: F32
    """In the order of ``ARKIT_52``; what MediaPipe does not know (tongueOut) is NaN."""
    angles_3: F32
    """Yaw, pitch, roll in radians, as docs/architecture.md defines them."""
    spread: float
    """Mean distance between the answers for the picture and its mirror image, as a share of the eye distance."""


def shipped_model() -> Path:
    """The landmarker file that the live room carries. Raises FileError if it is not there."""
    spec = find_spec("facelive.stream")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "weights" / MODEL_FILE
        if path.is_file():
            return path
    raise FileError(f"{MODEL_FILE} is not part of this installation; name one with --landmarker")


class FaceTeacher:
    """Owns a MediaPipe landmarker; use it as a context manager. Raises FileError if the model cannot be loaded."""

    def __init__(self, model: Path) -> None:
        try:
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision
        except ImportError as error:
            raise ExtraMissing("the teacher needs mediapipe: pip install mediapipe") from error
        self._image = mediapipe.Image
        self._format = mediapipe.ImageFormat.SRGB
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.IMAGE,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
            num_faces=1,
        )
        try:
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, OSError) as error:
            raise FileError(f"{model} is no face landmarker that mediapipe can read: {error}") from error
        self._mirror = Mirror.of(default_schema(), ARKIT_52)

    def __enter__(self) -> FaceTeacher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._landmarker.close()

    def look_once(self, image_HW3: NDArray[np.uint8]) -> Seen | None:
        """One pass over a BGR picture; None if no face is found. ``spread`` is 0."""
        height, width = image_HW3.shape[:2]
        rgb = np.ascontiguousarray(image_HW3[:, :, ::-1])
        answer: Any = self._landmarker.detect(self._image(image_format=self._format, data=rgb))
        if not answer.face_landmarks:
            return None
        points = np.array([[p.x, p.y, p.z] for p in answer.face_landmarks[0]], np.float32)
        points = points * np.array([width, height, width], np.float32) - np.array([0.5, 0.5, 0.0], np.float32)
        named = {score.category_name: score.score for score in answer.face_blendshapes[0]}
        return Seen(
            landmarks_478x3=points,
            scores_52=np.array([named.get(name, np.nan) for name in ARKIT_52], np.float32),
            angles_3=np.array(angles(answer.facial_transformation_matrixes[0][:3, :3]), np.float32),
            spread=0.0,
        )

    def look(self, image_HW3: NDArray[np.uint8]) -> Seen | None:
        """The mean of the answers for the picture and its mirror image; None unless both show a face."""
        plain = self.look_once(image_HW3)
        if plain is None:
            return None
        flipped = self.look_once(np.ascontiguousarray(image_HW3[:, ::-1]))
        if flipped is None:
            return None
        points = flipped.landmarks_478x3[MIRROR_478].copy()
        points[:, 0] = image_HW3.shape[1] - 1 - points[:, 0]
        apart = np.linalg.norm(points[:, :2] - plain.landmarks_478x3[:, :2], axis=1).mean()
        eyes = np.linalg.norm(plain.landmarks_478x3[33, :2] - plain.landmarks_478x3[263, :2])
        return Seen(
            landmarks_478x3=0.5 * (plain.landmarks_478x3 + points),
            scores_52=0.5 * (plain.scores_52 + self._mirror(flipped.scores_52)),
            angles_3=(0.5 * (plain.angles_3 + flipped.angles_3 * [-1.0, 1.0, -1.0])).astype(np.float32),
            spread=float(apart / max(float(eyes), 1.0)),
        )
