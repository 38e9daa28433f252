"""Labels must follow the picture through every augmentation."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facelive.likeness.projection import project, rotation  # noqa: E402
from facelive.rig.default_schema import default_schema  # noqa: E402
from facelive.rig.mirror import MIRROR_68  # noqa: E402
from facelive.train.encoder.batches import (  # noqa: E402
    BatchMaker,
    RenderSet,
    Sampler,
    euler,
    from_disk,
    jitter,
    recolour,
)

CENTRE = np.array([0.0, 0.05, 0.1], np.float32)


def dotted_set(count: int = 6) -> RenderSet:
    """Black crops with one white blob at landmark 36 and one grey at 45."""
    rng = np.random.default_rng(1)
    landmarks = rng.uniform(0.3, 0.7, (count, 68, 2)).astype(np.float32)
    images = np.zeros((count, 256, 256, 3), np.uint8)
    for image, points in zip(images, landmarks, strict=True):
        for point, value in ((36, 255), (45, 128)):
            x, y = np.rint(points[point] * 256).astype(int)
            image[y - 4 : y + 5, x - 4 : x + 5] = value
    schema = default_schema()
    params = np.repeat(schema.neutral()[None], count, 0)
    pose = np.tile(np.array([0.2, -0.1, 0.05, 0.5, 0.45, 0.2, 0.1, 0, 0.05, 0], np.float32), (count, 1))
    return RenderSet(from_disk(images), params, pose, landmarks, np.ones(count, np.float32))


def brightness(image_CHW: Any, point_2: Any) -> float:
    x, y = (point_2 * 256).round().long().tolist()
    return float(image_CHW[:, y - 1 : y + 2, x - 1 : x + 2].mean())


def test_flip_and_jitter_carry_the_landmarks_along() -> None:
    maker = BatchMaker(default_schema(), dotted_set(), None, seed=3)
    batch = maker.make(0, 256, 6, 0, (0, 0))
    drawn = replace(batch, image_BCHW=(batch.image_BCHW * 255).round().to(torch.uint8))
    fresh = jitter(maker.flip(drawn, np.random.default_rng(0)), np.random.default_rng(1), turn=0.3)
    for image, points in zip(fresh.image_BCHW, fresh.landmarks_BK2, strict=True):
        assert brightness(image / 255.0, points[36]) + brightness(image / 255.0, points[45]) > 0.9
    flipped = maker.flip(batch, np.random.default_rng(0))
    changed = (flipped.landmarks_BK2 != batch.landmarks_BK2).flatten(1).any(1)
    assert changed.any()
    assert not changed.all()
    row = int(changed.nonzero()[0])
    expected = 255.0 / 256.0 - batch.landmarks_BK2[row, MIRROR_68[36], 0]
    assert float(flipped.landmarks_BK2[row, 36, 0]) == pytest.approx(float(expected), abs=1e-6)
    assert float(flipped.pose_B10[row, 0]) == pytest.approx(-float(batch.pose_B10[row, 0]))


def test_jitter_turns_the_pose_as_it_turns_the_picture() -> None:
    """Projecting with the jittered pose gives the jittered projection."""
    maker = BatchMaker(default_schema(), dotted_set(), None, seed=3)
    batch = maker.make(0, 256, 6, 0, (0, 0))
    points = torch.from_numpy(np.random.default_rng(2).normal(0, 0.05, (6, 68, 3)).astype(np.float32))
    centre = torch.from_numpy(CENTRE)
    drawn = (batch.image_BCHW * 255).round().to(torch.uint8)
    before = replace(batch, image_BCHW=drawn, landmarks_BK2=project(points, batch.pose_B10, centre))
    after = jitter(before, np.random.default_rng(5), turn=0.4)
    np.testing.assert_allclose(project(points, after.pose_B10, centre), after.landmarks_BK2, atol=2e-5)


def test_euler_inverts_rotation() -> None:
    angles = torch.from_numpy(np.random.default_rng(0).uniform(-1.2, 1.2, (50, 3)))
    np.testing.assert_allclose(euler(rotation(*angles.unbind(1))), angles, atol=1e-9)


def test_batches_depend_on_the_step_alone() -> None:
    one = BatchMaker(default_schema(), dotted_set(), None, seed=3)
    other = BatchMaker(default_schema(), dotted_set(), None, seed=3)
    one.make(0, 128, 4, 0, (0, 0))
    np.testing.assert_array_equal(
        one.make(1, 128, 4, 0, (4, 0)).image_BCHW, other.make(1, 128, 4, 0, (4, 0)).image_BCHW
    )


def test_sampler_shows_everything_once_an_epoch() -> None:
    sampler = Sampler(10, 0)
    taken = np.concatenate([sampler.take(0, 7), sampler.take(7, 7), sampler.take(14, 6)])
    assert sorted(taken[:10]) == list(range(10))
    assert sorted(taken[10:]) == list(range(10))
    assert list(taken[:10]) != list(taken[10:])


def test_recolour_stays_in_range_and_changes_pictures() -> None:
    image = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    out = recolour(image, np.random.default_rng(0))
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1
    assert (out - image / 255.0).abs().flatten(1).mean(1).min() > 0
    torch.testing.assert_close(recolour(image, np.random.default_rng(0), reach=0.0), image / 255.0)
