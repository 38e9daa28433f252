"""Writes the built-in head for the Unity package: Runtime/Resources/facelive-head.bytes.

    PYTHONPATH=rig python unity_live/tools/export_head.py

"FLHD", int32 version 2, then gzip of: int32 length and JSON {"arrays": [[name, dtype, shape], ...], ...}, the arrays
one after the other, little-endian. docs/formats.md has the list. Run it again whenever the head, its hair, glasses or
paint change; a slow test compares the file with the rig of today.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import DATA, Head
from facelive.rig.macro import CORNERS
from facelive.rig.parts import Part

sys.path.insert(0, str(Path(__file__).resolve().parent))
import export_worn

TARGET = Path(__file__).resolve().parents[1] / "Packages/com.facelive.live/Runtime/Resources/facelive-head.bytes"
VERSION = 2
SURFACES = ("skin", "eyeWhite", "iris", "pupil", "teeth", "tongue", "lashes", "innerMouth")
_IRIS_RADIUS, _PUPIL_RADIUS = 0.0062, 0.0026  # metres from the axis through the pupil; 12 mm and 5 mm across


def surface_of_triangles(head: Head) -> NDArray[np.uint8]:
    """(T,) which of SURFACES each triangle is drawn with."""
    surface_T = np.zeros(len(head.triangles_T3), np.uint8)
    for part, name in (
        (Part.TEETH_UPPER, "teeth"), (Part.TEETH_LOWER, "teeth"), (Part.TONGUE, "tongue"), (Part.LASHES, "lashes"),
        (Part.SOCKETS, "innerMouth"), (Part.INNER_MOUTH, "innerMouth"), (Part.EYE_LEFT, "eyeWhite"),
        (Part.EYE_RIGHT, "eyeWhite"),
    ):  # fmt: skip
        surface_T[head.part_T == part] = SURFACES.index(name)
    _colour_eyes(head, surface_T)
    return surface_T


def _colour_eyes(head: Head, surface_T: NDArray[np.uint8]) -> None:
    neutral = head.schema.neutral()
    vertices, centres = head.solve_identity(neutral), head.eye_centres(neutral)
    for part, centre in ((Part.EYE_LEFT, centres[0]), (Part.EYE_RIGHT, centres[1])):
        middle_T3 = vertices[head.triangles_T3].mean(axis=1) - centre
        front_T = (head.part_T == part) & (middle_T3[:, 2] > 0)
        from_axis_T = np.hypot(middle_T3[:, 0], middle_T3[:, 1])
        surface_T[front_T & (from_axis_T < _IRIS_RADIUS)] = SURFACES.index("iris")
        surface_T[front_T & (from_axis_T < _PUPIL_RADIUS)] = SURFACES.index("pupil")


def head_bytes(head: Head) -> bytes:
    """The file."""
    data = head.data
    arrays = {
        "mean": data.mean_V3.astype("<f4"),
        "macro": data.macro_CV3.astype("<f2"),
        "morph_indptr": data.morph_indptr.astype("<i4"),
        "morph_index": data.morph_index.astype("<u2"),
        "morph_value": data.morph_value_N3.astype("<f2"),
        "stencil_indptr": data.stencil_indptr.astype("<i4"),
        "stencil_index": data.stencil_index.astype("<u2"),
        "stencil_weight": data.stencil_weight.astype("<f2"),
        "triangles": data.triangles_T3.astype("<u2"),
        "uv_triangles": data.uv_triangles_T3.astype("<u2"),
        "uv": np.round(data.uv_U2 * 65535).astype("<u2"),
        "surface": surface_of_triangles(head),
        "head_weight": data.head_weight_F.astype("<f2"),
        "eyeballs": data.eyeballs_2K.astype("<u2"),
        "eye_anchors": data.eye_anchors_2K.astype("<u2"),
    }
    worn = (export_worn.hair(), export_worn.spectacles(), export_worn.paint(head))
    for more, _ in worn:
        arrays |= more
    about = {
        "schema": head.schema.to_json(),
        "macros": list(data.macros),
        "corners": list(CORNERS),
        "sliders": list(data.sliders),
        "slider_zero": [float(zero) for zero in data.slider_zero_S],
        "expressions": list(data.expressions),
        "surfaces": list(SURFACES),
        "source": hashlib.sha256((DATA / "head.npz").read_bytes()).hexdigest(),
        **{key: value for _, more in worn for key, value in more.items()},
        "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
    }
    text = json.dumps(about, separators=(",", ":")).encode()
    payload = struct.pack("<i", len(text)) + text + b"".join(array.tobytes() for array in arrays.values())
    return b"FLHD" + struct.pack("<i", VERSION) + gzip.compress(payload, 9, mtime=0)


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(head_bytes(Head.default()))
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
