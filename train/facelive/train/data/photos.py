"""From a folder of real photos to a ``PhotoCache``: the teacher looks at every one of them once, and then never again.

The folder: ``ytf/<person>/NN.jpg`` with ``ytf_landmarks.csv`` (68 annotated points each) and ``ytf_eval_people.txt``;
optional ``lfw_gray/<person>/NNNN.jpg`` without annotation. Photos stay outside the repository.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.framing import CROP, Similarity, apply, frame_face
from facelive.train.common.command import as_command
from facelive.train.data.face_teacher import FaceTeacher, Seen, shipped_model
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import FORMAT, LABELS_FILE, MARGIN, META, VERSION, WIDE, WIDE_FILE, PhotoCache
from facelive.train.data.splits import Split, read_eval_people, split_of

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]

EVAL_PEOPLE = "ytf_eval_people.txt"
ANNOTATION_SHIFT = (1.4, 1.5)
"""Pixels that the annotation lies right of and below MediaPipe's points, whatever the face's size (20 to 200 pixels
between the eyes; median of 989 training photos): a convention of counting from one and rounding up, not a face."""
SUSPICIOUS_DISAGREEMENT = 0.12
SUSPICIOUS_SPREAD = 0.08
_TEACHER_SIZE, _TEACHER_SCALE = 448, 1.25
"""The teacher sees the crop enlarged and with its surroundings: its detector wants room around a face."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoConfig:
    """What to put into a cache."""

    photos: Path
    """The folder of photos."""
    output: Path
    """The folder of the cache; outside the repository."""
    landmarker: Path
    """MediaPipe's model file."""
    split: Split = "train"
    """Which people."""
    landmarks: Path | None = None
    """CSV of the annotation, files relative to ``photos/ytf`` (or ``photos``, without such a folder); None takes
    ``ytf_landmarks.csv``."""
    eval_people: Path | None = None
    """The list of evaluation people; None takes ``ytf_eval_people.txt``."""
    lfw_limit: int = 1000
    """At most so many people of ``lfw_gray``, one photo each; only in the split ``train``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """One photo and its annotation in pixels of the photo."""

    file: str
    person: str
    annotated_68: F32 | None


def list_photos(config: PhotoConfig) -> list[Photo]:
    """All photos of the split in a fixed order. Raises FileError if annotation or list of people is missing."""
    listed = config.eval_people or config.photos / EVAL_PEOPLE
    eval_people = read_eval_people(listed)
    inside = "ytf/" if (config.photos / "ytf").is_dir() else ""
    found: list[Photo] = []
    annotated_people: set[str] = set()
    for file, points in _annotation(config.landmarks or config.photos / "ytf_landmarks.csv"):
        person = file.split("/")[0]
        annotated_people.add(person)
        if split_of(person, eval_people) == config.split:
            found.append(Photo(file=f"{inside}{file}", person=person, annotated_68=points))
    if not eval_people & annotated_people:
        log.warning("nobody whom %s names is among the annotated photos: are the folders called so?", listed)
    folder = config.photos / "lfw_gray"
    if config.split == "train" and folder.is_dir():
        # Who is in both collections is judged by the first: nobody may come in by the back door.
        strangers = [
            path
            for path in sorted(folder.iterdir())
            if path.is_dir() and path.name not in eval_people and path.name not in annotated_people
        ]
        for path in strangers[: config.lfw_limit]:
            pictures = sorted(path.glob("*.jpg"))
            if pictures:
                name = f"lfw_gray/{path.name}/{pictures[0].name}"
                found.append(Photo(file=name, person=path.name, annotated_68=None))
    return sorted(found, key=lambda photo: photo.file)


def _annotation(path: Path) -> Iterator[tuple[str, F32]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            next(rows, None)
            for row in rows:
                if not row:
                    continue
                yield row[0], np.array(row[1:], np.float32).reshape(68, 2)
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read the annotation {path}: {error}") from error


def warp(
    image_HW3: NDArray[np.uint8], similarity: Similarity, margin: int = 0, scale: float = 1.0
) -> NDArray[np.uint8]:
    """The crop with a margin on each side (crop pixels), enlarged by ``scale``; black outside the picture.

    Shrinks by areas where the picture is finer than the crop, so that nothing flickers.
    """
    matrix = similarity.astype(np.float64) * scale
    matrix[:, 2] += margin * scale + 0.5 * (scale - 1.0)
    side = round((CROP + 2 * margin) * scale)
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if zoom < 0.6:
        factor = 1.0 / (2.0 * zoom)
        small = cv2.resize(image_HW3, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        ratio = image_HW3.shape[1] / small.shape[1], image_HW3.shape[0] / small.shape[0]
        matrix[:, 2] += matrix[:, :2] @ [0.5 * (r - 1.0) for r in ratio]
        matrix[:, :2] *= ratio
        image_HW3 = np.asarray(small, np.uint8)
    return np.asarray(cv2.warpAffine(image_HW3, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def _look(teacher: FaceTeacher, image: NDArray[np.uint8], similarity: Similarity) -> Seen | None:
    """The teacher's answer in pixels of the 256 crop."""
    margin = (_TEACHER_SIZE / _TEACHER_SCALE - CROP) / 2
    seen = teacher.look(warp(image, similarity, round(margin), _TEACHER_SCALE))
    if seen is None:
        return None
    points = seen.landmarks_478x3 / _TEACHER_SCALE
    points[:, :2] += (0.5 / _TEACHER_SCALE - 0.5) - round(margin)
    return Seen(landmarks_478x3=points, scores_52=seen.scores_52, angles_3=seen.angles_3, spread=seen.spread)


