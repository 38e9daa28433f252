"""The numbers that make a head, and reading them from ``head.npz``.

Suffixes: V base vertices, F fine vertices (after one subdivision step), T fine triangles, U fine UV vertices, M morphs
(S sliders towards their maximum, S towards their minimum, E expressions), C macro corners, R regions.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.correspondence import Correspondence
from facelive.rig.default_schema import ARKIT_52, MACRO, SLIDERS, default_schema
from facelive.rig.macro import corner_weights
from facelive.rig.schema import Schema

FORMAT = "facelive-head"
VERSION = 1
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class HeadData:
    """Everything that ``Head`` computes with. Floats are float32 metres, whatever the file's precision."""

    schema: Schema
    mean_V3: F32
    sliders: tuple[str, ...]
    """S names with a morph towards each end; their zero is ``slider_zero_S`` (0.5, or 0 for one-ended ones)."""
    slider_zero_S: F32
    expressions: tuple[str, ...]
    morph_indptr: I32
    """(2S + E + 1,)"""
    morph_index: I32
    morph_value_N3: F32
    stencil_indptr: I32
    stencil_index: I32
    stencil_weight: F32
    triangles_T3: I32
    uv_triangles_T3: I32
    uv_U2: F32
    part_T: NDArray[np.uint8]
    head_weight_F: F32
    face_centre: F32
    macros: tuple[str, ...] = ()
    """Names of the multilinear sliders; empty if the rig has none."""
    macro_CV3: F32 = field(default_factory=lambda: np.zeros((0, 0, 3), np.float32))
    macro_weights: Callable[[F32], NDArray[np.float64]] | None = None
    """(len(macros),) values -> (C,) weights."""
    eyeballs_2K: I32 = field(default_factory=lambda: np.zeros((2, 0), np.int32))
    """Base vertices of the left and the right eyeball."""
    eye_anchors_2K: I32 = field(default_factory=lambda: np.zeros((2, 0), np.int32))
    """Base vertices whose mean is the centre of the left and the right eyeball."""
    regions_RF: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    occlusion_F: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    occlusion_open_F: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    side_V: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    """1 on the subject's left, 0 on the right, smooth between: what splits a slider into two sides."""
    base_quads_Q4: I32 = field(default_factory=lambda: np.zeros((0, 4), np.int32))
    landmarks68: Correspondence = field(default_factory=Correspondence.none)
    landmarks478: Correspondence = field(default_factory=Correspondence.none)


def _open(path: Path, what: str) -> dict[str, NDArray[Any]]:
    try:
        if path.exists() and not zipfile.is_zipfile(path):
            raise FileError(f"{path} is damaged or not {what}")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise FileError(f"cannot read {what} {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileError(f"{path} is damaged or not {what}: {error}") from error


def read_landmarks(path: Path) -> tuple[Correspondence, Correspondence]:
    """The 68 iBUG and the 478 MediaPipe points. Raises FileError."""
    arrays = _open(path, "a landmark file")
    found: list[Correspondence] = []
    for count in (68, 478):
        try:
            triangle, weights = arrays[f"triangle_{count}"], arrays[f"barycentric_{count}"]
        except KeyError as error:
            raise FileError(f"{path} is not a landmark file: it lacks {error}") from None
        found.append(Correspondence(triangle_K=triangle.astype(np.int32), barycentric_K3=weights.astype(np.float32)))
    return found[0], found[1]


def _check_about(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    try:
        about: dict[str, Any] = json.loads(str(arrays["about"]))
    except (KeyError, ValueError):
        raise FileError(f"{path} is not a head: bake one with python -m facelive.rig.bake") from None
    if about.get("format") != FORMAT or about.get("version") != VERSION:
        raise FileError(f"{path} is not a head of version {VERSION}: bake it anew")
    expected = (list(MACRO), list(SLIDERS[len(MACRO) :]), list(ARKIT_52))
    if (about.get("macro"), about.get("sliders"), about.get("expression")) != expected:
        raise FileError(f"{path} was baked for other sliders than this version has: bake it anew")


def read_head(path: Path, landmarks: Path | None) -> HeadData:
    """The built-in head from its file. Raises FileError if a file is missing, damaged or of another kind."""
    arrays = _open(path, "a head")
    _check_about(arrays, path)
    points68, points478 = read_landmarks(landmarks) if landmarks else (Correspondence.none(), Correspondence.none())
    schema = default_schema()
    sliders = SLIDERS[len(MACRO) :]

    def take(name: str, kind: type[np.generic] | None = None) -> NDArray[Any]:
        array = arrays[name]
        return np.ascontiguousarray(array if kind is None else array.astype(kind))

    try:
        weight, indptr = take("stencil_weight", np.float32), take("stencil_indptr", np.int32)
        # float16 rounds the weights of a row; without this the mesh would shrink by some micrometres.
        weight /= np.repeat(np.add.reduceat(weight, indptr[:-1]), np.diff(indptr))
        return HeadData(
            schema=schema,
            mean_V3=take("mean_V3"),
            sliders=sliders,
            slider_zero_S=np.array([0.0 if name == "head-diamond" else 0.5 for name in sliders], np.float32),
            expressions=ARKIT_52,
            morph_indptr=take("morph_indptr", np.int32),
            morph_index=take("morph_index", np.int32),
            morph_value_N3=take("morph_value", np.float32),
            stencil_indptr=indptr,
            stencil_index=take("stencil_index", np.int32),
            stencil_weight=weight,
            triangles_T3=take("triangles_T3", np.int32),
            uv_triangles_T3=take("uv_triangles_T3", np.int32),
            uv_U2=np.asarray(take("uv_U2") / 65535.0, np.float32),
            part_T=take("part_T"),
            head_weight_F=take("head_weight_V", np.float32),
            face_centre=take("face_centre"),
            macros=tuple(f"macro-{name}" for name in MACRO),
            macro_CV3=take("macro_CV3", np.float32),
            macro_weights=corner_weights,
            eyeballs_2K=take("eyeballs_2K", np.int32),
            eye_anchors_2K=take("eye_anchors_26", np.int32),
            regions_RF=take("regions_RV"),
            occlusion_F=take("occlusion_V"),
            occlusion_open_F=take("occlusion_open_V"),
            side_V=take("side_V", np.float32),
            base_quads_Q4=take("base_quads_Q4", np.int32),
            landmarks68=points68,
            landmarks478=points478,
        )
    except KeyError as error:
        raise FileError(f"{path} is not a complete head: it lacks {error}") from None
