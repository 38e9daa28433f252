"""Landmarks to pose, expression and a careful guess of the shape, by gradient through the exact head.

Detected landmarks are a weak witness of identity: their error is as large as what makes faces differ. So they count
like some dozens of independent points with 2.3 pixels of error each, against the spread of sliders among people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.errors import UsageError
from facelive.likeness.fit_types import PhotoFace
from facelive.likeness.projection import project
from facelive.likeness.torch_head import TorchHead
from facelive.rig.head import Head
from facelive.rig.prior import spread
from facelive.rig.schema import Schema

F32 = NDArray[np.float32]
ERROR_PX = 2.3
"""Of a detected point, pixels of the 256 crop."""
INDEPENDENT = 80.0
"""So many independent points are the 68 or 478 worth: their errors go together."""
POSE_NAMES = (
    "headYaw", "headPitch", "headRoll", "headX", "headY", "headZ",
    "leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch",
)  # fmt: skip
"""What the numbers of an encoder's pose are called in a schema; place and size for headX, headY, headZ."""
_OVAL_68 = tuple(range(17))
_OVAL_478 = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_OVAL_WEIGHT = 0.3
_POSE_SPREAD = (0.35, 0.2, 0.15, 0.05, 0.05, 0.1, 0.15, 0.12, 0.15, 0.12)
"""How far each number of a pose may go from the start before it costs: radians, crop / 256, log scale, gaze."""
_EXPRESSION_SPREAD = 0.25
"""Of what a face does, about rest."""
SEEN_PX, SEEN_INDEPENDENT = 2.0, 27.0
"""The same of the encoder's own points; on annotated photos they err less than MediaPipe's (docs/model_card.md)."""
_SAID_POSE = (0.015, 0.02, 0.006, 0.006, 0.007, 0.02, 0.03, 0.06, 0.04, 0.06)
_SAID_EXPRESSION = 0.06
"""How far pose and expression lie from what the encoder said of them, on held-out renders. Points that were let turn
the head further made it .3 of a degree worse: they stand on a shape that is a guess."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """The answer. B photos."""

    identity_I: F32
    expression_BE: F32
    pose_B10: F32


@dataclass(frozen=True, slots=True)
class Held:
    """What a fit must not move."""

    expression_E: NDArray[np.bool_]
    pose_10: NDArray[np.bool_]

    @classmethod
    def of(cls, schema: Schema, locked_P: NDArray[np.bool_]) -> Held:
        """locked_P: (P,) which parameters are locked."""
        pose = [name in schema and bool(locked_P[schema.index(name)]) for name in POSE_NAMES]
        return cls(locked_P[schema.indices("expression")], np.array(pose))


class Landmarks:
    """The seen points of several photos and the head's twin of them."""

    def __init__(self, head: Head, photos: Sequence[PhotoFace]) -> None:
        """Raises UsageError if the rig has no such points, or a photo's points are not finite."""
        dense = len(head.landmarks478) > 0 and all(photo.dense_K2 is not None for photo in photos)
        self.twin = TorchHead.of_landmarks(head, head.landmarks478 if dense else head.landmarks68)
        seen = np.stack(
            [photo.dense_K2 if dense and photo.dense_K2 is not None else photo.landmarks_K2 for photo in photos]
        )
        if seen.shape[1] != self.twin.count or not np.isfinite(seen).all():
            raise UsageError(f"a fit needs {self.twin.count} finite landmarks per photo, got {seen.shape}")
        self.seen_BK2 = torch.from_numpy(np.ascontiguousarray(seen, np.float32))
        weight = torch.ones(self.twin.count)
        weight[list(_OVAL_478 if dense else _OVAL_68)] = _OVAL_WEIGHT
        self.weight_K = weight / weight.sum()
        self.centre_3 = torch.from_numpy(np.asarray(head.face_centre, np.float32))
        seen_by_encoder = all(photo.pose_10 is not None for photo in photos)
        self.error_px = SEEN_PX if seen_by_encoder and not dense else ERROR_PX
        self.independent = SEEN_INDEPENDENT if seen_by_encoder and not dense else INDEPENDENT

    def points(self, identity_BI: Tensor, expression_BE: Tensor, pose_B10: Tensor) -> Tensor:
        """(B, K, 2) crop / 256."""
        return project(self.twin(identity_BI, expression_BE, pose_B10[:, 6:10]), pose_B10, self.centre_3)

    def cost(self, points_BK2: Tensor) -> Tensor:
        """(B,) minus twice the log likelihood, robust against single points."""
        squared_BK = ((points_BK2 - self.seen_BK2) * (256.0 / self.error_px)).square().sum(-1) / 2.0
        robust_BK = 2.0 * ((1.0 + squared_BK).sqrt() - 1.0)
        return 2.0 * self.independent * (robust_BK * self.weight_K).sum(1)


