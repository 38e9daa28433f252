"""Where the face's points lie in the crop, for an imitator: exactly, from the head's geometry, or learned.

Points are splatted into small feature maps, which tell the convolutions what lies where: the picture follows pose and
expression because its features do. Everything is differentiable down to the parameters.

Shapes: B batch, K points (the first 68 are the landmarks), N appearance numbers, C channels, R side of a map.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import SchemaError
from facelive.likeness.drawing import POSE_SIZE, appearance_slices
from facelive.likeness.projection import project, rotation
from facelive.likeness.torch_head import TorchHead
from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head
from facelive.rig.normals import vertex_normals
from facelive.rig.schema import Schema

LANDMARKS = 68
_RIGID = 0.995
_DEPTH_M = 0.1
"""Depths are divided by this, about a face's."""


class Placed(NamedTuple):
    """Points in the crop."""

    points_BK2: Tensor
    """Crop / 256."""
    facing_BK: Tensor
    """0 turned away .. 1 turned to the camera."""
    depth_BK: Tensor
    """Towards the camera; about -1 .. 1."""
    normal_BK3: Tensor
    """Where the skin looks, in the camera's axes; zero where nobody knows."""


class HeadPoints(nn.Module):
    """The rig's own geometry: landmarks, MediaPipe's points, and some more all over the head. Nothing is learned."""

    centre: Tensor
    normal: Tensor

    def __init__(self, head: Head, more: int) -> None:
        """more: how many points beside the landmarks, spread evenly over what follows the head rigidly."""
        super().__init__()
        points = spread_points(head, more)
        self.head = TorchHead.of_landmarks(head, points)
        self.groups = appearance_slices(head.schema)
        neutral = head.solve(head.schema.neutral())
        normals = vertex_normals(neutral, head.triangles_T3).astype(np.float32)
        canonical = points.points(neutral, head.triangles_T3) - head.face_centre
        self.canonical_K3 = np.asarray(canonical / _DEPTH_M, np.float32)
        """About -1 .. 1: where each point lies on the neutral head."""
        self.register_buffer("centre", torch.from_numpy(head.face_centre.astype(np.float32)), persistent=False)
        self.register_buffer("normal", torch.from_numpy(points.points(normals, head.triangles_T3)), persistent=False)

    def forward(self, appearance_BN: Tensor, pose_B10: Tensor) -> Placed:
        groups = self.groups
        points_BK3 = self.head(
            appearance_BN[:, groups["identity"]], appearance_BN[:, groups["expression"]], pose_B10[:, 6:]
        )
        turn_B33 = rotation(pose_B10[:, 0], pose_B10[:, 1], pose_B10[:, 2])
        depth_BK = ((points_BK3 - self.centre) @ turn_B33[:, 2, :, None]).squeeze(-1)
        normal_BK3 = self.normal @ turn_B33.transpose(1, 2)
        # The mean head's normals are a rough guide: the step from hidden to seen is soft.
        facing_BK = torch.sigmoid(6.0 * normal_BK3[..., 2])
        return Placed(project(points_BK3, pose_B10, self.centre), facing_BK, depth_BK / _DEPTH_M, normal_BK3)


class LearnedPoints(nn.Module):
    """68 points from a small network, for rigs without a differentiable twin."""

    start: Tensor

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.last = nn.Linear(hidden, 2 * LANDMARKS)
        with torch.no_grad():
            self.last.weight.mul_(0.1)
        angle = 2.4 * np.arange(LANDMARKS)  # the golden angle spreads them evenly over a disc
        radius = np.sqrt((np.arange(LANDMARKS) + 0.5) / LANDMARKS)
        disc = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32)
        self.canonical_K3 = np.concatenate([disc, np.zeros((LANDMARKS, 1), np.float32)], 1)
        self.register_buffer("start", torch.from_numpy(0.5 + 0.28 * disc), persistent=False)

    def forward(self, inputs_BN: Tensor) -> Placed:
        points_BK2 = self.start + self.last(self.layers(inputs_BN)).unflatten(1, (LANDMARKS, 2))
        nothing_BK = torch.zeros_like(points_BK2[..., 0])
        return Placed(points_BK2, torch.ones_like(nothing_BK), nothing_BK, nothing_BK[..., None].expand(-1, -1, 3))


