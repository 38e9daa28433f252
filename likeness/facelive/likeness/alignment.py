"""Photo and render through one door: the same colour range, the same orientation, the same differentiable warp.

A picture here is always (B, 3, S, S) float BGR in [0, 1], the encoder's aligned crop; landmarks are (B, 68, 2) in
crop / 256, pixel centres at integers, x right, y down. Every network that compares a photo with a render gets its
input from this file, so neither can arrive transposed, in another range or framed otherwise than its partner.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.errors import UsageError
from facelive.rig.face_chip import ALIGNED, CHIP, PADDING, unit_points

CROP = 256.0
_RANGE_SLACK = 0.05
"""Networks overshoot a little; 0..255 pictures overshoot by far more."""


def picture_tensor(image_HW3: NDArray[np.uint8]) -> Tensor:
    """(1, 3, H, W) float32 BGR in [0, 1] of a BGR uint8 picture. Raises UsageError for anything else."""
    if image_HW3.dtype != np.uint8 or image_HW3.ndim != 3 or image_HW3.shape[2] != 3:
        raise UsageError(f"a picture is (H, W, 3) uint8 BGR, got {image_HW3.dtype} {image_HW3.shape}")
    return torch.from_numpy(np.ascontiguousarray(image_HW3)).permute(2, 0, 1)[None].float() / 255.0


def require_picture(image_BCHW: Tensor) -> Tensor:
    """The same tensor. Raises UsageError unless it is (B, 3, S, S) in [0, 1]: the community code mixed 0..255 in."""
    if image_BCHW.ndim != 4 or image_BCHW.shape[1] != 3 or image_BCHW.shape[2] != image_BCHW.shape[3]:
        raise UsageError(f"a crop is (B, 3, S, S), got {tuple(image_BCHW.shape)}")
    low, high = (float(value) for value in image_BCHW.detach().aminmax())
    if low < -_RANGE_SLACK or high > 1.0 + _RANGE_SLACK:
        raise UsageError(f"a crop's values lie in 0..1, these in {low:.2f}..{high:.2f}: divide by 255")
    return image_BCHW


def in_pixels(landmarks_BK2: Tensor, size: int) -> Tensor:
    """(B, K, 2) pixels of a crop of ``size`` from crop / 256 (pixel centres at integers in both)."""
    return (landmarks_BK2 * CROP + 0.5) * (size / CROP) - 0.5


def similarity(source_BK2: Tensor, target_BK2: Tensor) -> Tensor:
    """(B, 2, 3): scale, turn and shift (no mirror) that bring source to target with the least squared error."""
    source_mean, target_mean = source_BK2.mean(1, keepdim=True), target_BK2.mean(1, keepdim=True)
    s, t = source_BK2 - source_mean, target_BK2 - target_mean
    square = s.square().sum((1, 2)).clamp_min(1e-12)
    a = (s * t).sum((1, 2)) / square
    b = (s[..., 0] * t[..., 1] - s[..., 1] * t[..., 0]).sum(1) / square
    linear_B22 = torch.stack([torch.stack([a, -b], -1), torch.stack([b, a], -1)], 1)
    shift_B2 = target_mean[:, 0] - (linear_B22 @ source_mean[:, 0, :, None])[..., 0]
    return torch.cat([linear_B22, shift_B2[..., None]], 2)


def sample(image_BCHW: Tensor, chip_to_image_B23: Tensor, size: int) -> Tensor:
    """(B, C, size, size): chip pixel (u, v) is the picture at ``chip_to_image @ (u, v, 1)``, bilinear, black outside.

    Pictures much finer than the chip are first halved by areas, as dlib does by its pyramid.
    """
    scale = float(chip_to_image_B23.detach()[:, :, 0].norm(dim=1).mean())
    matrix_B23 = chip_to_image_B23
    while scale >= 2.0:
        image_BCHW = nn.functional.avg_pool2d(image_BCHW, 2)
        # Pixel centres at integers: p -> (p + 0.5) / 2 - 0.5.
        matrix_B23 = 0.5 * matrix_B23 - torch.tensor([0.0, 0.0, 0.25], dtype=matrix_B23.dtype, device=matrix_B23.device)
        scale *= 0.5
    height, width = image_BCHW.shape[2:]
    pixel = torch.arange(size, dtype=image_BCHW.dtype, device=image_BCHW.device)
    v, u = torch.meshgrid(pixel, pixel, indexing="ij")
    chip_3N = torch.stack([u.reshape(-1), v.reshape(-1), torch.ones_like(u).reshape(-1)])
    at_BN2 = (matrix_B23.to(image_BCHW.dtype) @ chip_3N).transpose(1, 2)
    extent = torch.tensor([width - 1.0, height - 1.0], dtype=at_BN2.dtype, device=at_BN2.device)
    grid = (2.0 * at_BN2 / extent - 1.0).unflatten(1, (size, size))
    out_BCSS = nn.functional.grid_sample(image_BCHW, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    # Between the last pixel's centre and nothing, grid_sample fades; dlib is black there at once.
    return out_BCSS * (grid.detach().abs() <= 1.0 + 1e-5).all(-1)[:, None]


def dlib_chip(landmarks_BK2: Tensor, size: int, chip: int = CHIP, padding: float = PADDING) -> Tensor:
    """(B, 2, 3): chip pixels -> pixels of a crop of ``size``, as dlib's ``get_face_chip`` of 68 points cuts them.

    The same as ``rig.face_chip.chip_to_crop``, for batches; a test holds the two together.
    Source: dlib, image_transforms/interpolation.h (get_face_chip_details, centered_drect, extract_image_chips).
    """
    template = torch.as_tensor((padding + unit_points()) / (2.0 * padding + 1.0) * chip, dtype=landmarks_BK2.dtype)
    seen = in_pixels(landmarks_BK2, size)[:, list(ALIGNED)]
    fit = similarity(template.to(seen.device).expand_as(seen), seen)
    middle = fit[:, :, :2].sum(2) * (0.5 * chip) + fit[:, :, 2]
    # dlib maps the chip's corner pixels onto the corners of a rectangle that is one pixel smaller than its size.
    scale = fit[:, :, 0].norm(dim=1)
    stretch = ((chip * scale - 1.0) / ((chip - 1.0) * scale))[:, None, None]
    linear = fit[:, :, :2] * stretch
    shift = middle - linear.sum(2) * (0.5 * (chip - 1.0))
    return torch.cat([linear, shift[..., None]], 2)


def eyes_and_mouth(landmarks_BK2: Tensor, size: int) -> Tensor:
    """(B, 2, 3): pixels of LightCNN's 128 chip -> pixels of a crop of ``size``.

    Source: X. Wu, face_verification_experiment: level eyes at row 40, 48 rows from their middle to the mouth's.
    """
    seen = in_pixels(landmarks_BK2, size)
    left, right = seen[:, 36:42].mean(1), seen[:, 42:48].mean(1)
    eyes, mouth = 0.5 * (left + right), 0.5 * (seen[:, 48] + seen[:, 54])
    across = nn.functional.normalize(right - left, dim=1)
    down = torch.stack([-across[:, 1], across[:, 0]], 1)
    scale = ((mouth - eyes) * down).sum(1, keepdim=True).clamp_min(1.0) / 48.0
    linear = torch.stack([across * scale, down * scale], 2)
    anchor = torch.tensor([64.0, 40.0], dtype=seen.dtype, device=seen.device)
    return torch.cat([linear, (eyes - linear @ anchor)[..., None]], 2)
