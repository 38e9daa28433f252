"""The quick rasteriser against the readable one, and the gathering of samples."""

from __future__ import annotations

import numpy as np
import pytest

from facelive.rig.render import raster
from facelive.rig.render.gather import gather
from facelive.rig.render.reference import rasterise_slowly


def _soup(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random triangles over and beyond a 60 x 50 picture."""
    rng = np.random.default_rng(seed)
    screen = np.column_stack([rng.uniform(-6, 66, (60, 2)), rng.uniform(0.5, 1.5, 60)]).astype(np.float32)
    return screen, rng.integers(0, 60, (80, 3)).astype(np.int32)


@pytest.mark.parametrize("seed", range(5))
def test_quick_rasteriser_draws_what_the_slow_one_draws(seed: int) -> None:
    screen, triangles = _soup(seed)
    w_slow, ids_slow = rasterise_slowly(screen, triangles, 50, 60)
    w, ids = np.zeros((50, 60), np.float32), np.full((50, 60), -1, np.int32)
    raster.rasterise(screen, triangles, 0, len(triangles), False, w, ids)
    same = ids == ids_slow
    assert same.mean() > 0.998  # a sample on an edge may go either way
    np.testing.assert_allclose(w[same], w_slow[same], atol=2e-5)
    assert (ids_slow >= 0).mean() > 0.2


def test_neighbours_leave_no_cracks() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:9, 0:9]
    inner = (x % 8 > 0) & (y % 8 > 0)
    grid = np.stack([x, y], -1) * 9.3 - 3.0 + np.where(inner, 1, 0)[..., None] * rng.uniform(-3, 3, (9, 9, 2))
    screen = np.concatenate([grid.reshape(-1, 2), np.ones((81, 1))], 1).astype(np.float32)
    corner = (y * 9 + x)[:-1, :-1].ravel()
    first = np.stack([corner, corner + 9, corner + 1], 1)
    triangles = np.concatenate([first, np.stack([corner + 1, corner + 9, corner + 10], 1)])
    w, ids = np.zeros((66, 66), np.float32), np.full((66, 66), -1, np.int32)
    raster.rasterise(screen, triangles.astype(np.int32), 0, len(triangles), True, w, ids)
    assert (ids >= 0).all()


def test_gather_weights_sum_to_the_coverage() -> None:
    rng = np.random.default_rng(1)
    ids = rng.integers(-1, 6, (24, 24)).astype(np.int32)
    ids[:8, :8] = 2
    w = np.where(ids >= 0, 1.0 + 0.2 * ids, 0.0).astype(np.float32)
    at, pixel = np.empty((576, 2), np.int32), np.empty(576, np.int32)
    weight, coverage = np.empty(576, np.float32), np.zeros((12, 12), np.float32)
    hair = np.arange(6) == 4
    first, second = gather(w, ids, np.arange(6, dtype=np.uint8), hair, 2, at, pixel, weight, coverage)
    assert np.isin(ids[tuple(at[second:].T)], 4).all()
    assert not np.isin(ids[tuple(at[:first].T)], 4).any()
    at, pixel, weight = (np.concatenate([array[:first], array[second:]]) for array in (at, pixel, weight))
    count = len(pixel)
    np.testing.assert_allclose(np.bincount(pixel[:count], weight[:count], 144), coverage.ravel(), atol=1e-6)
    np.testing.assert_allclose(coverage, (ids >= 0).reshape(12, 2, 12, 2).mean((1, 3)), atol=1e-6)
    assert (pixel[:count] == 0).sum() == 1, "four samples of one triangle are shaded once"
    assert (at[:count] // 2 @ [12, 1] == pixel[:count]).all()
