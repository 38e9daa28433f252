"""The head's geometry: additive, symmetric, rigid where it must be, the same code for both rigs."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from facelive.errors import FileError, SchemaError
from facelive.rig.head import DATA, Head
from facelive.rig.parts import Part, Region
from facelive.rig.rotation import angles, rotation
from facelive.rig.tiny import tiny_head

HEADS = [pytest.param(Head.default, id="built-in"), pytest.param(tiny_head, id="tiny")]


def drawn(head: Head, seed: int) -> np.ndarray:
    """Random but lawful parameters."""
    rng = np.random.default_rng(seed)
    schema = head.schema
    params = (schema.minimum + (schema.maximum - schema.minimum) * rng.random(len(schema))).astype(np.float32)
    return schema.clip(params)


@pytest.mark.parametrize("make", HEADS)
def test_shapes_and_finite(make) -> None:
    head = make()
    vertices = head.solve(head.schema.neutral())
    assert vertices.shape == (head.vertex_count, 3)
    assert vertices.dtype == np.float32
    assert np.isfinite(head.solve(drawn(head, 0))).all()
    assert head.triangles_T3.max() == head.vertex_count - 1
    assert head.uv_triangles_T3.max() == len(head.uv_U2) - 1
    assert head.part_T.shape == (len(head.triangles_T3),)
    assert head.head_weight_V.shape == head.occlusion_V(head.schema.neutral()).shape == (head.vertex_count,)
    assert head.uv_U2.min() >= 0.0
    assert head.uv_U2.max() <= 1.0


@pytest.mark.parametrize("make", HEADS)
def test_dense_reference_agrees_with_solve(make) -> None:
    head = make()
    some = np.random.default_rng(1).choice(head.vertex_count, 60, replace=False)
    if head.data.eyeballs_2K.size:
        of_eyes = np.isin(head.part_T, (Part.EYE_LEFT, Part.EYE_RIGHT))
        some = np.concatenate([some, head.triangles_T3[of_eyes].ravel()[:8]])
    block = head.linear(some)
    for seed in range(3):
        params = drawn(head, seed)
        np.testing.assert_allclose(block.evaluate(params), head.solve(params)[some], atol=3e-6)


@pytest.mark.parametrize("make", HEADS)
def test_linear_at_landmarks(make) -> None:
    head = make()
    params = drawn(head, 5)
    expected = head.landmarks68.points(head.solve(params), head.triangles_T3)
    np.testing.assert_allclose(head.linear(head.landmarks68).evaluate(params), expected, atol=3e-6)


@pytest.mark.parametrize("make", HEADS)
def test_expressions_add_up(make) -> None:
    head = make()
    schema, offsets = head.schema, head.expression_offsets()
    rest = head.solve(schema.neutral())
    params = schema.neutral()
    names = schema.group_names("expression")[:4]
    for name in names:
        params[schema.index(name)] = 0.7
    expected = rest + 0.7 * sum(offsets[name] for name in names)
    np.testing.assert_allclose(head.solve(params), expected, atol=1e-6)


@pytest.mark.parametrize("make", HEADS)
def test_style_colour_and_pose_do_not_change_the_shape(make) -> None:
    head = make()
    params = head.schema.neutral()
    changed = params.copy()
    for group in ("style", "colour"):
        changed[head.schema.indices(group)] = 1.0
    changed[head.schema.index("headYaw")] = 0.5
    np.testing.assert_array_equal(head.solve(params), head.solve(changed))


@pytest.mark.parametrize("make", HEADS)
def test_sliders_move_something_and_ends_differ(make) -> None:
    head = make()
    neutral = head.schema.neutral()
    rest = head.solve_identity(neutral)
    for index in head.schema.indices("identity"):
        moved = []
        for value in (head.schema.minimum[index], head.schema.maximum[index]):
            params = neutral.copy()
            params[index] = value
            moved.append(np.abs(head.solve_identity(params) - rest).max())
        assert max(moved) > 2e-4, head.schema.names[index]


def test_built_in_head_is_symmetric() -> None:
    head = Head.default()
    rest = head.solve_identity(head.schema.neutral()).astype(np.float64)
    skin = np.unique(head.triangles_T3[head.part_T == Part.SKIN])
    points = rest[skin]
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(skin), 300, replace=False)
    mirrored = points[chosen] * [-1, 1, 1]
    partner = np.array([np.argmin(((points - point) ** 2).sum(1)) for point in mirrored])
    assert np.abs(points[partner] - mirrored).max() < 5e-4
    for seed in range(3):
        params = head.schema.neutral()
        where = head.schema.indices("identity")
        params[where] = np.clip(params[where] + 0.12 * np.random.default_rng(seed).standard_normal(len(where)), 0, 1)
        moved = head.solve_identity(params).astype(np.float64)[skin]
        error = np.abs(moved[partner] - moved[chosen] * [-1, 1, 1]).max(1)
        assert np.median(error) < 1e-4
        assert error.max() < 2.5e-3


def test_stored_precision() -> None:
    """Half a step of float16 at every stored offset: at most 0.012 mm, typically far less."""
    data = Head.default().data
    for values in (data.morph_value_N3, data.macro_CV3):
        half_step = 0.5 * np.spacing(np.abs(values).astype(np.float16)).astype(np.float64)
        assert half_step[np.abs(values) < 0.025].max() <= 1.2e-5


def test_eyes_turn_rigidly_and_only_by_gaze() -> None:
    head = Head.default()
    schema = head.schema
    left = np.unique(head.triangles_T3[head.part_T == Part.EYE_LEFT])
    right = np.unique(head.triangles_T3[head.part_T == Part.EYE_RIGHT])
    params = schema.neutral()
    rest = head.solve(params)
    params[schema.index("eyeLookDownLeft")] = 1.0
    np.testing.assert_allclose(head.solve(params)[left], rest[left], atol=1e-7)
    assert np.abs(head.solve(params) - rest).max() > 1e-3
    params[schema.index("leftGazeYaw")] = 0.4
    turned, centre = head.solve(params), head.eye_centres(params)[0]
    expected = (rest[left] - centre) @ rotation(0.4, 0.0).T + centre
    np.testing.assert_allclose(turned[left], expected, atol=1e-6)
    np.testing.assert_allclose(turned[right], rest[right], atol=1e-7)
    pupil = left[np.argmax(rest[left, 2])]
    assert turned[pupil, 0] > rest[pupil, 0] + 0.003  # positive yaw: to the subject's left


def test_eye_centres_follow_identity() -> None:
    head = Head.default()
    schema = head.schema
    near, far = schema.neutral(), schema.neutral()
    near[schema.index("eye-trans-horiz")], far[schema.index("eye-trans-horiz")] = 0.1, 0.9
    left_near, left_far = head.eye_centres(near)[0], head.eye_centres(far)[0]
    assert left_far[0] - left_near[0] > 1e-3
    ball = head.solve(far)[np.unique(head.triangles_T3[head.part_T == Part.EYE_LEFT])]
    radius = np.linalg.norm(ball - left_far, axis=1)
    assert 0.012 < radius.min() < radius.max() < 1.1 * radius.min()  # still a ball


def test_pose_turns_the_head_and_leaves_the_shoulders() -> None:
    head = Head.default()
    params = head.schema.neutral()
    params[head.schema.index("headYaw")], params[head.schema.index("headPitch")] = 0.5, 0.2
    vertices = head.solve(params)
    posed = head.pose(vertices, params)
    on_head, on_body = head.head_weight_V == 1.0, head.head_weight_V == 0.0
    assert on_head.sum() > 10_000
    assert on_body.sum() > 100
    np.testing.assert_allclose(posed[on_head], vertices[on_head] @ rotation(0.5, 0.2).T, atol=1e-6)
    np.testing.assert_allclose(posed[on_body], vertices[on_body], atol=1e-7)
    assert posed[np.argmax(vertices[:, 2]), 0] > 0.02  # the nose points to the subject's left


def test_angles_invert_rotation() -> None:
    np.testing.assert_allclose(angles(rotation(0.7, -0.4, 0.2)), (0.7, -0.4, 0.2), atol=1e-6)


def test_open_mouth_lights_the_cavity_and_the_jaw_takes_the_lower_teeth() -> None:
    head = Head.default()
    params = head.schema.neutral()
    opened = params.copy()
    opened[head.schema.index("jawOpen")] = 1.0
    rest, wide = head.solve(params), head.solve(opened)
    by_part = {part: np.unique(head.triangles_T3[head.part_T == part]) for part in Part}
    assert (rest[by_part[Part.TEETH_LOWER], 1] - wide[by_part[Part.TEETH_LOWER], 1]).mean() > 0.01
    np.testing.assert_allclose(rest[by_part[Part.TEETH_UPPER]], wide[by_part[Part.TEETH_UPPER]], atol=1e-7)
    assert wide[by_part[Part.TONGUE], 1].max() < rest[by_part[Part.TONGUE], 1].max() - 0.004
    cavity = by_part[Part.INNER_MOUTH]
    assert head.occlusion_V(opened)[cavity].mean() > head.occlusion_V(params)[cavity].mean() + 0.05
    out = params.copy()
    out[head.schema.index("tongueOut")], out[head.schema.index("jawOpen")] = 1.0, 0.5
    lips = (head.regions_RV[[Region.LIP_UPPER, Region.LIP_LOWER]] > 128).any(0)
    assert head.solve(out)[by_part[Part.TONGUE], 2].max() > wide[lips, 2].max() + 0.005


def test_landmarks_are_where_faces_have_them() -> None:
    head = Head.default()
    points = head.landmarks68.points(head.solve(head.schema.neutral()), head.triangles_T3)
    assert points.shape == (68, 3)
    assert 0.08 < points[45, 0] - points[36, 0] < 0.10  # outer eye corners
    assert points[30, 2] == points[27:36, 2].max()  # the nose's tip is in front
    assert points[8, 1] == pytest.approx(points[:, 1].min(), abs=0.002)  # the chin
    assert (points[17:27, 1].min() > points[36:48, 1].max()).all()  # brows above eyes
    mirrored = points[np.array([45, 44, 43, 42, 47, 46])] * [-1, 1, 1]
    np.testing.assert_allclose(points[36:42], mirrored, atol=1e-3)


def test_landmarks_lie_on_the_front_of_the_face() -> None:
    """Through the slits of eyes and mouth one sees the back of the head from inside: a point that was pinned there is
    right from the front and goes the wrong way as soon as the head turns."""
    head = Head.default()
    vertices = head.solve(head.schema.neutral())
    corners = vertices[head.triangles_T3]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    for points in (head.landmarks68, head.landmarks478):
        places = points.points(vertices, head.triangles_T3)
        assert places[:, 2].min() > 0.0
        assert (normals[points.triangle_K][:, 2] > 0.0).all()
    contours = ((17, 22), (22, 27), (27, 31), (31, 36), (36, 42), (42, 48), (48, 60), (60, 68))
    places = head.landmarks68.points(vertices, head.triangles_T3)
    for first, end in contours:
        steps = np.linalg.norm(np.diff(places[first:end], axis=0), axis=1)
        assert steps.max() < 0.025, f"points {first} to {end} jump by {1000 * steps.max():.0f} mm"


def test_regions_lie_where_they_should() -> None:
    head = Head.default()
    vertices = head.solve(head.schema.neutral())
    upper, lower = (head.regions_RV[row] > 128 for row in (Region.LIP_UPPER, Region.LIP_LOWER))
    assert vertices[upper, 1].mean() > vertices[lower, 1].mean()
    assert np.abs(vertices[head.regions_RV[Region.EARS] > 128, 0]).min() > 0.05
    assert (vertices[head.regions_RV[Region.BROW_LEFT] > 128, 0] > -0.003).all()


@pytest.mark.parametrize("make", HEADS)
def test_wrong_length_is_refused(make) -> None:
    head = make()
    with pytest.raises(SchemaError, match="parameters"):
        head.solve(np.zeros(3, np.float32))


def test_files_that_are_no_head(tmp_path: Path) -> None:
    whole = (DATA / "head.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.npz").write_text("hello")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("cut.npz", "text.npz", "other.npz", "array.npy", "missing.npz"):
        with pytest.raises(FileError, match=name.split(".")[0]):
            Head.load(tmp_path / name)
    with pytest.raises(FileError, match="landmark"):
        Head.load(DATA / "head.npz", tmp_path / "other.npz")


def test_rig_files_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.glob("*.npz")) <= 5_000_000


def test_solving_is_quick() -> None:
    """Generous: benchmarks/solve.py has the real figure."""
    head = Head.default()
    params = head.schema.neutral()
    head.solve(params)
    times = []
    for step in range(15):
        params[0] = 0.4 + 0.01 * step
        start = time.perf_counter()
        head.solve(params)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.015
