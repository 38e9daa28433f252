"""A character as binary glTF: identity baked in, textured, the expression shapes as morph targets.

Nodes: ``body`` > ``head`` (pivot: the head joint) > ``leftEye``, ``rightEye`` (pivots: the balls' centres), teeth,
tongue, lashes, hair, glasses; the skin is skinned to ``body`` and ``head``, so the neck follows. Metres, face to +z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig.gaze import DOWN_RAD, SIDEWAYS_RAD, UP_RAD
from facelive.rig.glb_pieces import Geometry, head_pieces, worn_pieces
from facelive.rig.glb_writer import GlbWriter
from facelive.rig.hair_texture import CUTOFF, TILE_M
from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh
from facelive.rig.rotation import rotation

F32 = NDArray[np.float32]
Textures = Mapping[Material, NDArray[np.uint8]]
"""Painted pictures by material: (H, W, 3) BGR or (H, W, 4) BGRA uint8, row 0 at v = 1."""
Rgb = tuple[float, float, float]

_SMALLEST_M = 2e-6
_JPEG_QUALITY = 92
# (colour without a texture, roughness, glTF's alpha mode, both sides)
_LOOK: dict[Material, tuple[Rgb, float, str, bool]] = {
    Material.SKIN: ((0.80, 0.62, 0.52), 0.55, "OPAQUE", False),
    Material.EYE: ((0.92, 0.91, 0.89), 0.10, "OPAQUE", False),
    Material.TEETH: ((0.90, 0.87, 0.80), 0.25, "OPAQUE", False),
    Material.TONGUE: ((0.66, 0.34, 0.33), 0.40, "OPAQUE", False),
    Material.LASH: ((0.05, 0.04, 0.04), 0.90, "BLEND", True),
    Material.HAIR: ((0.22, 0.15, 0.10), 0.50, "MASK", True),
    Material.FRAME: ((0.08, 0.07, 0.07), 0.30, "OPAQUE", True),
    Material.LENS: ((0.90, 0.93, 0.95), 0.05, "BLEND", True),
    Material.CLOTH: ((0.30, 0.32, 0.36), 0.90, "OPAQUE", True),
    Material.PLAIN: ((0.70, 0.70, 0.70), 0.80, "OPAQUE", False),
}
_TINTED = {Material.SKIN: "skin", Material.HAIR: "hair"}
_LENS_ALPHA = 0.15
_BARE_CUTOFF = 0.4
"""Opacity from which hair without a texture is drawn."""


def _linear(srgb: Rgb) -> list[float]:
    """glTF's colour factors are linear."""
    value = np.asarray(srgb, np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).tolist()


def _eye_look(name: str, points_N3: F32, centre: F32) -> F32:
    """(N, 3): how an eyeball's vertices move at full ``eyeLook*``; zeros for shapes of the other eye or of the lids."""
    side = "Left" if centre[0] > 0 else "Right"
    word = name.removeprefix("eyeLook").removesuffix(side)
    outwards = 1.0 if side == "Left" else -1.0
    turns = {
        "Out": (outwards * SIDEWAYS_RAD, 0.0),
        "In": (-outwards * SIDEWAYS_RAD, 0.0),
        "Down": (0.0, DOWN_RAD),
        "Up": (0.0, -UP_RAD),
    }
    if not name.startswith("eyeLook") or not name.endswith(side) or word not in turns:
        return np.zeros_like(points_N3)
    ray = points_N3 - centre
    return (ray @ rotation(*turns[word]).T - ray).astype(np.float32)


