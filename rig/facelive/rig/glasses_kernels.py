"""Sweeping a tube along a line, compiled by numba on first use and cached: numpy spends most of its time on calls here.

A readable reference is in the tests.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from facelive.rig.kernel import kernel

F32 = NDArray[np.float32]


@kernel()
def sweep(
    line_N3: F32, up_3: F32, across: float, high: float, sides: int, closed: bool, vertices_V3: F32, normals_V3: F32
) -> None:
    """Fill the N * sides vertices and normals of an elliptic tube.

    up_3: the direction that the half axis ``high`` leans to; ``across`` is the other half axis, metres.
    """
    count = line_N3.shape[0]
    for n in range(count):
        after = (n + 1) % count if closed else min(n + 1, count - 1)
        before = (n - 1) % count if closed else max(n - 1, 0)
        ax = line_N3[after, 0] - line_N3[before, 0]
        ay = line_N3[after, 1] - line_N3[before, 1]
        az = line_N3[after, 2] - line_N3[before, 2]
        sx, sy, sz = ay * up_3[2] - az * up_3[1], az * up_3[0] - ax * up_3[2], ax * up_3[1] - ay * up_3[0]
        length = 1.0 / math.sqrt(sx * sx + sy * sy + sz * sz + 1e-20)
        sx, sy, sz = sx * length, sy * length, sz * length
        ux, uy, uz = sy * az - sz * ay, sz * ax - sx * az, sx * ay - sy * ax
        length = 1.0 / math.sqrt(ux * ux + uy * uy + uz * uz + 1e-20)
        ux, uy, uz = ux * length, uy * length, uz * length
        for k in range(sides):
            angle = 2.0 * math.pi * (k + 0.5) / sides
            c, s = math.cos(angle), math.sin(angle)
            row = n * sides + k
            vertices_V3[row, 0] = line_N3[n, 0] + across * c * sx + high * s * ux
            vertices_V3[row, 1] = line_N3[n, 1] + across * c * sy + high * s * uy
            vertices_V3[row, 2] = line_N3[n, 2] + across * c * sz + high * s * uz
            nx, ny, nz = (
                c / across * sx + s / high * ux,
                c / across * sy + s / high * uy,
                c / across * sz + s / high * uz,
            )
            length = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
            normals_V3[row, 0], normals_V3[row, 1], normals_V3[row, 2] = nx * length, ny * length, nz * length
