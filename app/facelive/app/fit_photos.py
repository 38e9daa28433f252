"""From a photo to the face that a fit works on: aligned crop, landmarks, and what ``facelive encode`` says of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from facelive.errors import NoFaceError
from facelive.likeness.fit_types import PhotoFace
from facelive.rig.framing import CROP, apply, frame_face
from facelive.rig.head import Head
from facelive.stream.decode import Decoder
from facelive.stream.likeness_fusion import Fusion
from facelive.stream.mediapipe_landmarker import MediaPipeLandmarker
from facelive.stream.picture_finder import find_largest
from facelive.stream.redraw import STEPS
from facelive.stream.still import StillReader
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photos import warp

F32 = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenPhoto:
    """A photo and the face in it."""

    photo_HW3: Picture
    face: PhotoFace


class _Dense:
    """A finder that gives all 478 points instead of 68."""

    def __init__(self, landmarker: MediaPipeLandmarker) -> None:
        self._landmarker = landmarker

    def find(self, image: Picture, *, longest_side: int = 0) -> list[F32]:
        """(478, 2) pixels of every face, the largest first."""
        size = np.array([image.shape[1], image.shape[0]], np.float32)
        faces = self._landmarker.detect(image).face_landmarks
        found = [np.array([(p.x, p.y) for p in face], np.float32) * size - 0.5 for face in faces]
        return sorted(found, key=lambda points: -float(np.ptp(points, axis=0).max()))


class PhotoFinder:
    """Detector and encoder, opened once. A context manager."""

    def __init__(self, *, encoder: Path | None = None, guess: bool = True) -> None:
        """guess: ask the encoder for a first answer. Raises WeightsError or EngineUnavailable."""
        head = Head.default()
        self._schema, self._fusion = head.schema, Fusion(head.schema)
        self._stack = ExitStack()
        self._reader: StillReader | None = None
        try:
            self._landmarker = self._stack.enter_context(MediaPipeLandmarker(None, faces=4))
            if guess:
                reader = StillReader(head, Decoder(head), encoder=encoder, refine=STEPS)
                self._reader = self._stack.enter_context(reader)
        except BaseException:
            self._stack.close()
            raise

    @property
    def notice(self) -> str:
        """Why recognition features have no say in the first answer."""
        return "" if self._reader is None else self._reader.notice

    def find(self, photo: Picture, name: str) -> SeenPhoto:
        """The largest face. Raises NoFaceError if the photo shows none."""
        points = find_largest(_Dense(self._landmarker), photo)
        if points is None:
            raise NoFaceError(f"no face found in {name}")
        if self._reader is not None:
            return SeenPhoto(photo_HW3=photo, face=self._as_encoded(photo, name, points[POINTS_68], self._reader))
        similarity = frame_face(points[POINTS_68])
        dense = np.asarray(apply(similarity, points) / CROP, np.float32)
        crop = warp(photo, similarity)
        face = PhotoFace(name=name, image_HW3=crop, landmarks_K2=dense[POINTS_68], dense_K2=dense)
        return SeenPhoto(photo_HW3=photo, face=face)

    def _as_encoded(self, photo: Picture, name: str, points_K2: F32, reader: StillReader) -> PhotoFace:
        """In the crop, with the points and the answer that ``facelive encode --refine 3`` has."""
        seen = reader.read(photo, points_K2)
        params, likely = self._schema.neutral(), self._schema.neutral()
        groups = {
            "identity": seen.identity_I, "style": seen.style_S, "colour": seen.colour_C,
            "expression": seen.expression_E,
        }  # fmt: skip
        for group, values in groups.items():
            params[self._schema.indices(group)] = np.nan_to_num(values)  # type: ignore[arg-type]
        likely[self._schema.indices("style")] = self._fusion.probabilities(np.nan_to_num(seen.style_S))
        points = np.asarray(apply(seen.similarity, seen.landmarks_K2) / CROP, np.float32)
        return PhotoFace(
            name=name, image_HW3=warp(photo, seen.similarity), landmarks_K2=points,
            params_P=self._schema.clip(params), style_P=likely, pose_10=seen.pose,
        )  # fmt: skip

    def close(self) -> None:
        """Release detector and engine; may be called twice."""
        self._stack.close()

    def __enter__(self) -> PhotoFinder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
