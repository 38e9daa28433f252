"""The mean head as hair sees it: where a direction leaves the skull, how far a point is from the skin, the hair lines.

Directions are unit vectors from ``CENTRE``; azimuth runs from the front (0) over the subject's left (90) to the back
(180), elevation up from the horizon. Degrees and metres. Suffixes: K points.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facelive.rig.head import Head
from facelive.rig.parts import Part, Region

Floats = NDArray[np.float64]
CENTRE = np.array([0.0, 0.055, 0.005])
_NEIGHBOURS = 6

# Natural hair line of the mean head: azimuth, elevation. 72..78 is the side burn, 84..94 the ear, 180 the nape.
NATURAL_LINE = (
    (0, 10, 20, 30, 38, 46, 54, 61, 66, 71, 76, 80, 85, 95, 103, 110, 118, 128, 140, 160, 180),
    (32, 32, 31, 30.5, 28.5, 22, 13, 4, -6, -24, -27, -15, -6, -4, -12, -25, -38, -47, -51, -52.5, -52),
)
# Hair gone from the temples and thin in front; the sides as nature has them.
RECEDING_LINE = (
    (0, 12, 22, 32, 42, 50, 57, 63, 68, 72, 76, 80, 85, 95, 103, 110, 118, 128, 140, 160, 180),
    (39, 41, 48, 54, 52, 40, 25, 9, -5, -23, -27, -15, -6, -4, -12, -25, -38, -47, -51, -52.5, -52),
)


def direction(azimuth: ArrayLike, elevation: ArrayLike) -> Floats:
    """(..., 3) unit vectors from degrees."""
    a, e = np.radians(np.asarray(azimuth, float)), np.radians(np.asarray(elevation, float))
    return np.stack(np.broadcast_arrays(np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)), axis=-1)


def angles(d: Floats) -> tuple[Floats, Floats]:
    """Azimuth (-180..180) and elevation in degrees of directions (..., 3)."""
    return np.degrees(np.arctan2(d[..., 0], d[..., 2])), np.degrees(np.arcsin(np.clip(d[..., 1], -1.0, 1.0)))


def line(table: tuple[tuple[float, ...], tuple[float, ...]], azimuth: ArrayLike) -> Floats:
    """Elevation of a hair line at azimuths of any range, both sides alike."""
    a = np.abs((np.asarray(azimuth, float) + 180.0) % 360.0 - 180.0)
    return np.interp(a, *table)


def smooth_step(value: ArrayLike, low: float, high: float) -> Floats:
    """0 at ``low``, 1 at ``high`` (which may be the smaller), smooth between."""
    t = np.clip((np.asarray(value, float) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def unit(vectors: Floats) -> Floats:
    """The same vectors with length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def thinned(points_K3: Floats, gap: float) -> NDArray[np.intp]:
    """Numbers of points no two of which are nearer than ``gap``."""
    chosen: list[int] = []
    free = np.ones(len(points_K3), bool)
    for k in range(len(points_K3)):
        if free[k]:
            chosen.append(k)
            free &= np.linalg.norm(points_K3 - points_K3[k], axis=1) >= gap
    return np.array(chosen, np.intp)


class Scalp:
    """Skin of the neutral head. ``vertices_V3`` are the head's fine vertices, unposed."""

    def __init__(self, head: Head) -> None:
        from scipy.interpolate import RBFInterpolator
        from scipy.spatial import KDTree

        self.head = head
        self.vertices_V3: Floats = head.solve_identity(head.schema.neutral()).astype(np.float64)
        skin_T3 = head.triangles_T3[head.part_T == Part.SKIN]
        self.skin_V: NDArray[np.intp] = np.unique(skin_T3).astype(np.intp)
        a, b, c = (self.vertices_V3[skin_T3[:, k]] for k in range(3))
        self.normals_V3: Floats = np.zeros_like(self.vertices_V3)
        for k in range(3):
            np.add.at(self.normals_V3, skin_T3[:, k], np.cross(b - a, c - a))
        self.normals_V3 = unit(self.normals_V3)
        self._tree = KDTree(self.vertices_V3[self.skin_V])
        x, y, z = self.vertices_V3.T
        skull = np.zeros(len(x), bool)
        skull[self.skin_V] = True
        skull &= (head.regions_RV[Region.EARS] < 20) & (y > -0.075) & ~((z > 0.06) & (y < 0.04)) & (np.abs(x) < 0.1)
        ray = self.vertices_V3[skull] - CENTRE
        even = thinned(unit(ray), 0.075)
        self._radius = RBFInterpolator(unit(ray[even]), np.linalg.norm(ray[even], axis=1), smoothing=1e-5)

    def radius(self, d: Floats) -> Floats:
        """(...,) metres from the centre to the skin without ears, along directions (..., 3)."""
        return self._radius(np.asarray(d, float).reshape(-1, 3)).reshape(d.shape[:-1])

    def point(self, d: Floats) -> Floats:
        """(..., 3) where directions leave the skull."""
        return CENTRE + d * self.radius(d)[..., None]

    def normal(self, d: Floats) -> Floats:
        """(..., 3) unit normals of the skull there."""
        side = unit(np.cross(d, np.where(np.abs(d[..., 1:2]) < 0.9, [0.0, 1.0, 0.0], [1.0, 0.0, 0.0])))
        other = np.cross(side, d)
        step = 0.04
        gradient_1 = self.point(unit(d + step * side)) - self.point(unit(d - step * side))
        gradient_2 = self.point(unit(d + step * other)) - self.point(unit(d - step * other))
        normal = unit(np.cross(gradient_2, gradient_1))
        return normal * np.sign(np.sum(normal * d, axis=-1, keepdims=True))

    def off(self, d: Floats, height: ArrayLike) -> Floats:
        """(..., 3) points ``height`` metres above the skull, along its normal."""
        return self.point(d) + self.normal(d) * np.asarray(height, float)[..., None]

    def clearance(self, points_K3: Floats) -> tuple[Floats, Floats]:
        """(K,) signed distance to the skin with ears (positive outside), (K, 3) its outward gradient."""
        distance, near = self._tree.query(points_K3, k=_NEIGHBOURS)
        weight = 1.0 / (distance + 1e-3) ** 2
        weight /= weight.sum(1, keepdims=True)
        index = self.skin_V[near]
        normal = unit((self.normals_V3[index] * weight[..., None]).sum(1))
        along = np.sum((points_K3[:, None] - self.vertices_V3[index]) * self.normals_V3[index], axis=2)
        return (along * weight).sum(1), normal

    def push_out(self, points: Floats, least: ArrayLike, steps: int = 4) -> Floats:
        """The same points (..., 3), none nearer to the skin than ``least`` metres (scalar or (...,))."""
        flat = points.reshape(-1, 3).copy()
        wanted = np.broadcast_to(np.asarray(least, float), points.shape[:-1]).ravel()
        for _ in range(steps):
            distance, outward = self.clearance(flat)
            flat += np.clip(wanted - distance, 0.0, 0.02)[:, None] * outward
        return flat.reshape(points.shape)

    @cached_property
    def still_V(self) -> NDArray[np.bool_]:
        """(V,) skin outside the ears: what hair may be tied to."""
        still = np.zeros(len(self.vertices_V3), bool)
        still[self.skin_V] = True
        return still & (self.head.regions_RV[Region.EARS] < 20)
