"""The training loop: phases, averaged weights, checkpoints that continue exactly where they stopped.

Lightning Fabric carries devices, precision and several processes; nothing here knows them.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor

from facelive.errors import FileError
from facelive.rig.head import Head
from facelive.train.common.average import Average
from facelive.train.common.checkpoints import read_checkpoint
from facelive.train.common.devices import Precision
from facelive.train.common.interrupted import interrupted
from facelive.train.common.muon import Muon
from facelive.train.encoder.batches import Batch, BatchMaker, PhotoSet, RenderSet
from facelive.train.encoder.beginning import begin_with
from facelive.train.encoder.imagined import Imagination, Imagined, Meetings
from facelive.train.encoder.imitated import Frozen, ImitatedObjective
from facelive.train.encoder.model import CROP, Encoder
from facelive.train.encoder.objective import Objective
from facelive.train.encoder.points import FacePoints
from facelive.train.encoder.recipes import EncoderRecipe, Phase

log = logging.getLogger(__name__)
_CHECKPOINT = "last.ckpt"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Where a run lives and how long it may take."""

    output: Path
    """Folder of checkpoints, log and weights; an interrupted run there goes on."""
    budget_s: float = math.inf
    """Stop (with a checkpoint) after this many seconds; the same command goes on from there."""
    log_every: int = 20
    """Steps between two lines of the log."""
    checkpoint_every_s: float = 120.0
    """Seconds between two checkpoints."""
    start_from: Path | None = None
    """Weights (an exported ``encoder.pt``) to begin with instead of random ones; a run that resumes ignores it."""
    imitator: Path | None = None
    """Another imitator than the shipped one, for phases that learn through it."""
    threads: int = 2
    """CPU threads of torch."""
    precision: Precision = "fp32"
    """Of the trunk while it learns."""


@dataclass
class _Step:
    """What one step learns from."""

    batch: Batch | None
    faces: Imagined | None
    meetings: Meetings
    """Of the renders' people, then of the imagined ones."""


@dataclass
class _State:
    phase: int = 0
    step: int = 0
    """Inside the phase."""
    total: int = 0
    renders_seen: int = 0
    photos_seen: int = 0
    seconds: float = 0.0
    """Spent on training, over all starts."""


def _optimiser(model: Encoder, recipe: EncoderRecipe) -> torch.optim.Optimizer:
    """Matrices decay, vectors do not; the reader of points may have a pace of its own."""
    of_points = {id(p) for part in (model.points, model.from_points) for p in part.parameters()}
    muon = recipe.optimiser == "muon"
    inner = {id(p) for p in model.inner_weights()} if muon else set[int]()
    groups: list[dict[str, Any]] = []
    for reader in (False, True):
        own = [p for p in model.parameters() if (id(p) in of_points) == reader]
        common = {"weight_decay": recipe.weight_decay, "reader": reader}
        groups.append(common | {"params": [p for p in own if p.ndim > 1 and id(p) not in inner]})
        groups.append(common | {"params": [p for p in own if p.ndim <= 1], "weight_decay": 0.0})
        if muon:
            groups.append(common | {"params": [p for p in own if id(p) in inner], "orthogonal": True})
    rate = recipe.phases[0].learning_rate
    return Muon(groups, rate) if muon else torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


