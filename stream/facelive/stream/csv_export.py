"""A recording as a table: one row per face and frame."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from facelive.errors import FileError
from facelive.files import replacing
from facelive.stream.frame import Face, FaceFlag, Frame
from facelive.stream.layout import POSE
from facelive.stream.recording import Recording
from facelive.stream.rotation import angles

FIXED = ("time_s", "sequence", "captured_ns", "inferred_ns", "published_ns", "face_id", "state", "confidence")
"""Columns before the pose (rad, m; docs/architecture.md) and the expression by name."""


def export_csv(recording: Recording, path: Path) -> int:
    """Write the table, atomically: a reader sees the old file or the whole new one. Returns the number of rows.

    Raises FileError if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow((*FIXED, *POSE, *recording.layout.expression_names))
            count = 0
            for row in _rows(recording):
                writer.writerow(row)
                count += 1
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error
    return count


def _rows(recording: Recording) -> Iterator[list[object]]:
    for at_ns, item in recording.timed():
        if isinstance(item, Frame):
            for face in item.faces:
                yield _row(at_ns, item, face)


def _row(at_ns: int, frame: Frame, face: Face) -> list[object]:
    numbers = (*angles(face.rotation), *face.translation, *face.gaze, *face.weights.tolist())
    return [
        f"{at_ns / 1e9:.6f}", frame.sequence, frame.captured_ns, frame.inferred_ns, frame.published_ns, face.face_id,
        _state(face), f"{face.confidence:.4g}", *(f"{number:.6g}" for number in numbers),
    ]  # fmt: skip


def _state(face: Face) -> str:
    for flag in (FaceFlag.TRACKED, FaceFlag.HELD, FaceFlag.LOST):
        if face.flags & flag:
            return (flag.name or "").lower()
    return ""
