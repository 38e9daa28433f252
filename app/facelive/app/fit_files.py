"""What a fit leaves behind: written whole or not at all, and known again by the question that it answers."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facelive.errors import FileError
from facelive.likeness.fit_types import METHOD, Fitted
from facelive.rig.head import Head
from facelive.rig.schema import Schema

if TYPE_CHECKING:
    from facelive.app.fit import Fit
    from facelive.app.fit_photos import SeenPhoto

PARAMETERS = "parameters.json"
"""Written last: where it is, everything else is too."""
_NOT_ASKED = ("photos", "output", "again")


def question(files: list[Path], options: Fit, schema: Schema) -> str:
    """What is asked, as a digest: the content of photos and networks, the rig, the options. Raises FileError."""
    from facelive.app.fit_tools import tool_files
    from facelive.stream.weights_folder import encoder_path

    digest = hashlib.sha256(f"{schema.hash:016x} {METHOD}".encode())
    asked_of = [*tool_files(options.imitator, options.parser), encoder_path(options.encoder)]
    asked_of += [options.identity_weights] if options.identity_weights is not None else []
    for file in (*files, *asked_of):
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            raise FileError(f"cannot read {file}: {error.strerror}") from error
    asked = {field.name: str(getattr(options, field.name)) for field in fields(options) if field.name not in _NOT_ASKED}
    digest.update(json.dumps(asked, sort_keys=True).encode())
    return digest.hexdigest()


def is_done(folder: Path, asked: str) -> bool:
    """Whether the folder holds the answer to this very question."""
    try:
        data = json.loads((folder / PARAMETERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and data.get("question") == asked


def write_fit(folder: Path, head: Head, seen: SeenPhoto, fitted: Fitted, asked: str, *, glb: bool) -> None:
    """parameters.json, eval.bytes, avatar.glb, sheet.png. Raises FileError if the folder cannot be written."""
    import cv2

    from facelive.app.character import character_glb
    from facelive.likeness.fit_sheet import draw_sheet
    from facelive.train.formats.eval_bytes import MALE, shape_of, write_eval_bytes

    schema = head.schema
    sheet = draw_sheet(head, seen.photo_HW3, seen.face, fitted)
    values, shape = original_values(schema, fitted), shape_of(schema, fitted.params_P, MALE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARAMETERS).unlink(missing_ok=True)
        _whole(folder / "sheet.png", lambda path: path.write_bytes(cv2.imencode(".png", sheet)[1].tobytes()))
        _whole(folder / "eval.bytes", lambda path: write_eval_bytes(path, shape, values))
        if glb:
            data = character_glb(fitted.params_P)
            _whole(folder / "avatar.glb", lambda path: path.write_bytes(data))
        text = json.dumps(_document(schema, seen.face.name, fitted, asked), indent=1) + "\n"
        _whole(folder / PARAMETERS, lambda path: path.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise FileError(f"cannot write to {folder}: {error.strerror}") from error


def original_values(schema: Schema, fitted: Fitted) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The original work's layout: the sliders, then the brow styles (103 numbers for the built-in head)."""
    rows = [schema.indices("identity")]
    if "brow" in schema.styles:
        where = schema.styles["brow"]
        rows.append(np.arange(where.start, where.stop))
    return fitted.params_P[np.concatenate(rows)].astype(np.float32)


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _document(schema: Schema, name: str, fitted: Fitted, asked: str) -> dict[str, Any]:
    """A line of ``facelive encode`` with more in it: facelive render and export read it."""
    history = [{k: _number(v) for k, v in asdict(iterate).items()} for iterate in fitted.history]
    return {
        "file": name,
        "found": True,
        "parameters": {key: round(value, 6) for key, value in schema.to_dict(fitted.params_P).items()},
        "history": history,
        "best": fitted.best,
        "gap": None if fitted.gap is None else {k: _number(v) for k, v in asdict(fitted.gap).items()},
        "light": {"white_balance": fitted.light[0], "exposure": fitted.light[1]},
        "question": asked,
    }


def _number(value: object) -> object:
    """JSON knows no NaN."""
    if isinstance(value, float):
        return round(value, 6) if value == value else None
    return value
