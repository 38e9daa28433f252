"""Small encoders of the contract's shape, built with onnx.helper: no torch, no training, seeded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from facelive.rig.schema import GROUPS, Schema

LANDMARKS = 68


def head_sizes(schema: Schema) -> dict[str, int]:
    """Width of each output of an encoder for this schema."""
    sizes = {group: len(schema.indices(group)) for group in GROUPS if group != "pose"}
    return {**sizes, "pose": 10, "landmarks": 2 * LANDMARKS, "confidence": 6}


def write_encoder(
    path: Path, schema: Schema, *, answer: dict[str, NDArray[np.float32]] | None = None, seed: int = 0, width: int = 8,
    person: bool = False,
) -> Path:  # fmt: skip
    """An ONNX encoder: one convolution, global mean, a linear layer per head.

    answer: what each named head says to every picture (before its sigmoid there is none here: the values as they come
    out); heads not named are random but depend on the picture. person: take that input, and echo it as the identity.
    """
    rng = np.random.default_rng(seed)
    weights: list[onnx.TensorProto] = []

    def constant(name: str, array: NDArray[np.generic]) -> str:
        weights.append(numpy_helper.from_array(array, name))
        return name

    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", constant("unit", np.array(1 / 255, np.float32))], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "Conv",
            ["planes", constant("kernel", rng.normal(0, 0.3, (width, 3, 3, 3)).astype(np.float32))],
            ["conv"],
            strides=[8, 8],
            pads=[1, 1, 1, 1],
        ),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("GlobalAveragePool", ["relu"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
    ]
    outputs: list[onnx.ValueInfoProto] = []
    inputs = [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 256, 256, 3])]
    if person:
        size = head_sizes(schema)["identity"]
        inputs.append(helper.make_tensor_value_info("person", TensorProto.FLOAT, ["N", size + 1]))
    for name, size in head_sizes(schema).items():
        if person and name == "identity":
            ends = [constant(f"person.{key}", np.array([at], np.int64)) for key, at in (("from", 0), ("to", size))]
            axis = constant("person.axis", np.array([1], np.int64))
            nodes.append(helper.make_node("Slice", ["person", *ends, axis], ["identity"]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", size]))
            continue
        fixed = None if answer is None else answer.get(name)
        scale = 0.0 if fixed is not None else 0.5
        matrix = constant(f"{name}.w", rng.normal(0, scale, (width, size)).astype(np.float32))
        bias = constant(f"{name}.b", np.zeros(size, np.float32) if fixed is None else fixed.reshape(size))
        raw = name if fixed is not None or name in ("style", "pose") else f"{name}.raw"
        shaped = name == "landmarks"
        nodes.append(helper.make_node("Gemm", ["features", matrix, bias], [f"{raw}.flat" if shaped else raw]))
        if shaped:
            shape = constant("landmark.shape", np.array([-1, LANDMARKS, 2], np.int64))
            nodes.append(helper.make_node("Reshape", [f"{raw}.flat", shape], [raw]))
        if raw != name:
            nodes.append(helper.make_node("Sigmoid", [raw], [name]))
        dims = ["N", LANDMARKS, 2] if shaped else ["N", size]
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
    graph = helper.make_graph(nodes, "toy", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (("facelive.schema", f"{schema.hash:016x}"), ("facelive.version", "1")):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
