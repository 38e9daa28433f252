"""What stands beside a game's pictures: landmarks as CSV, and how a picture and its labels become a training crop.

Suffixes: K = 68 points, P parameters of the schema.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.framing import CROP, Similarity, scale_and_angle
from facelive.rig.rotation import angles, rotation
from facelive.rig.schema import Schema, Vector

LANDMARKS_CSV = "landmarks.csv"
_ANGLES = ("headYaw", "headPitch", "headRoll")
_GAZE = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")
_EYES_APART_M = 0.063
"""Between the eye centres of an average adult: the only measure that a picture of an unknown character offers."""
_MIDDLE = (0.5, 0.365, 0.14)
"""cx, cy and log(s / 1000) of a face in the middle of the crop (docs/architecture.md, "Framing")."""
Points = NDArray[np.float32]


def read_landmarks(path: Path) -> dict[str, Points]:
    """By picture name without extension (68, 2) pixels. Lines: name, x0, y0, ... x67, y67; a heading is skipped.

    Raises FileError if the file is missing or a line is malformed.
    """
    found: dict[str, Points] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if not row or (number == 1 and not _is_number(row[-1])):
                    continue
                try:
                    values = np.array([float(value) for value in row[1:]], np.float32)
                except ValueError:
                    raise FileError(f"{path}, line {number}: not a number") from None
                if values.shape != (136,) or not np.isfinite(values).all():
                    raise FileError(f"{path}, line {number}: a name and 136 finite numbers are needed")
                found[Path(row[0]).stem] = values.reshape(68, 2)
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read {path}: {error}") from error
    return found


def write_landmarks(path: Path, landmarks: Mapping[str, Points]) -> None:
    """The inverse; 0.01 pixel."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", *(f"{axis}{i}" for i in range(68) for axis in "xy")])
        for name, points_K2 in landmarks.items():
            writer.writerow([name, *(f"{value:.2f}" for value in points_K2.ravel())])


def crop(image: NDArray[np.uint8], to_crop: Similarity, size: int, *, mask: bool = False) -> NDArray[np.uint8]:
    """(size, size[, 3]): cut with a map to the 256 crop; the border is repeated. mask: values are not mixed."""
    ratio = size / CROP
    matrix = to_crop * np.float32(ratio)
    matrix[:, 2] += np.float32(0.5 * ratio - 0.5)
    if mask or scale_and_angle(matrix)[0] >= 0.5:
        how = cv2.INTER_NEAREST if mask else cv2.INTER_LINEAR
        cut = cv2.warpAffine(image, matrix, (size, size), flags=how, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cut, np.uint8)
    # Shrinking by more than half would skip pixels: cut it twice as large and average.
    return np.asarray(cv2.resize(crop(image, to_crop, 2 * size), (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def in_crop(schema: Schema, params_P: Vector, turned_rad: float) -> Vector:
    """(P,) with the head's angles as a crop shows them that was turned clockwise by ``turned_rad``."""
    out = params_P.copy()
    if all(name in schema for name in _ANGLES):
        where = [schema.index(name) for name in _ANGLES]
        whole = rotation(*(float(params_P[i]) for i in where))
        out[where] = angles(rotation(0.0, 0.0, -turned_rad) @ whole)
    return out


def pose_of(schema: Schema, params_P: Vector, points_K2: Points | None) -> NDArray[np.float32]:
    """(10,) the encoder's pose label. params_P: with angles as in the crop; points_K2: pixels of the 256 crop, or None.

    Place and scale follow from the eyes, which stand for the face's centre and are taken to be 63 mm apart; without
    landmarks they are those of a face in the middle.
    """
    turn = [float(params_P[schema.index(name)]) if name in schema else 0.0 for name in _ANGLES]
    gaze = [float(params_P[schema.index(name)]) if name in schema else 0.0 for name in _GAZE]
    place = _MIDDLE
    if points_K2 is not None:
        left, right = points_K2[36:42].mean(0), points_K2[42:48].mean(0)
        middle = 0.5 * (left + right) / CROP
        apart = float(np.linalg.norm(right - left)) / max(math.cos(turn[0]), 0.3)
        place = (float(middle[0]), float(middle[1]), math.log(max(apart, 1.0) / _EYES_APART_M / 1000.0))
    return np.array([*turn, *place, *gaze], np.float32)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
