"""Sheets and ribbons of hair: grids of strand points to triangles, with UV, opacity and strand direction.

Grid axes: N strands side by side, M points along each, root to tip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facelive.rig.bake.hair_scalp import CENTRE, Floats, unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Patch:
    """One piece of hair. Rows belong together: (V, ...) by vertex, (T, 3) triangles."""

    points: Floats
    uv: Floats
    opacity: Floats
    normals: Floats
    tangents: Floats
    shade: Floats
    """(V,) light that this piece takes from itself, 1 none: roots and inner layers."""
    triangles: NDArray[np.int32]


def grid_triangles(columns: int, rows: int) -> NDArray[np.int32]:
    """(T, 3) two triangles per cell of a grid stored strand by strand."""
    n, m = np.meshgrid(np.arange(columns - 1), np.arange(rows - 1), indexing="ij")
    a = (n * rows + m).ravel()
    b, c, d = a + 1, a + rows + 1, a + rows
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)


def sheet(
    points_NM3: Floats,
    *,
    opacity: ArrayLike = 1.0,
    shade: ArrayLike = 1.0,
    v: ArrayLike = (0.0, 1.0),
    u_scale: float = 1.0,
    u_start: float = 0.0,
    outward: Floats | None = None,
    roundness: float = 0.0,
) -> Patch:
    """A sheet through strands; the side that looks away from the middle of the skull becomes the outside.

    v: the two ends, (M,) or (N, M). opacity, shade: broadcast to (N, M). u: metres across, from the sheet's own width.
    outward: (N, M, 3) smooth directions mixed into the normals by ``roundness``.
    """
    columns, rows = points_NM3.shape[:2]
    gap = np.linalg.norm(np.diff(points_NM3, axis=0), axis=2)
    across = u_start + u_scale * np.concatenate([[0.0], np.cumsum(np.quantile(gap, 0.7, axis=1))])
    given = np.asarray(v, float)
    v_NM = np.linspace(given[0], given[1], rows) if given.shape == (2,) else given
    uv = np.stack(np.broadcast_arrays(across[:, None], v_NM), axis=-1)
    triangles = grid_triangles(columns, rows)
    flat = points_NM3.reshape(-1, 3)
    corner_a, corner_b, corner_c = (flat[triangles[:, k]] for k in range(3))
    facing = np.sum(np.cross(corner_b - corner_a, corner_c - corner_a) * (corner_a - CENTRE))
    if facing < 0.0:
        triangles = np.ascontiguousarray(triangles[:, [0, 2, 1]])
    a, b, c = (flat[triangles[:, k]] for k in range(3))
    normals = np.zeros_like(flat)
    for k in range(3):
        np.add.at(normals, triangles[:, k], np.cross(b - a, c - a))
    normals = unit(normals).reshape(points_NM3.shape)
    if np.linalg.norm(points_NM3[0] - points_NM3[-1], axis=1).max() < 1e-6:
        normals[0] = normals[-1] = unit(normals[0] + normals[-1])
    if outward is not None:
        normals = unit((1.0 - roundness) * normals + roundness * outward)
    tangents = unit(np.gradient(points_NM3, axis=1))
    full = (columns, rows)
    return Patch(
        points=flat,
        uv=uv.reshape(-1, 2),
        opacity=np.broadcast_to(np.asarray(opacity, float), full).ravel().clip(0.0, 1.0),
        shade=np.broadcast_to(np.asarray(shade, float), full).ravel(),
        normals=normals.reshape(-1, 3),
        tangents=tangents.reshape(-1, 3),
        triangles=triangles,
    )


def ribbon(
    spine_M3: Floats, outward_M3: Floats, width_M: Floats, *, arch: float = 0.35, opacity: ArrayLike = 1.0,
    edge: float = 0.55, shade: ArrayLike = 1.0, v: ArrayLike = (0.0, 1.0), u_start: float = 0.0,
) -> Patch:  # fmt: skip
    """A lock: three strands across, the middle one raised by ``arch`` times half the width. ``edge``: opacity there."""
    along = unit(np.gradient(spine_M3, axis=0))
    across = unit(np.cross(outward_M3, along))
    out = unit(np.cross(along, across))
    half = 0.5 * width_M[:, None]
    points = np.stack([spine_M3 - across * half, spine_M3 + out * half * arch, spine_M3 + across * half])
    cover = np.array([edge, 1.0, edge])[:, None] * np.broadcast_to(np.asarray(opacity, float), (len(spine_M3),))
    lean = np.array([-1.0, 0.0, 1.0])[:, None, None]
    return sheet(
        points, opacity=cover, shade=shade, v=v, u_start=u_start, outward=unit(out[None] + 0.8 * lean * across[None]),
        roundness=0.8,
    )  # fmt: skip


def merge(patches: list[Patch]) -> Patch:
    """All pieces as one."""
    starts = np.cumsum([0] + [len(patch.points) for patch in patches[:-1]])

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(patch, name) for patch in patches])

    return Patch(
        points=joined("points"),
        uv=joined("uv"),
        opacity=joined("opacity"),
        normals=joined("normals"),
        tangents=joined("tangents"),
        shade=joined("shade"),
        triangles=np.concatenate([p.triangles + start for p, start in zip(patches, starts, strict=True)]).astype(
            np.int32
        ),
    )
