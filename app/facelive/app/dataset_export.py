"""facelive dataset export: one of our data sets as pictures with db_description."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from facelive.app.file_checks import check_folder
from facelive.app.progress import progress


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetExport:
    """Write a data set as train/ and test/ with PNG pictures, db_description, landmarks.csv and masks."""

    data: tyro.conf.Positional[Path]
    """A folder of facelive dataset plain, render or import."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))]
    """The new folder."""
    schema: Path | None = None
    """schema.json of the character; without it DATA/schema.json if there is one, else the built-in head."""
    whole: bool = False
    """All parameters a picture, with expression and angles; else identity, style and colour (the community's way)."""


def run(options: DatasetExport) -> int:
    """Export everything."""
    from facelive.rig.head import Head
    from facelive.rig.schema import Schema
    from facelive.train.formats.game_export import export_set

    check_folder(options.output)
    beside = options.data / "schema.json"
    path = options.schema or (beside if beside.is_file() else None)
    schema = Schema.load(path) if path is not None else Head.default().schema
    with progress("exporting") as advance:
        count = export_set(options.data, options.output, schema, whole=options.whole, on_progress=advance)
    print(f"{count} pictures in {options.output}", file=sys.stderr)
    return 0
