"""From an exported file back to weights that can be trained: the way to go on from the encoder that ships.

An export has its batch norms multiplied into the convolutions before them. They are set up again so that the function
stays: ``unfold`` gives every one of them the means and spreads that the layer before it shows on real crops, and the
scale and shift that undo them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import FileError
from facelive.likeness.onnx_weights import graph_of
from facelive.train.encoder.batches import RenderSet
from facelive.train.encoder.export import MAPS, maps_of
from facelive.train.encoder.model import CROP, Encoder

_PREFIX, _HALF = "encoder.", ".half"
PLACED = "placed.weight"
"""What encoders have in which some heat maps place all points."""
OLDER = "is an encoder of before the 72 heat maps: it runs as it did, and cannot be trained further"
_SETTLED = 512
_BEGUN = 3.0**-0.5
"""Size of the kernels that torch begins with, times the root of the number of their inputs."""


def settling_crops(renders: RenderSet) -> NDArray[np.uint8]:
    """(B, 256, 256, 3) the first pictures of a set: the same crops for everybody who unfolds the same file."""
    return renders.pictures(np.arange(min(len(renders), _SETTLED)), CROP)


def check_exported(path: Path) -> None:
    """Raises FileError if a file is no ONNX file, or an encoder of before the choice of heat maps."""
    names = {one.name.removesuffix(_HALF) for one in graph_of(path).initializer}
    if any(name.startswith(_PREFIX) for name in names) and _PREFIX + PLACED not in names:
        raise FileError(f"{path} {OLDER}")


def unfold(path: Path, encoder: Encoder, crops_BHWC: NDArray[np.uint8]) -> None:
    """Fill ``encoder`` with the weights of an exported file, which computes the same on strangers to rounding.

    crops_BHWC: (B, 256, 256, 3) BGR, of which the batch norms take their statistics. Heat maps' biases, which a softmax
    does not see, are lost. Raises FileError if the file is no encoder of this form.
    """
    check_exported(path)
    graph = graph_of(path)
    try:
        if (maps := _maps(path)) != maps_of(encoder):
            raise ValueError(maps)
        encoder.load_state_dict(_state(graph, encoder), strict=True)
    except (KeyError, RuntimeError, ValueError) as error:
        raise FileError(
            f"{path} is not an encoder of this recipe's form; give the encoder.onnx (not int8) that a training exported"
        ) from error
    _settle(encoder, crops_BHWC)


def _state(graph: Any, encoder: Encoder) -> dict[str, Tensor]:
    """What ``load_state_dict`` wants, from a ``GraphProto``. Folded batch norms do nothing yet but add the bias."""
    from onnx import numpy_helper

    found = {
        one.name.removesuffix(_HALF): torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer
    }
    state = dict(encoder.state_dict())
    own = {name.removeprefix(_PREFIX): value for name, value in found.items() if name.startswith(_PREFIX)}
    state |= {name: value.float() for name, value in own.items()}
    missing = set(state) - set(own)
    for node in graph.node:
        if node.op_type not in ("Conv", "MatMul") or not node.input[1].startswith("onnx::"):
            continue
        module = _module(node.name)
        weight = found[node.input[1]].float()
        state[f"{module}.weight"] = weight.T if node.op_type == "MatMul" else weight
        missing.discard(f"{module}.weight")
        if node.op_type == "Conv":
            norm = f"{module[:-1]}{int(module[-1]) + 1}"
            folded = {"weight": torch.ones(len(weight)), "bias": found[node.input[2]].float()}
            folded |= {"running_mean": torch.zeros(len(weight)), "running_var": torch.ones(len(weight))}
            state |= {f"{norm}.{name}": value for name, value in folded.items()}
            missing -= {f"{norm}.{name}" for name in folded}
    state["places.weight"] = _places(found["looked_CL"], found["others_CM"], encoder)
    state["places.bias"] = torch.zeros(len(state["places.weight"]))
    missing = {n for n in missing if not n.startswith("places.") and not n.endswith(("num_batches_tracked", "at_M"))}
    if missing:
        raise KeyError(sorted(missing)[0])
    return state


def _maps(path: Path) -> str:
    """Which points' maps the file has."""
    import onnx

    return {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}.get(MAPS, "")


def _module(node: str) -> str:
    """The module of a node: "/trunk/stages.0/stages.0.1/first/first.0/Conv" is of "trunk.stages.0.1.first.0"."""
    parts = node.strip("/").split("/")[:-1]
    return ".".join(a for a, b in zip(parts, [*parts[1:], ""], strict=True) if not b.startswith(a + "."))


def _places(looked_CL: Tensor, others_CM: Tensor, encoder: Encoder) -> Tensor:
    """The heat maps' kernels in their own order: see ``export.Deployed``."""
    count, looked = encoder.places.out_channels, encoder.looked.tolist()
    out_KC11 = torch.zeros_like(encoder.places.weight)
    out_KC11[looked, :, 0, 0] = looked_CL.T.float()
    out_KC11[[k for k in range(count) if k not in set(looked)], :, 0, 0] = others_CM.T.float()
    return out_KC11


@torch.no_grad()
def _settle(encoder: Encoder, crops_BHWC: NDArray[np.uint8], batch: int = 16) -> None:
    """Give each folded batch norm (it does nothing so far) the statistics of what it reads, and undo them."""
    pairs = [
        (one, other)
        for block in encoder.modules() if isinstance(block, nn.Sequential)
        for one, other in pairwise(block) if isinstance(one, nn.Conv2d) and isinstance(other, nn.BatchNorm2d)
    ]  # fmt: skip
    norms = [norm for _, norm in pairs]
    sums = {norm: (torch.zeros(norm.num_features), torch.zeros(norm.num_features)) for norm in norms}

    def watch(norm: nn.BatchNorm2d) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            first_C, second_C = sums[norm]
            first_C += inputs[0].mean((2, 3)).sum(0)
            second_C += inputs[0].square().mean((2, 3)).sum(0)

        return hook

    hooks = [norm.register_forward_pre_hook(watch(norm)) for norm in norms]
    was_training = encoder.training
    for norm in norms:
        norm.weight.fill_((1.0 + norm.eps) ** 0.5)
    encoder.eval()
    for start in range(0, len(crops_BHWC), batch):
        crops = torch.from_numpy(crops_BHWC[start : start + batch])
        encoder(crops.permute(0, 3, 1, 2).float() * (1.0 / 255.0))
    for hook in hooks:
        hook.remove()
    for convolution, norm in pairs:
        mean_C, square_C = (total / len(crops_BHWC) for total in sums[norm])
        spread_C = (square_C - mean_C.square()).clamp_min(1e-6)
        # A kernel's size means nothing before a norm, but an optimiser's step is large or small against it.
        size = float(convolution.weight.square().mean().sqrt()) * convolution.weight[0].numel() ** 0.5
        larger = max(1.0, _BEGUN / max(size, 1e-6))
        convolution.weight.mul_(larger)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(larger * mean_C)
        norm.running_var.copy_(larger**2 * spread_C)
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() / larger)
        norm.bias.add_(mean_C)
    encoder.train(was_training)
