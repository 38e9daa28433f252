"""MediaPipe's expression scores, turned into the rig's actions, with a weight that says how far to believe each.

Raw scores are a poor label: on neutral renders the brows read as raised, and few shapes follow the true action. A
linear map of all scores and the head's angles, fitted on renders whose actions are known (``calibrate.py``), does
better. What it can hardly predict it puts near the middle of what occurs, and even that is worth a little: without
it, points on photos, which follow another convention than the rig's, bent lips and jaw at rest (docs/decisions.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.default_schema import ARKIT_52
from facelive.rig.schema import Schema

F32 = NDArray[np.float32]
FILE = Path(__file__).parent / "teacher.json"
FORMAT = "facelive-teacher"
VERSION = 1
LEAST_WEIGHT = 0.2
"""Of a shape that the map hardly predicts on unseen people."""
SCORES: tuple[str, ...] = tuple(name for name in ARKIT_52 if name != "tongueOut")
"""What MediaPipe knows."""


def features(scores_N52: F32, angles_N3: F32) -> F32:
    """(N, F) float32: the 51 scores, then yaw, pitch, |yaw|, yaw squared, pitch squared (radians)."""
    known = [ARKIT_52.index(name) for name in SCORES]
    yaw, pitch = angles_N3[:, 0], angles_N3[:, 1]
    return np.column_stack([scores_N52[:, known], yaw, pitch, np.abs(yaw), yaw**2, pitch**2]).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """The fitted map."""

    targets: tuple[str, ...]
    """Expression shapes and gaze angles that it gives."""
    weights_FT: F32
    """(F, T): what each feature adds to each target."""
    offset_T: F32
    r_T: F32
    """Correlation with the true action on people left out of the fit."""
    renders: int
    """How many it was fitted on."""

    def __post_init__(self) -> None:
        count = len(self.targets)
        if self.weights_FT.shape != (len(SCORES) + 5, count) or len(self.offset_T) != count or len(self.r_T) != count:
            raise FileError("the teacher's calibration has tables of the wrong size; fit it again")

    @classmethod
    def load(cls, path: Path = FILE) -> Teacher:
        """Raises FileError if the file is missing or not a calibration of this version."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT or data["version"] != VERSION:
                raise FileError(f"{path} is no teacher's calibration of version {VERSION}; fit it again")
            return cls(
                targets=tuple(data["targets"]),
                weights_FT=np.array(data["weights"], np.float32),
                offset_T=np.array(data["offset"], np.float32),
                r_T=np.array(data["r"], np.float32),
                renders=int(data["renders"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(f"cannot read the teacher's calibration {path}: {error}") from error

    def save(self, path: Path) -> None:
        """Write it as JSON, five digits a number."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "renders": self.renders,
            "targets": list(self.targets),
            "r": np.round(self.r_T.astype(float), 4).tolist(),
            "offset": np.round(self.offset_T.astype(float), 5).tolist(),
            "weights": np.round(self.weights_FT.astype(float), 5).tolist(),
        }
        path.write_text(json.dumps(content) + "\n", encoding="utf-8")

    @property
    def weight_T(self) -> F32:
        """(T,) r squared, at least ``LEAST_WEIGHT``."""
        return np.maximum(np.clip(self.r_T, 0.0, 1.0) ** 2, LEAST_WEIGHT).astype(np.float32)

    def predict(self, scores_N52: F32, angles_N3: F32) -> F32:
        """(N, T) float32, not clipped; NaN rows where a score is NaN."""
        return (features(scores_N52, angles_N3) @ self.weights_FT + self.offset_T).astype(np.float32)

    def labels(self, scores_N52: F32, schema: Schema, angles_N3: F32 | None = None) -> tuple[F32, F32]:
        """Pseudo-labels of a schema's expression group and their weights, both (N, E) float32.

        scores_N52: raw scores in the order of ``ARKIT_52``. angles_N3: yaw, pitch, roll by MediaPipe; without them
        faces count as frontal. Shapes that the teacher does not know, and faces it did not see, get weight 0.
        """
        names = schema.group_names("expression")
        angles = np.zeros((len(scores_N52), 3), np.float32) if angles_N3 is None else angles_N3
        said = self.predict(scores_N52, angles)
        values = np.zeros((len(scores_N52), len(names)), np.float32)
        weight = np.zeros_like(values)
        seen = np.isfinite(said).all(1)
        for column, name in enumerate(names):
            if name in self.targets:
                target = self.targets.index(name)
                values[seen, column] = np.clip(said[seen, target], 0.0, 1.0)
                weight[seen, column] = self.weight_T[target]
        return values, weight

    def gaze(self, scores_N52: F32, angles_N3: F32) -> tuple[F32, F32]:
        """(N, 4) left yaw, left pitch, right yaw, right pitch in radians, and their weights."""
        names = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")
        columns = [self.targets.index(name) for name in names]
        said = self.predict(scores_N52, angles_N3)[:, columns]
        seen = np.isfinite(said)
        return np.where(seen, said, 0.0).astype(np.float32), np.where(seen, self.weight_T[columns], 0.0).astype(
            np.float32
        )
