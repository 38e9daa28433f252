"""``facelive train encoder``: rendered data and (optional) photos in, the two ONNX files of the contract out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import MARGIN, PhotoCache
from facelive.train.data.shards import ShardReader
from facelive.train.data.teacher import Teacher
from facelive.train.encoder.batches import PhotoSet, RenderSet, from_disk, in_memory
from facelive.train.encoder.export import compare, export_onnx, run_onnx
from facelive.train.encoder.half import halve
from facelive.train.encoder.imitated import Frozen
from facelive.train.encoder.loop import TrainConfig, Trainer
from facelive.train.encoder.model import Encoder
from facelive.train.encoder.photo_looks import photo_looks
from facelive.train.encoder.quantise import cost, quantise
from facelive.train.encoder.recipes import EncoderRecipe

log = logging.getLogger(__name__)
_CROP = 256.0
_CALIBRATION = 256
"""Crops that set the ranges of int8; more change nothing (docs/log.md)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What a run left behind."""

    complete: bool
    """False if the budget ended first: the same command goes on."""
    weights: Path | None = None
    onnx: Path | None = None
    int8: Path | None = None


def train_encoder(data: Path, photos: Path | None, recipe: EncoderRecipe, config: TrainConfig) -> Trained:
    """Train (or go on training) and export.

    data: a folder of ``facelive dataset render``. photos: a photo cache (``facelive.train.data.photos``) or None.
    Raises FileError and SchemaError for sets that are missing, damaged or of another rig.
    """
    head = Head.default()
    reader = ShardReader(data, head.schema)
    cache = PhotoCache.open(photos) if photos is not None else None
    teacher = Teacher.load() if cache is not None else None

    @lru_cache(1)
    def photo_set(size: int) -> PhotoSet | None:
        return photos_of(cache, teacher, head.schema, size) if cache is not None and teacher is not None else None

    through = any(phase.imitated for phase in recipe.phases) and photos is not None
    frozen = Frozen.open(head, config.imitator) if through else None
    trainer = Trainer(head, recipe, config, lambda size: renders_of(reader, size), photo_set, frozen)
    if not trainer.run():
        return Trained(complete=False)
    return export_all(trainer.averaged(), reader, head.schema, config.output)


def renders_of(reader: ShardReader, size: int) -> RenderSet:
    """The renders for a phase; shrunk pictures are kept in memory, full ones are read from disk."""
    blocks = reader.images
    stored = blocks[0].shape[1]
    pictures = from_disk(blocks)
    if size < stored:
        pictures = _shrunk(pictures, len(reader), size)
    return RenderSet(
        pictures=pictures,
        params_NP=reader.join("params").astype(np.float32),
        pose_N10=reader.join("pose").astype(np.float32),
        landmarks_NK2=(reader.join("landmarks68") / _CROP).astype(np.float32),
        present_N=reader.join("present").astype(np.float32),
    )


def photos_of(cache: PhotoCache, teacher: Teacher, schema: Schema, size: int) -> PhotoSet:
    """Photos with annotated points where these can be trusted, else MediaPipe's; the teacher gives the expressions."""
    points = cache.landmarks68_N.copy()
    doubtful = cache.suspicious_N | ~np.isfinite(points).all((1, 2))
    points[doubtful] = cache.landmarks478_N[doubtful][:, POINTS_68, :2]
    usable = np.flatnonzero(np.isfinite(points).all((1, 2)))
    expression, weight = teacher.labels(cache.scores_N[usable], schema, cache.angles_N[usable])
    looks = photo_looks(cache, schema)
    wide = from_disk(cache.wide_N)
    margin = MARGIN / _CROP
    chosen = usable.copy()

    def pictures(indices: NDArray[np.intp], wanted: int) -> NDArray[np.uint8]:
        return wide(chosen[indices], wanted)

    shown = pictures if size == _CROP else _shrunk(pictures, len(usable), round(size * (1 + 2 * margin)))
    return PhotoSet(
        pictures=shown,
        landmarks_NK2=(points[usable] / _CROP).astype(np.float32),
        dense_NM2=(cache.landmarks478_N[usable][..., :2] / _CROP).astype(np.float32),
        expression_NE=expression,
        expression_weight_NE=weight,
        looks_NP=looks.params_NP[usable],
        looks_weight_N=looks.weight_N[usable],
        style_weight_N=looks.style_weight_N[usable],
        embedding_ND=looks.embedding_ND[usable],
        margin=margin,
    )


def _shrunk(
    pictures: Callable[[NDArray[np.intp], int], NDArray[np.uint8]], count: int, size: int
) -> Callable[[NDArray[np.intp], int], NDArray[np.uint8]]:
    """All pictures at one small size, in memory."""
    log.info("reading %d pictures at %d pixels", count, size)
    blocks = [pictures(np.arange(i, min(i + 512, count)), size) for i in range(0, count, 512)]
    return in_memory(np.concatenate(blocks), size)


def export_all(encoder: Encoder, reader: ShardReader, schema: Schema, output: Path) -> Trained:
    """Weights, both ONNX files and what they cost in ``output``; some crops of the renders set the ranges of int8."""
    weights = output / "encoder.pt"
    torch.save(encoder.state_dict(), weights)
    crops = from_disk(reader.images)(np.linspace(0, len(reader) - 1, _CALIBRATION).astype(np.intp), 256)
    onnx, int8 = output / "encoder.onnx", output / "encoder.int8.onnx"
    parity = export_onnx(encoder, schema, onnx, crops[:16])
    parity.check(1e-3)
    exact = run_onnx(onnx, crops[:16])
    for_cpu = output / "encoder.cpu.onnx"
    try:
        export_onnx(encoder, schema, for_cpu, crops[:16], late=True)
        compare(exact, run_onnx(for_cpu, crops[:16])).check(1e-3)
        quantise(for_cpu, int8, crops)
    finally:
        for_cpu.unlink(missing_ok=True)
    halve(onnx)
    half = compare(exact, run_onnx(onnx, crops[:16]))
    half.check(2e-2)
    report = {"parity": parity.worst, "half": half.worst, "int8": cost(onnx, int8, crops[:128])}
    (output / "export.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    log.info("exported: %s", report)
    return Trained(complete=True, weights=weights, onnx=onnx, int8=int8)
