"""One door to all backends."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from facelive.engines.manifest import verify
from facelive.engines.protocol import Engine
from facelive.errors import EngineUnavailable, UsageError

Backend = Literal["auto", "openvino", "onnxruntime", "torch", "tensorrt", "tensorrt-rtx"]
Precision = Literal["auto", "fp32", "fp16", "int8"]
CPU_BACKENDS = ("openvino", "onnxruntime")
GPU_BACKENDS = ("tensorrt", "tensorrt-rtx")


def open_engine(path: Path | str, backend: Backend = "auto", threads: int = 1, precision: Precision = "auto") -> Engine:
    """Open a network file. What a manifest beside it lists must have the right sha256.

    backend: "auto" takes OpenVINO, else ONNX Runtime (.pt2 files: torch). threads: of a CPU backend.
    precision: "int8" reads ``<name>.int8.onnx`` beside ``<name>.onnx``; "auto" does so with OpenVINO where that file
    exists (ONNX Runtime is faster with the float file) and takes fp16 on a GPU; "fp32" reads the file as it is.
    Raises WeightsError, EngineUnavailable (with the pip command) or UsageError.
    """
    if backend not in get_args(Backend) or precision not in get_args(Precision):
        raise UsageError(f"unknown backend or precision: {backend!r}, {precision!r}")
    if threads < 1:
        raise UsageError("an engine needs at least one thread")
    chosen = _choose(Path(path)) if backend == "auto" else backend
    file = _file_for(Path(path), chosen, precision)
    verify(file)
    if chosen == "openvino":
        from facelive.engines.openvino_engine import OpenVINOEngine

        return OpenVINOEngine(file, threads=threads)
    if chosen == "onnxruntime":
        from facelive.engines.onnxruntime_engine import OnnxRuntimeEngine

        return OnnxRuntimeEngine(file, threads=threads)
    if chosen == "torch":
        from facelive.engines.torch_engine import TorchEngine

        return TorchEngine(file, threads=threads)
    raise EngineUnavailable(f"plans for {chosen} can be built, but not run yet: take openvino or onnxruntime")


def _choose(path: Path) -> Backend:
    if path.suffix == ".pt2":
        return "torch"
    for name in CPU_BACKENDS:
        if find_spec(name) is not None:
            return name
    raise EngineUnavailable("no runtime for networks is installed: pip install openvino")


def int8_twin(path: Path) -> Path:
    """Where the int8 network to ``<name>.onnx`` lies, if there is one."""
    return path.with_name(f"{path.stem}.int8.onnx")


def _file_for(path: Path, backend: Backend, precision: Precision) -> Path:
    """Which file a precision means."""
    if path.suffix != ".onnx" or path.name.endswith(".int8.onnx"):
        return path
    sibling = int8_twin(path)
    if precision == "int8" and not sibling.exists():
        raise UsageError(f"there is no int8 network {sibling}; take --precision fp32")
    if precision == "fp16" and backend not in GPU_BACKENDS:
        raise UsageError(f"{backend} runs fp32 or int8; fp16 is for {' and '.join(GPU_BACKENDS)}")
    # ONNX Runtime turns int8 weights back to float at every run: there the float network is the faster one.
    automatic = precision == "auto" and backend == "openvino" and sibling.exists()
    return sibling if precision == "int8" or automatic else path
