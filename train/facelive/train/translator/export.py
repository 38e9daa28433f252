"""One ONNX file for the base install: the recognisers, the map of features and the translator; parity with torch."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.engines import int8_twin
from facelive.errors import WeightsError
from facelive.rig.face_chip import WIDE
from facelive.rig.schema import Schema
from facelive.train.encoder.half import halve
from facelive.train.translator.network import Translator, folded
from facelive.train.translator.recognisers import DLIB, Recognisers
from facelive.train.translator.recognisers import folded as one_pass

OUTPUTS = ("embedding", "identity", "style", "colour")
LARGEST = 20_500_000
"""Bytes that the base install has room for."""
_TOLERANCE = 0.02
"""Of what half precision may change, in units of the outputs."""
_OPSET = 17


class Deployed(nn.Module):
    """(B, 224, 224, 3) uint8 BGR chips -> dlib's embedding (B, 128), identity, style logits, colour."""

    def __init__(self, networks: Recognisers, translator: Translator) -> None:
        super().__init__()
        self.features = one_pass(networks)
        self.last = networks.dlib.last
        self.translator = folded(translator)

    def forward(self, chip_BHWC: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        features_BD = self.features(chip_BHWC)
        return (self.last(features_BD[:, DLIB]), *self.translator(features_BD))


def export(
    networks: Recognisers, translator: Translator, schema: Schema, path: Path, probes_BHWC: NDArray[np.uint8]
) -> dict[str, float]:
    """Write ``path`` and return the largest difference from torch of every output, over the probe chips.

    An int8 twin of what was there before goes: a CPU would run it instead (``quantise`` makes another).
    Raises WeightsError if that is too much, or if the file is too large.
    """
    import onnx

    int8_twin(path).unlink(missing_ok=True)
    deployed = Deployed(networks, translator).eval()
    example = torch.zeros(1, WIDE, WIDE, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the trace-based exporter announces its retirement
        torch.onnx.export(
            deployed, (example,), str(path), input_names=["chip"], output_names=list(OUTPUTS), opset_version=_OPSET,
            dynamic_axes={name: {0: "N"} for name in ("chip", *OUTPUTS)}, dynamo=False,
        )  # fmt: skip
    halve(path)
    model = onnx.load(str(path))
    for key, value in {"facelive.schema": f"{schema.hash:016x}", "facelive.version": "1"}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(path))
    worst = parity(deployed, path, probes_BHWC)
    size = path.stat().st_size
    if max(worst.values()) > _TOLERANCE or size > LARGEST:
        raise WeightsError(f"{path}: differs from torch by {worst}, {size} bytes")
    return worst


def parity(deployed: Deployed, path: Path, probes_BHWC: NDArray[np.uint8]) -> dict[str, float]:
    """Largest absolute difference between torch and the file in ONNX Runtime; styles as probabilities over all."""
    import onnxruntime

    with torch.inference_mode():
        expected = [value.numpy() for value in deployed(torch.from_numpy(probes_BHWC))]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(list(OUTPUTS), {"chip": probes_BHWC})
    out: dict[str, float] = {}
    for name, a, b in zip(OUTPUTS, expected, found, strict=True):
        b = np.asarray(b)
        if name == "style":
            a, b = (np.exp(v - v.max(1, keepdims=True)) for v in (a, b))
        out[name] = float(np.abs(a - b).max())
    return out
