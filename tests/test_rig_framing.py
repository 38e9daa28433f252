"""Framing: the crop is level and centred, similarities invert, the crop's camera agrees with the whole picture's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelive.errors import UsageError
from facelive.rig.framing import CropCamera, apply, compose, frame_face, invert, scale_and_angle
from facelive.rig.gaze import from_expression, to_expression
from facelive.rig.head import Head

ANGLES = st.floats(-1.2, 1.2)


def face_points(angle: float, scale: float, x: float, y: float) -> np.ndarray:
    """The 68 points of the neutral head, turned in the picture."""
    head = Head.default()
    points = head.landmarks68.points(head.solve(head.schema.neutral()), head.triangles_T3)
    flat = scale * points[:, :2] * [1, -1]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return flat @ turn.T + [x, y]


@settings(deadline=None, max_examples=30)
@given(ANGLES, st.floats(200, 5000), st.floats(-500, 500), st.floats(-500, 500))
def test_frame_is_the_same_however_the_face_lies(angle: float, scale: float, x: float, y: float) -> None:
    points = face_points(angle, scale, x, y)
    crop = apply(frame_face(points), points)
    left, right = crop[36:42].mean(0), crop[42:48].mean(0)
    assert abs(left[1] - right[1]) < 0.05
    low, high = crop.min(0), crop.max(0)
    extent = float((high - low).max())
    assert extent == pytest.approx(256 / 1.75, abs=0.1)
    np.testing.assert_allclose(0.5 * (low + high), [127.5, 127.5 + 0.15 * extent], atol=0.1)


@settings(deadline=None, max_examples=30)
@given(ANGLES, st.floats(0.1, 10), st.floats(-300, 300))
def test_similarities_invert_and_compose(angle: float, scale: float, shift: float) -> None:
    points = face_points(angle, 700 * scale, shift, -shift)
    first = frame_face(points)
    np.testing.assert_allclose(apply(compose(invert(first), first), points), points, atol=0.05 * max(scale, 1.0))
    assert scale_and_angle(first)[1] == pytest.approx(-angle, abs=1e-3)


@settings(deadline=None, max_examples=30)
@given(ANGLES, ANGLES, st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_the_whole_picture_sees_what_the_crop_sees(tilt: float, yaw: float, pitch: float, roll: float) -> None:
    head = Head.default()
    similarity = frame_face(face_points(tilt, 900, 300, 200))
    camera = CropCamera(yaw_rad=yaw, pitch_rad=pitch, roll_rad=roll, cx=120.0, cy=140.0, scale=950.0)
    points = head.landmarks68.points(head.solve(head.schema.neutral()), head.triangles_T3)
    through_crop = camera.project_to_picture(points, head.face_centre, similarity)
    direct = camera.in_picture(similarity).project(points, head.face_centre)
    np.testing.assert_allclose(direct, through_crop, atol=0.02)


def test_camera_signs_and_encoder_form() -> None:
    camera = CropCamera(yaw_rad=0.3, pitch_rad=0.2, roll_rad=0.0, cx=128.0, cy=100.0, scale=1000.0)
    again = CropCamera.from_encoder(camera.to_encoder())
    assert again.cx == pytest.approx(128.0, abs=1e-3)
    assert again.scale == pytest.approx(1000.0, rel=1e-5)
    centre = np.array([0.0, 0.05, 0.1])
    nose, above = camera.project(centre + np.array([[0, 0, 0.05], [0, 0.05, 0]]), centre)
    assert nose[0] > 128.0  # positive yaw: right in the picture
    assert nose[1] > 100.0  # positive pitch: looks down
    assert above[1] < 100.0


@pytest.mark.parametrize("points", [np.zeros((67, 2)), np.zeros((68, 2)), np.full((68, 2), np.nan)])
def test_framing_refuses(points: np.ndarray) -> None:
    with pytest.raises(UsageError, match="framing"):
        frame_face(points)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-0.4, 0.4), min_size=4, max_size=4))
def test_gaze_and_looks_are_inverse(gaze: list[float]) -> None:
    schema = Head.default().schema
    params = schema.neutral()
    for name, amount in to_expression(np.array(gaze, np.float32)).items():
        params[schema.index(name)] = amount
    np.testing.assert_allclose(from_expression(schema, params), gaze, atol=1e-5)
