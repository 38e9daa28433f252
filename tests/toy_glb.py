"""A small GLB as the contract wants it: nodes head, leftEye, rightEye; the expression's names as morph targets."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


def sphere(radius: float, middle: tuple[float, float, float], rings: int = 24) -> tuple[F32, NDArray[np.uint16]]:
    """Vertices (V, 3) and triangles (T, 3) of a ball."""
    theta, phi = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, rings), indexing="ij")
    unit = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1).reshape(-1, 3)
    i = np.arange((rings - 1) * rings).reshape(rings - 1, rings)[:, :-1].ravel()
    triangles = np.concatenate([np.stack([i, i + rings, i + 1], 1), np.stack([i + 1, i + rings, i + rings + 1], 1)])
    return (unit * radius + middle).astype(np.float32), triangles.astype(np.uint16)


def toy_glb(names: Sequence[str], *, colour: tuple[float, float, float] = (0.8, 0.55, 0.45)) -> bytes:
    """The bytes of a ball of a head with two eyes; ``jawOpen`` pulls its lower half down, other shapes do nothing."""
    head, triangles = sphere(0.11, (0.0, 0.05, 0.0))
    jaw = np.zeros_like(head)
    jaw[head[:, 1] < 0.03] = (0.0, -0.06, 0.0)
    morphs = [jaw if name == "jawOpen" else np.zeros_like(head) for name in names]
    eye, eye_triangles = sphere(0.02, (0.0, 0.0, 0.0), 12)
    blob, views, accessors = bytearray(), [], []

    def add(array: NDArray[np.generic], kind: str, component: int) -> int:
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": array.nbytes})
        blob.extend(array.tobytes())
        blob.extend(b"\0" * (-len(blob) % 4))
        accessor = {"bufferView": len(views) - 1, "componentType": component, "count": len(array), "type": kind}
        if kind == "VEC3":
            accessor |= {"min": array.min(0).tolist(), "max": array.max(0).tolist()}
        else:
            accessor["count"] = array.size
        accessors.append(accessor)
        return len(accessors) - 1

    def mesh(points: F32, faces: NDArray[np.uint16], material: int) -> dict[str, object]:
        normals = points - points.mean(0)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
        attributes = {"POSITION": add(points, "VEC3", 5126), "NORMAL": add(normals.astype(np.float32), "VEC3", 5126)}
        primitive = {"attributes": attributes, "indices": add(faces, "SCALAR", 5123), "material": material}
        return {"primitives": [primitive]}

    meshes = [mesh(head, triangles, 0), mesh(eye, eye_triangles, 1)]
    meshes[0]["primitives"][0]["targets"] = [{"POSITION": add(morph, "VEC3", 5126)} for morph in morphs]  # type: ignore[index]
    meshes[0]["weights"] = [0.0] * len(morphs)
    meshes[0]["extras"] = {"targetNames": list(names)}
    paint = [{"pbrMetallicRoughness": {"baseColorFactor": [*rgb, 1], "metallicFactor": 0, "roughnessFactor": 0.6}}
             for rgb in (colour, (0.95, 0.95, 0.95))]  # fmt: skip
    nodes = [
        {"name": "head", "mesh": 0, "children": [1, 2]},
        {"name": "leftEye", "mesh": 1, "translation": [0.04, 0.08, 0.1]},
        {"name": "rightEye", "mesh": 1, "translation": [-0.04, 0.08, 0.1]},
    ]
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": nodes, "meshes": meshes,
        "materials": paint, "buffers": [{"byteLength": len(blob)}], "bufferViews": views, "accessors": accessors,
    }  # fmt: skip
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(blob)
    parts = [struct.pack("<4sII", b"glTF", 2, size), struct.pack("<I4s", len(text), b"JSON"), text]
    return b"".join([*parts, struct.pack("<I4s", len(blob), b"BIN\0"), bytes(blob)])
