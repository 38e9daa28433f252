"""ONNX Runtime on the CPU: optional; the reference that the other backends are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from facelive.engines.onnx_metadata import read_metadata
from facelive.engines.protocol import Array, EngineBase, TensorSpec
from facelive.errors import EngineUnavailable, WeightsError

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


class OnnxRuntimeEngine(EngineBase):
    """One session, any batch size, few threads that sleep between frames (no spinning)."""

    backend = "onnxruntime"

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Raises EngineUnavailable if onnxruntime is missing, WeightsError if it cannot read the file."""
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineUnavailable("ONNX Runtime is missing: pip install onnxruntime") from error
        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        metadata = read_metadata(path)
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no base below Exception
            raise WeightsError(f"ONNX Runtime cannot read {path}: {str(error).splitlines()[0]}") from error
        inputs = tuple(_spec(node) for node in self._session.get_inputs())
        outputs = tuple(_spec(node) for node in self._session.get_outputs())
        super().__init__(inputs, outputs, metadata)
        self._names = [spec.name for spec in outputs]

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        self.check(feeds)
        found = self._session.run(self._names, {spec.name: feeds[spec.name] for spec in self.inputs})
        return dict(zip(self._names, found, strict=True))

    def close(self) -> None:
        self._session = None


def _spec(node: Any) -> TensorSpec:
    shape = tuple(size if isinstance(size, int) else None for size in node.shape)
    if node.type not in _DTYPES:
        raise WeightsError(f"{node.name!r} has the type {node.type}, which no engine here handles")
    return TensorSpec(name=node.name, shape=shape, dtype=np.dtype(_DTYPES[node.type]))
