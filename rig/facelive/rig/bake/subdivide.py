"""One Catmull-Clark step as a sparse matrix from base to fine vertices (Catmull and Clark 1978).

Fine vertices are numbered: old vertices, then one per edge, then one per quad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.source import Floats, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Refined:
    """The finer topology."""

    edges_E2: Ints
    edge_quads_E2: Ints
    """The two quads at an edge; -1 where it is a border."""
    quads_Q4: Ints
    """(4Q, 4) quads over fine vertices; the quad 4q + k lies at corner k of old quad q."""


def refine(count: int, quads_Q4: Ints) -> Refined:
    """Topology of one step over ``count`` vertices."""
    number = len(quads_Q4)
    sides = np.stack([quads_Q4, np.roll(quads_Q4, -1, axis=1)], axis=2).reshape(-1, 2)
    edges, which = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    which = which.reshape(number, 4)
    edge_quads = np.full((len(edges), 2), -1)
    for k in range(4):
        for quad, edge in enumerate(which[:, k]):
            edge_quads[edge, 0 if edge_quads[edge, 0] < 0 else 1] = quad
    face = count + len(edges) + np.arange(number)
    along, before = count + which, count + np.roll(which, 1, axis=1)
    fine = np.stack([quads_Q4, along, np.repeat(face[:, None], 4, 1), before], axis=2).reshape(-1, 4)
    return Refined(edges_E2=edges, edge_quads_E2=edge_quads, quads_Q4=fine)


def linear_stencil(count: int, quads_Q4: Ints, fine: Refined) -> Any:
    """scipy CSR (V', V): corners stay, edges and quads get their middles. For UVs, lashes and rigid shapes."""
    from scipy.sparse import csr_matrix, identity, vstack

    edges, number = len(fine.edges_E2), len(quads_Q4)
    at_edges = csr_matrix(
        (np.full(2 * edges, 0.5), (np.repeat(np.arange(edges), 2), fine.edges_E2.ravel())), shape=(edges, count)
    )
    at_faces = csr_matrix(
        (np.full(4 * number, 0.25), (np.repeat(np.arange(number), 4), quads_Q4.ravel())), shape=(number, count)
    )
    return vstack([identity(count), at_edges, at_faces]).tocsr()


def catmull_clark_stencil(count: int, quads_Q4: Ints, fine: Refined) -> Any:
    """scipy CSR (V', V): smooth positions; open borders become smooth curves of their own."""
    from scipy.sparse import csr_matrix, diags, vstack

    edges, number = fine.edges_E2, len(quads_Q4)
    linear = linear_stencil(count, quads_Q4, fine)
    middles, faces = linear[count : count + len(edges)], linear[count + len(edges) :]
    border = fine.edge_quads_E2[:, 1] < 0
    inner = np.flatnonzero(~border)
    pick = csr_matrix(
        (np.full(2 * len(inner), 0.5), (np.repeat(inner, 2), fine.edge_quads_E2[inner].ravel())),
        shape=(len(edges), number),
    )
    inside = diags((~border).astype(float))
    at_edges = diags(border.astype(float)) @ middles + inside @ (0.5 * middles + 0.5 * (pick @ faces))
    valence = np.bincount(edges.ravel(), minlength=count).astype(float)
    around = csr_matrix((np.ones(4 * number), (quads_Q4.ravel(), np.repeat(np.arange(number), 4))), (count, number))
    touching = csr_matrix((np.ones(2 * len(edges)), (edges.ravel(), np.repeat(np.arange(len(edges)), 2))))
    on_border = np.zeros(count, bool)
    on_border[edges[border]] = True
    safe = np.maximum(valence, 1.0)
    smooth = (
        diags(1.0 / safe**2) @ around @ faces + diags(2.0 / safe**2) @ touching @ middles + diags((safe - 3.0) / safe)
    )
    rim = csr_matrix((np.ones(2 * border.sum()), (edges[border].ravel(), np.repeat(np.flatnonzero(border), 2))),
                     shape=(count, len(edges)))  # fmt: skip
    rim_degree = np.asarray(rim.sum(1)).ravel()
    along = diags(np.where(rim_degree == 2, 0.25, 0.0)) @ rim @ middles + diags(np.where(rim_degree == 2, 0.5, 1.0))
    at_vertices = diags((~on_border).astype(float)) @ smooth + diags(on_border.astype(float)) @ along
    return vstack([at_vertices, at_edges, faces]).tocsr()


def mixed_stencil(smooth: Any, linear: Any, sharpness_F: Floats) -> Any:
    """Rows between the smooth (0) and the linear (1) rule, by fine vertex."""
    from scipy.sparse import diags

    mixed = (diags(1.0 - sharpness_F) @ smooth + diags(sharpness_F) @ linear).tocsr()
    mixed.eliminate_zeros()
    return mixed


def round_stencil(rows: Any, members_V: NDArray[np.bool_], vertices_V3: Floats, anchors_V: Ints) -> Any:
    """Push the fine vertices of a ball back to its sphere, as a linear rule: ``s * row + (1 - s) * centre``.

    ``anchors_V``: base vertices whose mean is the ball's centre. Without it an eye would get facets and shrink.
    """
    from scipy.sparse import csr_matrix, diags

    of_ball = np.asarray(rows @ members_V.astype(float)).ravel() > 0.5
    centre = vertices_V3[anchors_V].mean(0)
    distance = np.linalg.norm(rows @ vertices_V3 - centre, axis=1)
    base = np.linalg.norm(vertices_V3[members_V] - centre, axis=1)
    # Weighted mean of the radii around, so that a bulging cornea stays.
    wanted = np.asarray(rows @ np.where(members_V, np.linalg.norm(vertices_V3 - centre, axis=1), 0.0)).ravel()
    stretch = np.where(of_ball, np.clip(wanted, base.min(), base.max()) / np.maximum(distance, 1e-9), 1.0)
    mean = csr_matrix(
        (np.full(len(anchors_V), 1.0 / len(anchors_V)), (np.zeros(len(anchors_V), int), anchors_V)),
        shape=(1, rows.shape[1]),
    )
    return (diags(stretch) @ rows + csr_matrix((1.0 - stretch)[:, None]) @ mean).tocsr()
