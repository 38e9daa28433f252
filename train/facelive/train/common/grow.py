"""Weights of a network in one of the same form, or with more and wider layers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from facelive.errors import FileError


@torch.no_grad()
def grow_into(model: nn.Module, smaller: Mapping[str, Tensor]) -> None:
    """Copy the weights of a network with the same layers, or fewer and narrower ones, into ``model``.

    Where a layer has grown, what is new is 0: what it says stays the same until training moves it. Layers that the
    smaller one lacks keep their start. Raises FileError if a layer of the smaller one has no place.
    """
    own = model.state_dict()
    for name, value in smaller.items():
        place = own.get(name)
        if (
            place is None
            or place.ndim != value.ndim
            or any(a < b for a, b in zip(place.shape, value.shape, strict=True))
        ):
            raise FileError(f"the weights to start from do not fit this recipe: {name} is {tuple(value.shape)} there")
        if place.shape != value.shape:
            place.zero_()
        place[tuple(slice(n) for n in value.shape)] = value
