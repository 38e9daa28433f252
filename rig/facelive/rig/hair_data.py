"""Reading ``hair.npz``: hair styles as they were grown on the neutral head, and how they hang on it.

Suffixes: H hair vertices, C head vertices that carry a hair vertex, T hair triangles.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.head import Head

DATA = Path(__file__).parent / "data" / "hair.npz"
FORMAT_VERSION = 1
UV_STEP = np.array([2e-5, 2e-4], np.float32)
"""What one unit of the stored u (metres) and v means."""
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class HairStyle:
    """One style. All floats float32, metres."""

    offset_H3: F32
    """Hair on any head is ``offset + sum_c weight * head``."""
    triangles_T3: I32
    uv_H2: F32
    normals_H3: F32
    tangents_H3: F32
    opacity_H: F32
    occlusion_H: F32
    carrier_HC: I32
    weight_HC: F32
    guard_H: I32
    """A skin vertex beneath; -1 none."""
    guard_normal_H3: F32
    """Its normal on the neutral head."""
    least_H: F32
    """Metres that the hair keeps above that vertex' tangent plane."""
    follow_H: F32


def topology_digest(head: Head) -> str:
    """Names the mesh that hair was tied to."""
    return hashlib.sha256(np.ascontiguousarray(head.triangles_T3).tobytes()).hexdigest()[:16]


def _normals(vertices_V3: F32, triangles_T3: I32) -> F32:
    a, b, c = (vertices_V3[triangles_T3[:, k]] for k in range(3))
    out = np.zeros_like(vertices_V3)
    for k in range(3):
        np.add.at(out, triangles_T3[:, k], np.cross(b - a, c - a))
    return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _style(arrays: dict[str, NDArray[Any]], name: str, normals_V3: F32) -> HairStyle:
    def take(key: str) -> NDArray[Any]:
        return arrays[f"{name}/{key}"]

    def scaled(key: str, step: float | F32) -> F32:
        return (take(key) * np.asarray(step, np.float32)).astype(np.float32)

    carrier, weight = take("carrier").astype(np.int32), take("weight").astype(np.float32)
    weight /= weight.sum(1, keepdims=True)
    guard, least = take("guard").astype(np.int32), scaled("least", 1e-4)
    return HairStyle(
        offset_H3=scaled("offset", 1e-5),
        triangles_T3=take("triangles").astype(np.int32),
        uv_H2=scaled("uv", UV_STEP),
        normals_H3=scaled("normals", 1 / 127),
        tangents_H3=scaled("tangents", 1 / 127),
        opacity_H=scaled("opacity", 1 / 255),
        occlusion_H=scaled("occlusion", 1 / 255),
        carrier_HC=carrier,
        weight_HC=weight,
        guard_H=np.where(least < 0, -1, guard).astype(np.int32),
        guard_normal_H3=normals_V3[guard],
        least_H=least,
        follow_H=scaled("follow", 1 / 255),
    )


def read_hair(path: Path, head: Head) -> dict[str, HairStyle]:
    """The styles by name. Raises FileError if the file is missing, damaged or made for another head."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise FileError(f"cannot read hair {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileError(f"{path} is damaged or not a hair file: {error}") from error
    if "version" not in arrays or "head" not in arrays or int(arrays["version"][0]) != FORMAT_VERSION:
        raise FileError(f"{path} is not a hair file of version {FORMAT_VERSION}: run python -m facelive.rig.bake.hair")
    if str(arrays["head"][0]) != topology_digest(head):
        raise FileError(f"{path} was made for another head: run python -m facelive.rig.bake.hair")
    normals = _normals(head.solve_identity(head.schema.neutral()), head.triangles_T3)
    names = dict.fromkeys(key.split("/")[0] for key in arrays if "/" in key)
    try:
        return {name: _style(arrays, name, normals) for name in names}
    except KeyError as error:
        raise FileError(f"{path} is not a complete hair file: it lacks {error}") from None


@cache
def default_hair() -> dict[str, HairStyle]:
    """The styles of the built-in head. Read once per process."""
    return read_hair(DATA, Head.default())
