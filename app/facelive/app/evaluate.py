"""facelive evaluate: measure the network, beside the mean face, refinement and full fits."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from facelive.app.file_checks import check_folder
from facelive.errors import FileError, UsageError
from facelive.stream.live_config import Backend, Precision

if TYPE_CHECKING:
    from facelive.train.evaluate.report.plan import ReportConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    """Measure an encoder beside other methods: on rendered people it never saw, and on photos if you have some."""

    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("out/evaluate")
    """The folder of index.html, figures.json, sheet.png and everyone.png. With photos it shows people: keep it to
    yourself."""
    encoder: Path | None = None
    """The ONNX file; without it, the one that ships."""
    recognition: bool = True
    """Let recognition have its say in the looks, as live and encode do."""
    translator: Path | None = None
    """Another translator (ONNX) than the package's."""
    also: Path | None = None
    """Another encoder (ONNX), for a column of its own."""
    photos: Path | None = None
    """Annotated photos (see docs/training.md)."""
    landmarks: Path | None = None
    """CSV of their annotation; without it, ytf_landmarks.csv in the folder of photos."""
    people: Path | None = None
    """Whom no training has seen, one name a line; without it, ytf_eval_people.txt in the folder of photos."""
    judge: Path | None = None
    """SFace's file with YuNet's beside it, or a folder with both (OpenCV Zoo): ranks identities."""
    refine: int = 3
    """Steps of refinement in the column beside the encoder; 0 leaves it out."""
    refiner: Literal["redraw", "geometry", "imitator"] = "redraw"
    """"redraw": draw the answer and look again; "geometry": by landmarks; "imitator": and by facial content."""
    imitator: Path | None = None
    """An imitator for refinement and fits; without it, the one that ships."""
    parser: Path | None = None
    """A face parser; without it, the one that ships."""
    fit: int = 0
    """Fit so many photos and renders in full: about --fit-seconds for each. An interrupted run goes on."""
    fit_seconds: float = 20.0
    """Budget of a fit."""
    fit_minutes: float | None = None
    """Budget of all fits of this run; run again for the rest."""
    performances: int = 25
    """Rendered performances; 0 leaves them out."""
    renders: int = 24
    """Rendered people in the table; 0 leaves them out."""
    most_people: int | None = None
    """At most so many people of the photos, for a quick look."""
    backend: Backend = "auto"
    """What runs the encoder."""
    precision: Precision = "auto"
    """"auto" takes int8 on a CPU where the weights have it."""
    threads: int = 1
    """Threads of the encoder."""

    def __post_init__(self) -> None:
        if min(self.refine, self.fit, self.performances, self.renders) < 0:
            raise UsageError("--refine, --fit, --performances and --renders cannot be negative")
        if self.fit_seconds <= 0.0 or (self.most_people is not None and self.most_people < 1):
            raise UsageError("--fit-seconds and --most-people must be above 0")
        given = {
            "--landmarks": self.landmarks,
            "--people": self.people,
            "--also": self.also,
            "--imitator": self.imitator,
            "--parser": self.parser,
            "--translator": self.translator,
        }
        for name, path in given.items():
            if path is not None and not path.is_file():
                raise FileError(f"{name} {path}: there is no such file")
        if self.judge is not None and not self.judge.exists():
            raise FileError(f"--judge {self.judge}: there is no such file or folder")
        if self.photos is None and (self.landmarks is not None or self.people is not None):
            raise UsageError("--landmarks and --people belong to --photos DIR")


def run(options: Evaluate) -> int:
    """Measure, print the table, write the page."""
    from facelive.stream.weights_folder import encoder_path
    from facelive.train.evaluate.report.run import report
    from facelive.train.evaluate.report.tables import to_text
    from facelive.train.evaluate.run import EvaluateConfig

    check_folder(options.output)
    config = EvaluateConfig(
        output=options.output, encoder=encoder_path(options.encoder), photos=options.photos, judge=options.judge,
        landmarks=options.landmarks, eval_people=options.people, most_people=options.most_people,
        recognition=options.recognition, translator=options.translator, people=options.performances,
        backend=options.backend, precision=options.precision, threads=options.threads,
    )  # fmt: skip

    def tell(what: str, done: int, total: int) -> None:
        print(f"\r{what}: {done} of {total} ", end="", file=sys.stderr)

    table, path = report(config, _wanted(options), tell)
    print(file=sys.stderr)
    print(to_text(table))
    print(path, file=sys.stderr)
    return 0


def _wanted(options: Evaluate) -> ReportConfig:
    """What stands beside the encoder; what is missing for it is told at once."""
    from facelive.rig.head import Head
    from facelive.train.evaluate.report.plan import ReportConfig

    tools, weights = None, ()
    if options.fit:
        from facelive.app.fit_tools import open_tools, tool_files
        from facelive.app.train_imitator import need_torch

        need_torch()
        tools, notes = open_tools(
            Head.default(), imitator=options.imitator, parser=options.parser, identity="dlib", identity_weights=None,
            measured=options.encoder is None and options.translator is None and options.recognition,
        )  # fmt: skip
        weights = tool_files(options.imitator, options.parser)
        for note in notes:
            print(f"facelive: {note}", file=sys.stderr)
    return ReportConfig(
        refine=options.refine, refiner=options.refiner, imitator=options.imitator, parser=options.parser,
        also=options.also, fit=options.fit, fit_seconds=options.fit_seconds, fit_minutes=options.fit_minutes,
        tools=tools, tool_weights=weights, renders=options.renders,
    )  # fmt: skip
