"""OpenVINO on the CPU: the runtime of the base install."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from facelive.engines.cache_folder import cache_folder
from facelive.engines.onnx_metadata import read_metadata
from facelive.engines.protocol import Array, EngineBase, TensorSpec
from facelive.engines.signal_stack import own_signal_stack
from facelive.errors import EngineUnavailable, WeightsError


class OpenVINOEngine(EngineBase):
    """One compiled graph for batch 1 with latency hint; a larger batch runs image by image.

    A static batch of 1 is what live needs, and a graph with a free batch is slower.
    """

    backend = "openvino"

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Raises EngineUnavailable if openvino is missing, WeightsError if the file is no network it can read."""
        try:
            import openvino
        except ImportError as error:
            raise EngineUnavailable("OpenVINO is missing: pip install openvino") from error
        core = openvino.Core()
        try:
            # From a file, not from bytes: only then does the cache key skip reading the whole graph first.
            core.set_property({"CACHE_DIR": str(cache_folder("openvino"))})
            model = core.read_model(str(path))
            inputs = tuple(_spec(port) for port in model.inputs)
            outputs = tuple(_spec(port) for port in model.outputs)
            model.reshape({s.name: [1 if n is None else n for n in s.shape] for s in inputs})
            with own_signal_stack():
                self._compiled: Any = core.compile_model(model, "CPU", _properties(threads))
        except RuntimeError as error:
            raise WeightsError(f"OpenVINO cannot read {path}: {_first_line(error)}") from error
        super().__init__(inputs, outputs, read_metadata(path))
        self._request: Any = self._compiled.create_infer_request()
        # Bound once: handing arrays over with every call costs 0.3 ms of Python in OpenVINO's own wrapper.
        self._buffers = {spec.name: np.zeros([n or 1 for n in spec.shape], spec.dtype) for spec in inputs}
        for name, buffer in self._buffers.items():
            self._request.set_tensor(name, openvino.Tensor(buffer, shared_memory=True))
        self._results = [self._request.get_output_tensor(i).data for i in range(len(outputs))]

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        batch = self.check(feeds)
        if batch == 1:
            return self._run_one(feeds)
        rows = [self._run_one({k: v[i : i + 1] for k, v in feeds.items()}) for i in range(batch)]
        return {spec.name: np.concatenate([row[spec.name] for row in rows]) for spec in self.outputs}

    def _run_one(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        for name, buffer in self._buffers.items():
            np.copyto(buffer, feeds[name])
        self._request.infer(share_outputs=True)
        return {spec.name: result.copy() for spec, result in zip(self.outputs, self._results, strict=True)}

    def close(self) -> None:
        self._results = []
        with own_signal_stack():
            self._request = None
            self._compiled = None


def _properties(threads: int) -> dict[str, Any]:
    """One stream of few threads; f32 beside int8 so that every machine gives the same figures."""
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }


def _spec(port: Any) -> TensorSpec:
    shape = tuple(None if size.is_dynamic else int(size.get_length()) for size in port.get_partial_shape())
    return TensorSpec(name=port.get_any_name(), shape=shape, dtype=np.dtype(port.get_element_type().to_dtype()))


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
