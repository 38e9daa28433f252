"""Parameters from files: a JSON object of names and values, a line of ``facelive encode``, or many such lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from facelive.errors import FileError, NoFaceError
from facelive.rig.schema import Schema, Vector


@dataclass(frozen=True, kw_only=True, slots=True)
class Character:
    """One line of parameters."""

    name: str
    """Where it came from: the picture's ``folder/name`` without ending, or the parameter file's own name."""
    params_P: Vector
    """(P,) float32, in range, styles one-hot."""


def load_characters(path: Path, schema: Schema) -> tuple[list[Character], int]:
    """All characters of a file, and how many lines show no face.

    Raises FileError if it cannot be read, SchemaError if it names parameters that the rig does not have, NoFaceError if
    no line has any.
    """
    found: list[Character] = []
    empty = 0
    for number, data in _objects(path):
        values = parameters_of(data)
        if values is None:
            empty += 1
            continue
        name = _name(data.get("file"), path, number)
        found.append(Character(name=name, params_P=schema.clip(schema.to_vector(values))))
    if not found:
        raise NoFaceError(f"{path} holds no parameters" + (f": no face in its {empty} pictures" if empty else ""))
    return found, empty


def load_character(path: Path, schema: Schema) -> Character:
    """The one character of a file. Raises as ``load_characters``, and FileError if there are several."""
    found, _ = load_characters(path, schema)
    if len(found) > 1:
        raise FileError(f"{path} holds {len(found)} characters, this needs one: pick a line")
    return found[0]


def is_lines(path: Path) -> bool:
    """Whether a file holds one JSON object a line, by its name."""
    return path.suffix.lower() in (".jsonl", ".ndjson")


def parameters_of(data: dict[str, Any]) -> dict[str, float] | None:
    """The names and values of an object; None for a picture without a face. Raises FileError if it holds neither."""
    if data.get("found") is False:
        return None
    values = data.get("parameters", data)
    if not isinstance(values, dict):
        raise FileError("'parameters' must be an object of names and numbers")
    return cast("dict[str, float]", values)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not text: {error.reason}") from error
    documents = text.splitlines() if is_lines(path) else [text]
    for number, document in enumerate(documents, 1):
        if not document.strip():
            continue
        try:
            data = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise FileError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(data, dict):
            raise FileError(f"{path}, line {number}: a JSON object of names and values is needed")
        yield number, cast("dict[str, Any]", data)


def _name(file: object, path: Path, number: int) -> str:
    if not isinstance(file, str) or "\0" in file or not Path(file).stem:
        return path.stem if not is_lines(path) else f"{path.stem}-{number:05d}"
    picture = Path(file)
    folder = picture.parent.name
    return f"{folder}/{picture.stem}" if folder not in ("", ".", "..") else picture.stem
