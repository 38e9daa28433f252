"""The training loop of imitators: continues exactly where it stopped, on one device or several.

Lightning Fabric carries devices, precision and processes. Nothing in a step is random but the order of the examples,
and that follows from the seed and the step: an interrupted run gives the weights of an uninterrupted one.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from facelive.errors import FileError, UsageError
from facelive.likeness.imitator import Imitator
from facelive.rig.head import Head
from facelive.train.common.average import Average
from facelive.train.common.checkpoints import read_checkpoint, write_checkpoint
from facelive.train.common.devices import Precision, mixed, open_fabric
from facelive.train.common.grow import grow_into
from facelive.train.common.interrupted import interrupted
from facelive.train.common.order import Order, share
from facelive.train.common.scalars import Scalars
from facelive.train.imitator.examples import Batch, Examples
from facelive.train.imitator.losses import total
from facelive.train.imitator.preview import write_preview
from facelive.train.imitator.recipes import ImitatorRecipe

log = logging.getLogger(__name__)
CHECKPOINT, WEIGHTS = "last.ckpt", "imitator.pt"
_WARM_STEPS, _LEAST_RATE = 100, 0.02
_STAIR_EPOCHS, _STAIR = 50, 0.9
_PREVIEWED = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Where a run lives, how long it may take, and on what it runs."""

    output: Path
    """Folder of check points, figures, previews and weights; an interrupted run there goes on."""
    budget_s: float = math.inf
    """Stop (with a check point) after this many seconds; the same command goes on from there."""
    stop_after: int = 0
    """Stop (with a check point) after so many steps of this start; 0: never."""
    log_every: int = 20
    """Steps between two lines of figures."""
    checkpoint_every_s: float = 120.0
    preview_every_s: float = 300.0
    """Seconds between two sheets of test examples."""
    precision: Precision = "fp32"
    threads: int = 0
    """CPU threads of torch; 0: its own choice."""
    tensorboard: bool = False
    start_from: Path | None = None
    """Weights of another imitator of this rig to begin with; a run that resumes ignores it."""


@dataclass
class _State:
    step: int = 0
    seconds: float = 0.0
    """Spent on training, over all starts."""


