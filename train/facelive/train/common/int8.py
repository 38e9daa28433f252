"""Static int8 quantisation of parts of an ONNX network, by ONNX Runtime's tools.

Activations in uint8 with a zero point: after a ReLU a signed byte would leave half of its values unused, and with them
half of the precision (docs/log.md). CPUs multiply just this with int8 weights. GPUs take the float file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

Feeds = dict[str, NDArray[Any]]


class _Reader:
    """What ONNX Runtime asks for one input after the other."""

    def __init__(self, feeds: Iterable[Feeds]) -> None:
        self._feeds: Iterator[Feeds] = iter(feeds)

    def get_next(self) -> Feeds | None:
        return next(self._feeds, None)


def quantise_nodes(
    source: Path, target: Path, feeds: Iterable[Feeds], chosen: Callable[[onnx.GraphProto], list[str]],
    operators: Sequence[str],
) -> None:  # fmt: skip
    """Write ``source`` with some nodes in eight bits.

    feeds: inputs like those of live use, about 200; they set the ranges. chosen: names of the nodes, of a graph whose
    constants are folded. operators: kinds of nodes that may be among them.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    try:
        quantize_static(
            str(prepared),
            str(target),
            _Reader(feeds),  # pyright: ignore[reportArgumentType]  (duck-typed by ONNX Runtime)
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_quantize=chosen(onnx.load(str(prepared)).graph),
            op_types_to_quantize=list(operators),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True, "QuantizeBias": False},
        )
    finally:
        prepared.unlink(missing_ok=True)
    _keep_metadata(source, target)


def _keep_metadata(source: Path, target: Path) -> None:
    import onnx

    original, model = onnx.load(str(source)), onnx.load(str(target))
    del model.metadata_props[:]
    model.metadata_props.extend(original.metadata_props)
    onnx.save(model, str(target))


def off(exact_NX: NDArray[np.floating], found_NX: NDArray[np.floating]) -> float:
    """Root mean square difference of an output's rows, over the spread of the exact one."""
    difference = np.sqrt(np.mean((exact_NX - found_NX) ** 2))
    return float(difference / max(float(exact_NX.std(axis=0).mean()), 1e-6))
