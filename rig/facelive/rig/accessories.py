"""What a character wears besides skin: hair and glasses, as meshes that fit the solved head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.glasses import glasses
from facelive.rig.hair import hair
from facelive.rig.head import Head
from facelive.rig.mesh import Mesh


def accessories(head: Head, params_P: NDArray[np.float32], vertices_V3: NDArray[np.float32]) -> list[Mesh]:
    """Hair and glasses that the parameters choose, unposed; empty for rigs without them.

    vertices_V3: ``head.solve(params_P)``.
    """
    return hair(head, params_P, vertices_V3) + glasses(head, params_P)
