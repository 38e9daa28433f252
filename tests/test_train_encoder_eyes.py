"""The look at the eyes: where it looks, that it begins by adding nothing, and that an iris's colour can be learnt."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from torch import Tensor  # noqa: E402

from facelive.rig.head import Head  # noqa: E402
from facelive.train.encoder.close_look import Packed, Planes  # noqa: E402
from facelive.train.encoder.eyes import COLUMNS, ROWS, EyeLook  # noqa: E402
from facelive.train.encoder.model import Encoder  # noqa: E402
from facelive.train.encoder.points import EYES, FacePoints  # noqa: E402
from facelive.train.encoder.recipes import encoder_smoke  # noqa: E402

HEAD = Head.default()
POINTS = FacePoints.of(HEAD)


def shown(look: EyeLook, pixels: Planes | Packed, points_BK2: Tensor) -> Tensor:
    """(B, 2, 3, ROWS, COLUMNS) in [0, 1]: the small pictures that the kernels read."""
    seen: list[Tensor] = []
    hook = look.maps.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    look(pixels, points_BK2, torch.zeros(len(points_BK2), 4))
    hook.remove()
    return (seen[0] / 4 + 0.5).unflatten(1, (2, 3))


def turned(points_BK2: Tensor, angle: float, zoom: float) -> Tensor:
    c, s = zoom * np.cos(angle), zoom * np.sin(angle)
    turn = torch.tensor([[c, s], [-s, c]], dtype=torch.float32)
    return (points_BK2 - 0.5) @ turn + 0.5


@pytest.mark.parametrize(("angle", "zoom"), [(0.0, 1.0), (0.4, 0.7)])
def test_both_eyes_are_level_and_of_one_size_however_the_head_is_held(angle: float, zoom: float) -> None:
    """A picture whose red and green say where one is: the small pictures' rows and columns follow the corners."""
    ramp = torch.linspace(0.0, 1.0, 256)
    image = torch.stack([torch.zeros(256, 256), ramp[:, None].expand(256, 256), ramp.expand(256, 256)])[None]
    look = EyeLook(POINTS, 4, 8).eval()
    at = turned(POINTS.home_K2[None], angle, zoom)
    for pixels in (Planes(image), Packed(image.permute(0, 2, 3, 1))):
        small = shown(look, pixels, at)[0]
        assert small.shape == (2, 3, ROWS, COLUMNS)
        place = small[:, [2, 1]] * 255 / 256  # x and y, crop / 256
        for eye, (left, right) in enumerate(EYES):
            width = float((at[0, right] - at[0, left]).norm())
            across = place[eye, :, 0, -1] - place[eye, :, 0, 0]
            down = place[eye, :, -1, 0] - place[eye, :, 0, 0]
            torch.testing.assert_close(across, 1.2 * (at[0, right] - at[0, left]), atol=2e-3, rtol=0)
            assert float(down.norm()) == pytest.approx(0.6 * width, rel=0.03)
            assert abs(float(down @ across)) < 1e-3
            torch.testing.assert_close(
                place[eye].mean((1, 2)), at[0, POINTS.pupils[eye]], atol=2e-3, rtol=0
            )  # the pupil in the middle


def test_it_begins_by_adding_nothing_and_a_rig_without_pupils_has_none() -> None:
    torch.manual_seed(0)
    encoder = Encoder(HEAD.schema, POINTS, replace(encoder_smoke().model, eyes=16)).eval()
    with torch.no_grad():
        encoder.mix.get_parameter("0.weight")[:, -16:] = 0.0
        image = torch.rand(1, 3, 256, 256)
        found = encoder(image)
        plain = Encoder(HEAD.schema, POINTS, replace(encoder_smoke().model, eyes=0)).eval()
        own = {name: value for name, value in encoder.state_dict().items() if "eyes" not in name}
        plain.load_state_dict(own | {"mix.0.weight": own["mix.0.weight"][:, :-16]})
        torch.testing.assert_close(plain(image)["colour"], found["colour"], atol=1e-5, rtol=0)
        assert encoder.from_eyes is not None
        encoder.from_eyes.weight.normal_(std=0.5)
        assert float((encoder(image)["colour"] - found["colour"]).abs().max()) > 1e-3, "and can say something"
    sparse = FacePoints(dense=(), home_K2=POINTS.home_K2[:68], weight_K=torch.ones(68), photo_weight_K=torch.ones(68))
    assert Encoder(HEAD.schema, sparse, encoder_smoke().model).eyes is None


def test_an_iris_of_twelve_pixels_teaches_its_colour_in_any_light() -> None:
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    look = EyeLook(POINTS, 4, 32)
    leave = torch.nn.Linear(32, 3)
    optimiser = torch.optim.Adam([*look.parameters(), *leave.parameters()], 3e-3)
    y, x = np.mgrid[0:256, 0:256]
    home = POINTS.home_K2.numpy() * 256

    def batch(count: int) -> tuple[Tensor, Tensor]:
        colour = rng.uniform(0.1, 0.6, (count, 3)).astype(np.float32)
        light = rng.uniform(0.6, 1.4, (count, 3)).astype(np.float32)
        image = np.full((count, 256, 256, 3), 0.6, np.float32)
        for pupil in POINTS.pupils:
            away = np.hypot(x - home[pupil, 0], y - home[pupil, 1])
            image[:, away < 6] = colour[:, None]
            image[:, away < 2] = 0.03
        seen = (image * light[:, None, None]).clip(0, 1)
        return torch.from_numpy(seen).permute(0, 3, 1, 2), torch.from_numpy(colour)

    losses = []
    for _ in range(120):
        image, colour = batch(16)
        seen = look(Planes(image), POINTS.home_K2.expand(16, -1, -1), torch.zeros(16, 4))
        error = (leave(seen) - colour).abs().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        losses.append(error.item())
    assert np.mean(losses[-10:]) < 0.075  # an answer without looking: .125
