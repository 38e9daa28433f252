"""What is measured: anything that turns aligned crops into the contract's outputs, and what the outputs mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.engines.protocol import Engine
from facelive.errors import SchemaError
from facelive.rig.framing import CropCamera
from facelive.rig.head import Head
from facelive.rig.schema import Schema, Vector
from facelive.stream.both_ways import BothWays, has_learnt_both

F32 = NDArray[np.float32]
OUTPUTS = ("identity", "style", "colour", "expression", "pose", "landmarks", "confidence")
GROUPS = ("identity", "style", "colour", "expression")
LEARNT = "learnt"
"""Beside the outputs: (N, I) the encoder's own identity, which it is told when it reads the same face again."""
_ANGLES = ("headYaw", "headPitch", "headRoll")
_GAZE = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")


class Encoder(Protocol):
    """Crops in, outputs out (docs/architecture.md)."""

    def __call__(self, crops_N: NDArray[np.uint8], known_I: F32 | None = None) -> dict[str, F32]:
        """crops_N: (N, 256, 256, 3) uint8 BGR; known_I: whose they are, as learnt before; None: a stranger's.

        Returns every name of ``OUTPUTS`` with N rows.
        """
        ...


@dataclass(frozen=True)
class EngineEncoder:
    """An encoder file, run by any engine. Raises SchemaError if it was made for another rig."""

    engine: Engine
    schema: Schema
    both_ways: bool = False
    """Each crop mirrored as well, where the network has learnt that, as ``facelive encode`` does it with pictures."""

    def __post_init__(self) -> None:
        said = self.engine.metadata.get("facelive.schema")
        if said is not None and said != f"{self.schema.hash:016x}":
            raise SchemaError(f"this encoder was made for rig {said}, the head here is {self.schema.hash:016x}")

    def __call__(self, crops_N: NDArray[np.uint8], known_I: F32 | None = None) -> dict[str, F32]:
        if self.both_ways and has_learnt_both(self.engine.metadata):
            both = BothWays(self.schema)
            rows = [both.read(self._run, crop, known_I) for crop in crops_N]
        else:
            rows = [self._run(crop, known_I) for crop in crops_N]
        return {name: np.concatenate([np.asarray(row[name], np.float32) for row in rows]) for name in OUTPUTS}

    def _run(self, crop: NDArray[np.uint8], known_I: F32 | None) -> dict[str, NDArray[Any]]:
        person: dict[str, F32] = {}
        if any(spec.name == "person" for spec in self.engine.inputs):
            size = len(self.schema.indices("identity"))
            who = np.zeros(size + 1) if known_I is None else np.append(known_I, 1.0)
            person["person"] = who[None].astype(np.float32)
        return self.engine.run({"image": np.ascontiguousarray(crop[None]), **person})


@dataclass(frozen=True)
class MeanFace:
    """Says "the rig's middle face, from the front" to everything: what every figure has to beat."""

    head: Head

    def __call__(self, crops_N: NDArray[np.uint8], known_I: F32 | None = None) -> dict[str, F32]:
        del known_I
        from facelive.train.data.placing import CropJitter, place

        schema, count = self.head.schema, len(crops_N)
        placed = place(self.head, schema.neutral(), 1.0, CropJitter())
        rows = {name: schema.neutral()[schema.indices(name)] for name in GROUPS}
        rows |= {"pose": placed.pose_10, "landmarks": placed.landmarks68 / np.float32(256), "confidence": np.ones(6)}
        return {name: np.repeat(np.asarray(row, np.float32)[None], count, 0) for name, row in rows.items()}


def to_params(schema: Schema, outputs: dict[str, F32], row: int) -> Vector:
    """(P,) float32: a valid vector from one row of outputs, head angles as the crop shows them."""
    params = schema.neutral()
    for group in GROUPS:
        params[schema.indices(group)] = outputs[group][row]
    pose = outputs["pose"][row]
    for name, value in zip((*_ANGLES, *_GAZE), (*pose[:3], *pose[6:10]), strict=True):
        if name in schema:
            params[schema.index(name)] = value
    return schema.clip(np.nan_to_num(params))


def projected68(head: Head, outputs: dict[str, F32], row: int) -> F32:
    """(68, 2) pixels of the crop: where the head of the predicted parameters has its landmarks."""
    params = to_params(head.schema, outputs, row)
    unposed = head.landmarks68.points(head.solve(params), head.triangles_T3)
    return CropCamera.from_encoder(outputs["pose"][row]).project(unposed, head.face_centre)
