"""A game's own pictures with parameters, to and from the data sets that training reads.

    FOLDER/schema.json              the character (or --schema)
    FOLDER/train/db_description     names and parameters: identity, style, colour; or the whole schema
                 NAME.png|jpg       the pictures
                 landmarks.csv      optional: NAME, x0, y0, ... x67, y67, pixels of the picture
                 masks/NAME.png     optional: what each pixel shows, values of facelive.rig.mesh.Segment
    FOLDER/test/...                 optional: never trained on; without it every tenth picture is kept apart

A folder that holds ``db_description`` itself is one part without a test. ``facelive.train.formats.random_set`` and the
Unity package write such folders.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, SchemaError, UsageError
from facelive.rig.framing import CROP, FRAMING, Similarity, apply, frame_face, scale_and_angle
from facelive.rig.schema import Schema, Vector
from facelive.train.data import shards
from facelive.train.formats.db_description import FILE_NAME, read_db_description
from facelive.train.formats.game_labels import LANDMARKS_CSV, Points, crop, in_crop, pose_of, read_landmarks

Framing = Literal["points", "crop", "detect"]
"""points: cut by landmarks.csv. crop: the pictures are crops already. detect: MediaPipe finds the face."""
Find = Callable[[NDArray[np.uint8]], "Points | None"]
AVATAR = ("identity", "style", "colour")
_EXTENSIONS = (".png", ".jpg", ".jpeg", ".PNG", ".JPG")
_SHARD = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportConfig:
    """What is read and where it goes."""

    source: Path
    output: Path
    schema: Schema
    framing: Framing = "points"
    size: int = 256
    """Side of the stored crops, pixels."""
    clip: bool = False
    """Bring parameters into their range instead of refusing the set."""

    def __post_init__(self) -> None:
        if not 32 <= self.size <= 2048 or self.size % 2:
            raise UsageError("the size of crops is an even number, 32 to 2048")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """One folder with a description."""

    folder: Path
    names: tuple[str, ...]
    params_NP: NDArray[np.float32]
    """Whole schema vectors."""
    landmarks: dict[str, Points]
    test: bool


def import_set(
    config: ImportConfig, find: Find | None = None, on_progress: Callable[[int, int], None] | None = None
) -> int:
    """Read a folder into ``config.output`` and return the number of pictures. find: for the framing "detect".

    Raises FileError if something is missing, malformed or there already, SchemaError if it does not fit the schema.
    """
    if (config.output / shards.MANIFEST).exists():
        raise FileError(f"{config.output} holds a data set already: choose another folder")
    parts = [_read_part(config, folder, test) for folder, test in _parts(config.source)]
    total = sum(len(part.names) for part in parts)
    for leftover in config.output.glob("shard_*"):
        shutil.rmtree(leftover)
    rows: list[dict[str, Any]] = []
    done = 0
    several = len(parts) > 1
    for number, (part, name, params_P) in enumerate(_each(parts)):
        row = _example(config, part, name, params_P, find)
        row |= {"person": np.int32(number), "test": np.uint8(part.test if several else number % 10 == 9)}
        rows.append(row)
        if len(rows) == _SHARD or number + 1 == total:
            shards.write_shard(config.output, done, {key: np.stack([r[key] for r in rows]) for key in rows[0]})
            rows, done = [], done + 1
        if on_progress:
            on_progress(number + 1, total)
    # Last: a folder with a manifest is whole.
    shards.write_json(config.output / shards.MANIFEST, _manifest(config, total))
    config.schema.save(config.output / "schema.json")
    return total


def width_of(source: Path) -> int:
    """How many numbers a picture has in a folder that ``import_set`` reads. Raises FileError if it is none."""
    return read_db_description(_parts(source)[0][0] / FILE_NAME)[1].shape[1]


def _parts(source: Path) -> list[tuple[Path, bool]]:
    if (source / FILE_NAME).is_file():
        return [(source, False)]
    found = [(source / name, name == "test") for name in ("train", "test") if (source / name / FILE_NAME).is_file()]
    if not found or found[0][1]:
        raise FileError(f"{source} holds neither {FILE_NAME} nor train/{FILE_NAME}: it is no set of a game's pictures")
    return found


def _read_part(config: ImportConfig, folder: Path, test: bool) -> _Part:
    names, values_NF = read_db_description(folder / FILE_NAME)
    if not names:
        raise FileError(f"{folder / FILE_NAME} lists no pictures")
    params_NP = whole_vectors(config.schema, values_NF, folder / FILE_NAME)
    if config.clip:
        params_NP = np.clip(params_NP, config.schema.minimum, config.schema.maximum)
    else:
        _in_range(config.schema, names, params_NP)
    table = folder / LANDMARKS_CSV
    if config.framing == "points" and not table.is_file():
        raise FileError(
            f"{folder} has no {LANDMARKS_CSV}: say how the pictures are framed, --framing crop (as the encoder sees "
            "faces) or --framing detect (MediaPipe finds them)"
        )
    landmarks = read_landmarks(table) if table.is_file() and config.framing != "detect" else {}
    if config.framing == "points" and (missing := [name for name in names if name not in landmarks]):
        raise FileError(f"{table} lacks {len(missing)} pictures, the first is {missing[0]}")
    return _Part(folder=folder, names=names, params_NP=params_NP, landmarks=landmarks, test=test)


def whole_vectors(schema: Schema, values_NF: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """(N, P) from the numbers of a file: identity, style and colour in the schema's order, or the whole schema.

    Raises SchemaError if there are as many of neither.
    """
    avatar = avatar_columns(schema)
    width = values_NF.shape[1]
    if width == len(schema):
        return values_NF
    if width != len(avatar):
        raise SchemaError(
            f"{path} has {width} numbers a picture; the rig {schema.name!r} has {len(avatar)} for identity, style and "
            f"colour, and {len(schema)} in all. Give the schema of this game (--schema)"
        )
    whole_NP = np.repeat(schema.neutral()[None], len(values_NF), 0)
    whole_NP[:, avatar] = values_NF
    return whole_NP


def avatar_columns(schema: Schema) -> NDArray[np.intp]:
    """Where identity, style and colour stand in a schema vector, in its order."""
    return np.array([i for i, parameter in enumerate(schema.parameters) if parameter.group in AVATAR], np.intp)


def _in_range(schema: Schema, names: tuple[str, ...], params_NP: NDArray[np.float32]) -> None:
    """The community's generator moves labels out of their range by its noise, and draws something else."""
    off = (params_NP < schema.minimum - 1e-4) | (params_NP > schema.maximum + 1e-4)
    if off.any():
        row, column = (int(i) for i in np.argwhere(off)[0])
        raise SchemaError(
            f"{int(off.any(1).sum())} pictures have parameters out of range, the first is {names[row]}: "
            f"{schema.names[column]} = {params_NP[row, column]:.4g}. Generate them without noise, or pass --clip"
        )