class Splat(nn.Module):
    """Draws each point as a soft dot of its own learned features: (B, ``channels``, R, R).

    They are features, depth and density, then tints, then normals. Tints follow from the looks: which points get
    darker with the hair, where a frame runs when glasses are worn. Told only to the whole picture, such numbers gave
    brown irises and no glasses (docs/log.md). Each point is shared between the four cells around it, and a small blur
    makes a dot of that, about 0.8 cells wide.
    (A dense product of dots and cells gives nearly the same for fifty times the work.)
    """

    blur: Tensor

    def __init__(
        self, canonical_K3: NDArray[np.float32], channels: int, side: int, looks: int, tints: int, *, normals: bool
    ) -> None:
        """channels: features, depth and density. looks: how many numbers the tints follow from."""
        super().__init__()
        self.side, self.tints, self.normals = side, tints, normals
        self.features = nn.Parameter(torch.from_numpy(_waves(canonical_K3, channels - 1)))
        if tints:
            self.tint = nn.Linear(looks, len(canonical_K3) * tints)
        self.density = channels - 1
        self.channels = channels + tints + (3 if normals else 0)
        line = torch.tensor([0.5, 1.0, 0.5])
        # A lonely point in the middle of a cell has density 1 there.
        self.register_buffer("blur", torch.outer(line, line).repeat(self.channels, 1, 1, 1), persistent=False)

    def forward(self, placed: Placed, looks_BL: Tensor) -> Tensor:
        count, side = len(placed.facing_BK), self.side
        depth_BK1 = placed.depth_BK[..., None]
        own = [self.features.expand(count, -1, -1), depth_BK1, torch.ones_like(depth_BK1)]
        if self.tints:
            own.append(self.tint(looks_BL).unflatten(1, (-1, self.tints)))
        if self.normals:
            own.append(placed.normal_BK3)
        own_BKC = torch.cat(own, 2)
        # Labels are pixel centres at integers of a 256 crop; so are cells here.
        place_BK2 = (placed.points_BK2 + 0.5 / 256.0) * side - 0.5
        first_BK2 = place_BK2.detach().floor()
        share_BK2 = place_BK2 - first_BK2
        picture_B1 = torch.arange(count, device=place_BK2.device)[:, None] * (side * side)
        rows, values = [], []
        for right in (0, 1):
            for down in (0, 1):
                x_BK, y_BK = first_BK2[..., 0] + right, first_BK2[..., 1] + down
                inside_BK = (x_BK >= 0) & (x_BK < side) & (y_BK >= 0) & (y_BK < side)
                across_BK = share_BK2[..., 0] if right else 1.0 - share_BK2[..., 0]
                along_BK = share_BK2[..., 1] if down else 1.0 - share_BK2[..., 1]
                weight_BK = across_BK * along_BK * placed.facing_BK * inside_BK
                cell_BK = (y_BK.clamp(0, side - 1) * side + x_BK.clamp(0, side - 1)).long()
                rows.append((picture_B1 + cell_BK).flatten())
                values.append((own_BKC * weight_BK[..., None]).flatten(0, 1))
        canvas = own_BKC.new_zeros(count * side * side, own_BKC.shape[2])
        canvas = canvas.index_add(0, torch.cat(rows), torch.cat(values))
        sharp_BCRR = canvas.view(count, side, side, -1).permute(0, 3, 1, 2).contiguous()
        drawn_BCRR = nn.functional.conv2d(sharp_BCRR, self.blur, padding=1, groups=len(self.blur))
        features_BCRR, others_BCRR = drawn_BCRR[:, : self.density], drawn_BCRR[:, self.density + 1 :]
        density_B1RR = drawn_BCRR[:, self.density : self.density + 1]
        share_B1RR = 1.0 / (density_B1RR + 0.1)
        return torch.cat([features_BCRR * share_B1RR, density_B1RR.clamp(max=4.0), others_BCRR * share_B1RR], 1)


def spread_points(head: Head, more: int) -> Correspondence:
    """68 landmarks, then MediaPipe's points, then ``more`` vertices as far from each other and from these as can be.

    Raises SchemaError if the head has no 68 landmarks.
    """
    if len(head.landmarks68) != LANDMARKS:
        raise SchemaError("an imitator needs a head with 68 landmarks, or none at all")
    neutral, triangles = head.solve(head.schema.neutral()), head.triangles_T3
    parts = [head.landmarks68, head.landmarks478]
    taken = np.concatenate([part.points(neutral, triangles) for part in parts])
    # Only skin that turns with the head: a shoulder does not lie where a rigid head would have it.
    usable = np.unique(triangles[head.part_T == 0])
    usable = usable[head.head_weight_V[usable] > _RIGID]
    distance = np.full(len(usable), np.inf)
    for point in taken:
        distance = np.minimum(distance, ((neutral[usable] - point) ** 2).sum(1))
    corners = {int(v): (t, c) for c in range(3) for t, v in enumerate(triangles[:, c])}
    chosen: list[int] = []
    for _ in range(min(more, len(usable))):
        best = int(distance.argmax())
        chosen.append(int(usable[best]))
        distance = np.minimum(distance, ((neutral[usable] - neutral[usable[best]]) ** 2).sum(1))
    triangle = np.array([corners[v][0] for v in chosen], np.int32)
    weights = np.eye(3, dtype=np.float32)[[corners[v][1] for v in chosen]].reshape(-1, 3)
    return Correspondence(
        triangle_K=np.concatenate([*(part.triangle_K for part in parts), triangle]),
        barycentric_K3=np.concatenate([*(part.barycentric_K3 for part in parts), weights]),
    )


def _waves(canonical_K3: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """(K, channels - 1): sines of a point's place in random directions: neighbours alike, no two the same.

    Rahimi and Recht 2007. One channel is left for the depth.
    """
    rng = np.random.default_rng(0)
    directions = rng.normal(0.0, 1.0, (3, channels - 1)) * np.geomspace(1.0, 8.0, channels - 1)
    return np.sin(canonical_K3 @ directions + rng.uniform(0.0, 2.0 * math.pi, channels - 1)).astype(np.float32)


def pose_features(pose_B10: Tensor) -> Tensor:
    """(B, 10) the pose as numbers of about -1 .. 1, around a face in the middle of the crop."""
    middle = pose_B10.new_tensor([0.0, 0.0, 0.0, 0.5, 0.365, 0.14, 0.0, 0.0, 0.0, 0.0])
    width = pose_B10.new_tensor([0.5, 0.3, 0.2, 0.05, 0.05, 0.1, 0.3, 0.3, 0.3, 0.3])
    return (pose_B10 - middle) / width


def appearance_features(schema: Schema, columns: NDArray[np.intp]) -> tuple[Tensor, Tensor]:
    """Neutral and half range (N,) each: (x - neutral) / half is about -1 .. 1."""
    neutral = torch.from_numpy(schema.neutral()[columns])
    half = torch.from_numpy(0.5 * (schema.maximum - schema.minimum)[columns])
    return neutral, half


assert POSE_SIZE == 10
