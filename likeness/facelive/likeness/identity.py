"""Who is it: networks that turn a face into numbers, behind one interface.

All of them take the same crops and landmarks (see ``alignment``), align and scale them as they were trained, and give
an embedding; ``losses.identity_loss`` compares two of them.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from facelive.errors import ExtraMissing, UsageError
from facelive.likeness.alignment import dlib_chip, eyes_and_mouth, require_picture, sample
from facelive.likeness.dlib_network import DlibFace
from facelive.likeness.identity_weights import dlib_face
from facelive.likeness.lightcnn import LightCnn29
from facelive.rig.face_chip import CHIP, PLACEMENTS

IdentityName = Literal["dlib", "lightcnn"]


class IdentityNetwork(nn.Module):
    """(B, 3, S, S) BGR in [0, 1] and (B, 68, 2) landmarks in crop / 256 -> (B, D). Frozen, with gradients to pixels."""

    name: str = ""

    @abstractmethod
    def chips(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> Tensor:
        """What the network is shown: its own crop, channels and range."""

    @abstractmethod
    def embed(self, chips: Tensor) -> Tensor:
        """(B, D) of its own chips."""

    def forward(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> Tensor:
        """(B, D). The alignment is taken as given: no gradient flows into the landmarks through it."""
        return self.embed(self.chips(require_picture(image_BCHW), landmarks_BK2.detach()))

    def of_a_still(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> Tensor:
        """(B, D) the mean of what it says of a picture in all ``PLACEMENTS``: less of what the cut does to it."""
        middle_B12 = landmarks_BK2.mean(1, keepdim=True)
        rows: list[Tensor] = []
        for zoom, mirrored in PLACEMENTS:
            chips = self.chips(require_picture(image_BCHW), middle_B12 + math.exp(zoom) * (landmarks_BK2 - middle_B12))
            rows.append(self.embed(chips.flip(-1) if mirrored else chips))
        return torch.stack(rows).mean(0)


class DlibIdentity(IdentityNetwork):
    """dlib's network on dlib's own 150 x 150 chips, RGB in 0..255; 128 numbers."""

    name = "dlib"

    def __init__(self, network: DlibFace) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)

    def chips(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> Tensor:
        """(B, 3, 150, 150) RGB, 0..255."""
        chip = sample(image_BCHW, dlib_chip(landmarks_BK2, image_BCHW.shape[-1], CHIP), CHIP)
        return 255.0 * chip.flip(1)

    def embed(self, chips: Tensor) -> Tensor:
        return self.network(chips)


class LightCnnIdentity(IdentityNetwork):
    """LightCNN-29 v2 on its 128 x 128 chips, grey in 0..1; 256 numbers."""

    name = "lightcnn"

    def __init__(self, network: LightCnn29) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)

    def chips(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> Tensor:
        """(B, 1, 128, 128) grey, 0..1."""
        grey = image_BCHW.new_tensor([0.114, 0.587, 0.299]).view(1, 3, 1, 1)
        return sample(
            (image_BCHW * grey).sum(1, keepdim=True), eyes_and_mouth(landmarks_BK2, image_BCHW.shape[-1]), 128
        )

    def embed(self, chips: Tensor) -> Tensor:
        return self.network(chips)


def open_identity(name: IdentityName = "dlib", weights: Path | None = None) -> IdentityNetwork:
    """A network by name. weights: its published file; None: dlib's as shipped or installed.

    Raises FileError or WeightsError for a wrong file, ExtraMissing or UsageError where there is none.
    """
    if name == "dlib":
        return DlibIdentity(dlib_face(weights))
    if name != "lightcnn":
        raise UsageError(f"there is no identity network {name!r}: take dlib or lightcnn")
    if weights is None:
        raise ExtraMissing(
            "LightCNN's weights are in no package registry: give the published LightCNN_29Layers_V2 file"
        )
    return LightCnnIdentity(LightCnn29.load(weights))
