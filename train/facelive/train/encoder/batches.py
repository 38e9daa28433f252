"""From arrays on disk to training batches: random order that can be resumed, mirror, jitter of the crop, colour.

Shapes: B batch, N pictures of a set, P parameters, K points. Pictures are BGR uint8 (N, H, W, 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.likeness.projection import rotation
from facelive.rig.mirror import MIRROR_68, MIRROR_POSE, MIRRORED_AT, POSE_SIGN, POSE_X, Mirror
from facelive.rig.schema import Schema
from facelive.train.data.mediapipe_points import MIRROR_478

Pictures = Callable[[NDArray[np.intp], int], NDArray[np.uint8]]
"""``pictures(indices_B, size) -> (B, size, size, 3)``."""


@dataclass(frozen=True)
class RenderSet:
    """Rendered crops with exact labels (docs/architecture.md names the units)."""

    pictures: Pictures
    params_NP: NDArray[np.float32]
    pose_N10: NDArray[np.float32]
    landmarks_NK2: NDArray[np.float32]
    """Crop / 256."""
    present_N: NDArray[np.float32]
    """0 where the picture shows no face; its other labels mean nothing then."""

    def __len__(self) -> int:
        return len(self.params_NP)


@dataclass(frozen=True)
class PhotoSet:
    """Real crops with weak labels; NaN or weight 0 where there is none."""

    pictures: Pictures
    landmarks_NK2: NDArray[np.float32]
    """68 points, crop / 256."""
    dense_NM2: NDArray[np.float32]
    """478 points, crop / 256."""
    expression_NE: NDArray[np.float32]
    expression_weight_NE: NDArray[np.float32]
    looks_NP: NDArray[np.float32] | None = None
    """Sliders, colours and styles (probabilities) as a recogniser guesses them."""
    looks_weight_N: NDArray[np.float32] | None = None
    """Of sliders and colours."""
    style_weight_N: NDArray[np.float32] | None = None
    """Of styles; None: the same."""
    embedding_ND: NDArray[np.float32] | None = None
    """Whose they are, by the recogniser; counts where ``looks_weight_N`` does."""
    margin: float = 0.0
    """How much of the crop's side its pictures show beyond it on every side; labels still count from the crop."""

    def __len__(self) -> int:
        return len(self.landmarks_NK2)


@dataclass
class Batch:
    """What one step sees: first ``renders`` rows of renders, then photos. Not frozen: Fabric moves the tensors."""

    image_BCHW: Tensor
    """uint8 (channels side by side in memory) while a batch is made; float in [0, 1] when it is ready."""
    renders: int
    params_BP: Tensor
    pose_B10: Tensor
    landmarks_BK2: Tensor
    present_B: Tensor
    dense_BM2: Tensor | None = None
    expression_BE: Tensor | None = None
    expression_weight_BE: Tensor | None = None
    looks_BP: Tensor | None = None
    looks_weight_B: Tensor | None = None
    style_weight_B: Tensor | None = None
    embedding_BD: Tensor | None = None


def in_memory(images: NDArray[np.uint8], size: int) -> Pictures:
    """All pictures shrunk once and kept in memory: for the half-size phase (49 kB a picture at 128)."""
    small = np.empty((len(images), size, size, 3), np.uint8)
    for i, image in enumerate(images):
        cv2.resize(np.asarray(image), (size, size), dst=small[i], interpolation=cv2.INTER_AREA)

    def pictures(indices: NDArray[np.intp], wanted: int) -> NDArray[np.uint8]:
        if wanted != size:
            raise ValueError(f"these pictures are kept at {size}, not {wanted}")
        return small[indices]

    return pictures


