"""Few-step refinement through the imitator, and the door to all refiners for ``facelive live`` and the report.

From the encoder's answer (or the last frame's correction), a few gradient steps on expression, pose and identity: the
drawn face's landmarks onto the seen ones, and its parts onto the photo's by the content loss where there is a parser
(Shi et al., ICCV 2019). Not identity: three steps gain nothing there, and cost as much again (docs/log.md).
"""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facelive.errors import ExtraMissing, UsageError, WeightsError
from facelive.rig.framing import apply
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.encoder import Observation
from facelive.stream.live_config import RefinerName
from facelive.stream.redraw import Look, Redraw
from facelive.stream.refiner import Improved, Improver

if TYPE_CHECKING:
    from torch import Tensor

    from facelive.likeness.drawing import Draws
    from facelive.likeness.parser import FaceParser, Parsed

SHIPPED_IMITATOR = Path(__file__).parent / "weights" / "imitator.pt"
SHIPPED_PARSER = Path(__file__).parent / "weights" / "parser.pt"
_RATES = {"expression": 0.04, "pose": 0.01, "identity": 0.01}
"""Length of a first step, per parameter."""
_LANDMARKS, _CONTENT, _NEAR = 8.0, 1.0, 0.3
"""Weights; the last holds the answer near the encoder's."""
_SPREAD = {"expression": 0.15, "pose": 0.05, "identity": 0.1}