def _row(photo: Photo, image: NDArray[np.uint8], teacher: FaceTeacher) -> dict[str, NDArray[np.generic]] | None:
    """The labels of one photo and its wide crop; None if neither annotation nor teacher knows where the face is."""
    if photo.annotated_68 is not None:
        in_photo = photo.annotated_68 - np.array(ANNOTATION_SHIFT, np.float32)
    else:
        first = teacher.look_once(image)
        if first is None:
            return None
        in_photo = first.landmarks_478x3[POINTS_68, :2]
    similarity = frame_face(in_photo)
    seen = _look(teacher, image, similarity)
    if seen is None and photo.annotated_68 is None:
        return None
    dense = seen.landmarks_478x3 if seen else np.full((478, 3), np.nan, np.float32)
    annotated = np.full((68, 2), np.nan, np.float32)
    if photo.annotated_68 is not None:
        annotated = apply(similarity, in_photo)
    eyes = float(np.linalg.norm(apply(similarity, in_photo)[36] - apply(similarity, in_photo)[45]))
    disagreement = float(np.linalg.norm(dense[POINTS_68, :2] - annotated, axis=1)[17:].mean() / eyes)
    spread = seen.spread if seen else float("nan")
    return {
        "wide": warp(image, similarity, MARGIN),
        "similarity_N": similarity,
        "landmarks68_N": annotated,
        "landmarks478_N": dense.astype(np.float32),
        "scores_N": seen.scores_52 if seen else np.full(52, np.nan, np.float32),
        "angles_N": seen.angles_3 if seen else np.full(3, np.nan, np.float32),
        "spread_N": np.float32(spread),
        "disagreement_N": np.float32(disagreement),
        "suspicious_N": np.bool_(seen is None or disagreement > SUSPICIOUS_DISAGREEMENT or spread > SUSPICIOUS_SPREAD),
        "pixels_N": np.float32(np.linalg.norm(in_photo[36] - in_photo[45])),
    }  # type: ignore[return-value]


def build_photo_cache(config: PhotoConfig, on_progress: Callable[[int, int], None] | None = None) -> PhotoCache:
    """Build (or finish) the cache and open it. What an interrupted build has done is kept, in blocks of 100 photos."""
    photos = list_photos(config)
    listed = _digest(photos, config)
    if _is_built(config, listed):
        return PhotoCache.open(config.output)
    # A folder of its own for each list: blocks of another one must not come in by their numbers.
    parts = config.output / "parts" / listed
    parts.mkdir(parents=True, exist_ok=True)
    block = 100
    starts = range(0, len(photos), block)
    with FaceTeacher(config.landmarker) as teacher:
        for start in starts:
            path = parts / f"{start:06d}.npz"
            if not path.exists():
                _build_block(photos[start : start + block], config.photos, teacher, path)
            if on_progress:
                on_progress(min(start + block, len(photos)), len(photos))
    _join([parts / f"{start:06d}.npz" for start in starts], config, listed)
    return PhotoCache.open(config.output)


