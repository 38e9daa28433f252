"""Static int8 quantisation of the exported encoder, and what it costs.

Activations in uint8 with a zero point: after a ReLU a signed byte would leave half of its values unused, and with them
half of the precision (docs/log.md). CPUs multiply just this with int8 weights. GPUs take the float file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.train.encoder.export import OUTPUTS, run_onnx

_LEAST = 4096
"""Numbers in a matrix from which on fewer bytes are worth it."""


class _Crops:
    """The calibration reader that ONNX Runtime asks for batches."""

    def __init__(self, images_BHWC: NDArray[np.uint8], person: int) -> None:
        self._images: Iterator[NDArray[np.uint8]] = iter(images_BHWC)
        self._stranger = np.zeros((1, person), np.float32)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        image = next(self._images, None)
        return None if image is None else {"image": image[None], "person": self._stranger}


def quantise(source: Path, target: Path, calibration_BHWC: NDArray[np.uint8]) -> None:
    """Write the int8 twin of ``source``. About 200 crops like those of live use are enough."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    try:
        quantize_static(
            str(prepared),
            str(target),
            _Crops(calibration_BHWC, _person_size(prepared)),  # pyright: ignore[reportArgumentType]  (duck-typed by ONNX Runtime)
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_quantize=_of_trunk(prepared),
            op_types_to_quantize=["Conv", "Add", "Relu"],
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True, "QuantizeBias": False},
        )
    finally:
        prepared.unlink(missing_ok=True)
    _readers_in_bytes(target)
    _keep_metadata(source, target)


def _person_size(path: Path) -> int:
    import onnx

    inputs = {entry.name: entry for entry in onnx.load(str(path)).graph.input}
    return int(inputs["person"].type.tensor_type.shape.dim[1].dim_value)


def _of_trunk(path: Path) -> list[str]:
    """Names of the trunk's nodes. The readers' sums stay float: eight bits over the range of a sum of all parameters
    leave less than their spread, and the readers cost little.
    """
    import onnx

    return [node.name for node in onnx.load(str(path)).graph.node if "/trunk/" in node.name]


def _readers_in_bytes(path: Path) -> None:
    """Weights of the readers' products as int8 with a scale per output; what they work on stays float.

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


def _keep_metadata(source: Path, target: Path) -> None:
    import onnx

    original, model = onnx.load(str(source)), onnx.load(str(target))
    del model.metadata_props[:]
    model.metadata_props.extend(original.metadata_props)
    onnx.save(model, str(target))


def cost(source: Path, target: Path, images_BHWC: NDArray[np.uint8]) -> dict[str, float]:
    """Root mean square difference per output between float and int8, over the spread of the float output."""
    one, other = run_onnx(source, images_BHWC), run_onnx(target, images_BHWC)
    result: dict[str, float] = {}
    for name in OUTPUTS:
        if one[name].size:
            difference = np.sqrt(np.mean((one[name] - other[name]) ** 2))
            result[name] = float(difference / max(float(one[name].std(axis=0).mean()), 1e-6))
    return result
