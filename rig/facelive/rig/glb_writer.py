"""Writing binary glTF 2.0: arrays in, one ``.glb`` out. Knows nothing of heads.

Source: Khronos glTF 2.0 specification, sections 3.6 (accessors, sparse), 3.7 (meshes, skins), 4.4 (GLB).
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COMPONENT = {
    np.dtype(np.float32): 5126,
    np.dtype(np.uint32): 5125,
    np.dtype(np.uint16): 5123,
    np.dtype(np.uint8): 5121,
}
_SHAPE = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_REPEAT, _CLAMP = 10497, 33071
_VERTEX_TARGET, _INDEX_TARGET = 34962, 34963
Node = dict[str, Any]


class GlbWriter:
    """Collects the pieces of one file; ``add_*`` return the index that the others refer to."""

    def __init__(self, generator: str) -> None:
        self._binary = bytearray()
        self._json: dict[str, Any] = {"asset": {"version": "2.0", "generator": generator}}

    def _add(self, kind: str, entry: dict[str, Any]) -> int:
        entries: list[dict[str, Any]] = self._json.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def _view(self, data: bytes, target: int | None = None) -> int:
        self._binary += b"\0" * (-len(self._binary) % 4)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self._binary += data
        return self._add("bufferViews", view)

    def add_array(self, array: NDArray[Any], *, index: bool = False, plain: bool = False) -> int:
        """An accessor over all of an array. ``index``: triangle corners; ``plain``: neither corners nor vertices."""
        array = np.ascontiguousarray(array)
        target = None if plain else _INDEX_TARGET if index else _VERTEX_TARGET
        accessor: dict[str, Any] = {
            "bufferView": self._view(array.tobytes(), target),
            "componentType": _COMPONENT[array.dtype],
            "count": len(array),
            "type": _SHAPE[array.shape[1:]],
        }
        if array.shape[1:] == (3,):
            accessor |= {"min": array.min(0).tolist(), "max": array.max(0).tolist()}
        return self._add("accessors", accessor)

    def add_sparse(self, offsets_V3: NDArray[np.float32]) -> int:
        """An accessor of mostly zeros: only the vertices that move are written."""
        used = np.flatnonzero(offsets_V3.any(1))
        accessor: dict[str, Any] = {
            "componentType": 5126,
            "count": len(offsets_V3),
            "type": "VEC3",
            "min": offsets_V3.min(0).tolist(),
            "max": offsets_V3.max(0).tolist(),
        }
        if len(used):
            accessor["sparse"] = {
                "count": len(used),
                "indices": {"bufferView": self._view(used.astype(np.uint32).tobytes()), "componentType": 5125},
                "values": {"bufferView": self._view(np.ascontiguousarray(offsets_V3[used], np.float32).tobytes())},
            }
        return self._add("accessors", accessor)

    def add_texture(self, encoded: bytes, mime: str, *, repeats: tuple[bool, bool] = (False, False)) -> int:
        """A texture from an encoded PNG or JPEG; ``repeats``: across and along, or ends at its edge."""
        image = self._add("images", {"bufferView": self._view(encoded), "mimeType": mime})
        across, along = (_REPEAT if again else _CLAMP for again in repeats)
        sampler = {"magFilter": 9729, "minFilter": 9987, "wrapS": across, "wrapT": along}
        samplers: list[dict[str, Any]] = self._json.setdefault("samplers", [])
        if sampler not in samplers:
            samplers.append(sampler)
        return self._add("textures", {"source": image, "sampler": samplers.index(sampler)})

    def add_material(self, material: dict[str, Any]) -> int:
        """A material as glTF's JSON."""
        return self._add("materials", material)

    def add_mesh(self, name: str, primitive: dict[str, Any], targets: tuple[str, ...]) -> int:
        """A mesh of one primitive; ``targets`` name its morph targets in order."""
        mesh: dict[str, Any] = {"name": name, "primitives": [primitive]}
        if targets:
            mesh |= {"weights": [0.0] * len(targets), "extras": {"targetNames": list(targets)}}
        return self._add("meshes", mesh)

    def add_node(self, node: Node) -> int:
        """A node as glTF's JSON; children are given by index."""
        return self._add("nodes", node)

    def add_skin(self, joints: list[int]) -> int:
        """Joints whose rest pose is a translation of zero, so that the inverse bind matrices are identities."""
        inverse = self.add_array(np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1)), plain=True)
        return self._add("skins", {"joints": joints, "inverseBindMatrices": inverse})

    def finish(self, roots: list[int], extras: dict[str, Any]) -> bytes:
        """The file, with one scene of these root nodes."""
        self._json |= {"scene": 0, "scenes": [{"nodes": roots, "extras": extras}]}
        self._binary += b"\0" * (-len(self._binary) % 4)
        self._json["buffers"] = [{"byteLength": len(self._binary)}]
        text = json.dumps(self._json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self._binary)
        header = struct.pack("<4sII", b"glTF", 2, total)
        return b"".join([
            header, struct.pack("<I4s", len(text), b"JSON"), text,
            struct.pack("<I4s", len(self._binary), b"BIN\0"), bytes(self._binary),
        ])  # fmt: skip