def _digest(photos: list[Photo], config: PhotoConfig) -> str:
    """What a cache is of: the photos in their order with their annotation, and where they lie."""
    digest = hashlib.sha256(f"{config.photos.resolve()}\n{config.split}\n".encode())
    for photo in photos:
        digest.update(f"{photo.file}\n{photo.person}\n".encode())
        digest.update(b"" if photo.annotated_68 is None else photo.annotated_68.tobytes())
    return digest.hexdigest()[:16]


def _is_built(config: PhotoConfig, listed: str) -> bool:
    """Whether the folder holds this very cache. Raises FileError if it holds another split."""
    path = config.output / META
    if not path.exists():
        return False
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read {path}: {error}; remove the folder") from error
    if meta.get("split") != config.split:
        raise FileError(f"{config.output} holds photos of the split {meta.get('split')!r}; choose another folder")
    return meta.get("version") == VERSION and meta.get("listed") == listed


def _build_block(photos: list[Photo], folder: Path, teacher: FaceTeacher, path: Path) -> None:
    rows: list[dict[str, NDArray[np.generic]]] = []
    read = 0
    for photo in photos:
        image = cv2.imread(str(folder / photo.file), cv2.IMREAD_COLOR)
        if image is None:
            log.warning("cannot read %s: left out", photo.file)
            continue
        read += 1
        row = _row(photo, np.asarray(image, np.uint8), teacher)
        if row is None:
            log.info("no face found in %s: left out", photo.file)
            continue
        rows.append(row | {"file_N": np.array(photo.file), "person": np.array(photo.person)})
    if not read:
        raise FileError(f"not one of {len(photos)} listed photos can be read, {folder / photos[0].file} the first")
    names = rows[0] if rows else {}
    temporary = path.with_suffix(".tmp.npz")
    arrays: dict[str, Any] = {name: np.stack([row[name] for row in rows]) for name in names}
    np.savez(temporary, **arrays)
    temporary.replace(path)


def _join(parts: list[Path], config: PhotoConfig, listed: str) -> None:
    """Parts to final files; the small JSON comes last, so that a cache with one is complete."""
    blocks = [dict(np.load(path)) for path in parts]
    blocks = [block for block in blocks if block]
    if not blocks:
        raise FileError(f"{config.photos}: no usable photo for the split {config.split!r}")
    count = sum(len(block["file_N"]) for block in blocks)
    wide = np.lib.format.open_memmap(config.output / WIDE_FILE, "w+", np.uint8, (count, WIDE, WIDE, 3))
    np.concatenate([block.pop("wide") for block in blocks], out=wide)
    wide.flush()
    people, index = np.unique(np.concatenate([block.pop("person") for block in blocks]), return_inverse=True)
    labels: dict[str, Any] = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    np.savez_compressed(config.output / LABELS_FILE, person_N=index.astype(np.int32), **labels)
    meta = {"format": FORMAT, "version": VERSION, "split": config.split, "listed": listed, "count": count}
    temporary = config.output / "photos.tmp"
    temporary.write_text(json.dumps(meta | {"people": people.tolist()}, indent=1), encoding="utf-8")
    temporary.replace(config.output / META)
    shutil.rmtree(config.output / "parts", ignore_errors=True)


def main() -> None:
    """``python -m facelive.train.data.photos PHOTOS OUTPUT [--split train]``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--split", choices=("train", "held-out", "eval"), default="train")
    parser.add_argument("--landmarker", type=Path, default=None)
    parser.add_argument("--lfw-limit", type=int, default=1000)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    config = PhotoConfig(
        photos=options.photos,
        output=options.output,
        landmarker=options.landmarker or shipped_model(),
        split=options.split,
        lfw_limit=options.lfw_limit,
    )
    cache = build_photo_cache(config, lambda done, total: log.info("%d of %d photos", done, total))
    log.info("%d photos, %d people, %d suspicious", len(cache), len(cache.people), int(cache.suspicious_N.sum()))


if __name__ == "__main__":
    as_command(main)
