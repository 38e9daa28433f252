"""facelive dataset plain: pictures for an imitator of the built-in head."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from facelive.app.progress import progress


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetPlain:
    """Draw plain pictures with part masks: fixed studio light, grey background. An interrupted run goes on."""

    count: int
    """How many pictures, two of each person; every tenth person is kept for the test."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))]
    """The folder of the set."""
    size: int = 256
    """Width and height, pixels; 512 for the recipe paper_512."""
    seed: int = 100
    """Decides everything in the set."""
    workers: int = 0
    """Processes; 0: one per core. The set is the same for any number."""


def run(options: DatasetPlain) -> int:
    """Draw what is missing."""
    from facelive.train.data.render import render_dataset
    from facelive.train.imitator.plain import plain_config

    config = plain_config(
        options.output, options.count, size=options.size, seed=options.seed,
        workers=options.workers or os.cpu_count() or 1,
    )  # fmt: skip
    with progress("drawing", options.count) as advance:
        render_dataset(config, advance)
    print(f"{options.count} pictures in {options.output}", file=sys.stderr)
    return 0
