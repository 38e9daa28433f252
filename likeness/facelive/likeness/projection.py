"""Head points to the crop, in torch: the differentiable twin of ``facelive.rig.framing.CropCamera``."""

from __future__ import annotations

import torch
from torch import Tensor

CAMERA_DISTANCE_M = 1.0
"""The contract's virtual camera (docs/architecture.md, "Framing")."""


def rotation(yaw_B: Tensor, pitch_B: Tensor, roll_B: Tensor) -> Tensor:
    """(B, 3, 3) = Ry(yaw) @ Rx(pitch) @ Rz(roll); radians, right-handed."""
    cy, sy = yaw_B.cos(), yaw_B.sin()
    cx, sx = pitch_B.cos(), pitch_B.sin()
    cz, sz = roll_B.cos(), roll_B.sin()
    rows = (
        cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx,
        cx * sz, cx * cz, -sx,
        -sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx,
    )  # fmt: skip
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def project(points_BK3: Tensor, pose_BN: Tensor, face_centre_3: Tensor) -> Tensor:
    """Head points (metres) to crop / 256.

    pose_BN: the encoder's `pose` output; only yaw, pitch, roll, cx, cy, log(s / 1000) are read. Returns (B, K, 2).
    """
    turn_B33 = rotation(pose_BN[:, 0], pose_BN[:, 1], pose_BN[:, 2])
    q_BK3 = (points_BK3 - face_centre_3) @ turn_B33.transpose(1, 2)
    scale_B1 = pose_BN[:, 5:6].exp() * (1000.0 / 256.0)
    depth_BK = scale_B1 / (1.0 - q_BK3[..., 2] / CAMERA_DISTANCE_M)
    x_BK = pose_BN[:, 3:4] + depth_BK * q_BK3[..., 0]
    y_BK = pose_BN[:, 4:5] - depth_BK * q_BK3[..., 1]
    return torch.stack([x_BK, y_BK], -1)
