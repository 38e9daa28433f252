"""How well an imitator draws people that it was never trained on: per pixel, by part, landmarks, and a sheet.

Shapes: B batch, H W picture, R regions.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.likeness.imitator import Imitator
from facelive.rig.mesh import Segment
from facelive.train.imitator.examples import Batch, Examples
from facelive.train.imitator.losses import IGNORED
from facelive.train.imitator.preview import to_pictures, write_preview

_GROUPS: dict[str, tuple[Segment, ...]] = {
    "skin": (Segment.SKIN,),
    "brows": (Segment.BROW_LEFT, Segment.BROW_RIGHT),
    "eyes": (Segment.EYE_LEFT, Segment.EYE_RIGHT),
    "nose": (Segment.NOSE,),
    "mouth": (Segment.UPPER_LIP, Segment.LOWER_LIP, Segment.INNER_MOUTH, Segment.TEETH, Segment.TONGUE),
    "beard": (Segment.BEARD,),
    "hair": (Segment.HAIR,),
    "ears": (Segment.EARS,),
    "neck": (Segment.NECK,),
    "cloth": (Segment.CLOTH,),
    "glasses": (Segment.GLASSES,),
    "background": (Segment.BACKGROUND,),
}
_FACE = ("skin", "brows", "eyes", "nose", "mouth", "beard")
_POLYGONS = {"eyes": (slice(36, 42), slice(42, 48)), "mouth": (slice(48, 60),), "face": (slice(0, 27),)}
_BATCH = 16
_SHOWN = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was measured on the test part. L1 is per pixel and channel, pictures in 0 .. 1."""

    pictures: int
    l1: float
    """Everywhere."""
    l1_by_part: dict[str, float]
    """Also "face": skin, brows, eyes, nose, mouth, beard. By masks, or by polygons of the landmarks."""
    sharpness: dict[str, float]
    """Edges of the imitation as a share of the reference's, by part: 1 is as sharp, less is blurred."""
    landmarks_px: float
    """Mean distance of the 68 points, pixels of a 256 crop; NaN where none is known."""
    iou: dict[str, float]
    """Intersection over union of the parts that it draws; empty if it knows no parts."""


@torch.inference_mode()
def evaluate(model: Imitator, examples: Examples, limit: int = 512) -> Figures:
    """On at most ``limit`` test pictures, spread evenly. Raises FileError if the set keeps nothing for the test."""
    chosen = _chosen(examples, limit)
    device = next(iter(model.parameters())).device
    error, edges_drawn, edges_true, area = Sums(), Sums(), Sums(), Sums()
    inside, union = Sums(), Sums()
    landmarks: list[float] = []
    for start in range(0, len(chosen), _BATCH):
        batch = examples.batch(chosen[start : start + _BATCH], model.size)
        drawn = model(batch.appearance_BN.to(device), batch.pose_B10.to(device))
        image_BHWC = drawn.image_BCHW.float().permute(0, 2, 3, 1).cpu().numpy()
        true_BHWC = batch.image_BHWC.numpy().astype(np.float32) / 255.0
        apart_BHW = np.abs(image_BHWC - true_BHWC).mean(3)
        for name, mask_BHW in _regions(batch, model.size).items():
            area.add(name, mask_BHW.sum())
            error.add(name, apart_BHW[mask_BHW].sum())
            edges_drawn.add(name, _edges(image_BHWC)[mask_BHW].sum())
            edges_true.add(name, _edges(true_BHWC)[mask_BHW].sum())
        known_B = batch.landmarks_BK2.isfinite().all((1, 2))
        gaps_BK2 = drawn.landmarks_BK2.cpu()[known_B] - batch.landmarks_BK2[known_B]
        landmarks += (gaps_BK2.norm(dim=2).mean(1) * 256.0).tolist()
        if drawn.parts_BSHW is not None and batch.segments_BHW is not None:
            _count_parts(drawn.parts_BSHW.argmax(1).cpu().numpy(), batch.segments_BHW.numpy(), inside, union)
    by_part = error.over(area)
    return Figures(
        pictures=len(chosen),
        l1=by_part.pop("all"),
        l1_by_part=by_part,
        sharpness=edges_drawn.over(edges_true),
        landmarks_px=float(np.mean(landmarks)) if landmarks else float("nan"),
        iou=inside.over(union),
    )


