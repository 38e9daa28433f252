"""Weights out of an ONNX file, for networks that ship inside of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from facelive.errors import ExtraMissing, FileError

if TYPE_CHECKING:
    import onnx

_HALF = ".half"
"""Ending of a constant that the file keeps as float16."""


def initialisers(path: Path, prefix: str) -> dict[str, Tensor]:
    """The tensors of an ONNX file whose names begin so, without that beginning.

    Raises FileError if it is none, ExtraMissing without the package that reads it.
    """
    return {
        one.name.removeprefix(prefix).removesuffix(_HALF): _tensor(one)
        for one in graph_of(path).initializer
        if one.name.startswith(prefix)
    }


def matrix_before(path: Path, output: str) -> Tensor | None:
    """(inputs, outputs): the constant of the product that is an output of the network; None if there is none."""
    graph = graph_of(path)
    constants = {one.name.removesuffix(_HALF): one for one in graph.initializer}
    for node in graph.node:
        if output in node.output and node.op_type == "MatMul":
            return next((_tensor(constants[name]) for name in node.input if name in constants), None)
    return None


def graph_of(path: Path) -> onnx.GraphProto:
    """Raises FileError if the file is no network, ExtraMissing without the package that reads it."""
    try:
        import onnx
    except ImportError as error:
        raise ExtraMissing(f"weights in {path.name} need onnx: pip install 'facelive[train]'") from error
    try:
        return onnx.load(str(path)).graph
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # protobuf's own kinds
        raise FileError(f"{path} is not an ONNX file") from error


def _tensor(constant: onnx.TensorProto) -> Tensor:
    from onnx import numpy_helper

    return torch.from_numpy(numpy_helper.to_array(constant).astype(np.float32))
