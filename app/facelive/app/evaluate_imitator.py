"""facelive evaluate imitator: how well it draws people that it never saw."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import tyro

from facelive.app.file_checks import check_folder
from facelive.app.numbers import check_numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateImitator:
    """Measure an imitator on the test part of a data set: L1 per pixel and by part, sharpness, landmarks, a sheet."""

    imitator: Path
    """imitator.pt of facelive train imitator."""
    data: Path
    """The data set that it was trained on, or another of the same rig."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("out/imitator")
    """The folder of figures.json, sheet.png and eyes.png."""
    schema: Path | None = None
    """Your character's schema.json; without it, the built-in head."""
    pictures: int = 512
    """At most so many test pictures."""

    def __post_init__(self) -> None:
        check_numbers(1, pictures=self.pictures)


def run(options: EvaluateImitator) -> int:
    """Measure and print the figures."""
    from facelive.app.train_imitator import need_torch

    need_torch()
    check_folder(options.output)
    from facelive.likeness.imitator import Imitator
    from facelive.train.imitator.evaluate import write_report
    from facelive.train.imitator.examples import Examples
    from facelive.train.imitator.rigs import rig_of

    rig = rig_of(options.schema)
    model = Imitator.load(options.imitator, rig.schema, rig.head)
    figures = write_report(model, Examples(options.data, rig.schema), options.output, options.pictures)
    print(json.dumps(asdict(figures), indent=1))
    print(options.output / "sheet.png", file=sys.stderr)
    return 0
