"""A translator to go on from: weights of a training, or the file that ships."""

from __future__ import annotations

from pathlib import Path

import torch

from facelive.errors import FileError
from facelive.likeness.onnx_weights import initialisers
from facelive.rig.schema import Schema
from facelive.train.translator.domains import Domains
from facelive.train.translator.network import Sizes, Translator, load_translator

_PREFIX = "translator."
_RANK = 1e-5
"""Below this, over the largest, a singular value of the map is the direction that it drops, and rounding."""


def begin_with(path: Path, schema: Schema, domains: Domains | None = None) -> Translator:
    """From a translator.pt, or an exported translator.onnx, whose map of features is part of its first layers.

    domains: the map to take out of them again, for trainings that add noise behind it; without it that of an exported
    file does nothing. What the layers made of the directions that the map drops is lost (they had been blind to most
    of it). Raises FileError if the file holds no translator of this rig.
    """
    if path.suffix != ".onnx":
        return load_translator(path, schema)
    state = initialisers(path, _PREFIX)
    try:
        hidden, features = state["body.0.weight"].shape
        net = Translator(features, Sizes.of(schema), features, hidden)
        plain = {"mean_D": torch.zeros(features), "enter_DK": torch.eye(features)}
        net.load_state_dict(state | plain)
        if domains is not None:
            net = _behind(net, schema, domains)
    except (KeyError, ValueError, RuntimeError) as error:
        raise FileError(f"{path} holds no translator of this rig: {str(error).splitlines()[0]}") from error
    return net.eval()


@torch.no_grad()
def _behind(raw: Translator, schema: Schema, domains: Domains) -> Translator:
    """The same function of ``domains``' whitened features: x = mean + white @ pinv(enter)."""
    enter_DK, mean_D = torch.from_numpy(domains.enter_DK), torch.from_numpy(domains.mean_D)
    back_KD = torch.linalg.pinv(enter_DK.double(), rtol=_RANK).float()
    state = raw.state_dict() | {"mean_D": mean_D, "enter_DK": enter_DK}
    for layer in ("body.0", "straight"):
        weight = state[f"{layer}.weight"]
        state[f"{layer}.bias"] = state[f"{layer}.bias"] + weight @ mean_D
        state[f"{layer}.weight"] = weight @ back_KD.T
    out = Translator(len(mean_D), Sizes.of(schema), enter_DK.shape[1], raw.leave.in_features)
    out.load_state_dict(state)
    return out
