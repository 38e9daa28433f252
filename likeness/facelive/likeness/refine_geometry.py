"""The cheap refiner: expression and pose moved so that the head's landmarks lie where the encoder sees them.

The encoder finds landmarks and parameters by different heads, and landmarks more surely. One Gauss-Newton step is a
linear system of some 60 unknowns; no torch, no picture. Its centre is the encoder's own answer, so that what landmarks
cannot tell (tongue, cheeks, gaze) stays as it was.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.framing import CAMERA_DISTANCE_M, CROP, apply
from facelive.rig.head import Head
from facelive.rig.rotation import exact_rotation
from facelive.stream.encoder import Observation
from facelive.stream.refiner import Improved

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_POINT_PX = 2.0
"""Error of a landmark of the encoder, pixels of the crop."""
_INDEPENDENT = 0.4
"""Share of the points that err independently."""
_EXPRESSION = 0.06
"""How far expression may follow the points: less than the encoder errs, for points err too."""
_POSE = (0.06, 0.06, 0.04, 0.02, 0.02, 0.04)
"""Of yaw, pitch, roll (rad), cx, cy (crop / 256) and log scale."""
_SMALL = 1e-4


class GeometryImprover:
    """See ``facelive.stream.refiner.Improver``."""

    needs_picture = False

    def __init__(self, head: Head, *, shape: bool = False) -> None:
        """shape: also move the identity, a little; off, it is left to the identity lock.

        Raises UsageError for a head without landmarks.
        """
        if head.vertex_count == 0:
            raise UsageError("--refiner geometry needs landmarks: take --refiner imitator, or leave out --refine")
        self._head = head
        self._block = head.linear(head.landmarks68)
        schema = head.schema
        self._E, self._I = schema.indices("expression"), schema.indices("identity")
        self._low, self._high = schema.minimum[self._E], schema.maximum[self._E]
        self._neutral = schema.neutral()
        self._centre = np.asarray(head.face_centre, np.float64)
        weight = np.full(len(self._block.mean_K3), _INDEPENDENT)
        weight[:17] *= 0.2  # the jaw line slides
        self._weight_K = weight / _POINT_PX**2
        self._identity: tuple[bytes, F64] | None = None
        self._step_ns = 0.0

    def improve(
        self, crop: NDArray[np.uint8] | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        """See ``Improver``."""
        target_K2 = apply(seen.similarity, seen.landmarks_K2).astype(np.float64)
        neutral_K3 = self._neutral_points(start.identity_I)
        expression, pose = start.expression_E.astype(np.float64), start.pose[:6].astype(np.float64)
        centre_e, centre_p = seen.expression_E.astype(np.float64), seen.pose[:6].astype(np.float64)
        done = 0
        while done < steps:
            began_ns = time.perf_counter_ns()
            if done and began_ns + self._step_ns > until_ns:
                break
            de, dp = self._step(neutral_K3, expression, pose, centre_e, centre_p, target_K2)
            expression, pose = np.clip(expression + de, self._low, self._high), pose + dp
            done += 1
            self._step_ns = float(time.perf_counter_ns() - began_ns)
            if np.abs(de).max(initial=0.0) < _SMALL and np.abs(dp).max() < _SMALL:
                break
        whole = start.pose.copy()
        whole[:6] = pose
        better = replace(start, expression_E=expression.astype(np.float32), pose=whole.astype(np.float32))
        return Improved(seen=better, steps=max(done, 1))

    def _neutral_points(self, identity_I: F32) -> F64:
        """(K, 3) landmarks of the face at rest; the last identity is kept."""
        key = identity_I.tobytes()
        if self._identity is None or self._identity[0] != key:
            params = self._neutral.copy()
            params[self._I] = identity_I
            params[self._E] = 0.0
            self._identity = (key, self._block.evaluate(params).astype(np.float64))
        return self._identity[1]

    def _step(
        self, neutral_K3: F64, expression_E: F64, pose_6: F64, centre_E: F64, centre_6: F64, target_K2: F64
    ) -> tuple[F64, F64]:
        """Change of expression and pose: one Gauss-Newton step of fit against the encoder's own answer."""
        morphs = self._block.expression_EK3
        x = neutral_K3 + np.tensordot(expression_E, morphs, 1) - self._centre
        points, jacobian = _projected(x, morphs, pose_6)
        residual = (target_K2 - points).ravel()
        weight = np.repeat(self._weight_K, 2)
        # Robust: a point far out counts like one that is 3 errors away.
        far = np.linalg.norm(target_K2 - points, axis=1) / (3.0 * _POINT_PX)
        weight = weight / np.repeat(np.maximum(far, 1.0), 2)
        precision = np.concatenate([np.full(len(expression_E), _EXPRESSION), _POSE]) ** -2.0
        away = np.concatenate([expression_E - centre_E, pose_6 - centre_6])
        weighted = jacobian * weight[:, None]
        normal = weighted.T @ jacobian + np.diag(precision)
        delta = np.linalg.solve(normal, weighted.T @ residual - precision * away)
        return delta[: len(expression_E)], delta[len(expression_E) :]


def _projected(x_K3: F64, morphs_EK3: F32, pose_6: F64) -> tuple[F64, F64]:
    """(K, 2) crop pixels of points relative to the face's centre, and (2K, E + 6) their derivatives."""
    yaw, pitch, roll, cx, cy, log_scale = (float(v) for v in pose_6)
    scale = 1000.0 * np.exp(log_scale)
    turn = exact_rotation(yaw, pitch, roll)
    q = x_K3 @ turn.T
    near = 1.0 / (1.0 - q[:, 2] / CAMERA_DISTANCE_M)
    flat = q[:, :2] * [1.0, -1.0]
    points = np.array([cx * CROP, cy * CROP]) + scale * near[:, None] * flat

    def derivative(dq: F64) -> F64:
        """(..., K, 2) for changes (..., K, 3) of q."""
        change = dq[..., :2] * [1.0, -1.0]
        return scale * near[:, None] * (change + flat * (near * dq[..., 2] / CAMERA_DISTANCE_M)[..., None])

    moved = derivative(np.asarray(morphs_EK3, np.float64) @ turn.T)
    eps = 1e-5
    turns = np.stack([
        x_K3 @ (exact_rotation(yaw + eps * a, pitch + eps * b, roll + eps * c) - turn).T / eps
        for a, b, c in ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    ])  # fmt: skip
    rest = np.zeros((3, len(x_K3), 2))
    rest[0, :, 0] = rest[1, :, 1] = CROP
    rest[2] = points - [cx * CROP, cy * CROP]
    columns = np.concatenate([moved, derivative(turns), rest])
    return points, columns.reshape(len(columns), -1).T
