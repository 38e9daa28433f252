"""The body below the bust's cut edge, so that no edge is seen when a head stands high in the picture.

The built-in head ends in a ragged ring about chest and upper arms. From there rows of vertices run down to what
somebody in a shirt looks like from outside: rounded at the shoulders, then nearly straight. It is part of the skin:
same paint, same shirt. A rig without such an edge gets none.

Suffixes: N the ring's vertices, R rows below the ring, V and T of the head and of the torso's mesh.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh, Segment
from facelive.rig.normals import vertex_normals
from facelive.rig.parts import Part

F32 = NDArray[np.float32]
_SKIN = (Part.SKIN, Part.SOCKETS, Part.INNER_MOUTH)
_ROWS_M = (0.0, 0.012, 0.03, 0.06, 0.10, 0.15, 0.25, 0.45)
"""How far below the ring each row lies."""
_ROUND_M = 0.10
"""Within this height the outline goes from the ragged ring to a smooth one."""
_WIDER, _DEEPER_M = 1.09, 0.012
"""The smooth outline's width over the ring's, and how far it stands out to front and back."""
_SQUARE = 2.6
"""Exponent of the outline, a superellipse: 2 is an ellipse."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Torso:
    """Topology, made once a head."""

    ring_N: NDArray[np.intp]
    """The head's vertices along the cut edge, in order."""
    triangles_T3: NDArray[np.int32]
    uv_U2: F32
    """(rows * N + 1, 2): each column keeps the paint of the skin just above the ring."""

    @property
    def rows(self) -> int:
        """Rows of N vertices; one more vertex closes the bottom."""
        return len(_ROWS_M)

    def vertices(self, ring_N3: F32) -> F32:
        """(rows * N + 1, 3): the rows, the first of them the ring itself, then the middle of the bottom."""
        down = np.asarray(_ROWS_M, np.float32)[:, None]
        share = np.minimum(down / _ROUND_M, 1.0)
        share = 1.0 - (1.0 - share) ** 2
        target_N2 = outline(ring_N3[:, [0, 2]])
        out = np.empty((self.rows, len(ring_N3), 3), np.float32)
        out[..., [0, 2]] = ring_N3[:, [0, 2]] + share[..., None] * (target_N2 - ring_N3[:, [0, 2]])
        # The ring's jags level out further down.
        level = float(ring_N3[:, 1].mean())
        out[..., 1] = ring_N3[:, 1] + share * 0.7 * np.minimum(level - ring_N3[:, 1], 0.0) - down
        bottom = out[-1].mean(0, keepdims=True)
        return np.concatenate([out.reshape(-1, 3), bottom])

    def column(self, ring_N: F32) -> F32:
        """(rows * N + 1,) a value of the ring's vertices carried down."""
        return np.concatenate([np.tile(ring_N, self.rows), ring_N[:1]])

    def mesh(self, vertices_V3: F32, *, cloth_V: F32 | None = None, normals_V3: F32 | None = None) -> Mesh:
        """The torso of a solved head, not posed.

        cloth_V: of the head, decimetres below the neckline; None: bare. normals_V3: of the head, so that light runs on
        over the ring; None: the renderer sees to that.
        """
        points = self.vertices(vertices_V3[self.ring_N])
        normals = None
        if normals_V3 is not None:
            normals = vertex_normals(points, self.triangles_T3).astype(np.float32)
            normals[: len(self.ring_N)] = normals_V3[self.ring_N]
        bare = np.full(len(points), -1.0, np.float32)
        return Mesh(
            vertices_V3=points,
            triangles_T3=self.triangles_T3,
            material=Material.SKIN,
            segment=Segment.SKIN if cloth_V is None else Segment.CLOTH,
            uv_U2=self.uv_U2,
            normals_V3=normals,
            opacity_V=bare if cloth_V is None else np.maximum(self.column(cloth_V[self.ring_N]), 0.5),
            head_weight_V=np.zeros(len(points), np.float32),
        )


