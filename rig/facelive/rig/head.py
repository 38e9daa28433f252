"""The geometry of a head: parameters in, vertices out.

``v = mean + macro corners + max(s, 0) @ towards + max(-s, 0) @ away + expression @ units``, then the eyeballs turn,
then one subdivision step. Suffixes: P parameters, V fine vertices (as all other rooms know them), T triangles.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import SchemaError
from facelive.rig.correspondence import Correspondence
from facelive.rig.head_data import HeadData, read_head
from facelive.rig.linear import LinearBlock, restrict
from facelive.rig.parts import Region
from facelive.rig.rotation import rotation
from facelive.rig.schema import Schema

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
DATA = Path(__file__).parent / "data"


class Head:
    """A head that is solved from parameters. Immutable but for a one-entry cache of the last identity."""

    def __init__(self, data: HeadData) -> None:
        self.data = data
        schema = data.schema
        self._identity_P = schema.indices("identity")
        self._macro_P = np.array([schema.index(name) for name in data.macros], np.intp)
        self._slider_P = np.array([schema.index(name) for name in data.sliders], np.intp)
        self._expression_P = np.array([schema.index(name) for name in data.expressions], np.intp)
        self._angle_P = np.array([schema.index(name) for name in ("headYaw", "headPitch", "headRoll")], np.intp)
        names = ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")
        has_eyes = data.eyeballs_2K.size > 0
        self._gaze_P = np.array([schema.index(name) for name in names] if has_eyes else [], np.intp)
        self._units = slice(2 * len(data.sliders), 2 * len(data.sliders) + len(data.expressions))
        self._last: tuple[bytes, F32] | None = None

    @classmethod
    def load(cls, path: Path, landmarks: Path | None = None) -> Head:
        """A head baked by ``facelive.rig.bake``. Raises FileError if it is missing, damaged or of another kind."""
        return cls(read_head(path, landmarks))

    @classmethod
    @cache
    def default(cls) -> Head:
        """The built-in head. Loaded once per process."""
        return cls.load(DATA / "head.npz", DATA / "landmarks.npz")

    @property
    def schema(self) -> Schema:
        """What the parameters are."""
        return self.data.schema

    @property
    def triangles_T3(self) -> I32:
        """(T, 3) int32 into the vertices, counter-clockwise from outside."""
        return self.data.triangles_T3

    @property
    def uv_triangles_T3(self) -> I32:
        """(T, 3) int32 into ``uv_U2``."""
        return self.data.uv_triangles_T3

    @property
    def uv_U2(self) -> F32:
        """(U, 2) in [0, 1], v up; one chart per part (skin, sockets and inner mouth share one; so do both eyes)."""
        return self.data.uv_U2

    @property
    def part_T(self) -> NDArray[np.uint8]:
        """(T,) values of ``facelive.rig.parts.Part``."""
        return self.data.part_T

    @property
    def regions_RV(self) -> NDArray[np.uint8]:
        """(R, V) soft masks, 0 to 255, rows by ``facelive.rig.parts.Region``."""
        return self.data.regions_RF

    @property
    def head_weight_V(self) -> F32:
        """(V,) 1 where a vertex follows the head, 0 at the shoulders."""
        return self.data.head_weight_F

    @property
    def face_centre(self) -> F32:
        """(3,) metres: between the eyes of the rig's middle face. Constant."""
        return self.data.face_centre

    @property
    def landmarks68(self) -> Correspondence:
        """The 68 points of iBUG 300-W."""
        return self.data.landmarks68

    @property
    def landmarks478(self) -> Correspondence:
        """The 478 points of MediaPipe's face landmarker."""
        return self.data.landmarks478

    @cached_property
    def face_N(self) -> NDArray[np.intp]:
        """(N,) the vertices of the face, on which shapes are compared; of a rig whose map has none all of them."""
        face = np.flatnonzero(self.regions_RV[Region.FACE] > 127) if len(self.regions_RV) else np.zeros(0, np.intp)
        return face if len(face) else np.arange(self.vertex_count)

    @cached_property
    def vertex_count(self) -> int:
        """V."""
        return len(self.data.stencil_indptr) - 1

    def occlusion_V(self, params_P: F32) -> F32:
        """(V,) float32 in [0, 1]: ambient light that reaches each vertex, between mouth closed and mouth open."""
        closed, opened = self.data.occlusion_F, self.data.occlusion_open_F
        if "jawOpen" not in self.schema or not len(opened):
            return np.asarray(closed / 255.0, np.float32)
        amount = float(np.clip(params_P[self.schema.index("jawOpen")] * 1.5, 0.0, 1.0))
        return np.asarray((closed + amount * (opened.astype(np.float32) - closed)) / 255.0, np.float32)

    def _slider_weights(self, params_P: F32) -> F32:
        zero = self.data.slider_zero_S
        value = params_P[self._slider_P] - zero
        towards, away = np.maximum(value, 0) / (1 - zero), np.maximum(-value, 0) / np.where(zero > 0, zero, 1)
        return np.concatenate([towards, away]).astype(np.float32)

    def macro_weights(self, params_P: F32) -> F32:
        """(C,) float32: weights of the macro corner shapes; empty if the rig has none."""
        if self.data.macro_weights is None:
            return np.zeros(0, np.float32)
        return self.data.macro_weights(params_P[self._macro_P]).astype(np.float32)

    def _base_identity(self, params_P: F32) -> F32:
        from facelive.rig import solve_kernels as kernels

        key = params_P[self._identity_P].tobytes()
        last = self._last
        if last is not None and last[0] == key:
            return last[1]
        data = self.data
        base = data.mean_V3.copy()
        kernels.add_dense(self.macro_weights(params_P), data.macro_CV3, base)
        weights = self._slider_weights(params_P)
        kernels.add_sparse(weights, data.morph_indptr, data.morph_index, data.morph_value_N3, base)
        base.setflags(write=False)
        self._last = (key, base)
        return base

    def _refine(self, base_V3: F32) -> F32:
        from facelive.rig import solve_kernels as kernels

        data = self.data
        out = np.empty((self.vertex_count, 3), np.float32)
        kernels.apply_stencil(data.stencil_indptr, data.stencil_index, data.stencil_weight, base_V3, out)
        return out

    def _turn_eyes(self, base_V3: F32, params_P: F32) -> None:
        from facelive.rig import solve_kernels as kernels

        if not len(self._gaze_P):
            return
        gaze = params_P[self._gaze_P].reshape(2, 2)
        for members, anchors, (yaw, pitch) in zip(self.data.eyeballs_2K, self.data.eye_anchors_2K, gaze, strict=True):
            if yaw or pitch:
                matrix = rotation(float(yaw), float(pitch))
                kernels.turn(members, base_V3[anchors].mean(0, dtype=np.float32), matrix, base_V3)

    def _checked(self, params_P: Iterable[float]) -> F32:
        values = np.ascontiguousarray(params_P, np.float32)
        if values.shape != (len(self.schema),):
            raise SchemaError(f"this head takes {len(self.schema)} parameters, got an array of shape {values.shape}")
        return values

    def solve_identity(self, params_P: F32) -> F32:
        """(V, 3) float32 metres: identity alone, no expression, looking straight ahead."""
        return self._refine(self._base_identity(self._checked(params_P)))

    def solve(self, params_P: F32) -> F32:
        """(V, 3) float32 metres: identity, expression and gaze, not posed. Raises SchemaError if P differs."""
        from facelive.rig import solve_kernels as kernels

        params = self._checked(params_P)
        base = self._base_identity(params).copy()
        data = self.data
        units = np.zeros(len(data.morph_indptr) - 1, np.float32)
        units[self._units] = params[self._expression_P]
        kernels.add_sparse(units, data.morph_indptr, data.morph_index, data.morph_value_N3, base)
        self._turn_eyes(base, params)
        return self._refine(base)

    def pose(self, vertices_V3: F32, params_P: F32) -> F32:
        """(V, 3) float32: head turned about the origin, blended along the neck by ``head_weight_V``."""
        matrix = rotation(*(float(angle) for angle in params_P[self._angle_P]))
        return blend(vertices_V3, matrix, self.head_weight_V)

    def eye_centres(self, params_P: F32) -> F32:
        """(2, 3) float32 metres: centres of the left and the right eyeball of this identity."""
        base = self._base_identity(self._checked(params_P))
        return base[self.data.eye_anchors_2K].mean(1, dtype=np.float32)

    def expression_offsets(self) -> dict[str, F32]:
        """By name (V, 3) float32 metres: how each expression at full strength moves the vertices. The same for all."""
        from facelive.rig import solve_kernels as kernels

        data, out = self.data, dict[str, F32]()
        for number, name in enumerate(data.expressions):
            weights = np.zeros(len(data.morph_indptr) - 1, np.float32)
            weights[self._units.start + number] = 1.0
            base = np.zeros_like(data.mean_V3)
            kernels.add_sparse(weights, data.morph_indptr, data.morph_index, data.morph_value_N3, base)
            out[name] = self._refine(base)
        return out

    def linear(self, points: Correspondence | NDArray[np.integer]) -> LinearBlock:
        """The same head restricted to some points or vertices, as dense blocks, for a differentiable twin."""
        return restrict(self.data, points)


def blend(vertices_V3: F32, matrix_33: F32, weight_V: F32) -> F32:
    """(V, 3): ``w R v + (1 - w) v``, linear blend skinning with one bone."""
    return (vertices_V3 + weight_V[:, None] * (vertices_V3 @ (matrix_33 - np.eye(3, dtype=np.float32)).T)).astype(
        np.float32
    )
