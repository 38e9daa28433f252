"""The loops of hair fitting, compiled by numba on first use and cached. A readable reference is in the tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@kernel()
def carry(offset_H3: F32, carrier_HC: I32, weight_HC: F32, head_V3: F32, out_H3: F32) -> None:
    """``out = offset + sum_c weight * head[carrier]``."""
    for h in range(offset_H3.shape[0]):
        x, y, z = offset_H3[h, 0], offset_H3[h, 1], offset_H3[h, 2]
        for c in range(carrier_HC.shape[1]):
            w, v = weight_HC[h, c], carrier_HC[h, c]
            x += w * head_V3[v, 0]
            y += w * head_V3[v, 1]
            z += w * head_V3[v, 2]
        out_H3[h, 0], out_H3[h, 1], out_H3[h, 2] = x, y, z


@kernel()
def keep_off(guard_H: I32, normal_H3: F32, least_H: F32, head_V3: F32, out_H3: F32) -> None:
    """Push each hair vertex out along its guard's normal until it is ``least`` above the guard's tangent plane."""
    for h in range(guard_H.shape[0]):
        v = guard_H[h]
        if v < 0:
            continue
        nx, ny, nz = normal_H3[h, 0], normal_H3[h, 1], normal_H3[h, 2]
        height = (
            (out_H3[h, 0] - head_V3[v, 0]) * nx
            + (out_H3[h, 1] - head_V3[v, 1]) * ny
            + (out_H3[h, 2] - head_V3[v, 2]) * nz
        )
        lack = least_H[h] - height
        if lack > 0.0:
            out_H3[h, 0] += lack * nx
            out_H3[h, 1] += lack * ny
            out_H3[h, 2] += lack * nz
