"""facelive encode: pictures in, one line of JSON per picture out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import tyro

from facelive.app.file_checks import check_other_file
from facelive.app.progress import progress
from facelive.errors import FileError, UsageError
from facelive.files import replacing
from facelive.stream.live_config import Backend, Precision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facelive.stream.encode import PictureEncoder

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Encode:
    """Encode pictures: a line of JSON per picture with its parameters, landmarks and confidence."""

    pictures: tyro.conf.Positional[tuple[Path, ...]]
    """Pictures and folders of pictures (searched to any depth)."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=("-o",))] = None
    """Where the lines go; without it, to standard output."""
    encoder: Path | None = None
    """Another encoder (ONNX) than the package's."""
    recognition: bool = True
    """Let recognition features have a say in the looks; --no-recognition leaves them to the encoder."""
    translator: Path | None = None
    """Another translator (ONNX) of recognition features than the package's."""
    refine: int = 0
    """Draw the answer so many times, look at the drawings and take back what was wrong: shapes and expressions come
    nearer, for less than 0.1 s a step."""
    landmarker: Path | None = None
    """Another MediaPipe face_landmarker.task than the package's."""
    schema: Path | None = None
    """schema.json of a character of your own, with an --encoder made for it."""
    backend: Backend = "auto"
    """What runs the encoder."""
    precision: Precision = "auto"
    """"auto" takes int8 on a CPU where the weights have it."""
    threads: int = 1
    """Threads of the encoder."""


def run(options: Encode) -> int:
    """Encode everything; pictures that cannot be read are reported on stderr and marked as not found, and if one of
    them was named itself the exit status is 2."""
    from facelive.stream.encode import PictureEncoder

    files = list_pictures(options.pictures)
    check_other_file(options.output, *files)
    if options.output is not None and options.output.suffix.lower() in PICTURES:
        raise UsageError(f"{options.output} has a picture's name: -o takes a .jsonl file (a pattern after -o?)")
    named = set(options.pictures)
    found, unread = 0, 0
    with (
        PictureEncoder(
            encoder=options.encoder, landmarker=options.landmarker, backend=options.backend,
            precision=options.precision, threads=options.threads, schema=options.schema,
            recognition=options.recognition, translator=options.translator, refine=options.refine,
        ) as encoder,
        open_output(options.output) as output,
        progress("encoding", len(files)) as advance,
    ):  # fmt: skip
        if encoder.notice:
            print(f"facelive: {encoder.notice}", file=sys.stderr)
        for done, path in enumerate(files, 1):
            line = encode_file(encoder, path, strict=len(files) == 1 and path in named)
            found += line["found"]
            unread += "error" in line and path in named
            output.write(json.dumps(line, separators=(",", ":")) + "\n")
            advance(done, len(files))
        if unread == len(files):  # still inside: an earlier output stays
            raise FileError("none of these files is a picture that can be read")
    print(f"{found} of {len(files)} pictures show a face", file=sys.stderr)
    return 2 if unread else 0


def encode_file(encoder: PictureEncoder, path: Path, *, strict: bool) -> dict[str, Any]:
    """The line of one picture. strict: raise FileError if it cannot be read, instead of saying so in the line."""
    try:
        image = read_picture(path)
    except FileError as error:
        if strict:
            raise
        print(f"facelive: {error}", file=sys.stderr)
        return {"file": str(path), "found": False, "error": str(error)}
    return encoder.encode(image).to_line(str(path), encoder.schema)


def list_pictures(paths: tuple[Path, ...]) -> list[Path]:
    """The pictures of files and folders, each folder in the order of names. Raises FileError if there are none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURES and file.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise FileError(f"there is no file or folder {path}")
    if not found:
        raise FileError("no pictures: give picture files, or folders that hold some")
    return found


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR. Raises FileError if the file is missing or no whole picture."""
    import cv2
    import numpy as np

    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise FileError(f"{path} is not a picture that can be read")
    return image.astype(np.uint8, copy=False)


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """A text file to write lines to, or standard output. It takes the place of an earlier one when all is well; what
    Ctrl-C leaves is kept where there was none. Raises FileError if it cannot be written."""
    if path is None:
        yield sys.stdout
        return
    stopped: KeyboardInterrupt | None = None
    with replacing(path) as temporary:
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            file = temporary.open("w", encoding="utf-8")
        except OSError as error:
            raise FileError(f"cannot write {path}: {error.strerror}") from error
        with file:
            try:
                yield file
            except KeyboardInterrupt as pressed:
                if path.exists():
                    raise
                stopped = pressed
    if stopped is not None:
        raise stopped