def write_report(model: Imitator, examples: Examples, folder: Path, limit: int = 512) -> Figures:
    """``figures.json``, ``sheet.png`` (twelve test pictures) and ``eyes.png`` (their eyes and mouths, enlarged)."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = evaluate(model, examples, limit)
    text = json.dumps(asdict(figures), indent=1)
    (folder / "figures.json").write_text(text.replace("NaN", "null") + "\n", encoding="utf-8")
    shown = examples.batch(_chosen(examples, _SHOWN), model.size)
    device = next(iter(model.parameters())).device
    for name in ("appearance_BN", "pose_B10"):
        setattr(shown, name, getattr(shown, name).to(device))
    write_preview(folder / "sheet.png", model, shown, tile=min(256, model.size))
    if examples.has_landmarks and not cv2.imwrite(str(folder / "eyes.png"), _details(model, shown)):
        raise FileError(f"cannot write {folder / 'eyes.png'}")
    return figures


class Sums:
    """Named totals."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, name: str, value: float) -> None:
        """To a total, from 0."""
        self.values[name] = self.values.get(name, 0.0) + float(value)

    def over(self, other: Sums) -> dict[str, float]:
        """Each total divided by the other's of the same name; what has none there is left out."""
        return {name: value / other.values[name] for name, value in self.values.items() if other.values.get(name)}


def _chosen(examples: Examples, limit: int) -> NDArray[np.intp]:
    if not len(examples.test):
        raise FileError(f"{examples.folder} keeps no pictures for the test: it needs at least ten people")
    places = np.linspace(0, len(examples.test) - 1, min(limit, len(examples.test))).astype(np.intp)
    return examples.test[np.unique(places)]


def _regions(batch: Batch, size: int) -> dict[str, NDArray[np.bool_]]:
    """(B, H, W) each: which pixels belong to which part."""
    count = len(batch.image_BHWC)
    found: dict[str, NDArray[np.bool_]] = {"all": np.ones((count, size, size), bool)}
    if batch.segments_BHW is not None:
        fine_BHW = batch.segments_BHW.numpy().repeat(2, 1).repeat(2, 2)
        found |= {name: np.isin(fine_BHW, [int(p) for p in parts]) for name, parts in _GROUPS.items()}
        found["face"] = np.any([found[name] for name in _FACE], 0)
        return found
    points_BK2 = (batch.landmarks_BK2.numpy() + 0.5 / 256.0) * size - 0.5
    for name, polygons in _POLYGONS.items():
        masks = np.zeros((count, size, size), np.uint8)
        for mask, points in zip(masks, points_BK2, strict=True):
            for polygon in polygons:
                if np.isfinite(points[polygon]).all():
                    hull = cv2.convexHull(np.rint(points[polygon]).astype(np.int32))
                    cv2.fillConvexPoly(mask, hull, 1)
        found[name] = masks > 0
    return found


def _edges(image_BHWC: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, H, W) size of the step to the right and to the pixel below."""
    grey_BHW = image_BHWC.mean(3)
    across = np.abs(np.diff(grey_BHW, axis=2, append=grey_BHW[:, :, -1:]))
    down = np.abs(np.diff(grey_BHW, axis=1, append=grey_BHW[:, -1:]))
    return (across + down).astype(np.float32)


def _count_parts(drawn_BHW: NDArray[np.integer], true_BHW: NDArray[np.uint8], inside: Sums, union: Sums) -> None:
    seen = true_BHW != IGNORED
    for name, parts in _GROUPS.items():
        ours, theirs = (np.isin(m, [int(p) for p in parts]) & seen for m in (drawn_BHW, true_BHW))
        inside.add(name, (ours & theirs).sum())
        union.add(name, (ours | theirs).sum())


@torch.inference_mode()
def _details(model: Imitator, shown: Batch, tile: int = 192) -> NDArray[np.uint8]:
    """One row per example: eyes and mouth of the reference, then of the imitation."""
    imitated = to_pictures(model(shown.appearance_BN, shown.pose_B10).image_BCHW)
    points_BK2 = (shown.landmarks_BK2.numpy() + 0.5 / 256.0) * model.size
    rows: list[NDArray[np.uint8]] = []
    for true, ours, points in zip(shown.image_BHWC.numpy(), imitated, points_BK2, strict=True):
        if not np.isfinite(points).all():
            continue
        cuts = [
            _cut(picture, points[where], tile) for where in (slice(36, 48), slice(48, 68)) for picture in (true, ours)
        ]
        rows.append(np.concatenate(cuts, 1))
    return np.concatenate(rows) if rows else np.zeros((tile, tile, 3), np.uint8)


def _cut(picture: NDArray[np.uint8], points_K2: NDArray[np.floating], tile: int) -> NDArray[np.uint8]:
    middle, reach = points_K2.mean(0), 0.7 * float(np.ptp(points_K2[:, 0])) + 1.0
    scale = 0.5 * tile / reach
    matrix = np.array([[scale, 0.0, 0.5 * tile - scale * middle[0]], [0.0, scale, 0.5 * tile - scale * middle[1]]])
    return np.asarray(cv2.warpAffine(picture, matrix, (tile, tile), flags=cv2.INTER_LINEAR), np.uint8)
