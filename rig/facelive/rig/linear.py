"""A head restricted to a few points, as dense arrays: what a differentiable twin needs, and a readable reference.

Suffixes: K points, C macro corners, S sliders, E expressions, P parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.correspondence import Correspondence
from facelive.rig.head_data import HeadData
from facelive.rig.rotation import rotation

F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearBlock:
    """``x = mean + w(macro) @ macro + max(s, 0) @ positive + max(-s, 0) @ negative + e @ expression``, metres.

    ``s = (value - zero) / (1 - zero)`` above zero and ``(value - zero) / zero`` below. Points on an eyeball are then
    turned about its centre by the gaze; the centre is a point of ``eyes`` (left, right), a block of the same kind.
    """

    mean_K3: F32
    macro_CK3: F32
    positive_SK3: F32
    negative_SK3: F32
    expression_EK3: F32
    head_weight_K: F32
    eye_K: NDArray[np.int8]
    """0 on the left eyeball, 1 on the right, -1 elsewhere."""
    macro_P: NDArray[np.intp]
    """Where the macro sliders stand in a parameter vector."""
    slider_P: NDArray[np.intp]
    slider_zero_S: F32
    expression_P: NDArray[np.intp]
    gaze_P: NDArray[np.intp]
    """(4,) left yaw, left pitch, right yaw, right pitch; empty if the rig has no eyes."""
    macro_weights: Callable[[F32], NDArray[np.float64]] | None
    eyes: LinearBlock | None

    def evaluate(self, params_P: F32) -> F32:
        """(K, 3) float32 metres, not posed. The reference that a twin is tested against."""
        zero = self.slider_zero_S
        value = params_P[self.slider_P] - zero
        out = self.mean_K3.astype(np.float64)
        out += np.tensordot(np.maximum(value, 0) / (1 - zero), self.positive_SK3, 1)
        out += np.tensordot(np.maximum(-value, 0) / np.where(zero > 0, zero, 1), self.negative_SK3, 1)
        out += np.tensordot(params_P[self.expression_P], self.expression_EK3, 1)
        if self.macro_weights is not None:
            out += np.tensordot(self.macro_weights(params_P[self.macro_P]), self.macro_CK3, 1)
        if self.eyes is not None and (self.eye_K >= 0).any():  # no landmark of the 68 is
            centres = self.eyes.evaluate(params_P)
            gaze = params_P[self.gaze_P].reshape(2, 2)
            for side in (0, 1):
                on = self.eye_K == side
                turned = (out[on] - centres[side]) @ rotation(float(gaze[side, 0]), float(gaze[side, 1])).T
                out[on] = centres[side] + turned
        return out.astype(np.float32)


def _rows(data: HeadData, points: Correspondence | NDArray[np.integer]) -> F32:
    """(K, V) dense weights of base vertices for each point."""
    if isinstance(points, Correspondence):
        fine, weights = data.triangles_T3[points.triangle_K], points.barycentric_K3
    else:
        fine, weights = np.asarray(points)[:, None], np.ones((len(points), 1), np.float32)
    rows = np.zeros((len(fine), len(data.mean_V3)), np.float32)
    for row, vertices, shares in zip(rows, fine, weights, strict=True):
        for vertex, share in zip(vertices, shares, strict=True):
            run = slice(data.stencil_indptr[vertex], data.stencil_indptr[vertex + 1])
            np.add.at(row, data.stencil_index[run], share * data.stencil_weight[run])
    return rows


def _block(data: HeadData, rows_KV: F32, head_weight_K: F32, eyes: LinearBlock | None) -> LinearBlock:
    schema, count = data.schema, len(data.sliders)
    used = np.flatnonzero(rows_KV.any(0))
    rows = rows_KV[:, used]
    place = np.full(len(data.mean_V3), -1)
    place[used] = np.arange(len(used))
    morphs = np.zeros((len(data.morph_indptr) - 1, len(rows), 3), np.float32)
    for m in range(len(morphs)):
        run = slice(data.morph_indptr[m], data.morph_indptr[m + 1])
        where = place[data.morph_index[run]]
        keep = where >= 0
        morphs[m] = rows[:, where[keep]] @ data.morph_value_N3[run][keep]
    on_eye = np.full(len(rows), -1, np.int8)
    if eyes is not None:
        for side, members in enumerate(data.eyeballs_2K):
            on_eye[rows_KV[:, members].sum(1) > 0.5] = side
    gaze = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch") if eyes is not None else ()

    def indices(names: tuple[str, ...]) -> NDArray[np.intp]:
        return np.array([schema.index(name) for name in names], np.intp)

    return LinearBlock(
        mean_K3=rows @ data.mean_V3[used],
        macro_CK3=np.ascontiguousarray(np.einsum("kv,cvd->ckd", rows, data.macro_CV3[:, used], optimize=True))
        if data.macros else np.zeros((0, len(rows), 3), np.float32),
        positive_SK3=morphs[:count],
        negative_SK3=morphs[count : 2 * count],
        expression_EK3=morphs[2 * count :],
        head_weight_K=head_weight_K,
        eye_K=on_eye,
        macro_P=indices(data.macros),
        slider_P=indices(data.sliders),
        slider_zero_S=data.slider_zero_S,
        expression_P=indices(data.expressions),
        gaze_P=indices(gaze),
        macro_weights=data.macro_weights,
        eyes=eyes,
    )  # fmt: skip


def restrict(data: HeadData, points: Correspondence | NDArray[np.integer]) -> LinearBlock:
    """The blocks of ``data`` at K points or fine vertices."""
    eyes = None
    if data.eyeballs_2K.size:
        centres = np.zeros((2, len(data.mean_V3)), np.float32)
        for row, anchors in zip(centres, data.eye_anchors_2K, strict=True):
            np.add.at(row, anchors, np.float32(1.0 / len(anchors)))
        eyes = _block(data, centres, np.ones(2, np.float32), None)
    if isinstance(points, Correspondence):
        follow = points.points(data.head_weight_F[:, None], data.triangles_T3)[:, 0]
    else:
        follow = data.head_weight_F[np.asarray(points)]
    return _block(data, _rows(data, points), follow, eyes)