def first_pose(landmarks: Landmarks, identity_I: Tensor) -> Tensor:
    """(B, 10): a frontal head of this shape, placed and scaled to the seen points by least squares."""
    count = len(landmarks.seen_BK2)
    pose = torch.zeros(count, 10)
    pose[:, 5] = math.log(0.9)
    expression = identity_I.new_zeros(count, landmarks.twin.expression.shape[0])
    flat = landmarks.points(identity_I.expand(count, -1), expression, pose)
    middle, seen_middle = flat.mean(1, keepdim=True), landmarks.seen_BK2.mean(1, keepdim=True)
    a, b = flat - middle, landmarks.seen_BK2 - seen_middle
    scale = ((a * b).sum((1, 2)) / a.square().sum((1, 2))).clamp(0.1, 10.0)
    pose[:, 5] += scale.log()
    pose[:, 3:5] = seen_middle[:, 0] - scale[:, None] * middle[:, 0]
    return pose


def fit_geometry(
    head: Head, landmarks: Landmarks, start: Geometry | None = None, *, steps: int = 200, shape: bool = True,
    said: Geometry | None = None, held: Held | None = None,
) -> Geometry:  # fmt: skip
    """Shape (shared), expression and pose. start: where to begin; its shape is the prior's centre, and with ``shape``
    off it stays. None: the rig's middle face from the front. said: expression and pose that an encoder saw, which the
    answer stays near; None: the pose stays near the start's and the expression near rest. held: what stays as it
    starts."""
    schema = head.schema
    rows, columns = schema.indices("identity"), schema.indices("expression")
    sigma = torch.from_numpy(np.maximum(spread(schema)[rows], 0.05 * (schema.maximum - schema.minimum)[rows]))
    centre = torch.from_numpy(start.identity_I if start is not None else schema.neutral()[rows])
    count = len(landmarks.seen_BK2)
    pose0 = torch.from_numpy(start.pose_B10.copy()) if start is not None else first_pose(landmarks, centre)
    expression0 = (
        torch.from_numpy(start.expression_BE.copy()) if start is not None else torch.zeros(count, len(columns))
    )
    about, width, home, free = torch.zeros(count, len(columns)), _EXPRESSION_SPREAD, pose0, torch.tensor(_POSE_SPREAD)
    stiff = 0.2
    if said is not None:
        about, home = torch.from_numpy(said.expression_BE), torch.from_numpy(said.pose_B10)
        width, free, stiff = _SAID_EXPRESSION, torch.tensor(_SAID_POSE), 1.0
    z = torch.zeros(len(rows), requires_grad=shape)
    expression, pose = expression0.clone().requires_grad_(), pose0.clone().requires_grad_()
    low, high = (torch.from_numpy(limit[rows]) for limit in (schema.minimum, schema.maximum))
    e_low, e_high = (torch.from_numpy(limit[columns]) for limit in (schema.minimum, schema.maximum))
    groups = [{"params": [expression], "lr": 0.02}, {"params": [pose], "lr": 0.01}]
    if shape:
        groups.append({"params": [z], "lr": 0.05})
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.98))
    rates = [group["lr"] for group in optimiser.param_groups]
    for step in range(steps):
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * (0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))
        identity = centre + sigma * z
        points = landmarks.points(identity.expand(count, -1), expression, pose)
        cost = landmarks.cost(points).sum() + z.square().sum()
        cost = cost + ((expression - about) / width).square().sum() + stiff * ((pose - home) / free).square().sum()
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        with torch.no_grad():
            expression.clamp_(e_low, e_high)
            if held is not None:
                expression.copy_(torch.where(torch.from_numpy(held.expression_E), expression0, expression))
                pose.copy_(torch.where(torch.from_numpy(held.pose_10), pose0, pose))
            z.copy_(((centre + sigma * z).clamp(low, high) - centre) / sigma)
    with torch.no_grad():
        identity = (centre + sigma * z).clamp(low, high)
    return Geometry(
        identity_I=identity.numpy(), expression_BE=expression.detach().numpy(), pose_B10=pose.detach().numpy()
    )