def _each(parts: list[_Part]) -> Iterator[tuple[_Part, str, Vector]]:
    for part in parts:
        for name, params_P in zip(part.names, part.params_NP, strict=True):
            yield part, name, params_P


def _example(config: ImportConfig, part: _Part, name: str, params_P: Vector, find: Find | None) -> dict[str, Any]:
    image = _picture(part.folder, name)
    points = part.landmarks.get(name)
    if config.framing == "detect":
        if find is None:
            raise UsageError("the framing 'detect' needs something that finds faces")
        points = find(image)
        if points is None:
            raise FileError(f"{part.folder / name}: MediaPipe finds no face; give {LANDMARKS_CSV} instead")
    to_crop = _whole(image) if config.framing == "crop" else frame_face(np.asarray(points))
    in_crop_points = None if points is None else apply(to_crop, points)
    label_P = in_crop(config.schema, params_P, scale_and_angle(to_crop)[1])
    row = {
        "images": crop(image, to_crop, config.size),
        "params": label_P,
        "pose": pose_of(config.schema, label_P, in_crop_points),
        "landmarks68": np.full((68, 2), np.nan, np.float32) if in_crop_points is None else in_crop_points,
        "landmarks478": np.zeros((0, 2), np.float32),
        "present": np.float32(1.0),
        "meta": np.zeros(0, np.float32),
    }
    mask = part.folder / "masks" / f"{name}.png"
    if (part.folder / "masks").is_dir():
        values = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
        if values is None or values.ndim != 2 or values.shape != image.shape[:2]:
            raise FileError(f"{mask} is missing, not grey, or not as large as its picture")
        row[shards.SEGMENTS] = crop(np.asarray(values, np.uint8), to_crop, config.size // 2, mask=True)
    return row


def _whole(image: NDArray[np.uint8]) -> Similarity:
    """The map of a picture that is a crop already. Raises FileError if it is not square."""
    height, width = image.shape[:2]
    if height != width:
        raise FileError(f"crops are square, not {width} x {height}")
    ratio = CROP / width
    return np.array([[ratio, 0.0, 0.5 * ratio - 0.5], [0.0, ratio, 0.5 * ratio - 0.5]], np.float32)


def _picture(folder: Path, name: str) -> NDArray[np.uint8]:
    for extension in _EXTENSIONS:
        path = folder / f"{name}{extension}"
        if path.is_file():
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise FileError(f"{path} is no picture")
            return np.asarray(image, np.uint8)
    raise FileError(f"{folder} has no picture {name}.png or .jpg, but {FILE_NAME} lists it")


def _manifest(config: ImportConfig, count: int) -> dict[str, Any]:
    return {
        "format": shards.FORMAT, "version": shards.VERSION, "schema": f"{config.schema.hash:016x}", "framing": FRAMING,
        "count": count, "size": config.size, "shard": _SHARD, "meta": [], "recipe": f"imported ({config.framing})",
    }  # fmt: skip
