"""Pictures of the built-in head: masks, landmarks, depth, colours, sizes. Small pictures; kernels compile once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facelive.errors import SchemaError, UsageError
from facelive.rig.appearance.textures import textures
from facelive.rig.head import Head
from facelive.rig.mesh import Material, Segment
from facelive.rig.render import Camera, Gradient, Renderer, Scene
from facelive.rig.tiny import tiny_head

SIZE = 128


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.default()


@pytest.fixture(scope="module")
def renderer(head: Head) -> Renderer:
    return Renderer(head, SIZE)


def _close_up() -> Scene:
    return Scene(camera=Camera.portrait(SIZE, SIZE, tall=0.2))


def _of(head: Head, **values: float) -> np.ndarray:
    return head.schema.to_vector({name.replace("__", ":"): value for name, value in values.items()})


def _area(picture_parts: np.ndarray, *segments: Segment) -> int:
    return int(np.isin(picture_parts, segments).sum())


def test_the_same_request_gives_the_same_bytes(head: Head, renderer: Renderer) -> None:
    first = renderer.render(head.schema.neutral())
    other = renderer.render(_of(head, jawOpen=1.0))
    again = Renderer(head, SIZE).render(head.schema.neutral())
    assert first.image_HW3.tobytes() == again.image_HW3.tobytes()
    assert first.parts_HW.tobytes() == again.parts_HW.tobytes()
    assert other.image_HW3.tobytes() != first.image_HW3.tobytes()


def test_every_part_of_a_face_is_named(head: Head, renderer: Renderer) -> None:
    parts = renderer.render(head.schema.neutral()).parts_HW
    for segment in (
        Segment.BACKGROUND, Segment.SKIN, Segment.BROW_LEFT, Segment.BROW_RIGHT, Segment.EYE_LEFT, Segment.EYE_RIGHT,
        Segment.NOSE, Segment.UPPER_LIP, Segment.LOWER_LIP, Segment.HAIR, Segment.EARS, Segment.NECK, Segment.CLOTH,
    ):  # fmt: skip
        assert (parts == segment).any(), segment.name
    columns = np.arange(SIZE)
    left, right = ((parts == s) @ columns / (parts == s).sum() for s in (Segment.EYE_LEFT, Segment.EYE_RIGHT))
    assert left.sum() > right.sum(), "the subject's left eye is right in the picture"


def test_landmarks_lie_on_what_they_name(head: Head, renderer: Renderer) -> None:
    picture = renderer.render(head.schema.neutral(), _close_up())
    points = picture.landmarks68_K2
    rows, columns = np.nonzero(np.isin(picture.parts_HW, (Segment.EYE_LEFT, Segment.EYE_RIGHT)))
    eyes = np.stack([columns, rows], 1)
    gaps = np.linalg.norm(points[36:48, None] - eyes[None], axis=-1).min(1)
    assert gaps.max() < 4.0
    column, row = np.rint(points[[51, 57, 33]]).astype(int).T
    around = [picture.parts_HW[r - 2 : r + 3, c - 2 : c + 3] for c, r in zip(column, row, strict=True)]
    for seen, segment in zip(around, (Segment.UPPER_LIP, Segment.LOWER_LIP, Segment.NOSE), strict=True):
        assert (seen == segment).any(), segment.name
    assert picture.visible68_K[27:].mean() > 0.9


def test_an_open_jaw_shows_the_mouth(head: Head, renderer: Renderer) -> None:
    inside = (Segment.INNER_MOUTH, Segment.TEETH, Segment.TONGUE)
    areas = [_area(renderer.render(_of(head, jawOpen=x), _close_up()).parts_HW, *inside) for x in (0.0, 0.4, 1.0)]
    assert areas[0] < 40 < areas[1] < areas[2]


def test_teeth_do_not_pass_through_a_receding_chin(head: Head, renderer: Renderer) -> None:
    """They do in space, by millimetres; skin that is near in front of them hides them all the same."""
    smile = {"jawOpen": 0.5, "jawForward": 0.3, "mouthRollLower": 0.5, "mouthShrugLower": 0.6, "chin-prominent": 0.0}
    smile |= {
        f"{name}{side}": x for name, x in (("mouthSmile", 0.85), ("mouthLowerDown", 0.2)) for side in ("Left", "Right")
    }
    picture = renderer.render(_of(head, **smile), _close_up())
    points = picture.landmarks68_K2
    low, chin = int(points[[56, 57, 58], 1].max()) + 2, int(points[8, 1])
    below = picture.parts_HW[low:chin, int(points[48, 0]) : int(points[54, 0])]
    assert _area(below, Segment.INNER_MOUTH, Segment.TEETH, Segment.TONGUE) == 0
    assert _area(picture.parts_HW, Segment.TEETH) > 20, "and they are seen where the mouth is open"


def test_a_blink_hides_the_eye(head: Head, renderer: Renderer) -> None:
    seen = [renderer.render(_of(head, eyeBlinkLeft=x), _close_up()).parts_HW for x in (0.0, 1.0)]
    left = [_area(parts, Segment.EYE_LEFT) for parts in seen]
    assert left[1] < 0.25 * left[0]
    assert abs(_area(seen[0], Segment.EYE_RIGHT) - _area(seen[1], Segment.EYE_RIGHT)) <= 2


def test_depth_is_the_distance_of_the_surface(head: Head, renderer: Renderer) -> None:
    picture = renderer.render(head.schema.neutral(), _close_up())
    camera = Camera.portrait(SIZE, SIZE, tall=0.2)
    assert np.isinf(picture.depth_HW[picture.parts_HW == Segment.BACKGROUND]).all()
    vertices = head.pose(head.solve(head.schema.neutral()), head.schema.neutral())
    tip = vertices[vertices[:, 2].argmax()]
    column, row = np.rint(camera.project(tip[None])[0]).astype(int)
    assert picture.depth_HW[row, column] == pytest.approx(-(tip[2] + camera.translation[2]), abs=2e-3)


def test_skin_takes_its_colour(head: Head, renderer: Renderer) -> None:
    seen = []
    for rgb in ((0.92, 0.76, 0.68), (0.60, 0.42, 0.32), (0.34, 0.23, 0.17)):
        picture = renderer.render(_of(head, skin__r=rgb[0], skin__g=rgb[1], skin__b=rgb[2]), _close_up())
        seen.append(picture.image_HW3[picture.parts_HW == Segment.SKIN].mean(0)[::-1] / 255.0)
        assert np.abs(seen[-1] - rgb).max() < 0.14
    assert (seen[0] > seen[1]).all()
    assert (seen[1] > seen[2]).all()


def test_styles_change_what_they_name(head: Head, renderer: Renderer) -> None:
    def parts(**values: float) -> np.ndarray:
        return renderer.render(head.schema.clip(_of(head, **values)), _close_up()).parts_HW

    assert _area(parts(beard__full=1.0, beard__none=0.0), Segment.BEARD) > 300
    assert _area(parts(), Segment.BEARD) == 0
    assert _area(parts(hair__bald=1.0, hair__short=0.0), Segment.HAIR) == 0
    brows = (Segment.BROW_LEFT, Segment.BROW_RIGHT)
    bushy = _area(parts(brow__bushy=1.0, brow__natural=0.0), *brows)
    assert bushy > 1.5 * _area(parts(brow__thin=1.0, brow__natural=0.0), *brows)


def test_the_head_turns_with_its_landmarks(head: Head, renderer: Renderer) -> None:
    straight, turned = (renderer.render(_of(head, headYaw=yaw)) for yaw in (0.0, 0.5))
    assert turned.landmarks68_K2[30, 0] > straight.landmarks68_K2[30, 0] + 5
    assert turned.landmarks478_K2.shape[1] == 2
    lips = np.isin(turned.parts_HW, (Segment.UPPER_LIP, Segment.LOWER_LIP))
    assert np.nonzero(lips)[1].mean() > 0.5 * SIZE + 3


@pytest.mark.parametrize("size", [1, (31, 17), (40, 90)])
def test_any_size(head: Head, size: int | tuple[int, int]) -> None:
    picture = Renderer(head, size, samples=1, texture=128).render(head.schema.neutral())
    height, width = (size, size) if isinstance(size, int) else size
    assert picture.image_HW3.shape == (height, width, 3)
    assert picture.depth_HW.shape == (height, width)


def test_backgrounds(head: Head, renderer: Renderer) -> None:
    params = head.schema.neutral()
    plain = renderer.render(params, Scene(background=(0.2, 0.5, 0.9))).image_HW3
    np.testing.assert_allclose(plain[2, 2, ::-1] / 255.0, (0.2, 0.5, 0.9), atol=0.01)
    photo = np.zeros((50, 70, 3), np.uint8)
    photo[:25] = (10, 200, 90)
    shown = renderer.render(params, Scene(background=photo)).image_HW3
    np.testing.assert_allclose(shown[3, 3], (10, 200, 90), atol=2)
    assert np.ptp(renderer.render(params, Scene(background=Gradient())).image_HW3[0].astype(int)) > 3
    with pytest.raises(UsageError):
        renderer.render(params, Scene(background=np.zeros((4, 4), np.uint8)))


def test_a_background_that_is_filled_anew_is_seen(head: Head, renderer: Renderer) -> None:
    """A program that puts a face before its video uses one buffer for all frames."""
    buffer = np.zeros((64, 64, 3), np.uint8)
    scene = Scene(background=buffer)
    assert renderer.render(head.schema.neutral(), scene).image_HW3[0, 0].max() == 0
    buffer[:] = (0, 0, 255)
    assert renderer.render(head.schema.neutral(), scene).image_HW3[0, 0].tolist() == [0, 0, 255]


def test_light_and_shadow(head: Head, renderer: Renderer) -> None:
    params, scene = head.schema.neutral(), _close_up()
    lit, flat = (renderer.render(params, replace(scene, shadows=on)) for on in (True, False))
    neck = lit.parts_HW == Segment.NECK
    assert lit.image_HW3[neck].mean() < flat.image_HW3[neck].mean() - 3
    dark = renderer.render(params, replace(scene, exposure=0.3))
    face = lit.parts_HW == Segment.SKIN
    assert dark.image_HW3[face].mean() < 0.8 * lit.image_HW3[face].mean()
    assert renderer.render(params, replace(scene, lights=())).image_HW3[face].mean() < flat.image_HW3[face].mean()


def test_the_tiny_rig_renders() -> None:
    head = tiny_head()
    picture = Renderer(head, 64).render(head.schema.neutral())
    ball = picture.parts_HW != Segment.BACKGROUND
    assert 0.1 < ball.mean() < 0.9
    assert len(picture.landmarks68_K2) == 68
    blue, green, red = picture.image_HW3[ball].mean(0)
    assert blue > green > red
    assert textures(head, head.schema.neutral()) == {}


def test_textures_for_other_engines(head: Head) -> None:
    made = textures(head, head.schema.neutral(), 128)
    assert made[Material.SKIN].shape == (128, 128, 3)
    assert made[Material.LASH].shape[-1] == 4
    assert made[Material.HAIR].shape[-1] == 4
    assert made[Material.EYE].dtype == np.uint8
    with pytest.raises(UsageError):
        textures(head, head.schema.neutral(), 8)


def test_bad_requests_are_refused(head: Head, renderer: Renderer) -> None:
    with pytest.raises(SchemaError):
        renderer.render(np.zeros(3))
    for wrong in ({"size": 0}, {"size": (10, 9000)}, {"size": 8, "samples": 5}):
        with pytest.raises(UsageError):
            Renderer(head, **wrong)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError):
        Camera.portrait(10, 10, fov=0.1)
