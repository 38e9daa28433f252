"""Pictures with parameters, as an imitator learns from them: rendered (``facelive dataset plain``) or imported.

Shapes: N examples, B batch, P parameters of the schema, A appearance numbers, K = 68 landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.errors import FileError
from facelive.likeness.drawing import appearance_columns
from facelive.rig.schema import Schema
from facelive.train.data.shards import SEGMENTS, ShardReader

TEST = "test"
"""(n,) uint8 in a shard: 1 where an example is for measuring only. Sets without it keep every tenth person apart."""
_TENTH = 10
_CROP = 256.0


@dataclass
class Batch:
    """What one step sees. Not frozen: Fabric moves the tensors."""

    appearance_BN: Tensor
    pose_B10: Tensor
    image_BHWC: Tensor
    """uint8 BGR."""
    landmarks_BK2: Tensor
    """Crop / 256; NaN where not known."""
    segments_BHW: Tensor | None
    """uint8, half size; None if the set has no masks."""

    def target(self) -> Tensor:
        """(B, 3, H, W) float32 in [0, 1]."""
        return self.image_BHWC.permute(0, 3, 1, 2).float().div(255.0)


class Examples:
    """A data set for imitators, opened as memory maps; pictures come in the size that is asked for."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        """Raises FileError and SchemaError for sets that are missing, damaged, or of another rig."""
        reader = ShardReader(folder, schema)
        self.folder, self.schema = folder, schema
        self._columns = appearance_columns(schema)
        self._images = reader.images
        self._segments = _optional(reader, SEGMENTS)
        self._starts = np.cumsum([0, *reader.counts])
        present = reader.join("present") > 0.5
        self.params_NP = reader.join("params").astype(np.float32)
        self.pose_N10 = reader.join("pose").astype(np.float32)
        self.landmarks_NK2 = (reader.join("landmarks68") / _CROP).astype(np.float32)
        self.person_N = reader.join("person")
        marked = _optional(reader, TEST)
        test = np.concatenate(marked) > 0 if marked else self.person_N % _TENTH == _TENTH - 1
        self.train = np.flatnonzero(present & ~test)
        self.test = np.flatnonzero(present & test)
        if not len(self.train):
            raise FileError(f"{folder} holds nothing to train on")

    @property
    def has_parts(self) -> bool:
        """Whether every picture has a part mask."""
        return bool(self._segments)

    @property
    def has_landmarks(self) -> bool:
        """Whether any landmark is known."""
        return bool(np.isfinite(self.landmarks_NK2).any())

    def batch(self, indices_B: NDArray[np.intp], size: int) -> Batch:
        """Some examples at ``size`` pixels."""
        shrinks = size <= self._images[0].shape[1]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        images = self._rows(self._images, indices_B, size, how)
        segments = None
        if self._segments:
            segments = torch.from_numpy(self._rows(self._segments, indices_B, size // 2, cv2.INTER_NEAREST))
        return Batch(
            appearance_BN=torch.from_numpy(self.params_NP[np.ix_(indices_B, self._columns)]),
            pose_B10=torch.from_numpy(self.pose_N10[indices_B]),
            image_BHWC=torch.from_numpy(images),
            landmarks_BK2=torch.from_numpy(self.landmarks_NK2[indices_B]),
            segments_BHW=segments,
        )

    def _rows(
        self, blocks: Sequence[NDArray[np.uint8]], indices_B: NDArray[np.intp], size: int, how: int
    ) -> NDArray[np.uint8]:
        rows: list[NDArray[Any]] = []
        for index in indices_B:
            block = int(np.searchsorted(self._starts, index, "right")) - 1
            row = np.asarray(blocks[block][index - self._starts[block]])
            rows.append(row if len(row) == size else cv2.resize(row, (size, size), interpolation=how))
        return np.stack(rows).astype(np.uint8, copy=False)


def _optional(reader: ShardReader, name: str) -> list[NDArray[np.uint8]]:
    """The blocks of an array that only some sets have; empty if this one has it not in every shard."""
    if not all((shard / f"{name}.npy").is_file() for shard in reader.shards):
        return []
    return reader.blocks(name)
