"""What looks at a chip: dlib's network at its middle, FaceRes at all of it; and how far apart faces are to both.

Two networks that learnt to tell people apart from different people and in different ways agree about who somebody is
and not about what they get wrong; and FaceRes sees hair, which ends at the edge of dlib's chip.

Shapes: B batch, M photos, D = 1280 features (256 of dlib's network before its last layer, 1024 of FaceRes), V = 256
numbers of the joint embedding.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.likeness.dlib_network import DlibFace
from facelive.likeness.identity_weights import dlib_face
from facelive.rig.face_chip import CHIP, MARGIN
from facelive.train.translator.face_res import FEATURES as OF_FACE_RES
from facelive.train.translator.face_res import FaceRes, face_res

F32 = NDArray[np.float32]
OF_DLIB = 256
FEATURES = OF_DLIB + OF_FACE_RES
DLIB, FACE_RES = slice(0, OF_DLIB), slice(OF_DLIB, FEATURES)
_UNIT = 0.27
"""What FaceRes' features are multiplied by, so that both kinds vary as much over renders."""
_AXES = 128
"""Of FaceRes' features in the joint embedding."""


class Recognisers(nn.Module):
    """(B, 224, 224, 3) uint8 BGR chips -> (B, D)."""

    def __init__(self, dlib: DlibFace, second: FaceRes) -> None:
        super().__init__()
        self.dlib, self.face_res = dlib, second

    @classmethod
    def shipped(cls) -> Recognisers:
        """Both with their published weights. Raises as ``dlib_face`` and ``face_res`` do."""
        return cls(dlib_face(), face_res()).eval()

    def forward(self, chip_BHWC: Tensor) -> Tensor:
        bgr_BCHW = chip_BHWC.float().permute(0, 3, 1, 2)  # bytes turned to numbers first, for TensorRT
        middle = slice(MARGIN, MARGIN + CHIP)
        rgb_BCHW = bgr_BCHW[:, :, middle, middle].flip(1)
        x_BCHW = self.dlib.first((rgb_BCHW - self.dlib.mean) / 256.0).relu()
        x_BCHW = nn.functional.max_pool2d(x_BCHW, 3, 2)
        for block in self.dlib.blocks:
            x_BCHW = block(x_BCHW)
        return torch.cat([x_BCHW.mean((2, 3)), _UNIT * self.face_res(bgr_BCHW)], 1)


def folded(networks: Recognisers) -> Recognisers:
    """The same function with dlib's affine layers made part of the convolutions before them: a pass less."""
    out = copy.deepcopy(networks).eval()
    for module in out.dlib.modules():
        convolution, affine = getattr(module, "convolution", None), getattr(module, "affine", None)
        if not isinstance(convolution, nn.Conv2d) or not isinstance(affine, nn.Module):
            continue
        gain, offset = affine.get_parameter("gain"), affine.get_parameter("offset")
        assert convolution.bias is not None
        with torch.no_grad():
            convolution.weight.mul_(gain[:, None, None, None])
            convolution.bias.mul_(gain).add_(offset)
        setattr(module, "affine", nn.Identity())  # noqa: B010 (pyright knows the attribute as a layer)
    return out


def embedding(photo_MD: F32) -> F32:
    """(V, D): dlib's last layer, and the directions in which FaceRes' features of photos differ most.

    Each half is scaled so that photos differ as much in either: distances count both networks alike.
    """
    last_VD = dlib_face().last.weight.detach().numpy()
    second_MD = photo_MD[:, FACE_RES] - photo_MD[:, FACE_RES].mean(0)
    axes_VD = np.linalg.svd(second_MD.astype(np.float64), full_matrices=False)[2][:_AXES]
    out = np.zeros((len(last_VD) + len(axes_VD), photo_MD.shape[1]), np.float32)
    for rows, columns, part in (
        (slice(0, len(last_VD)), DLIB, last_VD), (slice(len(last_VD), None), FACE_RES, axes_VD),
    ):  # fmt: skip
        out[rows, columns] = part / np.sqrt((photo_MD[:, columns] @ part.T).var(0).sum())
    return out
