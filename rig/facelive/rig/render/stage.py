"""The arrays of one picture: vertices in camera space, on the screen, and what they carry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.mesh import Mesh
from facelive.rig.render import raster
from facelive.rig.render.drawlist import DrawList
from facelive.rig.render.scene import Camera
from facelive.rig.render.tone import to_linear
from facelive.rig.torso import Torso

F32 = NDArray[np.float32]
NO_OFFSETS = np.zeros((0, 3), np.float32)
_NOWHERE = np.zeros(3, np.float32)


class Stage:
    """All vertices of one picture, the head's and those of what it wears."""

    def __init__(self, draw: DrawList, camera: Camera, turn: F32, place: F32, samples: int) -> None:
        count = draw.starts[-1]
        self.draw, self.camera, self.turn, self.place, self.samples = draw, camera, turn, place, samples
        self._view = np.ascontiguousarray(camera.rotation, np.float32)
        self.turn_seen = self._view @ turn
        n, (x, y) = samples, camera.centre
        self.lens_3 = np.array([camera.focal * n, (x + 0.5) * n - 0.5, (y + 0.5) * n - 0.5], np.float32)
        self.points = np.empty((count, 3), np.float32)
        self.rows_V8 = np.empty((count, 8), np.float32)
        self.tangents = np.empty((count, 3), np.float32)

    def add(self, start: int, vertices_V3: F32, weight_V: F32, offsets_V3: F32 = NO_OFFSETS) -> None:
        """Vertices, unposed, to camera space and screen."""
        raster.pose(
            vertices_V3, offsets_V3, weight_V, self.turn, self._view, self.place, self.lens_3, start, self.points,
            self.rows_V8,
        )  # fmt: skip

    def add_mesh(self, mesh: Mesh, start: int, end: int) -> None:
        """A further mesh with its normals, strand directions, opacity and occlusion."""
        whole, rows = np.ones(end - start, np.float32), self.rows_V8
        self.add(start, mesh.vertices_V3, whole if mesh.head_weight_V is None else mesh.head_weight_V)
        rows[start:end, 6] = 1.0 if mesh.occlusion_V is None else mesh.occlusion_V
        rows[start:end, 7] = 1.0 if mesh.opacity_V is None else mesh.opacity_V
        if mesh.normals_V3 is not None:
            raster.move(mesh.normals_V3, self.turn_seen, _NOWHERE, rows, start, 3)
        else:
            rows[start:end, 3:6] = 0.0
            triangles = mesh.triangles_T3 + np.int32(start)
            raster.add_normals(self.points, triangles, 0, len(triangles), rows, 3)
            raster.normalise(rows, start, end, 3)
        if mesh.tangents_V3 is not None:
            raster.move(mesh.tangents_V3, self.turn_seen, _NOWHERE, self.tangents, start, 0)
        elif mesh.colours_V3 is not None:
            self.tangents[start:end] = to_linear(mesh.colours_V3)
        else:
            self.tangents[start:end] = -self.turn_seen[:, 1]

    def weld(self, torso: Torso, start: int) -> None:
        """Light runs on from bust to torso: one normal along the ring, and the ring's surroundings all the way down."""
        rows, ring = self.rows_V8, torso.ring_N
        first = rows[start : start + len(ring)]
        normals = first[:, 3:6] + rows[ring, 3:6]
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
        first[:, 3:6] = rows[ring, 3:6] = normals
        rows[start:, 6] = torso.column(rows[ring, 6])

    def project(self, points_K3: F32) -> F32:
        """(K, 2) pixels of camera-space points."""
        if not len(points_K3):
            return np.zeros((0, 2), np.float32)
        scale = self.camera.focal / np.maximum(-points_K3[:, 2:], 1e-3)
        return (np.asarray(self.camera.centre) + scale * points_K3[:, :2] * (1.0, -1.0)).astype(np.float32)
