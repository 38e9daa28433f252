"""From trained weights to the ONNX file of the contract, checked against torch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import WeightsError
from facelive.rig.schema import Schema
from facelive.stream.both_ways import LEARNT_BOTH
from facelive.train.encoder.close_look import Packed
from facelive.train.encoder.model import Encoder, cells, head_sizes
from facelive.train.encoder.points import LANDMARKS

INPUTS = ("image", "person")
OUTPUTS = ("identity", "style", "colour", "expression", "pose", "landmarks", "confidence")
_CLAMPED = ("identity", "colour", "expression")
_OPSET = 17
_CROP = 256
MAPS = "facelive.maps"
"""Metadata: which points have a heat map."""
_HOTTEST = 60.0
"""Logits' bound where nothing else keeps their exponentials finite. Those of the encoder that ships lie within 25."""


class Deployed(nn.Module):
    """Crop (B, 256, 256, 3) uint8 BGR and person (B, I + 1) -> the contract's outputs, clamped to their ranges.

    The encoder's function, its heat maps arranged for speed: cell by cell, as the trunk's maps lie in memory, which a
    product in 8 bits needs; those that are looked at apart, so that nobody gathers them; no biases, which a softmax
    does not see. The second look reads the bytes as they came.

    late: means are divided by what the maps weigh after they are taken, where a softmax divides all their cells
    before. It spares a CPU two passes over them; numbers of 16 bits, as GPUs take them, would overflow.
    """

    looked_CL: Tensor
    others_CM: Tensor
    order: Tensor
    cells_2N: Tensor

    def __init__(self, encoder: Encoder, *, late: bool = False) -> None:
        super().__init__()
        self.encoder, self.late = encoder, late
        weight_KC = encoder.places.weight.detach().flatten(1)
        looked = encoder.looked.tolist()
        others = [k for k in range(len(weight_KC)) if k not in set(looked)]
        made = [*looked, *others]
        self.register_buffer("looked_CL", weight_KC[looked].T.contiguous())
        self.register_buffer("others_CM", weight_KC[others].T.contiguous())
        self.register_buffer("order", torch.tensor([made.index(k) for k in range(encoder.map_count)]))
        self.register_buffer("cells_2N", cells(encoder.config.sight // 4).T.contiguous())

    def forward(self, image_BHWC: Tensor, person_BM: Tensor) -> tuple[Tensor, ...]:
        image_BHWC = image_BHWC.float() * (1.0 / 255.0)  # at once: TensorRT does nothing else with bytes
        fine_BCHW, coarse_BCHW = self.encoder.features(image_BHWC.permute(0, 3, 1, 2))
        fine_BNC = fine_BCHW.permute(0, 2, 3, 1).flatten(1, 2)
        looked_BNL, others_BNM = (self._heat(fine_BNC @ weight) for weight in (self.looked_CL, self.others_CM))
        seen_BLC = looked_BNL.transpose(1, 2) @ fine_BNC
        if self.late:
            cells_3N = torch.cat([self.cells_2N, torch.ones_like(self.cells_2N[:1])])
            found_B3K = torch.cat([cells_3N @ looked_BNL, cells_3N @ others_BNM], 2)
            found_B2K = found_B3K[:, :2] / found_B3K[:, 2:]
            seen_BLC = seen_BLC / found_B3K[:, 2, : seen_BLC.shape[1], None]
        else:
            found_B2K = torch.cat([self.cells_2N @ looked_BNL, self.cells_2N @ others_BNM], 2)
        points_BK2 = self.encoder.place(found_B2K[:, :, self.order].transpose(1, 2))
        outputs = self.encoder.answer(Packed(image_BHWC), points_BK2, seen_BLC, coarse_BCHW, person_BM)
        for name in _CLAMPED:
            outputs[name] = outputs[name].clamp(0.0, 1.0)
        outputs["confidence"] = outputs["confidence"].sigmoid()
        return tuple(outputs[name] for name in OUTPUTS)

    def _heat(self, logits_BNM: Tensor) -> Tensor:
        return logits_BNM.clamp(-_HOTTEST, _HOTTEST).exp() if self.late else logits_BNM.softmax(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parity:
    """Largest difference per output between two ways to run the same network on the same crops: absolute, but of
    logits, which may be 50, as a share."""

    worst: dict[str, float]

    def check(self, tolerance: float) -> None:
        """Raise WeightsError if any output differs by more than the tolerance."""
        off = {name: value for name, value in self.worst.items() if value > tolerance}
        if off:
            raise WeightsError(f"the exported network differs from torch by more than {tolerance}: {off}")


def export_onnx(
    encoder: Encoder, schema: Schema, path: Path, probes_BHWC: NDArray[np.uint8], *, late: bool = False
) -> Parity:
    """Write ``path`` and compare it with torch on the probe crops (uint8 BGR). The batch size stays free.

    late: see ``Deployed``; for what a CPU alone will run.
    """
    import onnx

    deployed = Deployed(encoder, late=late).eval()
    person = len(schema.indices("identity")) + 1
    example = (torch.zeros(1, _CROP, _CROP, 3, dtype=torch.uint8), torch.zeros(1, person))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the trace-based exporter announces its retirement; its graphs quantise best
        torch.onnx.export(
            deployed,
            example,
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "N"} for name in (*INPUTS, *OUTPUTS)},
            opset_version=_OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    for key, value in (metadata(schema) | {MAPS: maps_of(encoder)}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    with torch.inference_mode():
        expected = {
            name: value.numpy()
            for name, value in zip(
                OUTPUTS, deployed(torch.from_numpy(probes_BHWC), torch.zeros(len(probes_BHWC), person)), strict=True
            )
        }
    return compare(expected, run_onnx(path, probes_BHWC))


def maps_of(encoder: Encoder) -> str:
    """Numbers of the points with a heat map, as an exported file names them."""
    return ",".join(str(number) for number in encoder.at_M.tolist())


def metadata(schema: Schema) -> dict[str, str]:
    """What every encoder file says about itself."""
    sizes = head_sizes(schema)
    sizes = {name: sizes.get(name, 2 * LANDMARKS) for name in OUTPUTS}
    return {
        "facelive.schema": f"{schema.hash:016x}",
        "facelive.version": "1",
        "facelive.framing": "eyes-level box68 side1.75 up0.15",
        LEARNT_BOTH: "1",
        "facelive.heads": ",".join(f"{name}={size}" for name, size in sizes.items()),
    }


def run_onnx(path: Path, images_BHWC: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """All outputs for all crops of strangers, one at a time through ONNX Runtime: what parity is measured against."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    person = {"person": stranger(session)} if len(session.get_inputs()) > 1 else {}
    rows = [session.run(list(OUTPUTS), {"image": image[None], **person}) for image in images_BHWC]
    return {name: np.concatenate([np.asarray(row[i]) for row in rows]) for i, name in enumerate(OUTPUTS)}


def stranger(session: Any) -> NDArray[np.float32]:
    """(1, I + 1) zeros: the person input for somebody new. session: of ONNX Runtime."""
    return np.zeros((1, session.get_inputs()[1].shape[1]), np.float32)


def compare(one: dict[str, NDArray[np.float32]], other: dict[str, NDArray[np.float32]]) -> Parity:
    """Largest difference per output, of a value larger than 1 as a share of it; empty outputs count 0."""

    def worst(name: str) -> float:
        size = np.maximum(np.abs(one[name]), 1.0)
        return float((np.abs(one[name] - other[name]) / size).max(initial=0.0))

    return Parity(worst={name: worst(name) for name in one})
