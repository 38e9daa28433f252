"""The loops of ``Head.solve``, compiled by numba on first use and cached. A readable reference is in the tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@kernel()
def add_dense(weight_C: F32, shapes_CV3: F32, out_V3: F32) -> None:
    """``out += sum_c weight[c] * shapes[c]``, skipping zero weights."""
    for c in range(weight_C.shape[0]):
        w = weight_C[c]
        if w != 0.0:
            for v in range(out_V3.shape[0]):
                for k in range(3):
                    out_V3[v, k] += w * shapes_CV3[c, v, k]


@kernel()
def add_sparse(weight_M: F32, indptr: I32, index: I32, value_N3: F32, out_V3: F32) -> None:
    """The same for morphs stored as runs of (vertex, offset)."""
    for m in range(weight_M.shape[0]):
        w = weight_M[m]
        if w != 0.0:
            for n in range(indptr[m], indptr[m + 1]):
                v = index[n]
                for k in range(3):
                    out_V3[v, k] += w * value_N3[n, k]


@kernel()
def turn(members_K: I32, centre_3: F32, matrix_33: F32, out_V3: F32) -> None:
    """Rotate some vertices about a centre, in place."""
    for n in range(members_K.shape[0]):
        v = members_K[n]
        x, y, z = out_V3[v, 0] - centre_3[0], out_V3[v, 1] - centre_3[1], out_V3[v, 2] - centre_3[2]
        for k in range(3):
            out_V3[v, k] = centre_3[k] + matrix_33[k, 0] * x + matrix_33[k, 1] * y + matrix_33[k, 2] * z


@kernel()
def apply_stencil(indptr: I32, index: I32, weight: F32, base_V3: F32, out_F3: F32) -> None:
    """Fine vertices as sparse sums of base vertices."""
    for f in range(out_F3.shape[0]):
        x = y = z = np.float32(0.0)
        for n in range(indptr[f], indptr[f + 1]):
            w, v = weight[n], index[n]
            x += w * base_V3[v, 0]
            y += w * base_V3[v, 1]
            z += w * base_V3[v, 2]
        out_F3[f, 0], out_F3[f, 1], out_F3[f, 2] = x, y, z
