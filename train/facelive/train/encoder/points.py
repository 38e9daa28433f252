"""Which points of a face the network looks for, and where they are on a neutral face in a centred crop.

Shapes: K points, M dense points (MediaPipe's 478).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from facelive.likeness.projection import project
from facelive.likeness.torch_head import TorchHead
from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head

LANDMARKS = 68
POSE_OUTPUTS = (
    "yaw", "pitch", "roll", "cx", "cy", "log_scale", "leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch",
)  # fmt: skip
# What a face in the middle of a 256 crop has. Measured on the built-in neutral head: 1.15 pixels a millimetre, face
# centre at (128, 93).
POSE_HOME = (0.0, 0.0, 0.0, 0.5, 0.365, 0.14, 0.0, 0.0, 0.0, 0.0)

# MediaPipe's dense points that sit on features rather than slide on skin: lips, lids, brows, nose ridge and base,
# irises. Index lists of the face mesh's published contours.
FEATURES = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336,
    1, 2, 4, 5, 6, 98, 327, 168, 195, 197,
    468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)  # fmt: skip
# Points on smooth skin: the oval, cheeks, forehead. Weak labels on photos, exact ones on renders: they carry the shape.
SKIN = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
    50, 280, 205, 425, 36, 266, 187, 411, 8, 9, 151, 48, 278, 64, 294, 115, 344, 131, 360,
)  # fmt: skip
_LIDS_AND_IRISES = set(FEATURES[40:72]) | set(range(468, 478))
_PUPILS = (468, 473)
EYES = ((36, 39), (42, 45))
"""Corners of each eye among the 68, from left to right in the picture; in the order of ``FacePoints.pupils``."""
_JAW = 17  # the first of the 68
# Of the 68: lids and eye corners, brows, nose, lips, chin. There the network also reads how the skin looks.
_LOOKED_AT = (8, 17, 19, 21, 22, 24, 26, 27, 30, 31, 33, 35, 36, 37, 39, 41, 42, 44, 45, 46, 48, 51, 54, 57, 62, 66)
# Beside those, the points with a heat map of their own: of the 68, and of the dense ones. Neighbours move together, so
# the other two thirds are placed from these, and more truly than by their own maps (docs/decisions.md, "a third").
_MAPPED_68 = (2, 14, 16, 20, 38)
_MAPPED_DENSE = (
    10, 50, 53, 54, 64, 67, 95, 132, 136, 145, 149, 157, 158, 160, 161, 162, 181, 187, 191, 251, 269, 280, 283, 285,
    288, 294, 295, 311, 324, 344, 378, 384, 400, 402, 411, 472, 474, 475, 477,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FacePoints:
    """The K points: the 68 first, then a choice of the dense ones where the rig has them."""

    dense: tuple[int, ...]
    """Indices into the 478."""
    home_K2: Tensor
    """Where they are on the neutral face, crop / 256."""
    weight_K: Tensor
    """How much each counts on renders; averages 1. Lids and irises are small and say much."""
    photo_weight_K: Tensor
    """The same on photos, where points on smooth skin slide with the head's turn."""

    def __len__(self) -> int:
        return len(self.home_K2)

    @property
    def looked(self) -> tuple[int, ...]:
        """Those under which the network also reads how the face looks; where the rig has pupils, these too."""
        return (*_LOOKED_AT, *self.pupils)

    @property
    def mapped(self) -> tuple[int, ...]:
        """Those with a heat map of their own, ``looked`` first; all are placed from them. Without dense ones: all."""
        if not self.dense:
            return (*self.looked, *(k for k in range(LANDMARKS) if k not in self.looked))
        at = {index: LANDMARKS + k for k, index in enumerate(self.dense)}
        return (*self.looked, *_MAPPED_68, *(at[index] for index in _MAPPED_DENSE))

    @property
    def close(self) -> tuple[int, ...]:
        """Those that sit on features, where the picture's own pixels say more; else the 68 but the jaw."""
        if not self.dense:
            return tuple(range(_JAW, LANDMARKS))
        return tuple(LANDMARKS + k for k, index in enumerate(self.dense) if index not in SKIN)

    @property
    def pupils(self) -> tuple[int, ...]:
        """The middle of each eye's iris; none where the rig has no dense points."""
        return tuple(LANDMARKS + self.dense.index(pupil) for pupil in _PUPILS if pupil in self.dense)

    @property
    def irises(self) -> tuple[tuple[int, int], ...]:
        """Pupil and rim, pair by pair: half way between them is the iris's colour."""
        pairs = [(pupil, rim) for pupil in _PUPILS for rim in range(pupil + 1, pupil + 5)]
        at = {index: LANDMARKS + k for k, index in enumerate(self.dense)}
        return tuple((at[pupil], at[rim]) for pupil, rim in pairs if pupil in at and rim in at)

    @classmethod
    def of(cls, head: Head) -> FacePoints:
        """Those of a rig; a rig without dense landmarks has the 68 alone."""
        dense = (*FEATURES, *SKIN) if len(head.landmarks478) else ()
        with torch.no_grad():
            neutral = torch.from_numpy(head.schema.neutral())
            rows = [neutral[torch.from_numpy(head.schema.indices(group))][None] for group in ("identity", "expression")]
            points = twin(head, dense)(rows[0], rows[1], torch.zeros(1, 4))
            home = project(points, torch.tensor([POSE_HOME]), _centre(head))[0]
        jaw = torch.tensor([1.0 / 3.0] * _JAW + [1.0] * (LANDMARKS - _JAW))
        lids = torch.tensor([2.0 if index in _LIDS_AND_IRISES else 1.0 for index in dense])
        skin = torch.tensor([0.3 if index in SKIN else float(value) for index, value in zip(dense, lids, strict=True)])
        weight, photo_weight = torch.cat([torch.ones(LANDMARKS), lids]), torch.cat([jaw, skin])
        return cls(
            dense=dense,
            home_K2=home,
            weight_K=weight / weight.mean(),
            photo_weight_K=photo_weight / photo_weight.mean(),
        )


def twin(head: Head, dense: tuple[int, ...]) -> TorchHead:
    """The 68 and the chosen dense points as functions of the parameters."""
    first, second = head.landmarks68, head.landmarks478
    rows = list(dense)
    joined = Correspondence(
        triangle_K=np.concatenate([first.triangle_K, second.triangle_K[rows]]) if rows else first.triangle_K,
        barycentric_K3=np.concatenate([first.barycentric_K3, second.barycentric_K3[rows]])
        if rows
        else first.barycentric_K3,
    )
    return TorchHead.of_landmarks(head, joined)


def _centre(head: Head) -> Tensor:
    return torch.from_numpy(np.asarray(head.face_centre, np.float32))
