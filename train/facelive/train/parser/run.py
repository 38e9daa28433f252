"""``facelive train parser``: renders with masks and (optional) photos in, ``parser.pt`` and its IoU out."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric

from facelive.errors import FileError
from facelive.likeness.parser import FaceParser
from facelive.rig.schema import Schema
from facelive.train.common.average import Average
from facelive.train.common.checkpoints import read_checkpoint, write_checkpoint
from facelive.train.common.devices import open_fabric
from facelive.train.common.interrupted import interrupted
from facelive.train.parser.examples import Batch, Batches, PhotoParts, RenderParts
from facelive.train.parser.objective import PartLoss, photo_iou, render_iou
from facelive.train.parser.recipes import ParserRecipe

log = logging.getLogger(__name__)
_CHECKPOINT, _WEIGHTS, _REPORT, _LOG = "last.ckpt", "parser.pt", "parser.json", "log.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class ParserRun:
    """Where a run lives and how long it may take."""

    output: Path
    """Folder of checkpoints, log and weights; an interrupted run there goes on."""
    budget_s: float = math.inf
    """Stop with a checkpoint after so long."""
    steps_now: int | None = None
    """Stop with a checkpoint after so many steps of this start; for tests."""
    checkpoint_every_s: float = 120.0
    log_every: int = 20
    threads: int = 2
    """CPU threads of torch."""


class ParserTrainer:
    """Owns model, optimiser and state of one run."""

    def __init__(self, recipe: ParserRecipe, run: ParserRun, batches: Batches, fabric: Fabric | None = None) -> None:
        torch.set_num_threads(run.threads)
        torch.manual_seed(recipe.seed)
        self.recipe, self.run, self.batches = recipe, run, batches
        self.fabric = fabric or open_fabric()
        model = FaceParser(recipe.model).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        optimiser = torch.optim.AdamW(
            model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.98)
        )
        self.model, self.optimiser = self.fabric.setup(model, optimiser)
        self.average = Average(self.model.module, recipe.average)
        self.loss = self.fabric.to_device(PartLoss(recipe.part_weight))
        self.step, self.seconds = 0, 0.0
        self._resume()

    def train(self) -> bool:
        """To the end of the recipe or of the budget. Returns whether the recipe is complete. Ctrl-C saves."""
        with interrupted() as stopped:
            return self._train(stopped)

    def _train(self, stopped: Callable[[], bool]) -> bool:
        self.model.train()
        began, before, first = time.monotonic(), self.seconds, self.step
        saved = began
        while self.step < self.recipe.steps:
            if stopped():
                self.save()
                raise KeyboardInterrupt
            value = self._step(self.batches.make(self.step))
            self.step += 1
            self.seconds = before + time.monotonic() - began
            if self.step % self.run.log_every == 0:
                self._log(value)
            stop = self.run.steps_now is not None and self.step - first >= self.run.steps_now
            if stop or time.monotonic() - began > self.run.budget_s:
                self.save()
                return self.step >= self.recipe.steps
            if time.monotonic() - saved > self.run.checkpoint_every_s:
                self.save()
                saved = time.monotonic()
        self.save()
        return True

    def _step(self, batch: Batch) -> float:
        done = self.step / self.recipe.steps
        warm = min(1.0, (self.step + 1) / 50)
        rate = self.recipe.learning_rate * warm * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * done)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        on_device = Batch(*(self.fabric.to_device(part) for part in batch))
        loss = self.loss(self.model(on_device.image_BCHW).logits_BSHW, on_device)
        self.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        self.fabric.clip_gradients(self.model, self.optimiser, max_norm=5.0)
        self.optimiser.step()
        self.average.update(self.model.module)
        return float(loss.detach())

    def averaged(self) -> FaceParser:
        """The network with the averaged weights."""
        parser = FaceParser(self.recipe.model)
        parser.load_state_dict(self.average.values)
        return parser.eval().requires_grad_(False)

    def save(self) -> None:
        """A checkpoint."""
        write_checkpoint(self.run.output / _CHECKPOINT, {
            "recipe": repr(self.recipe), "model": self.model.module.state_dict(),
            "optimiser": self.optimiser.state_dict(), "average": self.average.values,
            "average_steps": self.average.steps, "step": self.step, "seconds": self.seconds,
        })  # fmt: skip

    def _resume(self) -> None:
        self.run.output.mkdir(parents=True, exist_ok=True)
        path = self.run.output / _CHECKPOINT
        if not path.exists():
            return
        content: dict[str, Any] = read_checkpoint(path)
        if content.get("recipe") != repr(self.recipe):
            raise FileError(f"{path} belongs to another recipe; choose another --output or remove it")
        self.model.module.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.average.values, self.average.steps = content["average"], content["average_steps"]
        self.step, self.seconds = content["step"], content["seconds"]
        log.info("resumed at step %d", self.step)

    def _log(self, loss: float) -> None:
        row = {"step": self.step, "seconds": round(self.seconds, 1), "loss": round(loss, 4)}
        with (self.run.output / _LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        log.info("step %d of %d, loss %.3f", self.step, self.recipe.steps, loss)


def train_parser(
    schema: Schema, data: Path, photos: Path | None, held_out_photos: Path | None, recipe: ParserRecipe, run: ParserRun
) -> dict[str, Any] | None:
    """Train (or go on) and measure. The report; None if the budget ended first.

    data: a folder of ``facelive dataset render --segments``. photos, held_out_photos: photo caches.
    """
    renders = RenderParts.open(data, schema, recipe.held_out)
    taught = PhotoParts.open(photos) if photos is not None else None
    trainer = ParserTrainer(recipe, run, Batches(recipe, renders, taught))
    if not trainer.train():
        return None
    parser = trainer.averaged()
    parser.save(run.output / _WEIGHTS)
    report: dict[str, Any] = {"steps": trainer.step, "renders": render_iou(parser, renders)}
    if held_out_photos is not None:
        report["photos"] = photo_iou(parser, PhotoParts.open(held_out_photos))
    text = json.dumps(report, indent=1).replace("NaN", "null")
    (run.output / _REPORT).write_text(text + "\n", encoding="utf-8")
    return report