class Trainer:
    """Owns model, optimiser and state of one run."""

    def __init__(
        self, examples: Examples, recipe: ImitatorRecipe, config: TrainConfig, head: Head | None = None
    ) -> None:
        """head: the rig's, where the recipe wants geometry and it is not the built-in one."""
        if config.threads:
            torch.set_num_threads(config.threads)
        self.examples, self.recipe, self.config = examples, recipe, config
        self.fabric = open_fabric()
        if recipe.batch % self.fabric.world_size:
            raise UsageError(f"{self.fabric.world_size} devices cannot share batches of {recipe.batch} pictures")
        torch.manual_seed(recipe.seed)
        self.shown = Imitator(examples.schema, recipe.model, head)
        if config.start_from is not None:
            grow_into(self.shown, Imitator.load(config.start_from, examples.schema, head).state_dict())
        model = Imitator(examples.schema, recipe.model, head)
        model.load_state_dict(self.shown.state_dict())
        # Convolutions of few channels take a quarter less time so, on a CPU too (docs/log.md).
        model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.model, self.optimiser = self.fabric.setup(model, _optimiser(model, recipe))
        self.average = Average(self.model.module, recipe.average)
        self.fabric.to_device(self.shown)
        self.shown.eval().requires_grad_(False)
        self.state = _State()
        self.steps = recipe.steps or math.ceil(recipe.epochs * len(examples.train) / recipe.batch)
        config.output.mkdir(parents=True, exist_ok=True)
        self._resume()
        lead = self.fabric.is_global_zero
        self._scalars = Scalars(config.output, tensorboard=config.tensorboard) if lead else None

    def run(self) -> bool:
        """Train to the end of the recipe or of the budget. Returns whether the recipe is complete. Ctrl-C saves."""
        with interrupted() as stopped:
            return self._run(stopped)

    def _run(self, stopped: Callable[[], bool]) -> bool:
        started, before = time.monotonic(), self.state.seconds
        saved = previewed = started
        self.model.train()
        first = self.state.step
        for batch in self._batches():
            if stopped():
                if self.fabric.world_size == 1:  # several devices may not stand at the same step
                    self.save()
                raise KeyboardInterrupt
            rate = self._learning_rate()
            figures = self._step(batch, rate)
            self.state.step += 1
            now = time.monotonic()
            self.state.seconds = before + now - started
            if self.state.step % self.config.log_every == 0:
                self._log(figures, rate)
            if now - previewed > self.config.preview_every_s:
                self.preview()
                previewed = time.monotonic()
            if self._over(now - started, self.state.step - first):
                break
            if now - saved > self.config.checkpoint_every_s:
                self.save()
                saved = now
        self.save()
        self.preview()
        return self.state.step >= self.steps

    def _over(self, seconds: float, steps: int) -> bool:
        if 0 < self.config.stop_after <= steps:
            return True
        late = seconds > self.config.budget_s
        # The clocks of several processes differ a little: all must stop at the same step.
        return bool(self.fabric.broadcast(late)) if self.fabric.world_size > 1 else late

    def _batches(self) -> Iterator[Batch]:
        """This device's share of the batches that are left, each made while the one before trains."""
        order, batch, size = (
            Order(len(self.examples.train), self.recipe.seed),
            self.recipe.batch,
            self.recipe.model.size,
        )
        first = self.state.step

        def make(step: int) -> Batch:
            chosen = share(order.take(step * batch, batch), self.fabric.global_rank, self.fabric.world_size)
            return self.examples.batch(self.examples.train[chosen], size)

        with ThreadPoolExecutor(1) as pool:
            pending: Future[Batch] | None = None
            for step in range(first, self.steps):
                ready = pending or pool.submit(make, step)
                made = ready.result()
                pending = pool.submit(make, step + 1) if step + 1 < self.steps else None
                yield self.fabric.to_device(made)

    def _step(self, batch: Batch, rate: float) -> dict[str, torch.Tensor]:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with mixed(self.fabric.device, self.config.precision):
            drawn = self.model(batch.appearance_BN, batch.pose_B10)
        loss, terms = total(drawn, batch, self.recipe.losses)
        self.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        if self.recipe.clip:
            self.fabric.clip_gradients(self.model, self.optimiser, max_norm=self.recipe.clip)
        self.optimiser.step()
        self.average.update(self.model.module)
        return terms | {"total": loss.detach()}

    def _learning_rate(self) -> float:
        step, recipe = self.state.step, self.recipe
        if recipe.schedule == "staircase":
            epoch = step * recipe.batch // len(self.examples.train)
            return recipe.learning_rate * _STAIR ** (epoch // _STAIR_EPOCHS)
        warm = min(1.0, (step + 1) / min(_WARM_STEPS, 1 + self.steps // 10))
        done = step / self.steps
        return recipe.learning_rate * warm * (_LEAST_RATE + (1 - _LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * done)))

    def _log(self, figures: dict[str, torch.Tensor], rate: float) -> None:
        if self._scalars is None:
            return
        values = {name: float(value) for name, value in figures.items()}
        self._scalars.write(self.state.step, {**values, "lr": rate, "seconds": self.state.seconds})
        log.info("step %d of %d: L1 %.4f, total %.4f", self.state.step, self.steps, values["l1"], values["total"])

    def averaged(self) -> Imitator:
        """The network with the averaged weights, for looking and for export; the same object each time."""
        self.shown.load_state_dict(self.average.values)
        return self.shown

    def preview(self) -> None:
        """A sheet of test examples into ``previews``."""
        chosen = self.examples.test[:: max(1, len(self.examples.test) // _PREVIEWED)][:_PREVIEWED]
        if self.fabric.is_global_zero and len(chosen):
            batch = self.fabric.to_device(self.examples.batch(chosen, self.recipe.model.size))
            path = self.config.output / "previews" / f"step_{self.state.step:07d}.png"
            write_preview(path, self.averaged(), batch)

    def save(self) -> None:
        """The check point and, beside it, the weights as they can be used now."""
        if self.fabric.is_global_zero:
            content = {
                "schema": f"{self.examples.schema.hash:016x}",
                "recipe": repr(self.recipe),
                "examples": len(self.examples.train),
                "model": self.model.module.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "average": self.average.values,
                "average_steps": self.average.steps,
                "state": asdict(self.state),
            }
            write_checkpoint(self.config.output / CHECKPOINT, content)
            self.averaged().save(self.config.output / WEIGHTS)
        self.fabric.barrier()

    def _resume(self) -> None:
        path = self.config.output / CHECKPOINT
        if not path.exists():
            return
        content = read_checkpoint(path)
        own = (f"{self.examples.schema.hash:016x}", repr(self.recipe), len(self.examples.train))
        if (content["schema"], content["recipe"], content["examples"]) != own:
            raise FileError(f"{path} belongs to another rig, recipe or data set; choose another --output or remove it")
        self.model.module.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        for name, value in content["average"].items():
            self.average.values[name].copy_(value)
        self.average.steps = content["average_steps"]
        self.state = _State(**content["state"])
        log.info("resumed at step %d", self.state.step)


def _optimiser(model: Imitator, recipe: ImitatorRecipe) -> torch.optim.Optimizer:
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(weights, lr=recipe.learning_rate, momentum=0.9)
    return torch.optim.Adam(weights, lr=recipe.learning_rate, betas=(0.9, 0.99))
