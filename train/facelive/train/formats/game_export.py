"""The inverse of ``game_set``: a data set of ours as pictures with ``db_description``, for other tools and engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.framing import CROP
from facelive.rig.schema import Schema
from facelive.train.data.shards import SEGMENTS, ShardReader
from facelive.train.formats.db_description import FILE_NAME, picture_name, write_db_description
from facelive.train.formats.eval_bytes import shape_of
from facelive.train.formats.game_labels import LANDMARKS_CSV, Points, write_landmarks
from facelive.train.formats.game_set import avatar_columns


def export_set(
    data: Path,
    output: Path,
    schema: Schema,
    *,
    whole: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write ``output`` with train/ and test/ as ``import_set`` reads them (framing "crop"); returns the pictures.

    whole: the whole schema a picture, with expression and angles; else identity, style and colour, as the community
    has it. Pictures without a face are left out. Raises FileError if the folder is in use, SchemaError for another rig.
    """
    reader = ShardReader(data, schema)
    if (output / "train").exists() or (output / "test").exists():
        raise FileError(f"{output} holds a set already: choose another folder")
    columns = np.arange(len(schema)) if whole else avatar_columns(schema)
    parts = {False: _Part(output / "train"), True: _Part(output / "test")}
    number = 0
    for block, folder in enumerate(reader.shards):
        images, params = reader.images[block], reader.blocks("params")[block]
        points, person = reader.blocks("landmarks68")[block], reader.blocks("person")[block]
        present = reader.blocks("present")[block]
        marked = np.load(folder / "test.npy") if (folder / "test.npy").is_file() else person % 10 == 9
        masks = np.load(folder / f"{SEGMENTS}.npy", mmap_mode="r") if (folder / f"{SEGMENTS}.npy").is_file() else None
        for row in np.flatnonzero(present > 0.5):
            part = parts[bool(marked[row])]
            image = np.asarray(images[row])
            mask = None if masks is None else np.asarray(masks[row])
            values = np.asarray(params[row])
            part.add(picture_name(number, shape_of(schema, values)), image, values[columns], points[row], mask)
            number += 1
            if on_progress:
                on_progress(number, len(reader))
    schema.save(output / "schema.json")
    for part in parts.values():
        part.close()
    return number


class _Part:
    """One of the two folders, made when its first picture comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []
        self.rows: list[NDArray[np.float32]] = []
        self.points: dict[str, Points] = {}

    def add(
        self,
        name: str,
        image: NDArray[np.uint8],
        params_F: NDArray[np.float32],
        points_K2: Points,
        mask: NDArray[np.uint8] | None,
    ) -> None:
        """One picture with its labels. points_K2: pixels of a 256 crop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / f"{name}.png", image)
        self.names.append(name)
        self.rows.append(params_F.astype(np.float32))
        if np.isfinite(points_K2).all():
            self.points[name] = ((np.asarray(points_K2) + 0.5) * (len(image) / CROP) - 0.5).astype(np.float32)
        if mask is not None:
            (self.folder / "masks").mkdir(exist_ok=True)
            _write(
                self.folder / "masks" / f"{name}.png",
                cv2.resize(mask, image.shape[:2], interpolation=cv2.INTER_NEAREST),
            )

    def close(self) -> None:
        """The tables."""
        if not self.names:
            return
        write_db_description(self.folder / FILE_NAME, self.names, np.stack(self.rows))
        if self.points:
            write_landmarks(self.folder / LANDMARKS_CSV, self.points)


def _write(path: Path, image: NDArray[np.uint8] | cv2.typing.MatLike) -> None:
    if not cv2.imwrite(str(path), image):
        raise FileError(f"cannot write {path}")
