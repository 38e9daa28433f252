"""Measure what an identity network's embeddings say about a rig: the file that ``facelive fit`` starts from.

``python -m facelive.train.recognition --renders DIR --photos CACHE -o recognition.npz``: renders of ``facelive dataset
render``, photos as a cache of ``facelive.train.data.photos`` (training people only). What leaves it are means, one
covariance and one linear map; no photo and no single person's numbers.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.likeness.fit_recognition import Recognition, measure
from facelive.likeness.identity import IdentityNetwork, open_identity
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.data.mediapipe_points import POINTS_68
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.shards import ShardReader

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_BATCH = 16


def embed(network: IdentityNetwork, images_N: NDArray[np.uint8], landmarks_NK2: F32) -> F32:
    """(N, D) of crops (N, S, S, 3) BGR uint8 with landmarks in pixels of the 256 crop."""
    rows: list[F32] = []
    for start in range(0, len(images_N), _BATCH):
        part = slice(start, start + _BATCH)
        image = torch.from_numpy(np.ascontiguousarray(images_N[part])).permute(0, 3, 1, 2).float() / 255.0
        points = torch.from_numpy(np.ascontiguousarray(landmarks_NK2[part], np.float32)) / 256.0
        with torch.no_grad():
            rows.append(network(image, points).numpy())
    return np.concatenate(rows)


def of_renders(network: IdentityNetwork, folder: Path, schema: Schema, limit: int) -> tuple[F32, F32]:
    """(N, D) and (N, P) of at most ``limit`` renders that show a face. Raises FileError or SchemaError."""
    reader = ShardReader(folder, schema)
    found: list[tuple[F32, F32]] = []
    for images, points, params in _shown(reader):
        found.append((embed(network, images, points), params))
        log.info("%d renders", sum(len(e) for e, _ in found))
        if sum(len(e) for e, _ in found) >= limit:
            break
    return np.concatenate([e for e, _ in found])[:limit], np.concatenate([p for _, p in found])[:limit]


def _shown(reader: ShardReader) -> Iterator[tuple[NDArray[np.uint8], F32, F32]]:
    names = ("images", "landmarks68", "params", "present")
    for images, points, params, present in zip(*(reader.blocks(name) for name in names), strict=True):
        rows = np.flatnonzero(present[:] > 0)
        yield images[rows], points[rows], params[rows]


def of_photos(network: IdentityNetwork, folder: Path, limit: int) -> tuple[F32, NDArray[np.int32]]:
    """(M, D) and (M,) whose they are; colour photos that MediaPipe is sure of, spread over all people."""
    cache = PhotoCache.open(folder)
    rows = np.flatnonzero(cache.sure_N & cache.colour_N)
    rows = rows[:: max(1, len(rows) // limit)][:limit]
    points = cache.landmarks478_N[rows][:, POINTS_68, :2]
    return embed(network, cache.images_N[rows], points), cache.person_N[rows]


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--renders", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=4000, help="renders at most")
    parser.add_argument("--dlib-weights", type=Path, default=None)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    schema = Head.default().schema
    network = open_identity("dlib", options.dlib_weights)
    drawn_ND, params_NP = of_renders(network, options.renders, schema, options.count)
    photo_MD, person_M = of_photos(network, options.photos, options.count)
    found: Recognition = measure(schema, drawn_ND, params_NP, photo_MD, person_M)
    found.save(options.output)
    log.info("%s: %d renders, %d photos of %d people", options.output, len(drawn_ND), len(photo_MD), len(set(person_M)))


if __name__ == "__main__":
    as_command(main)
