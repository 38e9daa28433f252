"""Between a rig's flat vector of parameters and what travels. Asks the schema; knows no count.

Suffixes: P all parameters, E the expression group, A the groups identity, style and colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from facelive.errors import SchemaError
from facelive.rig.schema import Schema
from facelive.stream.frame import Face, FaceFlag, Weights
from facelive.stream.rotation import angles, quaternion
from facelive.stream.state import AVATAR_GROUPS, Avatar

POSE = (
    "headYaw", "headPitch", "headRoll", "headX", "headY", "headZ",
    "leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch",
)  # fmt: skip
"""The pose parameters that the wire has places for. A rig without one of them sends zero and reads nothing."""


class Layout:
    """Where the parameters of one schema lie."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.expression_names = schema.group_names("expression")
        self.index: Mapping[str, int] = MappingProxyType({name: i for i, name in enumerate(self.expression_names)})
        self._expression_E = schema.indices("expression")
        self._avatar_A = np.array([i for i, p in enumerate(schema.parameters) if p.group in AVATAR_GROUPS], np.intp)
        self._pose = tuple(schema.index(name) if name in schema else -1 for name in POSE)

    @property
    def expression_count(self) -> int:
        """E."""
        return len(self.expression_names)

    @property
    def avatar_count(self) -> int:
        """A."""
        return len(self._avatar_A)

    @property
    def avatar_names(self) -> tuple[str, ...]:
        """Names of the avatar's parameters, in order."""
        return tuple(self.schema.names[i] for i in self._avatar_A)

    def face(
        self,
        params_P: NDArray[np.float32],
        *,
        face_id: int,
        flags: FaceFlag = FaceFlag.TRACKED,
        confidence: float = 1.0,
        avatar_revision: int = 0,
    ) -> Face:
        """What travels per frame of a flat (P,) float32 vector."""
        pose = [float(params_P[i]) if i >= 0 else 0.0 for i in self._pose]
        return Face(
            face_id=face_id,
            weights=np.ascontiguousarray(params_P[self._expression_E], np.float32),
            flags=flags,
            confidence=confidence,
            rotation=quaternion(pose[0], pose[1], pose[2]),
            translation=(pose[3], pose[4], pose[5]),
            gaze=(pose[6], pose[7], pose[8], pose[9]),
            avatar_revision=avatar_revision,
            index=self.index,
        )

    def avatar(
        self,
        params_P: NDArray[np.float32],
        *,
        face_id: int,
        revision: int,
        locked: bool = False,
        confidence: float = 1.0,
    ) -> Avatar:
        """What travels when the identity changes of a flat (P,) float32 vector."""
        values_A = np.ascontiguousarray(params_P[self._avatar_A], np.float32)
        return Avatar(face_id=face_id, revision=revision, values=values_A, locked=locked, confidence=confidence)

    def parameters(self, face: Face | None = None, avatar: Avatar | None = None) -> NDArray[np.float32]:
        """(P,) float32 of a face and an avatar; what neither says stays neutral. Raises SchemaError on wrong counts."""
        params_P = self.schema.neutral()
        if avatar is not None:
            params_P[self._avatar_A] = _counted(avatar.values, self.avatar_count, "avatar")
        if face is not None:
            params_P[self._expression_E] = _counted(face.weights, self.expression_count, "face")
            pose = (*angles(face.rotation), *face.translation, *face.gaze)
            for i, value in zip(self._pose, pose, strict=True):
                if i >= 0:
                    params_P[i] = value
        return params_P

    def avatar_values(self, avatar: Avatar) -> dict[str, float]:
        """The avatar by name. Raises SchemaError if its count is not this schema's."""
        values = _counted(avatar.values, self.avatar_count, "avatar")
        return {name: float(value) for name, value in zip(self.avatar_names, values, strict=True)}


def _counted(values: Weights, count: int, what: str) -> Weights:
    if values.shape != (count,):
        raise SchemaError(f"the schema has {count} values for an {what}, this one brings {values.shape}")
    return values
