"""The built-in head in Unity's form: its blend shapes give the vertices that Python's solver gives."""

from __future__ import annotations

import gzip
import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from unity import build, host

from facelive.rig.head import Head
from facelive.rig.rotation import rotation

TOOL = build.REPOSITORY / "unity_live" / "tools" / "export_head.py"


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("export_head", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_parameter_moves_the_head_as_python_does(runner: Path, tmp_path: Path) -> None:
    head = Head.default()
    schema = head.schema
    (tmp_path / "head.bytes").write_bytes(tool().head_bytes(head))
    rng = np.random.default_rng(8)
    vectors = np.stack([schema.neutral(), *(rng.uniform(schema.minimum, schema.maximum) for _ in range(2))])
    vectors = vectors.astype(np.float32)
    vectors[:, schema.indices("pose")] = 0.0
    yaw, pitch, roll = 0.5, -0.2, 0.1
    posed = vectors[1].copy()
    posed[[schema.index(name) for name in ("headYaw", "headPitch", "headRoll")]] = yaw, pitch, roll
    np.stack([*vectors, posed]).tofile(tmp_path / "vectors")
    result = host.last_json(
        host.run(runner, "head", *(str(tmp_path / name) for name in ("head.bytes", "vectors", "out")), timeout_s=150)
    )
    found = np.fromfile(tmp_path / "out", np.float32).reshape(4, -1, 3) * np.array([-1, 1, 1], np.float32)
    vertex_of_u = np.zeros(len(head.uv_U2), np.int64)
    vertex_of_u[head.uv_triangles_T3] = head.triangles_T3
    for vector, vertices in zip(vectors, found, strict=False):
        assert np.abs(vertices - head.solve(vector)[vertex_of_u]).max() < 2e-5
    # Pose turns bones, not shapes.
    assert np.array_equal(found[1], found[3])
    x, y, z, w = (float(number) for number in result["head"].split())
    turned = rotation(yaw, pitch, roll) @ np.array([0.0, 0.0, 1.0])
    looks = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    assert looks == pytest.approx([-turned[0], turned[1], turned[2]], abs=1e-3)
    assert result["missing"] == []
    assert result["inside_out"] < 0.01
    assert result["parameters"] == len(schema)
    assert result["shapes"] == 2 * len(head.data.sliders) + len(head.data.expressions) + 48


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Description and arrays; masks laid out on the whole texture."""
    payload = gzip.decompress(data[8:])
    length = int.from_bytes(payload[:4], "little")
    about = json.loads(payload[4 : 4 + length])
    at, arrays = 4 + length, {}
    for name, kind, shape in about.pop("arrays"):
        arrays[name] = np.frombuffer(payload, kind, math.prod(shape), at).reshape(shape)
        at += arrays[name].nbytes
    assert at == len(payload)
    for name, x, y in about["masks"]:
        box = arrays[f"mask/{name}"]
        whole = np.zeros((about["texture"], about["texture"]), np.uint8)
        whole[y : y + box.shape[0], x : x + box.shape[1]] = box
        arrays[f"mask/{name}"] = whole
    about["masks"] = [row[0] for row in about["masks"]]
    return about, arrays


def test_shipped_head_is_the_rig_of_today() -> None:
    """Mend with: PYTHONPATH=rig python unity_live/tools/export_head.py"""
    module = tool()
    shipped, made = unpacked(module.TARGET.read_bytes()), unpacked(module.head_bytes(Head.default()))
    assert shipped[0] == made[0]
    assert list(shipped[1]) == list(made[1])
    for name, array in shipped[1].items():
        other = made[1][name]
        if name.startswith(("mask/", "strands/")) or name in ("tint", "lashes"):
            # Painted by OpenCV and compiled loops: another build of them rounds otherwise.
            assert np.abs(array.astype(np.int32) - other).mean() < 0.2, name
        else:
            np.testing.assert_array_equal(array, other, err_msg=name)


def test_damaged_heads_are_refused(runner: Path, tmp_path: Path) -> None:
    data = tool().TARGET.read_bytes()
    for name, broken in (("cut", data[:5000]), ("magic", b"XXXX" + data[4:]), ("noise", data[:8] + b"\0" * 99)):
        path = tmp_path / name
        path.write_bytes(broken)
        process = host.start_runner(runner, "head", str(path), str(path), str(path))
        assert "FormatException" in process.communicate(timeout=60)[1]
