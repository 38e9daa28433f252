"""The encoder in eight bits, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facelive.train.common.int8 import off, quantise_nodes
from facelive.train.encoder.export import OUTPUTS, run_onnx

if TYPE_CHECKING:
    import onnx

_LEAST = 4096
"""Numbers in a matrix from which on fewer bytes are worth it."""
_EXACT = "placed.weight"
"""Places of neighbours move together: of their many small shares eight bits would lose a third of a pixel."""


def quantise(source: Path, target: Path, calibration_BHWC: NDArray[np.uint8]) -> None:
    """Write the int8 twin of ``source``. About 200 crops like those of live use are enough."""
    stranger = np.zeros((1, _person_size(source)), np.float32)
    feeds = ({"image": image[None], "person": stranger} for image in calibration_BHWC)
    quantise_nodes(source, target, feeds, _of_trunk, ("Conv", "Add", "Relu"))
    _readers_in_bytes(target)


def _person_size(path: Path) -> int:
    import onnx

    inputs = {entry.name: entry for entry in onnx.load(str(path)).graph.input}
    return int(inputs["person"].type.tensor_type.shape.dim[1].dim_value)


def _of_trunk(graph: onnx.GraphProto) -> list[str]:
    """Names of the trunk's nodes. The readers' sums stay float: eight bits over the range of a sum of all parameters
    leave less than their spread, and the readers cost little.
    """
    return [node.name for node in graph.node if "/trunk/" in node.name]


def _readers_in_bytes(path: Path) -> None:
    """Weights of the readers' products as int8 with a scale per output; what they work on stays float, and so does what
    places the points.

    Three million numbers are read from memory for every frame, and after a decoded picture no cache holds them:
    a quarter of the bytes saved 1.3 of 8 ms (docs/log.md).
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    constants = {constant.name: constant for constant in graph.initializer}
    for node in [node for node in graph.node if node.op_type in ("Gemm", "MatMul")]:
        for place, name in enumerate(node.input[:2]):
            if name not in constants or constants[name].dims[0] * constants[name].dims[-1] < _LEAST:
                continue
            if name.endswith(_EXACT):
                continue
            weights = numpy_helper.to_array(constants[name])
            turned = any(entry.name == "transB" and entry.i for entry in node.attribute)
            axis = 0 if place == 0 or turned else 1  # along the outputs
            scale = np.maximum(np.abs(weights).max(1 - axis), 1e-12).astype(np.float32) / np.float32(127)
            bytes_ = np.rint(weights / np.expand_dims(scale, 1 - axis)).clip(-127, 127).astype(np.int8)
            parts = {"bytes": bytes_, "scale": scale, "zero": np.zeros(len(scale), np.int8)}
            graph.initializer.remove(constants.pop(name))
            graph.initializer.extend(numpy_helper.from_array(part, f"{name}.{key}") for key, part in parts.items())
            inputs = [f"{name}.{key}" for key in parts]
            graph.node.insert(0, helper.make_node("DequantizeLinear", inputs, [name], name=f"{name}.float", axis=axis))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def cost(source: Path, target: Path, images_BHWC: NDArray[np.uint8]) -> dict[str, float]:
    """Root mean square difference per output between float and int8, over the spread of the float output."""
    one, other = run_onnx(source, images_BHWC), run_onnx(target, images_BHWC)
    return {name: off(one[name], other[name]) for name in OUTPUTS if one[name].size}
