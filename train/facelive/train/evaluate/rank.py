"""Whose face is it: is the render of the predicted parameters nearest to the right person's photo among 60 people?

The judge is SFace (OpenCV Zoo), used for nothing else in this project: not in a loss, not for labels, not to choose
weights. A recogniser that had a part in making the parameters would be flattered by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.train.evaluate.statistics import Interval, bootstrap

F32 = NDArray[np.float32]
_DETECTOR, _RECOGNISER = "face_detection_yunet_2023mar.onnx", "face_recognition_sface_2021dec.onnx"


class Judge:
    """SFace on faces aligned by YuNet, or by given landmarks where YuNet finds no face."""

    def __init__(self, models: Path) -> None:
        """models: a folder with both, or SFace's file with YuNet's beside it. Raises FileError if one is missing."""
        folder = models if models.is_dir() else models.parent
        recogniser = models / _RECOGNISER if models.is_dir() else models
        for path in (folder / _DETECTOR, recogniser):
            if not path.is_file():
                raise FileError(f"the judge needs {path} (OpenCV Zoo)")
        try:
            self._find = cv2.FaceDetectorYN.create(str(folder / _DETECTOR), "", (320, 320), 0.6)
            self._recognise = cv2.FaceRecognizerSF.create(str(recogniser), "")
        except cv2.error as error:
            raise FileError(f"{recogniser} or {_DETECTOR} beside it is no network of OpenCV Zoo") from error

    def embed(self, image: NDArray[np.uint8], landmarks_68: F32) -> F32:
        """(128,) float32 of unit length for the face at the landmarks (pixels of the picture)."""
        self._find.setInputSize((image.shape[1], image.shape[0]))
        _, faces = self._find.detect(image)
        five = _five(landmarks_68)
        row = np.concatenate([landmarks_68.min(0), np.ptp(landmarks_68, axis=0), five.ravel(), [1.0]])
        if faces is not None:
            middles = faces[:, 4:14].reshape(-1, 5, 2).mean(1)
            apart = np.linalg.norm(middles - five.mean(0), axis=1)
            nearest = int(apart.argmin())
            if apart[nearest] < 0.5 * np.linalg.norm(five[0] - five[1]):
                row = faces[nearest]
        aligned = self._recognise.alignCrop(image, row.astype(np.float32)[None])
        feature = np.asarray(self._recognise.feature(aligned), np.float32)[0]
        return feature / np.float32(np.linalg.norm(feature))


def _five(points_68: F32) -> F32:
    """Eyes, nose tip, mouth corners from left to right in the picture, as YuNet gives them."""
    return np.stack(
        [points_68[36:42].mean(0), points_68[42:48].mean(0), points_68[30], points_68[48], points_68[54]]
    ).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class RankFigures:
    """Shares of photos for which the right person's render comes first among all people's (one render each).

    Every other person stands with each of their renders in turn; the figures are means over these draws.
    """

    people: int
    photos: int
    own_photo: Interval
    """The right render was made from this very photo."""
    same_video: Interval
    """... from another frame of the same video."""
    other_video: Interval
    """... from another video."""
    fused_other_video: Interval
    """Whole videos against a photo of another video: renders of averaged parameters, as identity lock does."""
    photo_ceiling_other_video: Interval
    """Photos instead of renders: what the judge can do at best."""
    cosine_own: float
    """Photo and render of the same person, other video."""
    cosine_others: float
    chance: float


def rank_figures(
    photos_ND: F32, renders_ND: F32, person_N: NDArray[np.int_], video_N: NDArray[np.int_],
    fused_MD: F32, fused_person_M: NDArray[np.int_], fused_video_M: NDArray[np.int_],
) -> RankFigures:  # fmt: skip
    """Embeddings of unit length. Rows of ``fused`` are one render per person and video."""
    same_person = person_N[:, None] == person_N[None]
    same_video = same_person & (video_N[:, None] == video_N[None])
    self_pair = np.eye(len(person_N), dtype=bool)
    similarity = photos_ND @ renders_ND.T
    among_photos = photos_ND @ photos_ND.T
    fused = photos_ND @ fused_MD.T
    fused_right = (person_N[:, None] == fused_person_M[None]) & (video_N[:, None] != fused_video_M[None])

    def share(similarity_NM: F32, right_NM: NDArray[np.bool_], of_M: NDArray[np.int_]) -> Interval:
        return _by_person(person_N, _first_shares(similarity_NM, right_NM, person_N, of_M))

    own = similarity[same_person & ~same_video]
    return RankFigures(
        people=len(set(person_N.tolist())),
        photos=len(person_N),
        own_photo=share(similarity, self_pair, person_N),
        same_video=share(similarity, same_video & ~self_pair, person_N),
        other_video=share(similarity, same_person & ~same_video, person_N),
        fused_other_video=share(fused, fused_right, fused_person_M),
        photo_ceiling_other_video=share(among_photos, same_person & ~same_video, person_N),
        cosine_own=float(own.mean()) if len(own) else float("nan"),
        cosine_others=float(similarity[~same_person].mean()),
        chance=1.0 / len(set(person_N.tolist())),
    )


def _first_shares(
    similarity_NM: F32, right_NM: NDArray[np.bool_], person_N: NDArray[np.int_], of_M: NDArray[np.int_]
) -> list[float]:
    """(N,) chance that a right render beats one random render of every other person; NaN without a right render.

    The others are drawn independently, so the chance is a product over people of "this one is further away"; ties
    count half.
    """
    groups = [np.flatnonzero(of_M == person) for person in np.unique(of_M)]
    out: list[float] = []
    for row, (values, right) in enumerate(zip(similarity_NM, right_NM, strict=True)):
        chances: list[float] = []
        for mine in values[right]:
            chance = 1.0
            for group in groups:
                if of_M[group[0]] != person_N[row]:
                    chance *= float((values[group] < mine).mean() + 0.5 * (values[group] == mine).mean())
            chances.append(chance)
        out.append(float(np.mean(chances)) if chances else float("nan"))
    return out


def _by_person(person_N: NDArray[np.int_], shares: list[float]) -> Interval:
    values = np.array(shares)
    people = [values[(person_N == person) & ~np.isnan(values)] for person in np.unique(person_N)]
    if not any(len(part) for part in people):
        return Interval(value=float("nan"), low=float("nan"), high=float("nan"))
    return bootstrap(people, lambda rows: float(rows.mean()))


def video_of(file: str) -> int:
    """The video of a photo: the first digit of its name (``ytf/<person>/vf.jpg``). Raises FileError without one."""
    first = Path(file).stem[:1]
    if not first.isdecimal():
        raise FileError(f"{file}: the name of an annotated photo begins with the digit of its video")
    return int(first)


def fuse(rows_NP: F32, keys: list[tuple[int, int]]) -> tuple[F32, list[tuple[int, int]]]:
    """Mean of the rows of each (person, video) key, and the keys in order."""
    order = sorted(set(keys))
    where = {key: i for i, key in enumerate(order)}
    index = np.array([where[key] for key in keys])
    return np.stack([rows_NP[index == i].mean(0) for i in range(len(order))]).astype(np.float32), order