class ImitatorImprover:
    """See ``facelive.stream.refiner.Improver``."""

    needs_picture = True

    def __init__(self, draws: Draws, schema: Schema, parser: FaceParser | None = None, *, threads: int = 1) -> None:
        """threads: of torch; more would take the cores that the encoder runs on."""
        import torch

        torch.set_num_threads(threads)
        self._draws, self._parser, self._schema = draws, parser, schema
        self._weight_K = torch.ones(68)
        self._weight_K[:17] = 0.3
        self._step_ns = 0.0
        self.losses: list[float] = []
        """Of the last frame, at the start and after each step; for measuring."""

    def improve(
        self, crop: NDArray[np.uint8] | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        """See ``Improver``. The best of the points that were drawn is kept, the start among them."""
        import torch

        from facelive.likeness.alignment import picture_tensor

        if crop is None:
            raise UsageError("this refiner needs the picture")
        target = torch.from_numpy(apply(seen.similarity, seen.landmarks_K2) / np.float32(256.0))[None]
        parsed = None
        if self._parser is not None:
            with torch.no_grad():
                parsed = self._parser(picture_tensor(crop))
        values = {name: torch.from_numpy(np.array(value, np.float32)[None]) for name, value in _parts(start).items()}
        centre = {name: torch.from_numpy(np.array(value, np.float32)[None]) for name, value in _parts(seen).items()}
        fixed = self._fixed(start)
        best, best_loss = {name: value.clone() for name, value in values.items()}, float("inf")
        squares = {name: torch.zeros_like(value) for name, value in values.items()}
        self.losses, done = [], 0
        while True:
            began_ns = time.perf_counter_ns()
            last = done >= steps or (done > 0 and began_ns + self._step_ns > until_ns)
            for value in values.values():
                value.requires_grad_(not last)
            with torch.set_grad_enabled(not last):
                loss = self._loss(values, centre, fixed, target, parsed)
            self.losses.append(float(loss.detach()))
            if self.losses[-1] < best_loss:
                best_loss = self.losses[-1]
                best = {name: value.detach().clone() for name, value in values.items()}
            if last:
                break
            gradients = torch.autograd.grad(loss, list(values.values()))
            values = self._moved(values, dict(zip(values, gradients, strict=True)), squares, done)
            done += 1
            self._step_ns = float(time.perf_counter_ns() - began_ns)
        better = replace(
            start, identity_I=best["identity"][0].numpy(), expression_E=best["expression"][0].numpy(),
            pose=best["pose"][0].numpy(),
        )  # fmt: skip
        return Improved(seen=better, steps=max(done, 1))

    def _fixed(self, start: Observation) -> tuple[Tensor, Tensor]:
        """Styles as probabilities and colours: they are left alone."""
        import torch

        style = torch.from_numpy(np.array(start.style_S, np.float32))
        offset = int(self._schema.indices("style")[0]) if len(start.style_S) else 0
        parts = [style[w.start - offset : w.stop - offset].softmax(0) for w in self._schema.styles.values()]
        probabilities = torch.cat(parts) if parts else style
        return probabilities[None], torch.from_numpy(np.array(start.colour_C, np.float32))[None]

    def _loss(
        self, values: dict[str, Tensor], centre: dict[str, Tensor], fixed: tuple[Tensor, Tensor], target: Tensor,
        parsed: Parsed | None,
    ) -> Tensor:  # fmt: skip
        import torch

        from facelive.likeness.content import content_loss
        from facelive.likeness.losses import landmark_loss

        style, colour = fixed
        appearance = torch.cat([values["identity"], style, colour, values["expression"]], 1)
        drawn = self._draws(appearance, values["pose"])
        total = _LANDMARKS * landmark_loss(drawn.landmarks_BK2, target, self._weight_K)[0]
        if self._parser is not None and parsed is not None:
            # Networks overshoot the range; what compares pictures takes none beyond it.
            total = total + _CONTENT * content_loss(self._parser(drawn.image_BCHW.clamp(0.0, 1.0)), parsed)[0]
        near = [((values[name] - centre[name]) / _SPREAD[name]).square().mean() for name in values]
        return total + _NEAR * torch.stack(near).mean()

    def _moved(
        self, values: dict[str, Tensor], gradients: dict[str, Tensor], squares: dict[str, Tensor], done: int
    ) -> dict[str, Tensor]:
        """One step of RMSprop: as long in every parameter, whatever the scale of its gradient."""
        import torch

        out: dict[str, Tensor] = {}
        with torch.no_grad():
            for name, value in values.items():
                squares[name].mul_(0.8).add_(gradients[name].square(), alpha=0.2)
                unbiased = squares[name] / (1.0 - 0.8 ** (done + 1))
                # The largest gradients of a group set its scale: parameters that do not matter must not drift.
                scale = unbiased.sqrt() + unbiased.sqrt().mean() + 1e-12
                moved = value - _RATES[name] / (1.0 + 0.5 * done) * gradients[name] / scale
                out[name] = (moved if name == "pose" else moved.clamp(0.0, 1.0)).detach()
        return out


def _parts(seen: Observation) -> dict[str, NDArray[np.float32]]:
    return {"identity": seen.identity_I, "expression": seen.expression_E, "pose": seen.pose}


def open_improver(
    name: RefinerName, head: Head, *, look: Look | None = None, imitator: Path | None = None,
    parser: Path | None = None, threads: int = 1,
) -> Improver:  # fmt: skip
    """The improver of a name. look: how "redraw" looks at its drawings. imitator, parser: other weights than the
    package's.

    Raises WeightsError where there is no imitator, ExtraMissing without torch, FileError for a wrong file, UsageError
    for a head that cannot be drawn.
    """
    if name == "geometry":
        from facelive.likeness.refine_geometry import GeometryImprover

        return GeometryImprover(head)
    if name == "redraw":
        if look is None:
            raise UsageError("the refiner redraw needs an encoder to look with")
        redraw = Redraw(head, look)
        redraw.warm_up()
        return redraw
    weights = imitator or SHIPPED_IMITATOR
    if imitator is None and not weights.is_file():
        raise WeightsError(
            f"there is no imitator at {weights}: give --imitator PATH (facelive train imitator makes one), "
            "or take --refiner geometry"
        )
    if importlib.util.find_spec("torch") is None:
        raise ExtraMissing(
            "refining through the imitator needs torch: pip install 'facelive[train]', or take --refiner geometry"
        )
    from facelive.likeness.imitator import Imitator
    from facelive.likeness.parser import FaceParser

    chosen = parser or (SHIPPED_PARSER if SHIPPED_PARSER.is_file() else None)
    network = FaceParser.load(chosen) if chosen is not None else None
    return ImitatorImprover(Imitator.load(weights, head.schema, head), head.schema, network, threads=threads)