class Trainer:
    """Owns model, optimiser and state of one run."""

    def __init__(
        self,
        head: Head,
        recipe: EncoderRecipe,
        config: TrainConfig,
        renders: Callable[[int], RenderSet],
        photos: Callable[[int], PhotoSet | None],
        frozen: Frozen | None = None,
    ) -> None:
        """``renders(size)`` and ``photos(size)`` give the sets for a phase of that picture size.

        frozen: what phases with ``imitated`` photos learn through.
        """
        torch.set_num_threads(config.threads)
        torch.manual_seed(recipe.seed)
        self.head, self.recipe, self.config = head, recipe, config
        self.renders, self.photos, self.frozen = renders, photos, frozen
        self.imitated: ImitatedObjective | None = None
        self.fabric = Fabric(accelerator="auto", devices="auto" if torch.cuda.is_available() else 1)
        self.fabric.launch()
        self.points = FacePoints.of(head)
        model = Encoder(head.schema, self.points, recipe.model).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        model.precision = config.precision
        self.model, self.optimiser = self.fabric.setup(model, _optimiser(model, recipe))
        self.model.mark_forward_method("read")
        self.average = Average(self.model.module, recipe.average)
        self.state = _State()
        self._resume()

    def run(self) -> bool:
        """Train to the end of the recipe or of the budget. Returns whether the recipe is complete. Ctrl-C saves."""
        with interrupted() as stopped:
            return self._run(stopped)

    def _run(self, stopped: Callable[[], bool]) -> bool:
        started, before = time.monotonic(), self.state.seconds
        while self.state.phase < len(self.recipe.phases):
            phase = self.recipe.phases[self.state.phase]
            if not self._run_phase(phase, lambda: before + time.monotonic() - started, stopped):
                return False
            self.state.phase, self.state.step = self.state.phase + 1, 0
            self._save()
        return True

    def _run_phase(self, phase: Phase, elapsed: Callable[[], float], stopped: Callable[[], bool]) -> bool:
        renders, photos = self.renders(phase.size), self.photos(phase.size)
        objective = Objective(self.head, self.points, renders.params_NP, self.recipe.losses)
        self.fabric.to_device(objective)
        if phase.imitated and self.frozen is not None:
            spread_I = objective.spread.identity_I
            self.imitated = ImitatedObjective(self.head.schema, self.frozen, spread_I, self.recipe.imitation)
            self.fabric.to_device(self.imitated)
        maker = BatchMaker(self.head.schema, renders, photos, self.recipe.seed)
        imagination = Imagination(self.head.schema, renders, len(self.points), self.recipe.seed)
        log.info("phase %d: %d renders, %d photos, %s", self.state.phase, len(renders), len(photos or ()), phase)
        self.model.train()
        saved = time.monotonic()
        for given in self._batches(maker, imagination, phase):
            if stopped():
                self._save()
                raise KeyboardInterrupt
            rate = self._learning_rate(phase)
            strength = min(1.0, (self.state.step + 1) / phase.ramp) if phase.ramp else 1.0
            parts = self._step(given, objective, phase, rate, strength)
            self.state.step += 1
            self.state.total += 1
            self.state.renders_seen += phase.batch
            self.state.photos_seen += phase.photos
            self.state.seconds = elapsed()
            if self.state.total % self.config.log_every == 0:
                self._log(parts, rate)
            if time.monotonic() - saved > self.config.checkpoint_every_s:
                self._save()
                saved = time.monotonic()
            if self.state.seconds > self.config.budget_s:
                self._save()
                return False
        return True

    def _batches(self, maker: BatchMaker, imagination: Imagination, phase: Phase) -> Iterator[_Step]:
        """What each step of the rest of the phase learns from, the next one made while the current one trains."""
        identity = self.head.schema.indices("identity")
        with ThreadPoolExecutor(1) as pool:
            state = self.state
            seen, total = (state.renders_seen, state.photos_seen), state.total

            def make(ahead: int) -> _Step:
                at = (seen[0] + ahead * phase.batch, seen[1] + ahead * phase.photos)
                step = total + ahead
                batch = maker.make(step, phase.size, phase.batch, phase.photos, at) if phase.batch else None
                faces = imagination.draw(step, phase.imagined) if phase.imagined else None
                people = [] if batch is None else [batch.params_BP[:, identity]]
                people += [] if faces is None else [faces.identity_BI]
                return _Step(batch, faces, imagination.meet(step, torch.cat(people)))

            left = phase.steps - state.step
            pending = pool.submit(make, 0)
            for ahead in range(1, left + 1):
                made = pending.result()
                if ahead < left:
                    pending = pool.submit(make, ahead)
                yield self.fabric.to_device(made)

    def _step(self, given: _Step, objective: Objective, phase: Phase, rate: float, strength: float) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = rate * (phase.reader_rate if group["reader"] else 1.0)
        person = objective.acquaint(self.model.read, given.meetings)
        losses: list[Tensor] = []
        parts: dict[str, float] = {}
        renders = 0
        if given.batch is not None:
            batch, renders = given.batch, given.batch.renders
            image = batch.image_BCHW.contiguous(memory_format=torch.channels_last)
            strangers = person.new_zeros(len(image) - renders, person.shape[1])
            outputs = self.model(image, torch.cat([person[:renders], strangers]), objective.heated(self.state.total))
            loss, named = objective(outputs, batch, self.state.total, strength)
            losses.append(loss)
            parts |= named
            if self.imitated is not None and phase.imitated and batch.embedding_BD is not None:
                loss, named = self._through_imitator(outputs, image, batch, phase.imitated)
                losses.append(loss)
                parts |= named
        if given.faces is not None:
            read = self.model.read(objective.imagine(given.faces), person[renders:])
            loss, named = objective.imagined(read, given.faces)
            losses.append(loss)
            parts |= named
        total = torch.stack(losses).sum()
        self.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(total)
        self.fabric.clip_gradients(self.model, self.optimiser, max_norm=5.0)
        self.optimiser.step()
        self.average.update(self.model.module)
        return parts | {"total": float(total.detach())}

    def _through_imitator(
        self, outputs: dict[str, Tensor], image_BCHW: Tensor, batch: Batch, count: int
    ) -> tuple[Tensor, dict[str, float]]:
        """The first ``count`` photos of the batch."""
        assert self.imitated is not None
        assert batch.embedding_BD is not None
        assert batch.looks_weight_B is not None
        rows = slice(batch.renders, batch.renders + count)
        chosen = {name: value[rows] for name, value in outputs.items() if name != "heat"}
        known_B = batch.looks_weight_B[:count]
        return self.imitated(chosen, image_BCHW[rows], batch.embedding_BD[:count], known_B, self.model)

    def _learning_rate(self, phase: Phase) -> float:
        """Warm-up over 100 steps, then half a cosine down to a twentieth."""
        warm = min(1.0, (self.state.step + 1) / 100)
        done = min(1.0, self.state.step / phase.steps)
        return phase.learning_rate * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))

    def _log(self, parts: dict[str, float], rate: float) -> None:
        row = {"phase": self.state.phase, "step": self.state.step, "seconds": round(self.state.seconds, 1), "lr": rate}
        row |= {name: round(value, 4) for name, value in parts.items()}
        with (self.config.output / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        log.info("phase %d step %d total %.3f", self.state.phase, self.state.step, parts["total"])

    def averaged(self) -> Encoder:
        """The network with the averaged weights, ready for export."""
        model = Encoder(self.head.schema, self.points, self.recipe.model)
        model.load_state_dict(self.average.values)
        return model.eval()

    def _save(self) -> None:
        content = {
            "schema": self.head.schema.hash,
            "recipe": repr(self.recipe),
            "model": self.model.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.values,
            "average_steps": self.average.steps,
            "state": asdict(self.state),
        }
        path = self.config.output / _CHECKPOINT
        temporary = path.with_suffix(".tmp")
        torch.save(content, temporary)
        temporary.replace(path)

    def _resume(self) -> None:
        path = self.config.output / _CHECKPOINT
        if not path.exists():
            if self.config.start_from is not None:
                begin_with(self.config.start_from, self.model.module, self.head, lambda: self.renders(CROP))
                self.average = Average(self.model.module, self.recipe.average)
            self.config.output.mkdir(parents=True, exist_ok=True)
            return
        content = read_checkpoint(path)
        if content["schema"] != self.head.schema.hash or content["recipe"] != repr(self.recipe):
            raise FileError(f"{path} belongs to another rig or recipe; choose another --output or remove it")
        self.model.module.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.average.values = content["average"]
        self.average.steps = content["average_steps"]
        self.state = _State(**content["state"])
        log.info("resumed at phase %d step %d", self.state.phase, self.state.step)