def from_disk(images: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> Pictures:
    """Pictures read from (memory-mapped) arrays when asked for, shrunk where the phase is smaller."""
    blocks = images if isinstance(images, list) else [images]
    starts = np.cumsum([0, *(len(block) for block in blocks)])

    def pictures(indices: NDArray[np.intp], size: int) -> NDArray[np.uint8]:
        out = np.empty((len(indices), size, size, 3), np.uint8)
        for row, index in enumerate(indices):
            block = int(np.searchsorted(starts, index, "right")) - 1
            image = np.asarray(blocks[block][index - starts[block]])
            out[row] = image if len(image) == size else cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        return out

    return pictures


class Sampler:
    """Endless random order without repeats inside an epoch; the same for a given seed and step, so a run can resume."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self._epoch, self._order = -1, np.empty(0, np.intp)

    def take(self, start: int, batch: int) -> NDArray[np.intp]:
        """(batch,) indices of the pictures number start, start + 1, ... of the endless order."""
        taken: list[NDArray[np.intp]] = []
        while batch > 0:
            epoch, offset = divmod(start, self.count)
            if epoch != self._epoch:
                self._epoch = epoch
                self._order = np.random.default_rng((self.seed, epoch)).permutation(self.count)
            part = self._order[offset : offset + batch]
            taken.append(part)
            start, batch = start + len(part), batch - len(part)
        return np.concatenate(taken)


class BatchMaker:
    """Builds the batch of a given step; the step alone decides the random numbers."""

    def __init__(self, schema: Schema, renders: RenderSet, photos: PhotoSet | None, seed: int) -> None:
        self.schema, self.renders, self.photos, self.seed = schema, renders, photos, seed
        self.mirror = Mirror.of(schema)
        self.expression_mirror = Mirror.of(schema, schema.group_names("expression"))
        self.render_order = Sampler(len(renders), seed)
        self.photo_order = Sampler(len(photos), seed + 1) if photos else None

    def make(self, step: int, size: int, count: int, photo_count: int, seen: tuple[int, int]) -> Batch:
        """One batch. ``seen``: how many renders and photos were drawn before this step."""
        rng = np.random.default_rng((self.seed, 7, step))
        batch = self._renders(self.render_order.take(seen[0], count), size)
        # Rendered sets are jittered and damaged when they are drawn: a little more keeps epochs apart.
        batch = jitter(self.flip(batch, rng), rng, turn=0.02, shift=0.01, zoom=0.03)
        if self.photos is not None and self.photo_order is not None and photo_count:
            photos = self._photos(self.photos, self.photo_order.take(seen[1], photo_count), size)
            batch = _joined(batch, jitter(self.flip(photos, rng), rng, margin=self.photos.margin))
        return replace(batch, image_BCHW=recolour(batch.image_BCHW, rng))

    def _renders(self, indices: NDArray[np.intp], size: int) -> Batch:
        renders = self.renders
        return Batch(
            image_BCHW=as_tensor(renders.pictures(indices, size)),
            renders=len(indices),
            params_BP=torch.from_numpy(renders.params_NP[indices]),
            pose_B10=torch.from_numpy(renders.pose_N10[indices]),
            landmarks_BK2=torch.from_numpy(renders.landmarks_NK2[indices]),
            present_B=torch.from_numpy(renders.present_N[indices]),
        )

    def _photos(self, photos: PhotoSet, indices: NDArray[np.intp], size: int) -> Batch:
        count = len(indices)
        wide = round(size * (1.0 + 2.0 * photos.margin))
        return Batch(
            image_BCHW=as_tensor(photos.pictures(indices, wide)),
            renders=0,
            params_BP=torch.empty(0, len(self.schema)),
            pose_B10=torch.full((count, self.renders.pose_N10.shape[1]), torch.nan),
            landmarks_BK2=torch.from_numpy(photos.landmarks_NK2[indices]),
            present_B=torch.ones(count),
            dense_BM2=torch.from_numpy(photos.dense_NM2[indices]),
            expression_BE=torch.from_numpy(photos.expression_NE[indices]),
            expression_weight_BE=torch.from_numpy(photos.expression_weight_NE[indices]),
            looks_BP=None if photos.looks_NP is None else torch.from_numpy(photos.looks_NP[indices]),
            looks_weight_B=None if photos.looks_weight_N is None else torch.from_numpy(photos.looks_weight_N[indices]),
            style_weight_B=None if photos.style_weight_N is None else torch.from_numpy(photos.style_weight_N[indices]),
            embedding_BD=None if photos.embedding_ND is None else torch.from_numpy(photos.embedding_ND[indices]),
        )

    def flip(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Mirror half of the rows with all their labels."""
        chosen = torch.from_numpy(rng.random(len(batch.image_BCHW)) < 0.5)

        def where(original: Tensor, mirrored: Tensor) -> Tensor:
            return torch.where(chosen.view(-1, *[1] * (original.ndim - 1)), mirrored, original)

        def points(original: Tensor, order: NDArray[np.intp]) -> Tensor:
            mirrored = original[:, torch.from_numpy(order)].clone()
            mirrored[..., 0] = MIRRORED_AT - mirrored[..., 0]
            return where(original, mirrored)

        pose = batch.pose_B10[:, torch.from_numpy(MIRROR_POSE)] * torch.from_numpy(POSE_SIGN)
        pose[:, POSE_X] = MIRRORED_AT - pose[:, POSE_X]
        order = torch.from_numpy(self.expression_mirror.order)
        flipped = replace(
            batch,
            image_BCHW=where(batch.image_BCHW, batch.image_BCHW.flip(3)),
            landmarks_BK2=points(batch.landmarks_BK2, MIRROR_68),
            pose_B10=where(batch.pose_B10, pose),
        )
        if batch.renders:
            flipped = replace(flipped, params_BP=where(batch.params_BP, self._mirrored(batch.params_BP)))
        if batch.looks_BP is not None:
            flipped = replace(flipped, looks_BP=where(batch.looks_BP, self._mirrored(batch.looks_BP)))
        if batch.dense_BM2 is not None:
            assert batch.expression_BE is not None
            assert batch.expression_weight_BE is not None
            flipped = replace(
                flipped,
                dense_BM2=points(batch.dense_BM2, MIRROR_478),
                expression_BE=where(batch.expression_BE, batch.expression_BE[:, order]),
                expression_weight_BE=where(batch.expression_weight_BE, batch.expression_weight_BE[:, order]),
            )
        return flipped

    def _mirrored(self, params_BP: Tensor) -> Tensor:
        return params_BP[:, torch.from_numpy(self.mirror.order)] * torch.from_numpy(self.mirror.sign)


def _joined(renders: Batch, photos: Batch) -> Batch:
    return replace(
        photos,
        renders=renders.renders,
        params_BP=renders.params_BP,
        image_BCHW=torch.cat([renders.image_BCHW, photos.image_BCHW]),
        pose_B10=torch.cat([renders.pose_B10, photos.pose_B10]),
        landmarks_BK2=torch.cat([renders.landmarks_BK2, photos.landmarks_BK2]),
        present_B=torch.cat([renders.present_B, photos.present_B]),
    )


def as_tensor(image_BHWC: NDArray[np.uint8]) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W), the same memory."""
    return torch.from_numpy(image_BHWC).permute(0, 3, 1, 2)


def jitter(
    batch: Batch,
    rng: np.random.Generator,
    turn: float = 0.12,
    shift: float = 0.05,
    zoom: float = 0.1,
    margin: float = 0.0,
) -> Batch:
    """Turn (rad), shift (share of the side) and zoom each crop, and its labels with it: the tracker is never exact.

    Pictures with a ``margin`` around the crop lose it here. Pictures are uint8.
    """
    count = len(batch.image_BCHW)
    angle = torch.from_numpy(rng.normal(0, turn / 2, count).clip(-turn, turn).astype(np.float32))
    scale = torch.from_numpy(np.exp(rng.uniform(-zoom, zoom, count)).astype(np.float32))
    move = torch.from_numpy(rng.uniform(-shift, shift, (count, 2)).astype(np.float32))
    cos, sin = angle.cos(), angle.sin()
    # A point goes p' = 0.5 + scale * A (p - 0.5) + move; A turns counter-clockwise as seen, y points down.
    turn_B22 = torch.stack([cos, sin, -sin, cos], 1).unflatten(1, (2, 2)) * scale[:, None, None]

    def moved(points: Tensor) -> Tensor:
        return (points - 0.5) @ turn_B22.transpose(1, 2) + 0.5 + move[:, None]

    pose = batch.pose_B10.clone()
    pose[:, 3:5] = moved(pose[:, None, 3:5])[:, 0]
    pose[:, 5] += scale.log()
    zero = torch.zeros_like(angle)
    pose[:, :3] = euler(rotation(zero, zero, angle) @ rotation(pose[:, 0], pose[:, 1], pose[:, 2]))
    dense = None if batch.dense_BM2 is None else moved(batch.dense_BM2)
    image = _warped(batch.image_BCHW, torch.linalg.inv(turn_B22).numpy(), move.numpy(), margin)
    return replace(batch, image_BCHW=image, pose_B10=pose, landmarks_BK2=moved(batch.landmarks_BK2), dense_BM2=dense)


def _warped(image_BCHW: Tensor, back_B22: NDArray[np.float32], move_B2: NDArray[np.float32], margin: float) -> Tensor:
    """The picture of a jitter: places of the new crop, p', are read at back (p' - 0.5 - move) + 0.5 of the old one."""
    wide_BHWC = image_BCHW.permute(0, 2, 3, 1).contiguous().numpy()
    size = round(wide_BHWC.shape[1] / (1.0 + 2.0 * margin))
    half = 0.5 / 256.0  # labels count from the centre of a 256 crop's first pixel
    out = np.empty((len(wide_BHWC), size, size, 3), np.uint8)
    for row, wide in enumerate(wide_BHWC):
        start = back_B22[row] @ (0.5 / size - half - 0.5 - move_B2[row])
        matrix = np.column_stack([back_B22[row], size * (start + 0.5 + margin + half) - 0.5])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(wide, matrix, (size, size), dst=out[row], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return as_tensor(out)


def euler(rotation_B33: Tensor) -> Tensor:
    """(B, 3) yaw, pitch, roll of Ry @ Rx @ Rz; the inverse of ``projection.rotation`` for |pitch| < 90 degrees."""
    pitch = torch.asin((-rotation_B33[:, 1, 2]).clamp(-1.0, 1.0))
    yaw = torch.atan2(rotation_B33[:, 0, 2], rotation_B33[:, 2, 2])
    roll = torch.atan2(rotation_B33[:, 1, 0], rotation_B33[:, 1, 1])
    return torch.stack([yaw, pitch, roll], 1)


def recolour(image_BCHW: Tensor, rng: np.random.Generator, reach: float = 0.12) -> Tensor:
    """uint8 -> float in [0, 1], under another exposure and white balance: a gain per channel."""
    gain = rng.uniform(1.0 - reach, 1.0 + reach, (len(image_BCHW), image_BCHW.shape[1], 1, 1)) / 255.0
    return image_BCHW.float().mul_(torch.from_numpy(gain.astype(np.float32))).clamp_(0.0, 1.0)
