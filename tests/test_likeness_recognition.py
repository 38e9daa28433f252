"""Measuring a recogniser: renders that show a face, their parameters beside the embeddings, in any batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="recognition needs torch")

from facelive.rig.head import Head  # noqa: E402
from facelive.train.data import shards  # noqa: E402
from facelive.train.recognition import embed, of_renders  # noqa: E402

SCHEMA = Head.default().schema


class Mean:
    """Three numbers: the picture's mean colour; it also wants landmarks in crop / 256."""

    def __call__(self, image_BCHW: Any, landmarks_BK2: Any) -> Any:
        assert float(landmarks_BK2.max()) <= 1.0
        return image_BCHW.mean((2, 3))


def toy_set(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    params = rng.uniform(0, 1, (count, len(SCHEMA))).astype(np.float32)
    images = np.zeros((count, 32, 32, 3), np.uint8)
    images[..., 0] = (255 * params[:, 0]).astype(np.uint8)[:, None, None]
    manifest = {"format": shards.FORMAT, "version": shards.VERSION, "schema": f"{SCHEMA.hash:016x}"}
    shards.write_json(folder / shards.MANIFEST, manifest)
    arrays = {
        "images": images, "params": params, "landmarks68": np.full((count, 68, 2), 200.0, np.float32),
        "present": (np.arange(count) % 4 > 0).astype(np.float32),
    }  # fmt: skip
    shards.write_shard(folder, 0, arrays)


def test_renders_without_a_face_are_left_out(tmp_path: Path) -> None:
    toy_set(tmp_path, 40)
    network: Any = Mean()
    drawn_ND, params_NP = of_renders(network, tmp_path, SCHEMA, 100)
    assert drawn_ND.shape == (30, 3)
    assert params_NP.shape == (30, len(SCHEMA))
    np.testing.assert_allclose(drawn_ND[:, 0], params_NP[:, 0], atol=0.01)
    assert len(of_renders(network, tmp_path, SCHEMA, 7)[0]) == 7


def test_batches_do_not_matter() -> None:
    network: Any = Mean()
    images = np.random.default_rng(1).integers(0, 255, (37, 8, 8, 3), dtype=np.uint8)
    rows = embed(network, images, np.zeros((37, 68, 2), np.float32))
    np.testing.assert_allclose(rows, images.mean((1, 2)) / 255.0, atol=1e-5)
