"""facelive dataset render: training pictures with exact labels."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from facelive.app.progress import progress


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetRender:
    """Draw a data set. What is there already is kept, so that an interrupted run goes on."""

    count: int
    """How many pictures."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))]
    """The folder of the set."""
    seed: int = 0
    """Decides everything in the set."""
    size: int = 256
    """Width and height of the crops, pixels."""
    workers: int = 0
    """Processes; 0: one per core. The set is the same for any number."""
    segments: bool = False
    """Also write the part masks."""
    clean: bool = False
    """Pictures as a perfect camera takes them, exactly framed, nothing in the way; for measuring."""


def run(options: DatasetRender) -> int:
    """Draw what is missing."""
    from facelive.train.data.render import RenderConfig, clean, render_dataset

    config = RenderConfig(
        output=options.output, count=options.count, seed=options.seed, size=options.size,
        workers=options.workers or os.cpu_count() or 1, segments=options.segments,
    )  # fmt: skip
    with progress("drawing", options.count) as advance:
        render_dataset(clean(config) if options.clean else config, advance)
    print(f"{options.count} pictures in {options.output}", file=sys.stderr)
    return 0
