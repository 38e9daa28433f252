"""What the built-in head wears in Unity: hair, glasses and paint are what the Python side draws, for any identity."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from unity import build, host

from facelive.rig.accessories import accessories
from facelive.rig.appearance.textures import textures
from facelive.rig.default_schema import STYLES
from facelive.rig.head import Head
from facelive.rig.mesh import Material
from facelive.rig.parts import Part
from facelive.rig.render.scene import Scene
from facelive.rig.schema import Vector

HEAD = build.PACKAGE / "Runtime" / "Resources" / "facelive-head.bytes"
UNITY = np.array([-1, 1, 1], np.float32)
LOOKS = (
    ("short", "none", "round", "natural"), ("long-wavy", "full", "square", "bushy"), ("afro", "goatee", "none", "thin"),
    ("bald", "stubble", "none", "arched"), ("tied-back", "none", "square", "straight"),
)  # fmt: skip


def somebody(number: int) -> Vector:
    """(P,) a random identity with the look of that number, neutral face."""
    schema = Head.default().schema
    rng = np.random.default_rng(50 + number)
    params = schema.neutral()
    identity = schema.indices("identity")
    if number:
        params[identity] = np.clip(rng.normal(params[identity], 0.2), 0, 1)
        for where in schema.colours.values():
            params[where] = np.clip(params[where] + rng.normal(0, 0.05, 3), 0.05, 0.95)
    for style, option in zip(("hair", "beard", "glasses", "brow"), LOOKS[number], strict=True):
        params[schema.styles[style]] = 0.0
        params[schema.index(f"{style}:{option}")] = 1.0
    return params.astype(np.float32)


@pytest.fixture(scope="module")
def shown(runner: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, object]]]:
    """The runner's files and lines for all looks."""
    folder = tmp_path_factory.mktemp("worn")
    np.stack([somebody(number) for number in range(len(LOOKS))]).tofile(folder / "vectors")
    said = host.run(runner, "worn", str(HEAD), str(folder / "vectors"), str(folder), "later", timeout_s=200)
    return folder, [host.last_json(line) for line in said.splitlines()]


def vertices(path: Path) -> NDArray[np.float32]:
    return np.fromfile(path, np.float32).reshape(-1, 3) * UNITY


@pytest.mark.parametrize("number", range(len(LOOKS)))
def test_hair_and_glasses_fit_as_in_python(shown: tuple[Path, list[dict[str, object]]], number: int) -> None:
    folder, lines = shown
    head, params = Head.default(), somebody(number)
    worn = accessories(head, params, head.solve_identity(params))
    for name, materials in (("hair", (Material.HAIR,)), ("glasses", (Material.FRAME, Material.LENS))):
        expected = [mesh.vertices_V3 for mesh in worn if mesh.material in materials]
        found = vertices(folder / f"{number}.{name}")
        if not expected:
            assert len(found) == 0
            continue
        assert found.shape == np.concatenate(expected).shape
        # The head's weights are stored in half precision; 0.1 mm is far below what a strand is wide.
        assert np.abs(found - np.concatenate(expected)).max() < 1e-4
        assert lines[number][name] > 100  # type: ignore[operator]
        # Hair has smoothed normals of its own, which some triangles of a curl or a tail turn away from.
        assert lines[number][f"inside_out_{name}"] < 0.12  # type: ignore[operator]
    assert lines[number]["hair_r"] == pytest.approx(float(params[head.schema.index("hair:r")]), abs=1e-6)


@pytest.mark.parametrize("number", [1, 2])
def test_skin_is_painted_as_in_python(shown: tuple[Path, list[dict[str, object]]], number: int) -> None:
    """Lips, brows, beard and scalp as drawn by Python; the tint is that of one skin, so the rest is near, not equal."""
    folder, _ = shown
    head, params = Head.default(), somebody(number)
    painted = np.fromfile(folder / f"{number}.skin", np.uint8)
    side = int(np.sqrt(len(painted) / 3)) // 2
    found = painted.reshape(side, 2, side, 2, 3).mean((1, 3))
    expected = textures(head, params, side, Scene(cloth_rgb=None))[Material.SKIN][..., ::-1]
    used = np.zeros((side, side), bool)
    corners = head.uv_U2[head.uv_triangles_T3[head.part_T == Part.SKIN]].mean(1)
    used[np.clip((1 - corners[:, 1]) * side, 0, side - 1).astype(int), (corners[:, 0] * side).astype(int)] = True
    off = np.abs(found - expected)[used]
    assert off.mean() < 6.0
    assert np.quantile(off, 0.95) < 22


def test_in_play_mode_the_skin_is_painted_over_some_frames(shown: tuple[Path, list[dict[str, object]]]) -> None:
    assert shown[1][len(LOOKS)] == {"frames": 8, "stayed": True}


def test_every_style_changes_what_is_seen(runner: Path, tmp_path: Path) -> None:
    """No option of hair, glasses, beard or brow is a dead column."""
    schema = Head.default().schema
    rows: list[Vector] = []
    for style, options in STYLES.items():
        for option in options:
            params = schema.neutral()
            params[schema.styles[style]] = 0.0
            params[schema.index(f"{style}:{option}")] = 1.0
            rows.append(params.astype(np.float32))
    np.stack(rows).tofile(tmp_path / "vectors")
    host.run(runner, "worn", str(HEAD), str(tmp_path / "vectors"), str(tmp_path), timeout_s=200)
    first = 0
    for style, options in STYLES.items():
        seen = {
            b"".join((tmp_path / f"{first + k}.{kind}").read_bytes() for kind in ("hair", "glasses", "skin"))
            for k in range(len(options))
        }
        assert len(seen) == len(options), style
        first += len(options)


def test_damaged_heads_are_refused_or_used(runner: Path, tmp_path: Path) -> None:
    """Flipped bits, odd numbers and cuts in the description and in the arrays; only FormatException may come out."""
    (tmp_path / "payload").write_bytes(gzip.decompress(HEAD.read_bytes()[8:]))
    result = host.last_json(host.run(runner, "hostile-head", str(tmp_path / "payload"), "25", "3", timeout_s=200))
    assert result["count"] == 25
    assert 5 < result["refused"] < 25
    assert result["memory_mb"] < 400
