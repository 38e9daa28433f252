"""Error of the 68 landmarks projected from predicted parameters, on annotated photos, beside MediaPipe's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.framing import Similarity, apply, frame_face, invert
from facelive.rig.head import Head
from facelive.train.data.face_teacher import FaceTeacher
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photos import ANNOTATION_SHIFT, Photo, warp
from facelive.train.evaluate.encoders import Encoder, projected68
from facelive.train.evaluate.statistics import Interval, bootstrap

F32 = NDArray[np.float32]
INNER = slice(17, 68)


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """One photo and what was said about it."""

    photo: Photo
    image: NDArray[np.uint8]
    similarity: Similarity
    """From the photo to the crop that the encoder saw."""
    outputs: dict[str, F32]
    """One row each."""
    landmarks68: F32
    """(68, 2) pixels of the photo, projected from the parameters."""
    teacher68: F32
    """(68, 2) pixels of the photo, MediaPipe's."""
    dense_K2: F32 | None = None
    """(478, 2) pixels of the photo, all that MediaPipe gives."""
    angles_3: F32 | None = None
    """Yaw, pitch, roll of the head in the photo (rad), MediaPipe's."""


def encode_photos(
    head: Head, encoder: Encoder, photos: list[Photo], folder: Path, teacher: FaceTeacher,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Encoded]:  # fmt: skip
    """As ``facelive encode`` does it: MediaPipe finds the face in the photo, the encoder sees the aligned crop.

    Photos in which MediaPipe finds nobody are left out.
    """
    found: list[Encoded] = []
    for number, photo in enumerate(photos):
        image = cv2.imread(str(folder / photo.file), cv2.IMREAD_COLOR)
        seen = None if image is None else teacher.look_once(np.asarray(image, np.uint8))
        if image is not None and seen is not None:
            teacher68 = seen.landmarks_478x3[POINTS_68, :2]
            similarity = frame_face(teacher68)
            outputs = encoder(warp(np.asarray(image, np.uint8), similarity)[None])
            found.append(
                Encoded(
                    photo=photo,
                    image=np.asarray(image, np.uint8),
                    similarity=similarity,
                    outputs=outputs,
                    landmarks68=apply(invert(similarity), projected68(head, outputs, 0)),
                    teacher68=teacher68,
                    dense_K2=seen.landmarks_478x3[:, :2],
                    angles_3=seen.angles_3,
                )
            )
        if on_progress and (number % 50 == 49 or number + 1 == len(photos)):
            on_progress(number + 1, len(photos))
    return found


@dataclass(frozen=True, kw_only=True)
class LandmarkFigures:
    """Medians over photos, % of the outer eye distance. Intervals: bootstrap over people."""

    photos: int
    people: int
    missed: int
    """Photos in which MediaPipe found nobody, or somebody else than the annotated person."""
    inner51: Interval
    """From predicted parameters."""
    inner51_teacher: Interval
    """MediaPipe's own."""
    inner51_above_teacher: Interval
    """Difference of the two medians, in points."""
    all68: Interval
    all68_teacher: Interval
    inner51_unshifted: float
    """The same with the constant shift of the annotation (photos.ANNOTATION_SHIFT) taken out."""
    inner51_teacher_unshifted: float
    own_head_inner51: float
    """Of the network's own landmark output, unshifted."""


def _error(points_K2: F32, truth_K2: F32, part: slice) -> float:
    eyes = float(np.linalg.norm(truth_K2[36] - truth_K2[45]))
    return float(100.0 * np.linalg.norm(points_K2 - truth_K2, axis=1)[part].mean() / eyes)


def summarise(encoded: list[Encoded], total: int) -> LandmarkFigures | None:
    """``total``: photos asked for, found or not. None if in no photo the annotated face was found."""
    per_person: dict[str, list[list[float]]] = {}
    for one in encoded:
        truth = one.photo.annotated_68
        if truth is None or _error(one.teacher68, truth, INNER) > 50.0:
            continue
        shifted = truth - np.array(ANNOTATION_SHIFT, np.float32)
        own = apply(invert(one.similarity), one.outputs["landmarks"][0] * 256.0)
        whole = slice(0, 68)
        per_person.setdefault(one.photo.person, []).append([
            _error(one.landmarks68, truth, INNER), _error(one.teacher68, truth, INNER),
            _error(one.landmarks68, truth, whole), _error(one.teacher68, truth, whole),
            _error(one.landmarks68, shifted, INNER), _error(one.teacher68, shifted, INNER),
            _error(own, shifted, INNER),
        ])  # fmt: skip
    people = [np.array(rows) for rows in per_person.values()]
    if not people:
        return None
    every = np.concatenate(people)

    def median(column: int) -> Interval:
        return bootstrap(people, lambda rows: float(np.median(rows[:, column])))

    return LandmarkFigures(
        photos=len(every),
        people=len(people),
        missed=total - len(every),
        inner51=median(0),
        inner51_teacher=median(1),
        inner51_above_teacher=bootstrap(people, lambda rows: float(np.median(rows[:, 0]) - np.median(rows[:, 1]))),
        all68=median(2),
        all68_teacher=median(3),
        inner51_unshifted=float(np.median(every[:, 4])),
        inner51_teacher_unshifted=float(np.median(every[:, 5])),
        own_head_inner51=float(np.median(every[:, 6])),
    )
