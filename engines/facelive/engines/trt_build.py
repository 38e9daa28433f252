"""From ONNX to a TensorRT plan. One module for both flavours: TensorRT (data centre) and TensorRT for RTX.

Networks are strongly typed, so precision lives in the ONNX file. Building for RTX needs no GPU.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Literal

from facelive.errors import EngineUnavailable, WeightsError

Flavour = Literal["tensorrt", "tensorrt-rtx"]
# The RTX wheels install only their bindings' name; NVIDIA's own installer adds the shorter one.
_MODULES: dict[Flavour, tuple[str, ...]] = {
    "tensorrt": ("tensorrt",),
    "tensorrt-rtx": ("tensorrt_rtx", "tensorrt_rtx_bindings"),
}


def load_flavour(flavour: Flavour) -> Any:
    """The flavour's Python module. Raises EngineUnavailable with the pip command."""
    for name in _MODULES[flavour]:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise EngineUnavailable(f"{flavour} is missing: pip install 'facelive[{flavour}]'")


def build_plan(path: Path, flavour: Flavour, *, batch: int = 1) -> bytes:
    """The serialised engine of an ONNX file; a free first size becomes ``batch``.

    Raises EngineUnavailable if the package is missing, WeightsError if its parser or builder refuses the file.
    """
    trt = load_flavour(flavour)
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror}") from error
    if not parser.parse(content):
        said = str(parser.get_error(0)) if parser.num_errors else "no reason given"
        raise WeightsError(f"{flavour} cannot read {path}: {said}")
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    for i in range(network.num_inputs):
        port = network.get_input(i)
        shape = tuple(batch if size < 0 else size for size in port.shape)
        profile.set_shape(port.name, shape, shape, shape)
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise WeightsError(f"{flavour} cannot build an engine from {path}")
    return bytes(plan)