def outline(ring_N2: F32) -> F32:
    """(N, 2) x, z on a smooth closed curve about a ring, in the ring's order, each near the direction of its own."""
    low, high = ring_N2.min(0), ring_N2.max(0)
    middle = 0.5 * (low + high)
    half = 0.5 * (high - low) * (_WIDER, 1.0) + (0.0, _DEEPER_M)
    ray = (ring_N2 - middle) / half
    angle_N = np.unwrap(np.arctan2(ray[:, 1], ray[:, 0]))
    way = 1.0 if angle_N[-1] > angle_N[0] else -1.0
    # At the arms the ring runs back and forth; the curve does not, so that nothing folds.
    angle_N = 0.5 * (np.maximum.accumulate(way * angle_N) + np.minimum.accumulate(way * angle_N[::-1])[::-1])
    even_N = angle_N[0] + np.linspace(0.0, 2.0 * np.pi, len(ring_N2), endpoint=False)
    angle_N = way * (0.8 * angle_N + 0.2 * even_N)
    ray = np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1)
    reach = (np.abs(ray) ** _SQUARE).sum(1) ** (1.0 / _SQUARE)
    return (middle + half * ray / reach[:, None]).astype(np.float32)


@lru_cache(maxsize=4)
def find_torso(head: Head) -> Torso | None:
    """The torso of a head whose skin ends in one ring that does not follow the head's turn; None for any other."""
    skin = np.isin(head.part_T, _SKIN)
    triangles = head.triangles_T3[skin]
    ring = _ring(triangles)
    if ring is None or float(np.max(head.head_weight_V[ring])) > 1e-3:
        return None
    if float(head.solve(head.schema.neutral())[ring, 1].max()) > 0.0:
        return None
    count, rows = len(ring), len(_ROWS_M)
    uv_N2 = _paint_above(head, skin, triangles, ring)
    here = np.arange(count, dtype=np.int32)
    after = np.roll(here, -1)
    bands = [
        np.concatenate([np.stack([here, after, below], 1), np.stack([after, after + count, below], 1)]) + row * count
        for row, below in ((row, here + count) for row in range(rows - 1))
    ]
    last = (rows - 1) * count
    bottom = np.stack([here + last, after + last, np.full(count, rows * count, np.int32)], 1)
    return Torso(
        ring_N=ring,
        triangles_T3=np.ascontiguousarray(np.concatenate([*bands, bottom]), np.int32),
        uv_U2=np.concatenate([np.tile(uv_N2, (rows, 1)), uv_N2[:1]]).astype(np.float32),
    )


def _ring(triangles_T3: NDArray[np.integer]) -> NDArray[np.intp] | None:
    """The open edge of triangles if it is one ring; against their winding, so that what hangs on it faces outside."""
    edges = np.concatenate([triangles_T3[:, [0, 1]], triangles_T3[:, [1, 2]], triangles_T3[:, [2, 0]]])
    _, first, uses = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    open_edges = edges[first[uses == 1]]
    if not len(open_edges):
        return None
    before = {int(b): int(a) for a, b in open_edges}
    ring = [next(iter(before))]
    while (step := before.get(ring[-1], ring[0])) != ring[0] and len(ring) <= len(before):
        ring.append(step)
    return np.array(ring) if len(ring) == len(open_edges) == len(before) else None


def _paint_above(
    head: Head, skin: NDArray[np.bool_], triangles_T3: NDArray[np.integer], ring_N: NDArray[np.intp]
) -> F32:
    """(N, 2) a place in the skin's chart near each of the ring's vertices, inside the chart's own edge."""
    uv_triangles = head.uv_triangles_T3[skin]
    middles = head.uv_U2[uv_triangles].mean(1)
    owner = np.zeros(head.vertex_count, np.intp)
    # Any triangle at the vertex will do: its middle lies inside the chart.
    for corner in range(3):
        owner[triangles_T3[:, corner]] = np.arange(len(triangles_T3))
    return middles[owner[ring_N]].astype(np.float32)
