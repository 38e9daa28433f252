"""The GLB read back by independent libraries: positions, morph targets, names, textures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from facelive.rig.accessories import accessories
from facelive.rig.appearance.textures import textures
from facelive.rig.glb import export_glb
from facelive.rig.hair_texture import CUTOFF, texture_uv
from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh, Segment
from facelive.rig.parts import Part
from facelive.rig.prior import sample_identity
from facelive.rig.tiny import tiny_head

trimesh = pytest.importorskip("trimesh")
pygltflib = pytest.importorskip("pygltflib")

_TYPES = {5126: np.float32, 5125: np.uint32, 5123: np.uint16, 5121: np.uint8}
_WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def read(gltf: Any, index: int) -> np.ndarray:
    """An accessor's values, sparse or not, by pygltflib's view of the file."""
    accessor, blob = gltf.accessors[index], gltf.binary_blob()
    width = _WIDTH[accessor.type]

    def take(view: int, count: int, kind: int, columns: int) -> np.ndarray:
        start = gltf.bufferViews[view].byteOffset
        return np.frombuffer(blob, _TYPES[kind], count * columns, start).reshape(count, columns)

    if accessor.bufferView is not None:
        return take(accessor.bufferView, accessor.count, accessor.componentType, width)
    values = np.zeros((accessor.count, width), np.float32)
    if accessor.sparse is not None:
        sparse = accessor.sparse
        where = take(sparse.indices.bufferView, sparse.count, sparse.indices.componentType, 1)[:, 0]
        values[where] = take(sparse.values.bufferView, sparse.count, accessor.componentType, width)
    return values


def cloud(points: np.ndarray) -> np.ndarray:
    """Distinct points in a fixed order, to compare sets of vertices."""
    return np.unique(np.round(points, 6), axis=0)


def test_positions_by_trimesh() -> None:
    head = Head.default()
    params = sample_identity(head.schema, np.random.default_rng(5))
    scene = trimesh.load(io.BytesIO(export_glb(head, params)), file_type="glb", process=False)
    expected = head.solve_identity(params)
    world = {name: trimesh.transform_points(scene.geometry[scene.graph[name][1]].vertices, scene.graph[name][0])
             for name in scene.graph.nodes_geometry}  # fmt: skip
    pieces = {"skin": (Part.SKIN, Part.SOCKETS, Part.INNER_MOUTH), "leftEye": (Part.EYE_LEFT,),
              "teeth": (Part.TEETH_UPPER, Part.TEETH_LOWER), "tongue": (Part.TONGUE,)}  # fmt: skip
    for name, parts in pieces.items():
        wanted = expected[np.unique(head.triangles_T3[np.isin(head.part_T, parts)])]
        assert len(cloud(world[name])) == pytest.approx(len(cloud(wanted)), rel=0.01)
        np.testing.assert_allclose(world[name].min(0), wanted.min(0), atol=1e-6)
        np.testing.assert_allclose(world[name].mean(0), wanted.mean(0), atol=2e-3)
    faces = sum(len(geometry.faces) for geometry in scene.geometry.values())
    assert faces == len(head.triangles_T3)


@pytest.mark.parametrize("make", [Head.default, tiny_head])
def test_morph_targets_are_the_expressions(make) -> None:
    head = make()
    gltf = pygltflib.GLTF2.load_from_bytes(export_glb(head, head.schema.neutral()))
    skin = next(mesh for mesh in gltf.meshes if mesh.name == "skin")
    names = tuple(skin.extras["targetNames"])
    assert names == head.schema.group_names("expression")
    primitive = skin.primitives[0]
    rest = read(gltf, primitive.attributes.POSITION)
    parts = (Part.SKIN, Part.SOCKETS, Part.INNER_MOUTH)
    used = np.unique(head.triangles_T3[np.isin(head.part_T, parts)])
    for name in (names[0], names[-1], names[len(names) // 3]):
        params = head.schema.neutral()
        params[head.schema.index(name)] = 1.0
        moved = rest + read(gltf, primitive.targets[names.index(name)]["POSITION"])
        expected = head.solve(params)[used]
        np.testing.assert_allclose(cloud(moved).mean(0), cloud(expected).mean(0), atol=1e-4)
        np.testing.assert_allclose(moved.min(0), expected.min(0), atol=5e-6)
        np.testing.assert_allclose(moved.max(0), expected.max(0), atol=5e-6)


def test_nodes_that_a_page_turns() -> None:
    head = Head.default()
    gltf = pygltflib.GLTF2.load_from_bytes(export_glb(head, head.schema.neutral()))
    nodes = {node.name: node for node in gltf.nodes}
    assert {"head", "body", "leftEye", "rightEye", "teeth", "tongue", "lashes", "skin"} <= set(nodes)
    centres = head.eye_centres(head.schema.neutral())
    np.testing.assert_allclose(nodes["leftEye"].translation, centres[0], atol=1e-6)
    eye = gltf.meshes[nodes["leftEye"].mesh]
    assert not (eye.extras or {}).get("targetNames")
    assert gltf.skins[0].joints == [gltf.nodes.index(nodes["body"]), gltf.nodes.index(nodes["head"])]
    weights = read(gltf, gltf.meshes[nodes["skin"].mesh].primitives[0].attributes.WEIGHTS_0)
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-6)


def test_eyes_by_morph_targets_for_other_programs() -> None:
    head = Head.default()
    gltf = pygltflib.GLTF2.load_from_bytes(export_glb(head, head.schema.neutral(), eye_morphs=True))
    eye = next(mesh for mesh in gltf.meshes if mesh.name == "leftEye")
    names = eye.extras["targetNames"]
    assert sorted(names) == ["eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft"]
    primitive = eye.primitives[0]
    rest = read(gltf, primitive.attributes.POSITION)
    out = read(gltf, primitive.targets[names.index("eyeLookOutLeft")]["POSITION"])
    assert out[np.argmax(rest[:, 2]), 0] > 0.003


def test_textures_and_worn_meshes() -> None:
    head = tiny_head()
    rng = np.random.default_rng(0)
    skin = rng.integers(0, 255, (16, 16, 3), np.uint8)
    hat = Mesh(
        vertices_V3=np.eye(3, dtype=np.float32), triangles_T3=np.array([[0, 1, 2]], np.int32), material=Material.CLOTH,
        segment=Segment.CLOTH, colour_rgb=(1.0, 0.0, 0.0),
    )  # fmt: skip
    blob = export_glb(head, head.schema.neutral(), worn=[hat], textures={Material.SKIN: skin})
    gltf = pygltflib.GLTF2.load_from_bytes(blob)
    assert [image.mimeType for image in gltf.images] == ["image/jpeg"]
    scene = trimesh.load(io.BytesIO(blob), file_type="glb", process=False)
    assert scene.geometry["skin"].visual.material.baseColorTexture.size == (16, 16)
    np.testing.assert_allclose(scene.geometry["cloth0"].vertices, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("style", ["bob", "curly"])
def test_hair_is_cut_out_of_strands(style: str) -> None:
    head = Head.default()
    values = head.schema.to_dict(head.schema.neutral())
    values |= {
        name: float(name == f"hair:{style}") for name in values if name.startswith("hair:") and name[5:] not in "rgb"
    }
    params = head.schema.to_vector(values)
    worn = [mesh for mesh in accessories(head, params, head.solve(params)) if mesh.material == Material.HAIR]
    pictures = {Material.HAIR: textures(head, params, 64)[Material.HAIR]}
    gltf = pygltflib.GLTF2.load_from_bytes(export_glb(head, params, worn=worn, textures=pictures))
    primitive = next(mesh for mesh in gltf.meshes if mesh.name.startswith("hair")).primitives[0]
    material = gltf.materials[primitive.material]
    assert (material.alphaMode, material.alphaCutoff, material.doubleSided) == ("MASK", pytest.approx(CUTOFF), True)
    assert material.pbrMetallicRoughness.baseColorTexture is not None
    sampler = gltf.samplers[gltf.textures[material.pbrMetallicRoughness.baseColorTexture.index].sampler]
    assert sampler.wrapS == 10497
    assert sampler.wrapT == (10497 if style == "curly" else 33071)
    assert worn[0].uv_U2 is not None
    wanted = texture_uv(style, worn[0].uv_U2) * [1.0, -1.0] + [0.0, 1.0]
    seen = read(gltf, primitive.attributes.TEXCOORD_0)
    np.testing.assert_allclose(cloud(seen), cloud(wanted.astype(np.float32)), atol=1e-5)
    opacity = read(gltf, primitive.attributes.COLOR_0)[:, 3]
    assert worn[0].opacity_V is not None
    np.testing.assert_allclose(np.unique(opacity), np.unique(worn[0].opacity_V), atol=1e-6)
