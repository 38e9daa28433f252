"""facelive fit: a photo in, a character out, by optimisation."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from facelive.app.encode import list_pictures, read_picture
from facelive.app.progress import progress
from facelive.errors import ExtraMissing, FileError, NoFaceError, UsageError

if TYPE_CHECKING:
    from facelive.app.fit_photos import PhotoFinder, SeenPhoto
    from facelive.likeness.fit import Tools
    from facelive.likeness.fit_types import FitConfig, Fitted, Stage
    from facelive.rig.head import Head


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Fit a character to photos: parameters, eval.bytes, a GLB and a sheet. What is done already is not done again."""

    photos: tyro.conf.Positional[tuple[Path, ...]]
    """Pictures and folders of pictures."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("out/fit")
    """The folder of the character; with several people, one folder each in it."""
    same_person: bool = False
    """All photos show one person: one identity from all of them."""
    budget: float = 20.0
    """Seconds per person, from the found face to the answer (the files take some more)."""
    rounds: int = 2
    """Rounds on the real renderer; 0 leaves them out."""
    lock: tuple[str, ...] = ()
    """Stay as they start: parameters, styles ("hair"), colours ("skin") or groups ("identity")."""
    start: Literal["encoder", "average"] = "encoder"
    """Where to begin."""
    imitator: Path | None = None
    """An imitator of facelive train imitator; None: the one that ships."""
    steps: int = 120
    """Steps through the imitator."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Through the imitator; "sgd" is the published schedule."""
    parser: Path | None = None
    """A face parser of facelive train parser; None: the one that ships."""
    identity: Literal["dlib", "lightcnn", "none"] = "dlib"
    """What recognises; "none" fits by landmarks and colours only."""
    identity_weights: Path | None = None
    """Its published weights (dlib's .dat, LightCNN's .tar); None: dlib's as shipped or installed."""
    encoder: Path | None = None
    """Another encoder (ONNX) than the package's."""
    glb: bool = True
    """Also write the GLB."""
    again: bool = False
    """Do it again where it is done already."""


def run(options: Fit) -> int:
    """Find the faces, fit, write; photos without a face are named and left out where there are others."""
    files = list_pictures(options.photos)
    tools, head, config = _prepare(options)
    from facelive.app.fit_photos import PhotoFinder

    with PhotoFinder(encoder=options.encoder, guess=options.start == "encoder") as finder:
        if finder.notice:
            print(f"facelive: {finder.notice}", file=sys.stderr)
        # A folder with one picture may have more tomorrow: its answers lie in folders from the beginning.
        if options.same_person or (len(files) == 1 and not options.photos[0].is_dir()):
            _fit_group(options, files, options.output, finder, head, tools, config)
            return 0
        return _fit_each(options, files, finder, head, tools, config)


def _prepare(options: Fit) -> tuple[Tools, Head, FitConfig]:
    """The networks, loaded before anything else: a missing one is told at once."""
    import importlib.util

    if importlib.util.find_spec("torch") is None:
        raise ExtraMissing("fitting needs torch: pip install 'facelive[train]'")
    import torch

    from facelive.app.fit_tools import open_tools
    from facelive.likeness.fit_types import FitConfig
    from facelive.rig.head import Head

    torch.set_num_threads(max(1, min(2, torch.get_num_threads())))
    head = Head.default()
    config = FitConfig(
        budget_s=options.budget, rounds=options.rounds, steps=options.steps, optimiser=options.optimiser,
        locked=options.lock,
    )  # fmt: skip
    from facelive.likeness.fit_variables import locked_rows

    locked_rows(head.schema, config.locked)
    tools, notes = open_tools(
        head, imitator=options.imitator, parser=options.parser, identity=options.identity,
        identity_weights=options.identity_weights, measured=options.encoder is None,
    )  # fmt: skip
    for note in notes:
        print(f"facelive: {note}", file=sys.stderr)
    return tools, head, config


def _fit_each(options: Fit, files: list[Path], finder: PhotoFinder, head: Head, tools: Tools, config: FitConfig) -> int:
    done = 0
    names = _folder_names(files)
    for number, (file, name) in enumerate(zip(files, names, strict=True), 1):
        # One bar at a time: older versions of rich refuse a bar within a bar.
        which = f"{number} of {len(files)}, "
        try:
            _fit_group(options, [file], options.output / name, finder, head, tools, config, which)
            done += 1
        except UsageError as error:
            print(f"facelive: {error}: left out", file=sys.stderr)
    if not done:
        raise NoFaceError(f"none of the {len(files)} pictures could be fitted")
    print(f"{done} of {len(files)} pictures fitted", file=sys.stderr)
    return 0


def _fit_group(
    options: Fit, files: list[Path], folder: Path, finder: PhotoFinder, head: Head, tools: Tools, config: FitConfig,
    which: str = "",
) -> None:  # fmt: skip
    """One person: nothing is done if the folder holds the answer to the same question. which: for the bar."""
    from facelive.app.fit_files import is_done, question, write_fit

    asked = question(files, options, head.schema)
    if not options.again and is_done(folder, asked):
        print(f"{folder}: done already (--again does it again)", file=sys.stderr)
        return
    seen = _faces(files, finder, alone=len(files) == 1)
    fitted = _fit(head, seen, tools, config, which)
    write_fit(folder, head, seen[0], fitted, asked, glb=options.glb)
    kept = fitted.history[fitted.best]
    parts = [f"{folder}: loss {fitted.history[0].loss:.3f} -> {kept.loss:.3f}"]
    if kept.cosine == kept.cosine:
        parts.append(f"identity cosine {fitted.history[0].cosine:.2f} -> {kept.cosine:.2f} (self-judged)")
    if fitted.gap is not None:
        parts.append(f"imitator to renderer {fitted.gap.pixel:.3f} per pixel, {fitted.gap.cosine:+.2f} in cosine")
    print(", ".join(parts))


def _faces(files: list[Path], finder: PhotoFinder, *, alone: bool) -> list[SeenPhoto]:
    """The face of every photo. Raises NoFaceError if there is none in any (or in the only one)."""
    seen: list[SeenPhoto] = []
    for file in files:
        try:
            seen.append(finder.find(read_picture(file), str(file)))
        except (NoFaceError, FileError) as error:
            if alone:
                raise
            print(f"facelive: {error}: left out", file=sys.stderr)
    if not seen:
        raise NoFaceError(f"none of the {len(files)} pictures shows a face")
    return seen


def _fit(head: Head, seen: list[SeenPhoto], tools: Tools, config: FitConfig, which: str) -> Fitted:
    from facelive.likeness.fit import Fit as Run

    with progress(f"fitting {which}{Path(seen[0].face.name).name}", 100) as advance:

        def show(stage: Stage, share: float) -> None:
            advance(round(100 * share), 100)

        return Run(head, [photo.face for photo in seen], tools, config, show).run()


def _folder_names(files: list[Path]) -> list[str]:
    """A folder for each photo: its stem, with the parent's name (and a number) where stems repeat."""
    stems = [file.stem for file in files]
    names: list[str] = []
    for file in files:
        name = file.stem if stems.count(file.stem) == 1 else f"{file.resolve().parent.name}_{file.stem}"
        names.append(name if name not in names else f"{name}_{len(names)}")
    return names
