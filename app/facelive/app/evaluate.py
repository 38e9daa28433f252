"""facelive evaluate: measure the network."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from facelive.stream.live_config import Backend, Precision


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    """Measure an encoder: on rendered people it never saw, on still faces, and on photos if you have some."""

    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("out/evaluate")
    """The folder of figures.json and index.html."""
    encoder: Path | None = None
    """The ONNX file; without it, the one that ships."""
    photos: Path | None = None
    """Annotated photos (see docs/training.md)."""
    judge: Path | None = None
    """A folder with YuNet and SFace (OpenCV Zoo): ranks identities."""
    people: int = 25
    """Rendered performances; 0 leaves them out."""
    backend: Backend = "auto"
    """What runs the encoder."""
    precision: Precision = "auto"
    """"auto" takes int8 on a CPU where the weights have it."""
    threads: int = 1
    """Threads of the encoder."""


def run(options: Evaluate) -> int:
    """Measure and print the figures."""
    from facelive.stream.weights_folder import encoder_path
    from facelive.train.evaluate.run import EvaluateConfig, evaluate

    config = EvaluateConfig(
        output=options.output, encoder=encoder_path(options.encoder), photos=options.photos, judge=options.judge,
        people=options.people, backend=options.backend, precision=options.precision, threads=options.threads,
    )  # fmt: skip

    def tell(what: str, done: int, total: int) -> None:
        print(f"\r{what}: {done} of {total} ", end="", file=sys.stderr)

    figures = evaluate(config, tell)
    print(file=sys.stderr)
    print(json.dumps(figures, indent=1, default=str))
    print(f"{options.output / 'index.html'}", file=sys.stderr)
    return 0
