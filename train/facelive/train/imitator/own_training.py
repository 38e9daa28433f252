"""``facelive train own-encoder``: a game's pictures and its imitator in, an encoder for its character out."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from facelive.errors import FileError
from facelive.likeness.drawing import Draws, appearance_slices
from facelive.likeness.imitator_points import pose_features
from facelive.rig.schema import Schema
from facelive.train.common.checkpoints import read_checkpoint, write_checkpoint
from facelive.train.common.interrupted import interrupted
from facelive.train.common.scalars import Scalars
from facelive.train.imitator.examples import Examples
from facelive.train.imitator.own_batches import OwnBatch, OwnBatches
from facelive.train.imitator.own_encoder import OwnEncoder, OwnEncoderConfig, export_own

log = logging.getLogger(__name__)
CHECKPOINT, ONNX = "last.ckpt", "encoder.onnx"
_SAVE_S = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnRecipe:
    """All that decides a run, apart from the data."""

    model: OwnEncoderConfig = field(default_factory=OwnEncoderConfig)
    steps: int = 8000
    batch: int = 32
    learning_rate: float = 2e-3
    """Falls to a fiftieth by half a cosine."""
    seed: int = 0


def smoke() -> OwnRecipe:
    """Seconds: shows that everything fits together."""
    return OwnRecipe(model=OwnEncoderConfig(sight=64, widths=(8, 16, 24), squeeze=8, hidden=48), steps=40, batch=8)


RECIPES = {"own": OwnRecipe, "smoke": smoke}


def loss_terms(schema: Schema, outputs: dict[str, Tensor], batch: OwnBatch) -> dict[str, Tensor]:
    """Each term averaged over the crops that show a face; "present" over all."""
    present_B = batch.present_B
    slices = appearance_slices(schema)
    whole = torch.from_numpy(schema.maximum - schema.minimum)

    def average(error_BX: Tensor) -> Tensor:
        return (error_BX.flatten(1).mean(1) * present_B).sum() / present_B.sum().clamp(min=1.0)

    terms: dict[str, Tensor] = {}
    for group in ("identity", "colour", "expression"):
        if outputs[group].shape[1]:
            span = whole[torch.from_numpy(schema.indices(group))]
            terms[group] = average((outputs[group] - batch.appearance_BN[:, slices[group]]).abs() / span)
    columns, targets = schema.indices("style"), batch.appearance_BN[:, slices["style"]]
    for style, where in schema.styles.items():
        first = int((columns == where.start).argmax())
        inside = slice(first, first + where.stop - where.start)
        target_B = targets[:, inside].argmax(1)
        terms[f"style.{style}"] = 0.2 * average(
            torch.nn.functional.cross_entropy(outputs["style"][:, inside], target_B, reduction="none")[:, None]
        )
    terms["pose"] = 0.5 * average((pose_features(outputs["pose"]) - pose_features(batch.pose_B10)).abs())
    known = batch.landmarks_BK2.isfinite()
    terms["landmarks"] = 5.0 * average((outputs["landmarks"] - batch.landmarks_BK2.nan_to_num()).abs() * known)
    wanted = present_B[:, None].expand_as(outputs["confidence"])
    terms["present"] = 0.2 * torch.nn.functional.binary_cross_entropy_with_logits(outputs["confidence"], wanted)
    return terms


def train_own(
    examples: Examples, imitator: Draws, recipe: OwnRecipe, output: Path, budget_s: float = math.inf
) -> Path | None:
    """Train (or go on) and export; returns the ONNX file, or None if the budget ended first. On the CPU. Ctrl-C saves.

    Raises FileError if the folder holds a run of another recipe, rig or data set.
    """
    with interrupted() as stopped:
        return _train_own(examples, imitator, recipe, output, budget_s, stopped)


def _train_own(
    examples: Examples, imitator: Draws, recipe: OwnRecipe, output: Path, budget_s: float, stopped: Callable[[], bool]
) -> Path | None:
    output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    schema = examples.schema
    model = OwnEncoder(schema, recipe.model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    mark = f"{schema.hash:016x} {recipe!r} {len(examples.train)}"
    first = _resume(output / CHECKPOINT, mark, model, optimiser)
    batches, scalars = OwnBatches(examples, imitator, recipe.model.sight, recipe.seed), Scalars(output)
    started = saved = time.monotonic()
    model.train()
    for step in range(first, recipe.steps):
        if stopped():
            _save(output / CHECKPOINT, mark, model, optimiser, step)
            raise KeyboardInterrupt
        rate = recipe.learning_rate * (0.02 + 0.49 * (1.0 + math.cos(math.pi * step / recipe.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = batches.make(step, recipe.batch)
        terms = loss_terms(schema, model(batch.image_BCHW), batch)
        total = torch.stack(list(terms.values())).sum()
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        optimiser.step()
        if (step + 1) % 20 == 0:
            scalars.write(step + 1, {name: float(v.detach()) for name, v in terms.items()} | {"lr": rate})
            log.info("step %d of %d: %.3f", step + 1, recipe.steps, float(total.detach()))
        now = time.monotonic()
        late = now - started > budget_s and step + 1 < recipe.steps
        if late or now - saved > _SAVE_S:
            _save(output / CHECKPOINT, mark, model, optimiser, step + 1)
            saved = now
        if late:
            return None
    _save(output / CHECKPOINT, mark, model, optimiser, recipe.steps)
    export_own(model.eval(), schema, output / ONNX)
    return output / ONNX


def _save(path: Path, mark: str, model: OwnEncoder, optimiser: torch.optim.Optimizer, step: int) -> None:
    content = {"mark": mark, "model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    write_checkpoint(path, content)


def _resume(path: Path, mark: str, model: OwnEncoder, optimiser: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    content = read_checkpoint(path)
    if content.get("mark") != mark:
        raise FileError(f"{path} belongs to another rig, recipe or data set; choose another --output or remove it")
    model.load_state_dict(content["model"])
    optimiser.load_state_dict(content["optimiser"])
    return int(content["step"])
