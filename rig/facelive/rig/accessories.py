"""What a character wears besides skin: hair and glasses, as meshes that fit the solved head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.glasses import glasses
from facelive.rig.hair import fit, hair_mesh
from facelive.rig.hair_data import default_hair
from facelive.rig.head import Head
from facelive.rig.mesh import Mesh

F32 = NDArray[np.float32]


def chosen(head: Head, params_P: F32, style: str) -> str | None:
    """The option with the largest value of a one-hot style ("hair"), or None if this rig has no such style."""
    columns = head.schema.members("style").get(style)
    if columns is None:
        return None
    best = columns.start + int(np.argmax(params_P[columns]))
    return head.schema.names[best].split(":", 1)[1]


def accessories(head: Head, params_P: F32, vertices_V3: F32) -> list[Mesh]:
    """Hair and glasses that the parameters choose, unposed; empty for rigs other than the built-in head.

    vertices_V3: ``head.solve(params_P)``, which the hair is kept off; all else follows the identity alone.
    """
    if head is not Head.default():
        return []
    cut, frame = chosen(head, params_P, "hair"), chosen(head, params_P, "glasses")
    worn: list[Mesh] = []
    if cut in (None, "bald") and frame in (None, "none"):
        return worn
    identity, fitted = _who(head, params_P)
    if cut is not None and cut != "bald":
        style = default_hair()[cut]
        worn.append(hair_mesh(style, fit(style, identity, vertices_V3)))
    if frame is not None and frame != "none":
        if frame not in fitted:
            fitted[frame] = glasses(frame, identity, head.eye_centres(params_P))
        worn += fitted[frame]
    return worn


_last: dict[bytes, tuple[F32, dict[str, list[Mesh]]]] = {}


def _who(head: Head, params_P: F32) -> tuple[F32, dict[str, list[Mesh]]]:
    """(V, 3) the identity, and the glasses fitted to it so far; both of the last person are remembered."""
    key = np.asarray(params_P, np.float32)[head.schema.indices("identity")].tobytes()
    found = _last.get(key)
    if found is None:
        found = head.solve_identity(params_P), {}
        # One entry, put there whole: threads that draw different people only lose by it.
        _last.clear()
        _last[key] = found
    return found
