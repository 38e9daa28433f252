"""The methods that stand side by side: the mean face, encoders, the encoder with a few steps of refinement."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.encoder import Observation
from facelive.stream.likeness_fusion import Fusion
from facelive.stream.refiner import Correction, Improver
from facelive.train.evaluate.encoders import GROUPS, OUTPUTS, Encoder
from facelive.train.evaluate.report.faces import Face, Outputs

F32 = NDArray[np.float32]
_SAME = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
_NO_HURRY_NS = 10**13
_TIMED, _WARM_UP = 24, 2
_CHAIN = ("mean", "encoder", "refined", "fit")


class Method(Protocol):
    """From a face to the contract's outputs, one row each."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    def answer(self, face: Face) -> Outputs: ...


@dataclass(frozen=True, kw_only=True)
class MeanMethod:
    """The rig's middle person at rest, where the encoder sees the head: what every other method has to beat."""

    head: Head
    key: str = "mean"
    title: str = "mean face"

    def answer(self, face: Face) -> Outputs:
        schema = self.head.schema
        rows = {name: schema.neutral()[schema.indices(name)][None] for name in GROUPS}
        return face.outputs | rows


@dataclass(frozen=True, kw_only=True)
class EncoderMethod:
    """The measured encoder (whose answers the faces carry), or another one."""

    other: Encoder | None = None
    key: str = "encoder"
    title: str = "encoder"

    def answer(self, face: Face) -> Outputs:
        return face.outputs if self.other is None else self.other(face.crop_HW3[None])


@dataclass(frozen=True, kw_only=True)
class RefinedMethod:
    """Some steps of an improver from the encoder's answer, without a deadline."""

    improver: Improver
    steps: int
    live: Improver | None = None
    """Of frames; None: as of pictures."""
    key: str = "refined"

    @property
    def title(self) -> str:
        return f"encoder + {self.steps} steps"

    def answer(self, face: Face) -> Outputs:
        seen = observation(face.outputs)
        return self._improved(self.improver, face.crop_HW3, face.outputs, seen, seen)

    def of_frames(self, crops_N: NDArray[np.uint8], outputs: Outputs, *, told: bool) -> Outputs:
        """The answers to a face's frames improved, each beginning with what the one before had found, as live.

        told: the encoder knew who it was.
        """
        rows: list[Outputs] = []
        found: Correction | None = None
        for row, crop in enumerate(crops_N):
            of_row = {name: outputs[name][row : row + 1] for name in OUTPUTS}
            seen = replace(observation(of_row), told=told)
            start = seen if found is None else found.apply(seen, found.made_ns)
            rows.append(self._improved(self.live or self.improver, crop, of_row, seen, start))
            found = Correction.between(seen, observation(rows[-1]), time.perf_counter_ns())
        return {name: np.concatenate([row[name] for row in rows]) for name in OUTPUTS}

    def _improved(
        self, improver: Improver, crop_HW3: NDArray[np.uint8], outputs: Outputs, seen: Observation, start: Observation
    ) -> Outputs:
        until_ns = time.perf_counter_ns() + _NO_HURRY_NS
        better = improver.improve(crop_HW3, seen, start, steps=self.steps, until_ns=until_ns).seen
        moved = {
            "identity": better.identity_I, "style": better.style_S, "colour": better.colour_C,
            "expression": better.expression_E, "pose": better.pose,
        }  # fmt: skip
        return outputs | {name: np.asarray(value, np.float32)[None] for name, value in moved.items()}


@dataclass(frozen=True)
class RefinedEncoder:
    """Encoder and refinement as one ``Encoder``; rows of one call are one person's frames, in their order."""

    encoder: Encoder
    method: RefinedMethod

    def __call__(self, crops_N: NDArray[np.uint8], known_I: F32 | None = None) -> dict[str, F32]:
        return self.method.of_frames(crops_N, self.encoder(crops_N, known_I), told=known_I is not None)


def begins_with(key: str, keys: Sequence[str], *, redrawn: bool = True) -> str | None:
    """The method among ``keys`` that another one begins with, and ought to be better than; None for the first.

    redrawn: "refined" is what fits begin with.
    """
    chain = [each for each in _CHAIN if each in keys]
    if key not in chain:
        return chain[0] if chain else None
    earlier = chain[: chain.index(key)]
    if key == "fit" and not redrawn:
        earlier = [each for each in earlier if each != "refined"]
    return earlier[-1] if earlier else None


def observation(outputs: Outputs) -> Observation:
    """One row of outputs as the live room has it, in the crop's own pixels."""
    return Observation(
        similarity=_SAME, identity_I=outputs["identity"][0], style_S=outputs["style"][0],
        colour_C=outputs["colour"][0], expression_E=outputs["expression"][0], pose=outputs["pose"][0],
        landmarks_K2=outputs["landmarks"][0].reshape(68, 2) * np.float32(256.0), confidence=outputs["confidence"][0],
    )  # fmt: skip


def person_vector(schema: Schema, outputs: Outputs) -> NDArray[np.float64]:
    """Identity, styles (probabilities) and colours of one answer: what verification compares.

    Not the style that was chosen: two photos of which one says "short hair, .51" and one ".49" are alike.
    """
    style_S = Fusion(schema).probabilities(outputs["style"][0])
    return np.concatenate([outputs["identity"][0], style_S, outputs["colour"][0]])


def milliseconds(run: Callable[[Face], object], faces: Sequence[Face]) -> float:
    """Median over some faces, after a warm-up."""
    if not faces:
        return float("nan")
    for face in faces[:_WARM_UP]:
        run(face)
    times: list[float] = []
    for face in faces[:_TIMED]:
        began_ns = time.perf_counter_ns()
        run(face)
        times.append(1e-6 * (time.perf_counter_ns() - began_ns))
    return statistics.median(times)
