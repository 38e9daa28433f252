"""Cutting the bust out of the whole body: which quads stay, their part, and the new vertex numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.source import Ints, RawMesh
from facelive.rig.parts import Part

_GROUPS = {
    "helper-l-eye": Part.EYE_LEFT,
    "helper-r-eye": Part.EYE_RIGHT,
    "helper-upper-teeth": Part.TEETH_UPPER,
    "helper-lower-teeth": Part.TEETH_LOWER,
    "helper-tongue": Part.TONGUE,
    "helper-l-eyelashes-1": Part.LASHES,
    "helper-l-eyelashes-2": Part.LASHES,
    "helper-r-eyelashes-1": Part.LASHES,
    "helper-r-eyelashes-2": Part.LASHES,
}
_LOWEST_M = -0.235
_WIDEST_M = 0.225
# Centres (u, v) of the UV islands of the body mesh that are not outer skin: the mouth's inside and the eye sockets.
_MOUTH_ISLAND = (0.84, 0.08)
_SOCKET_ISLANDS = ((0.042, 0.59), (0.12, 0.59))


@dataclass(frozen=True, kw_only=True, slots=True)
class Bust:
    """The part of the body that is kept; index arrays into it are dense and start at 0."""

    kept_V: Ints
    """For each vertex of the bust its number in the raw mesh."""
    kept_uv_U: Ints
    quads_Q4: Ints
    uv_quads_Q4: Ints
    part_Q: NDArray[np.uint8]
    island_U: Ints
    """Connected piece of the UV layout that each UV vertex lies on."""

    def of_parts(self, *parts: Part) -> NDArray[np.bool_]:
        """(V,) vertices used by quads of these parts."""
        used = np.zeros(len(self.kept_V), bool)
        used[self.quads_Q4[np.isin(self.part_Q, parts)]] = True
        return used


def islands(count: int, quads_Q4: Ints) -> Ints:
    """(count,) label of the connected piece of each vertex of a quad mesh."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows = quads_Q4.ravel()
    columns = np.roll(quads_Q4, -1, axis=1).ravel()
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _raw_parts(raw: RawMesh) -> NDArray[np.int64]:
    part = np.full(len(raw.quads_Q4), -1)
    for name, value in _GROUPS.items():
        part[raw.group_Q == name] = value
    corners = raw.vertices_V3[raw.quads_Q4]
    inside = (corners[..., 1] > _LOWEST_M).all(1) & (np.abs(corners[..., 0]) < _WIDEST_M).all(1)
    part[(raw.group_Q == "body") & inside] = Part.SKIN
    label = islands(len(raw.uv_U2), raw.uv_quads_Q4)
    centres = raw.uv_U2[raw.uv_quads_Q4].mean(1)
    quad_label = label[raw.uv_quads_Q4[:, 0]]

    def island_at(place: tuple[float, float]) -> int:
        skin = np.flatnonzero(part == Part.SKIN)
        return int(quad_label[skin[np.argmin(np.linalg.norm(centres[skin] - place, axis=1))]])

    part[quad_label == island_at(_MOUTH_ISLAND)] = Part.INNER_MOUTH
    for place in _SOCKET_ISLANDS:
        part[quad_label == island_at(place)] = Part.SOCKETS
    return part


def cut_bust(raw: RawMesh) -> Bust:
    """Head, neck and shoulders with eyes, teeth, tongue and lashes."""
    part = _raw_parts(raw)
    keep = part >= 0
    kept, quads = np.unique(raw.quads_Q4[keep], return_inverse=True)
    kept_uv, uv_quads = np.unique(raw.uv_quads_Q4[keep], return_inverse=True)
    quads, uv_quads = quads.reshape(-1, 4), uv_quads.reshape(-1, 4)
    return Bust(
        kept_V=kept,
        kept_uv_U=kept_uv,
        quads_Q4=quads,
        uv_quads_Q4=uv_quads,
        part_Q=part[keep].astype(np.uint8),
        island_U=islands(len(kept_uv), uv_quads),
    )


def quads_to_triangles(quads_Q4: Ints) -> Ints:
    """(2Q, 3): both halves of each quad, neighbours in the list."""
    return quads_Q4[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
