"""facelive dataset import: a game's own pictures with parameters."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from facelive.app.file_checks import check_folder
from facelive.app.progress import progress
from facelive.errors import FileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facelive.rig.schema import Schema
    from facelive.train.formats.game_set import Find


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetImport:
    """Read a folder of pictures with db_description, as game engines write it, into a data set for training."""

    source: tyro.conf.Positional[Path]
    """The folder: db_description and pictures, or train/ and test/ with these; see docs/own_character.md."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=("-o",))] = None
    """The folder of the data set; without it, data/NAME with the name of SOURCE."""
    schema: str = ""
    """schema.json of the character, or community-99 or community-103; without it SOURCE/schema.json, or what the number
    of parameters tells (99 or 103: the community's)."""
    framing: Literal["points", "crop", "detect"] = "points"
    """"points": cut by landmarks.csv; "crop": framed as the encoder sees faces; "detect": MediaPipe finds the face."""
    size: int = 256
    """Width and height of the stored crops, pixels."""
    clip: bool = False
    """Bring parameters into their range instead of refusing the set."""
    landmarker: Path | None = None
    """For "detect": another MediaPipe face_landmarker.task than the package's."""


def run(options: DatasetImport) -> int:
    """Import everything."""
    from facelive.train.formats.game_set import ImportConfig, import_set

    output = options.output or Path("data") / options.source.resolve().name
    check_folder(output)
    config = ImportConfig(
        source=options.source, output=output, schema=_schema(options), framing=options.framing,
        size=options.size, clip=options.clip,
    )  # fmt: skip
    with ExitStack() as stack, progress("importing") as advance:
        find = _finder(options, stack) if options.framing == "detect" else None
        count = import_set(config, find, advance)
    print(f"{count} pictures in {output}", file=sys.stderr)
    return 0


def _schema(options: DatasetImport) -> Schema:
    from facelive.rig.schema import Schema
    from facelive.train.formats.community_schema import community_schema
    from facelive.train.formats.game_set import width_of

    if options.schema.startswith("community-"):
        digits = options.schema.removeprefix("community-")
        return community_schema(int(digits) if digits.isdecimal() else 0)
    path = Path(options.schema) if options.schema else options.source / "schema.json"
    if path.is_file():
        return Schema.load(path)
    width = 0 if options.schema else width_of(options.source)
    if width not in (99, 103):
        found = f" ({width} numbers a picture)" if width else ""
        raise FileError(f"there is no schema at {path}{found}: give --schema FILE, community-99 or community-103")
    print(f"{width} numbers a picture and no schema.json: read as community-{width}", file=sys.stderr)
    return community_schema(width)


def _finder(options: DatasetImport, stack: ExitStack) -> Find:
    from facelive.train.data.face_teacher import FaceTeacher, shipped_model
    from facelive.train.data.mediapipe_points import POINTS_68

    teacher = stack.enter_context(FaceTeacher(options.landmarker or shipped_model()))

    def find(image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        seen = teacher.look_once(image)
        return None if seen is None else seen.landmarks_478x3[POINTS_68, :2]

    return find