class _Exporter:
    """Writes the geometries of one character."""

    def __init__(self, head: Head, params_P: F32, textures: Textures, eye_morphs: bool) -> None:
        self._head, self._params, self._textures, self._eye_morphs = head, params_P, textures, eye_morphs
        self._writer = GlbWriter("facelive")
        self._materials: dict[tuple[Material, Rgb | None], int] = {}
        self._offsets = head.expression_offsets()

    def _texture(self, geometry: Geometry) -> int | None:
        picture = self._textures.get(geometry.material)
        if picture is None:
            return None
        import cv2

        clear = picture.shape[2] == 4
        suffix, options = (".png", []) if clear else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        encoded = cv2.imencode(suffix, picture, options)[1].tobytes()
        # Strands repeat across; along the hair only curls do.
        hair = geometry.material == Material.HAIR
        curled = hair and geometry.uv_N2 is not None and bool(geometry.uv_N2[:, 1].max() > 1.0 + 1e-3)
        return self._writer.add_texture(encoded, "image/png" if clear else "image/jpeg", repeats=(hair, curled))

    def _material(self, geometry: Geometry) -> int:
        key = (geometry.material, geometry.colour)
        if key in self._materials:
            return self._materials[key]
        colour, roughness, alpha, both_sides = _LOOK[geometry.material]
        schema = self._head.schema
        tint = _TINTED.get(geometry.material)
        if geometry.colour is not None:
            colour = geometry.colour
        elif tint in schema.colours:
            red, green, blue = (float(value) for value in self._params[schema.colours[tint]])
            colour = (red, green, blue)
        opaque = _LENS_ALPHA if geometry.material == Material.LENS else 1.0
        surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": roughness}
        texture = self._texture(geometry)
        if texture is None:
            surface["baseColorFactor"] = [*_linear(colour), opaque]
        else:
            surface["baseColorTexture"] = {"index": texture}
        material = {
            "name": geometry.material.name.lower(),
            "pbrMetallicRoughness": surface,
            "alphaMode": alpha,
            "doubleSided": both_sides,
        }
        if alpha == "MASK":
            material["alphaCutoff"] = _BARE_CUTOFF if texture is None else CUTOFF
        self._materials[key] = self._writer.add_material(material)
        return self._materials[key]

    def _targets(self, geometry: Geometry, centre: F32 | None) -> dict[str, F32]:
        """Offsets (N, 3) of the shapes that move a geometry; the skin gets all of them, moved or not."""
        if geometry.source_N is None:
            return {}
        out: dict[str, F32] = {}
        for name, offsets in self._offsets.items():
            moved = np.where(np.abs(offsets[geometry.source_N]) > _SMALLEST_M, offsets[geometry.source_N], 0.0)
            if centre is not None and self._eye_morphs:
                moved = moved + _eye_look(name, geometry.points_N3, centre)
            if geometry.name == "skin" or moved.any():
                out[name] = np.asarray(moved, np.float32)
        return out

    def add(self, geometry: Geometry, *, skinned: bool, centre: F32 | None = None) -> int:
        """The mesh of a geometry, its points relative to ``centre``."""
        writer = self._writer
        points = geometry.points_N3 if centre is None else geometry.points_N3 - centre
        attributes = {"POSITION": writer.add_array(points), "NORMAL": writer.add_array(geometry.normals_N3)}
        if geometry.uv_N2 is not None:
            # glTF's v runs down.
            across = geometry.uv_N2[:, 0] / (TILE_M if geometry.material == Material.HAIR else 1.0)
            flipped = np.stack([across, 1.0 - geometry.uv_N2[:, 1]], axis=1)
            attributes["TEXCOORD_0"] = writer.add_array(flipped.astype(np.float32))
        if geometry.opacity_N is not None or geometry.light_N is not None:
            colours = np.ones((len(points), 4), np.float32)
            if geometry.opacity_N is not None:
                colours[:, 3] = geometry.opacity_N
            if geometry.light_N is not None:
                hair = geometry.material == Material.HAIR
                light = np.maximum(geometry.light_N, 0.25) ** 0.35 if hair else geometry.light_N
                colours[:, :3] = light[:, None]
            attributes["COLOR_0"] = writer.add_array(colours)
        if skinned:
            follow = np.clip(geometry.follow_N, 0.0, 1.0)
            joints, weights = np.zeros((len(points), 4), np.uint8), np.zeros((len(points), 4), np.float32)
            joints[:, 1] = 1
            weights[:, 0], weights[:, 1] = 1.0 - follow, follow
            attributes |= {"JOINTS_0": writer.add_array(joints), "WEIGHTS_0": writer.add_array(weights)}
        targets = self._targets(geometry, centre)
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": writer.add_array(geometry.triangles_T3.ravel(), index=True),
            "material": self._material(geometry),
        }
        if targets:
            primitive["targets"] = [{"POSITION": writer.add_sparse(offsets)} for offsets in targets.values()]
        return writer.add_mesh(geometry.name, primitive, tuple(targets))

    def export(self, geometries: list[Geometry]) -> bytes:
        """The whole file."""
        writer = self._writer
        eyes: dict[str, F32] = {}
        if self._head.data.eyeballs_2K.size:
            eyes = dict(zip(("leftEye", "rightEye"), self._head.eye_centres(self._params), strict=True))
        below: list[int] = []
        skinned: list[tuple[str, int]] = []
        for geometry in geometries:
            centre = eyes.get(geometry.name)
            turns = bool((geometry.follow_N < 0.999).any())
            mesh = self.add(geometry, skinned=turns, centre=centre)
            if turns:
                skinned.append((geometry.name, mesh))
                continue
            node: dict[str, Any] = {"name": geometry.name, "mesh": mesh}
            if centre is not None:
                node["translation"] = centre.tolist()
            below.append(writer.add_node(node))
        head = writer.add_node({"name": "head", "children": below} if below else {"name": "head"})
        body = writer.add_node({"name": "body", "children": [head]})
        roots = [body]
        if skinned:
            skin = writer.add_skin([body, head])
            roots += [writer.add_node({"name": name, "mesh": mesh, "skin": skin}) for name, mesh in skinned]
        return writer.finish(roots, {"schema": self._head.schema.name, "schemaHash": f"{self._head.schema.hash:016x}"})


def export_glb(
    head: Head,
    params_P: F32,
    *,
    worn: Sequence[Mesh] = (),
    textures: Textures | None = None,
    eye_morphs: bool = False,
) -> bytes:
    """The character of ``params_P`` (its expression and pose are left out) as a ``.glb``.

    worn: hair, glasses and clothes fitted to this character at rest. textures: see ``Textures``; without one a material
    has a plain colour. eye_morphs: let the ``eyeLook*`` targets turn the eyeballs too, for programs that know no gaze
    angles; leave it off where the nodes ``leftEye`` and ``rightEye`` are turned. Raises SchemaError if P differs.
    """
    points = head.solve_identity(params_P)
    exporter = _Exporter(head, params_P, textures or {}, eye_morphs)
    return exporter.export(head_pieces(head, points) + worn_pieces(worn))
