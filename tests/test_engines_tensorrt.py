"""TensorRT: building (real, where the RTX wheels are installed; it needs no GPU) and the cache of plans."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import onnx_toys
import pytest

from facelive.engines import open_engine
from facelive.engines.trt_build import build_plan
from facelive.engines.trt_cache import PlanKey, load_plan, save_plan
from facelive.errors import EngineUnavailable, WeightsError
from facelive.rig.tiny import tiny_schema
from facelive.stream.weights_folder import ENCODER, TRANSLATOR

KEY = PlanKey(
    onnx_sha256="ab" * 32,
    precision="fp32",
    flavour="tensorrt-rtx",
    version="1.7",
    compute_capability="8.9",
    driver="580",
)
HAS_RTX = importlib.util.find_spec("tensorrt_rtx_bindings") is not None
needs_rtx = pytest.mark.skipif(not HAS_RTX, reason="pip install 'facelive[tensorrt-rtx]'")


def test_plans_are_kept_by_all_that_they_depend_on(tmp_path: Path) -> None:
    assert load_plan(tmp_path, KEY) is None
    path = save_plan(tmp_path / "plans", KEY, b"a plan")
    assert load_plan(tmp_path / "plans", KEY) == b"a plan"
    for other in (
        replace(KEY, onnx_sha256="cd" * 32),
        replace(KEY, precision="fp16"),
        replace(KEY, version="1.8"),
        replace(KEY, compute_capability="9.0"),
        replace(KEY, driver="590"),
        replace(KEY, batch=2),
    ):
        assert load_plan(tmp_path / "plans", other) is None
    path.write_bytes(b"half a pl")
    assert load_plan(tmp_path / "plans", KEY) is None
    assert not list((tmp_path / "plans").glob("*.tmp"))


@pytest.mark.skipif(importlib.util.find_spec("tensorrt") is not None, reason="TensorRT is installed")
def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"pip install 'facelive\[tensorrt\]'"):
        build_plan(tmp_path / "any.onnx", "tensorrt")


def test_running_is_not_offered_yet(tmp_path: Path) -> None:
    toy = onnx_toys.write_encoder(tmp_path / "toy.onnx", tiny_schema())
    for backend in ("tensorrt", "tensorrt-rtx"):
        with pytest.raises(EngineUnavailable):
            open_engine(toy, backend)  # type: ignore[arg-type]


@needs_rtx
def test_a_real_plan_is_built_without_a_gpu(tmp_path: Path) -> None:
    toy = onnx_toys.write_encoder(tmp_path / "toy.onnx", tiny_schema())
    assert len(build_plan(toy, "tensorrt-rtx")) > 1000
    (tmp_path / "broken.onnx").write_bytes(toy.read_bytes()[:200])
    with pytest.raises(WeightsError, match="cannot read"):
        build_plan(tmp_path / "broken.onnx", "tensorrt-rtx")


@pytest.mark.parametrize("path", [ENCODER, TRANSLATOR], ids=["encoder", "translator"])
def test_what_ships_turns_bytes_into_numbers_before_all_else(path: Path) -> None:
    """TensorRT knows how to do nothing else with them; the first release's files moved them first, and no plan came."""
    onnx = pytest.importorskip("onnx", reason="pip install 'facelive[dev]'")
    graph = onnx.load(str(path)).graph
    pictures = [port.name for port in graph.input if port.type.tensor_type.elem_type == onnx.TensorProto.UINT8]
    assert len(pictures) == 1
    assert {node.op_type for node in graph.node if pictures[0] in node.input} == {"Cast"}


@needs_rtx
@pytest.mark.parametrize("path", [ENCODER, TRANSLATOR], ids=["encoder", "translator"])
def test_a_plan_is_built_of_what_ships(path: Path) -> None:
    assert len(build_plan(path, "tensorrt-rtx")) > path.stat().st_size // 2
