"""``python -m facelive.rig.bake.hair [-o hair.npz]``: grows the hair styles on the built-in head and ties them to it.

Run it again when the head's topology changes (or its mean shape by much). Takes about a minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig.bake.hair_bind import bind
from facelive.rig.bake.hair_patch import Patch
from facelive.rig.bake.hair_scalp import Floats, Scalp, unit
from facelive.rig.bake.hair_strands import radial
from facelive.rig.bake.hair_styles import STYLES
from facelive.rig.hair_data import DATA, FORMAT_VERSION, UV_STEP, topology_digest
from facelive.rig.head import Head

_DARKEST = 0.35
_ABOVE_M = 0.004
_MAP = 400
_OPEN_SHARE = 0.45


def _occlusion(scalp: Scalp, patch: Patch, count: int = 96) -> Floats:
    """(V,) light that arrives at each hair vertex, among hair and head; hair lets some through.

    Looked for from a little above the hair, so that locks that touch do not blacken each other's edges.
    """
    from facelive.rig.bake.occlusion import _depth, _directions

    seen_from = patch.points + _ABOVE_M * radial(patch.points)
    points = np.concatenate([patch.points, scalp.vertices_V3])
    cover = patch.opacity[patch.triangles].mean(1)
    hair = patch.triangles[cover > 0.45]
    solid = np.concatenate([hair, scalp.head.triangles_T3 + len(patch.points)]).astype(np.int64)
    middle, scale = points.mean(0), 0.5 * (_MAP - 8) / np.linalg.norm(points - points.mean(0), axis=1).max()
    seen, total = np.zeros(len(patch.points)), np.full(len(patch.points), 1e-9)
    for towards in _directions(count):
        side = unit(np.cross(towards, [0.0, 0.0, 1.0] if abs(towards[2]) < 0.9 else [1.0, 0.0, 0.0]))
        axes = np.stack([side, np.cross(towards, side), towards], axis=1)
        drawn, asked = ((array - middle) @ axes for array in (points, seen_from))
        for array in (drawn, asked):
            array[:, :2] = array[:, :2] * scale + 0.5 * _MAP
        depth = np.full((_MAP, _MAP), -1e9)
        _depth(drawn, solid, depth)
        pixel = np.clip(np.rint(asked[:, :2]).astype(int), 0, _MAP - 1)
        weight = np.maximum(patch.normals @ towards, 0.0)
        total += weight
        seen += weight * (depth[pixel[:, 1], pixel[:, 0]] <= asked[:, 2])
    return np.clip((_OPEN_SHARE + (1.0 - _OPEN_SHARE) * seen / total) * patch.shade, _DARKEST, 1.0)


def _unsigned(values: Floats, top: int) -> NDArray[Any]:
    kind = np.uint8 if top == 255 else np.uint16
    return np.rint(np.clip(values, 0.0, 1.0) * top).astype(kind)


def style_arrays(scalp: Scalp, patch: Patch) -> dict[str, NDArray[Any]]:
    """What ``hair.npz`` holds of one style."""
    held = bind(scalp, patch.points)
    weight = _unsigned(held.weight_HC, 255)
    exact = weight / weight.sum(1, keepdims=True, dtype=np.float64)  # as the reader sees it
    carried = np.einsum("hc,hck->hk", exact, scalp.vertices_V3[held.carrier_HC])
    return {
        "offset": np.rint((patch.points - carried) * 1e5).astype(np.int16),
        "triangles": patch.triangles.astype(np.uint16),
        "uv": np.rint(patch.uv / UV_STEP).astype(np.uint16),
        "normals": np.rint(patch.normals * 127).astype(np.int8),
        "tangents": np.rint(patch.tangents * 127).astype(np.int8),
        "opacity": _unsigned(patch.opacity, 255),
        "occlusion": _unsigned(_occlusion(scalp, patch), 255),
        "carrier": held.carrier_HC.astype(np.uint16),
        "weight": weight,
        "guard": held.guard_H.astype(np.uint16),
        "least": np.rint(np.clip(held.least_H, -0.012, 0.012) * 1e4).astype(np.int8),
        "follow": _unsigned(held.follow_H, 255),
    }


def build(head: Head, only: tuple[str, ...] = ()) -> dict[str, NDArray[Any]]:
    """All arrays of ``hair.npz``, or of some styles."""
    scalp = Scalp(head)
    arrays: dict[str, NDArray[Any]] = {
        "version": np.array([FORMAT_VERSION], np.int32),
        "head": np.array([topology_digest(head)]),
    }
    for name, grow in STYLES.items():
        if only and name not in only:
            continue
        patch = grow(scalp)
        print(f"{name}: {len(patch.points)} vertices, {len(patch.triangles)} triangles")
        arrays |= {f"{name}/{key}": value for key, value in style_arrays(scalp, patch).items()}
    return arrays


def main() -> None:
    """Bake all styles."""
    parser = argparse.ArgumentParser(prog="python -m facelive.rig.bake.hair", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=DATA)
    output: Path = parser.parse_args().output
    np.savez_compressed(output, **build(Head.default()))  # pyright: ignore[reportArgumentType]
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
