"""Damage and occlusion: same seed, same picture; shapes and types stay; nothing happens when switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facelive.train.data.degrade import Degradation, degrade
from facelive.train.data.occlusion import KINDS, occlude


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (128, 128, 3)).astype(np.uint8)


def test_no_damage_is_no_change() -> None:
    out, damage = degrade(picture(), Degradation.none(), np.random.default_rng(0))
    np.testing.assert_array_equal(out, picture())
    assert damage.exposure == 1.0
    assert damage.jpeg_quality == 100.0


@pytest.mark.parametrize("seed", range(8))
def test_damage_is_decided_by_the_seed(seed: int) -> None:
    one, first = degrade(picture(), Degradation(), np.random.default_rng(seed))
    two, second = degrade(picture(), Degradation(), np.random.default_rng(seed))
    np.testing.assert_array_equal(one, two)
    assert first == second
    assert one.shape == (128, 128, 3)
    assert one.dtype == np.uint8


def test_every_step_leaves_its_mark() -> None:
    off = Degradation.none()
    for step in ("grey", "motion_blur", "blur", "small", "noise", "jpeg"):
        changed = [
            not np.array_equal(degrade(picture(), replace(off, **{step: 1.0}), np.random.default_rng(s))[0], picture())
            for s in range(4)
        ]
        assert any(changed), step


def test_occlusion_hides_what_its_mask_says() -> None:
    image = np.full((128, 128, 3), 200, np.uint8)
    shares = []
    for seed in range(40):
        out, mask = occlude(image, np.array([90.0, 110.0, 150.0]), np.random.default_rng(seed))
        assert out.shape == image.shape
        assert out.dtype == np.uint8
        assert 0.0 <= mask.min() <= mask.max() <= 1.0
        np.testing.assert_array_equal(out[mask == 0.0], 200)
        shares.append(mask.mean())
    assert len(KINDS) == 5
    assert 0.03 < float(np.mean(shares)) < 0.4
