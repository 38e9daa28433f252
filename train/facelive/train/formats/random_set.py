"""A data set of random people, drawn by anything that makes a picture of parameters. Twin of ``DatabaseWriter.cs``.

folder/train and folder/test with pictures and ``db_description``; folder/schema.json and folder/set.json. The same
options give the same parameters, bit for bit, in Unity and here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, UsageError
from facelive.rig.schema import Parameter, Schema, Vector
from facelive.train.formats.db_description import FILE_NAME, picture_name, write_db_description
from facelive.train.formats.eval_bytes import FEMALE
from facelive.train.formats.splitmix import SplitMix64

_NOISE_SEED = 0xA5A5A5A5A5A5A5A5
_AVATAR = ("identity", "style", "colour")
Draw = Callable[[Vector], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomSetConfig:
    """What to draw."""

    count: int = 16_000
    test_share: float = 0.2
    """How much is kept for the test, at the end of the numbers."""
    noise: float = 0.0
    """Moves the rendered parameters by up to this share of their range; they stay in it."""
    seed: int = 1
    shape: int = FEMALE
    """The digit at the end of each name."""

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 100_000:
            raise UsageError("a data set has 1 to 100,000 pictures")
        if not (0.0 <= self.test_share < 1.0 and 0.0 <= self.noise <= 1.0):
            raise UsageError("test share and noise lie in 0 .. 1")

    @property
    def train_count(self) -> int:
        """Pictures for training."""
        return self.count - math.floor(self.count * self.test_share)


def random_parameters(schema: Schema, seed: int, index: int) -> Vector:
    """(P,) float32 of a picture: identity and colours from their range, one column per style, the rest neutral."""
    random = SplitMix64.for_index(seed, index)
    params_P = schema.neutral()
    for i, parameter in enumerate(schema.parameters):
        if parameter.kind == "style":
            params_P[i] = 0.0
        elif _moves(parameter):
            low, high = np.float32(parameter.minimum), np.float32(parameter.maximum)
            params_P[i] = low + (high - low) * np.float32(random.unit())
    for where in schema.styles.values():
        params_P[where.start + random.below(where.stop - where.start)] = 1.0
    return params_P


def perturb(schema: Schema, params_P: Vector, noise: float, seed: int, index: int) -> None:
    """Move what is rendered, in place, and stay in range.

    The original work writes one vector and renders another, which leaves [0, 1]; here the moved one is both.
    """
    if noise <= 0.0:
        return
    random = SplitMix64.for_index(seed ^ _NOISE_SEED, index)
    amount = np.float32(noise)
    for i, parameter in enumerate(schema.parameters):
        if not _moves(parameter):
            continue
        low, high = np.float32(parameter.minimum), np.float32(parameter.maximum)
        step = (np.float32(2.0) * np.float32(random.unit()) - np.float32(1.0)) * amount * (high - low)
        params_P[i] = min(high, max(low, params_P[i] + step))


def write_random_set(
    folder: Path,
    schema: Schema,
    config: RandomSetConfig,
    draw: Draw,
    *,
    extension: str = "png",
    on_picture: Callable[[int], None] | None = None,
) -> None:
    """Write or go on with a data set: pictures that exist are not drawn again.

    draw: (P,) parameters -> bytes of a picture file. Raises FileError if the folder holds another data set.
    """
    _prepare(folder, schema, config)
    columns = [i for i, parameter in enumerate(schema.parameters) if parameter.group in _AVATAR]
    for part, numbers in (("train", range(config.train_count)), ("test", range(config.train_count, config.count))):
        if not numbers:
            continue
        (folder / part).mkdir(exist_ok=True)
        names: list[str] = []
        rows: list[NDArray[np.float32]] = []
        for index in numbers:
            params_P = random_parameters(schema, config.seed, index)
            perturb(schema, params_P, config.noise, config.seed, index)
            names.append(picture_name(index, config.shape))
            rows.append(params_P[columns])
            _draw_once(folder / part / f"{names[-1]}.{extension}", params_P, draw)
            if on_picture is not None:
                on_picture(index + 1)
        write_db_description(folder / part / FILE_NAME, names, np.stack(rows))


def set_text(schema: Schema, config: RandomSetConfig) -> str:
    """``set.json``: what every picture of a folder has in common. The same line as the C# side writes."""
    noise = float(np.float32(config.noise))
    data = {"schema": f"{schema.hash:016x}", "seed": str(config.seed), "noise": noise, "shape": config.shape}
    return json.dumps(data, separators=(",", ":")) + "\n"


def _moves(parameter: Parameter) -> bool:
    return parameter.kind != "style" and parameter.group in ("identity", "colour")


def _prepare(folder: Path, schema: Schema, config: RandomSetConfig) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text, path = set_text(schema, config), folder / "set.json"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise FileError(
            f"{folder} holds another data set: choose an empty folder, or the same seed, noise and character"
        )
    path.write_text(text, encoding="utf-8")
    schema.save(folder / "schema.json")


def _draw_once(path: Path, params_P: Vector, draw: Draw) -> None:
    if path.exists():
        return
    # A picture is whole or not there: what a crash cuts off is drawn again.
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(draw(params_P))
    partial.replace(path)
