"""facelive render: draw faces from parameters."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from facelive.app.character import at_rest
from facelive.app.file_checks import check_ending, check_folder, check_other_file
from facelive.app.numbers import check_numbers
from facelive.app.params_file import Character, is_lines, load_characters
from facelive.app.progress import progress
from facelive.errors import FileError, UsageError

if TYPE_CHECKING:
    from facelive.rig.render import Renderer
    from facelive.rig.schema import Vector

_PICTURE_S = 0.1
_WORKER_START_S = 3.0
_worker: dict[str, Any] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Render:
    """Draw faces: one picture from a JSON file of parameters, or one for every line of facelive encode."""

    params: Path
    """A JSON object of names and values (what is left out is neutral), or a .jsonl file of facelive encode."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))]
    """The picture (.png or .jpg); for .jsonl a folder, in which every picture lies as FOLDER/NAME.png."""
    neutral: bool = False
    """Frontal, without expression: only who it is."""
    size: int = 512
    """Width and height, pixels."""
    jobs: int = 0
    """Processes for .jsonl; 0 uses all cores where that is worth it."""


def run(options: Render) -> int:
    """Draw what was asked for."""
    from facelive.rig.head import Head

    if not 16 <= options.size <= 4096:
        raise UsageError("--size must lie between 16 and 4096")
    check_numbers(0, jobs=options.jobs)
    check_other_file(options.output, options.params)
    if is_lines(options.params):
        check_folder(options.output)
    if not is_lines(options.params) and not options.output.is_dir():
        check_ending(options.output, ".png", ".jpg", ".jpeg")
    head = Head.default()
    characters, empty = load_characters(options.params, head.schema)
    if options.neutral:
        characters = [Character(name=c.name, params_P=at_rest(head, c.params_P)) for c in characters]
    if not is_lines(options.params):
        if options.output.is_dir():
            raise FileError(f"{options.output} is a folder: give the picture's name, -o me.png")
        open_renderer(options.size)
        draw(characters[0].params_P, options.output)
        return 0
    draw_all(characters, options)
    left_out = f", {empty} lines show no face" if empty else ""
    print(f"{len(characters)} pictures in {options.output}{left_out}", file=sys.stderr)
    return 0


def open_renderer(size: int) -> Renderer:
    """The renderer of this process."""
    if _worker.get("size") != size:
        from facelive.rig.head import Head
        from facelive.rig.render import Renderer

        _worker.update(size=size, renderer=Renderer(Head.default(), size=size))
    return _worker["renderer"]


def draw(params_P: Vector, path: Path) -> None:
    """Draw one picture with this process's renderer. Raises FileError if it cannot be written."""
    import cv2

    picture = _worker["renderer"].render(params_P)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(path.suffix.lower(), picture.image_HW3)[1].tobytes())
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error


def own_names(characters: list[Character]) -> list[str]:
    """A name for each picture; where photos share folder and name, the later ones get a number, and a line says so."""
    taken: set[str] = set()
    names: list[str] = []
    for character in characters:
        name, number = character.name, 1
        while name in taken:
            number += 1
            name = f"{character.name}-{number}"
        if number > 1:
            print(f"facelive: there are several {character.name!r}: one is drawn as {name}.png", file=sys.stderr)
        taken.add(name)
        names.append(name)
    return names


def draw_all(characters: list[Character], options: Render) -> None:
    """Draw many, on several processes where starting them takes less time than it saves."""
    targets = [
        (c.params_P, options.output / f"{name}.png") for c, name in zip(characters, own_names(characters), strict=True)
    ]
    jobs = options.jobs or (os.cpu_count() or 1)
    if options.jobs == 0 and len(targets) * _PICTURE_S < jobs * _WORKER_START_S:
        jobs = 1
    with progress("drawing", len(targets)) as advance:
        if jobs == 1:
            open_renderer(options.size)
            for done, (params_P, path) in enumerate(targets, 1):
                draw(params_P, path)
                advance(done, len(targets))
            return
        # spawn, not fork: numba's and cv2's threads do not survive a fork.
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, context, open_renderer, (options.size,)) as pool:
            futures = [pool.submit(draw, params_P, path) for params_P, path in targets]
            try:
                for done, future in enumerate(as_completed(futures), 1):
                    future.result()
                    advance(done, len(targets))
            except BaseException:
                # A worker that is starting or compiling would keep us waiting; what it draws can be drawn again.
                for child in multiprocessing.active_children():
                    child.terminate()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
