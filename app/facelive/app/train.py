"""facelive train encoder: reproduce or vary the network."""

from __future__ import annotations

import importlib.util
import logging
import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from facelive.app.file_checks import check_file, check_folder
from facelive.app.looked_at import check_photos, looked_at
from facelive.app.numbers import check_numbers
from facelive.errors import ExtraMissing, UsageError
from facelive.stream.weights_folder import ENCODER


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainEncoder:
    """Train the encoder on renders and, if you have some, photos. The same command goes on with an interrupted run."""

    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))] = Path("runs/encoder")
    """The folder of the run: checkpoints, log, weights, encoder.onnx and encoder.int8.onnx."""
    data: Path | None = None
    """A folder of facelive dataset render; without it one is drawn into OUTPUT/renders first."""
    count: int = 52000
    """Pictures to draw if there is no data."""
    photos: Path | None = None
    """A folder of photos (ytf/PERSON/NN.jpg and ytf_landmarks.csv; see docs/training.md); they stay where they are."""
    recipe: Literal["v1", "further", "imitator", "256", "smoke"] = "v1"
    """"v1" is what ships; "further" goes on from there (or from START-FROM); "imitator" goes on with the losses through
    the frozen imitator; "256" is for GPUs; "smoke" takes a minute and shows that everything fits together."""
    start_from: Path | None = None
    """Weights to begin with, encoder.pt or encoder.onnx of a run; "imitator" then begins with its last phase. For
    "further" what ships."""
    imitator: Path | None = None
    """Another imitator (imitator.pt) than the package's, for the recipe "imitator"."""
    hours: float = math.inf
    """Stop with a checkpoint after so long."""
    threads: int = 2
    """CPU threads."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """"bf16" is mixed precision: quicker on CPUs and GPUs that multiply bfloat16."""
    seed: int = 0
    """Of the pictures that are drawn."""

    def __post_init__(self) -> None:
        check_numbers(1, count=self.count, threads=self.threads)
        check_numbers(0, hours=self.hours, seed=self.seed)


def run(options: TrainEncoder) -> int:
    """Draw, look at the photos, train, export."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("lightning") is None:
        raise ExtraMissing("training needs torch and lightning: pip install 'facelive[train]'")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr, force=True
    )
    from facelive.rig.head import Head
    from facelive.train.encoder.beginning import check_beginning
    from facelive.train.encoder.loop import TrainConfig
    from facelive.train.encoder.recipes import RECIPES
    from facelive.train.encoder.run import train_encoder

    # All that can be wrong is told before hours of drawing.
    check_folder(options.output)
    if options.recipe == "imitator" and options.photos is None:
        raise UsageError("the recipe imitator compares photos with drawings of them: give --photos")
    check_file(options.start_from)
    if options.start_from is not None:
        check_beginning(options.start_from, RECIPES[options.recipe](), Head.default())
    check_file(options.imitator)
    check_photos(options.photos)
    data = options.data or _drawn(options)
    photos = looked_at(options.photos, options.output / "photos") if options.photos is not None else None
    start_from = options.start_from or (ENCODER if options.recipe == "further" else None)
    config = TrainConfig(
        output=options.output, budget_s=3600.0 * options.hours, start_from=start_from,
        imitator=options.imitator, threads=options.threads, precision=options.precision,
    )  # fmt: skip
    recipe = RECIPES[options.recipe]()
    if options.recipe == "imitator" and options.start_from is not None:
        recipe = replace(recipe, phases=recipe.phases[-1:])
    trained = train_encoder(data, photos, recipe, config)
    if not trained.complete:
        print("the time is up; the same command goes on from here")
        return 0
    print(f"{trained.onnx}\n{trained.int8}")
    return 0


def _drawn(options: TrainEncoder) -> Path:
    from facelive.app.dataset import DatasetRender
    from facelive.app.dataset import run as draw

    folder = options.output / "renders"
    draw(DatasetRender(count=options.count, output=folder, seed=options.seed))
    return folder
