"""Half the size of a weight file: large constants kept as float16 and turned back when the network is loaded.

Runtimes fold the conversion while they compile, so that it costs nothing per frame; computation stays float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

_LEAST = 4096
"""Numbers in a constant from which on it is worth a node."""


def halve(path: Path) -> None:
    """Rewrite an ONNX file in place. Constants that float16 cannot hold (beyond 65,504) stay as they are."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    casts: list[onnx.NodeProto] = []
    for constant in list(graph.initializer):
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < _LEAST or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = constant.name
        graph.initializer.remove(constant)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], name=f"{name}.float", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
