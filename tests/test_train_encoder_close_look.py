"""The second look: what it reads, that it begins by doing nothing, and that it learns to find what pixels show."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facelive.rig.head import Head  # noqa: E402
from facelive.train.encoder.close_look import CloseLook, Packed, Planes  # noqa: E402
from facelive.train.encoder.points import FEATURES, LANDMARKS, FacePoints  # noqa: E402


def bare(home_K2: np.ndarray) -> FacePoints:
    """The points of a rig without dense ones."""
    ones = torch.ones(len(home_K2))
    return FacePoints(dense=(), home_K2=torch.from_numpy(home_K2), weight_K=ones, photo_weight_K=ones)


def test_it_reads_pixels_where_labels_count_them() -> None:
    """A label is the centre of a pixel, in pixels of the crop, over 256."""
    image = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), dtype=np.uint8)
    image_BCHW = torch.from_numpy(image).permute(0, 3, 1, 2).float() / 255
    at = torch.tensor([[0.0, 0.0], [17.0, 203.0], [255.0, 255.0], [90.5, 40.0], [-30.0, 300.0], [254.6, 9.3]]) / 256.0
    for pixels in (Planes(image_BCHW), Packed(torch.from_numpy(image).float() / 255)):
        found = pixels.colours(at.expand(2, -1, -1))
        for k, (x, y) in enumerate(((0, 0), (17, 203), (255, 255))):
            torch.testing.assert_close(found[..., k], image_BCHW[:, :, y, x], atol=1e-4, rtol=0)
        torch.testing.assert_close(found[..., 3], image_BCHW[:, :, 40, 90:92].mean(-1), atol=1e-4, rtol=0)
        torch.testing.assert_close(
            found[..., 4], image_BCHW[:, :, 255, 0], atol=1e-4, rtol=0
        )  # beyond the edge: the edge
        torch.testing.assert_close(
            pixels.green(at[3].expand(2, 1, 2), at - at[3])[:, 0], found[:, 1], atol=1e-4, rtol=0
        )


def test_what_it_looks_at_sits_on_features_and_irises_have_a_middle() -> None:
    points = FacePoints.of(Head.default())
    assert [points.dense[k - LANDMARKS] for k in points.close] == list(FEATURES)
    assert len(points.irises) == 8
    home = points.home_K2.numpy() * 256
    for pupil, rim in points.irises:
        assert 2.0 < np.linalg.norm(home[pupil] - home[rim]) < 12.0, "a rim of that very pupil"
    assert bare(np.zeros((LANDMARKS, 2), np.float32)).close == tuple(range(17, LANDMARKS))


def test_it_begins_by_moving_nothing() -> None:
    points = FacePoints.of(Head.default())
    look = CloseLook(points, 4, 16).eval()
    at = points.home_K2.expand(2, -1, -1)
    moved, seen = look(Planes(torch.rand(2, 3, 256, 256)), at, torch.zeros_like(at))
    torch.testing.assert_close(moved, at, atol=0, rtol=0)
    assert seen.shape == (2, 16)


def test_it_learns_to_find_a_spot_that_the_maps_missed_by_pixels() -> None:
    """A faint dark spot under each point, in noise and under any light; the maps had all been up to 4 pixels off."""
    rng = np.random.default_rng(1)
    torch.manual_seed(0)
    home = np.stack([40 + 22.0 * (np.arange(LANDMARKS) % 9), 40 + 24.0 * (np.arange(LANDMARKS) // 9)], 1)
    points = bare((home / 256).astype(np.float32))
    look = CloseLook(points, 6, 96)
    y, x = np.mgrid[:256, :256]

    def drawn(count: int) -> Any:
        shift = rng.uniform(-4, 4, (count, 1, 2))
        images = np.empty((count, 3, 256, 256), np.float32)
        for image, (sx, sy) in zip(images, shift[:, 0], strict=True):
            waves = (np.cos((x - 40 - sx) * (2 * np.pi / 22)) + np.cos((y - 40 - sy) * (2 * np.pi / 24))) / 4 + 0.5
            image[:] = rng.uniform(0.3, 0.9) * (1 - 0.5 * waves**8) + rng.normal(0, 0.02, (256, 256))
        true = (home + shift) / 256
        found = np.broadcast_to(home / 256, true.shape)
        return torch.from_numpy(images), *(torch.from_numpy(a.astype(np.float32)) for a in (found, true))

    optimiser = torch.optim.Adam(look.parameters(), lr=4e-3)
    for _ in range(60):
        image, found, true = drawn(16)
        loss = (look(Planes(image), found, torch.zeros_like(found))[0] - true).abs().mean() * 256
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    look.eval()
    image, found, true = drawn(32)
    with torch.no_grad():
        after = (look(Planes(image), found, torch.zeros_like(found))[0] - true).norm(dim=-1).mean() * 256
    before = (found - true).norm(dim=-1).mean() * 256
    assert before > 2.5
    assert after < 0.4 * before
