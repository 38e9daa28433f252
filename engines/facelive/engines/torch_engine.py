"""torch: optional reference for exported programs (``torch.export.save``), on the CPU or a GPU."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from facelive.engines.protocol import Array, EngineBase, TensorSpec
from facelive.errors import EngineUnavailable, WeightsError

SPECIFICATION = "facelive.json"


class TorchEngine(EngineBase):
    """Runs a ``.pt2`` file whose module takes the inputs in order and returns the outputs in order.

    The extra file "facelive.json" in the archive names them:
    ``{"inputs": [[name, shape, dtype], ...], "outputs": [...], "metadata": {...}}``, null for a free size.
    """

    backend = "torch"

    def __init__(self, path: Path, *, threads: int = 1, device: str = "cpu") -> None:
        """Raises EngineUnavailable if torch is missing, WeightsError if the file is no such program."""
        try:
            import torch
        except ImportError as error:
            raise EngineUnavailable("torch is missing: pip install 'facelive[train]'") from error
        if path.suffix != ".pt2":
            raise EngineUnavailable(f"the torch backend runs .pt2 files, not {path.name}: take openvino or onnxruntime")
        extra = {SPECIFICATION: ""}
        try:
            program: Any = torch.export.load(str(path), extra_files=extra)
            document = json.loads(extra[SPECIFICATION])
            inputs, outputs = (tuple(_spec(row) for row in document[key]) for key in ("inputs", "outputs"))
        except (RuntimeError, ValueError, KeyError, OSError) as error:
            raise WeightsError(f"torch cannot read {path}: {str(error).splitlines()[0]}") from error
        super().__init__(inputs, outputs, dict(document.get("metadata", {})))
        torch.set_num_threads(threads)
        self._torch: Any = torch
        self._device = device
        self._module: Any = program.module().to(device)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        self.check(feeds)
        torch = self._torch
        with torch.inference_mode():
            given = [torch.from_numpy(np.ascontiguousarray(feeds[s.name])).to(self._device) for s in self.inputs]
            found = self._module(*given)
        rows = [found] if isinstance(found, torch.Tensor) else list(found)
        return {spec.name: row.cpu().numpy() for spec, row in zip(self.outputs, rows, strict=True)}

    def close(self) -> None:
        self._module = None


def _spec(row: Any) -> TensorSpec:
    name, shape, dtype = row
    return TensorSpec(name=name, shape=tuple(shape), dtype=np.dtype(dtype))
