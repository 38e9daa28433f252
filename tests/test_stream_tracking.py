"""From crop to crop: geometry, acquisition, loss, stable ids, and how seldom MediaPipe is asked."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx_toys
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_fakes import Stage, head_points, neutral_points

from facelive.engines import open_engine
from facelive.errors import WeightsError
from facelive.rig.framing import CROP, CropCamera, apply, frame_face
from facelive.rig.head import Head
from facelive.rig.rotation import angles, rotation
from facelive.rig.tiny import tiny_head, tiny_schema
from facelive.stream.crop import CropBox
from facelive.stream.decode import ANGLES, POSITION, Decoder
from facelive.stream.encoder import Encoder
from facelive.stream.live_config import TrackerConfig
from facelive.stream.tracker import Tracker

FRAME_NS = 33_333_333
IMAGE = np.zeros((480, 640, 3), np.uint8)
boxes = st.builds(
    CropBox, st.floats(-500, 2000), st.floats(-500, 2000), st.floats(20, 1500), st.floats(-math.pi, math.pi)
)


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.default()


@settings(max_examples=60, deadline=None)
@given(box=boxes)
def test_box_and_similarity_are_inverse(box: CropBox) -> None:
    again = CropBox.of(box.similarity())
    np.testing.assert_allclose(
        (again.x, again.y, again.side), (box.x, box.y, box.side), rtol=1e-3, atol=0.02 + 1e-4 * box.side
    )
    assert abs(math.remainder(again.turn - box.turn, 2 * math.pi)) < 1e-4


@settings(max_examples=60, deadline=None)
@given(box=boxes, x=st.floats(-0.1, 0.1), zoom=st.floats(0.8, 1.25), turn=st.floats(-0.3, 0.3))
def test_following_never_overshoots(box: CropBox, x: float, zoom: float, turn: float) -> None:
    target = CropBox(box.x + x * box.side, box.y, box.side * zoom, box.turn + turn)
    after = box.follow(target)
    assert math.dist((after.x, after.y), (target.x, target.y)) <= math.dist((box.x, box.y), (target.x, target.y)) + 1e-6
    assert all(b <= a + 1e-6 for a, b in zip(box.change(target)[1:], after.change(target)[1:], strict=True))


def test_small_moves_are_calmed_and_large_ones_followed() -> None:
    box = CropBox(100.0, 100.0, 100.0, 0.0)
    assert box.follow(CropBox(100.2, 100.0, 100.1, 0.001)).change(box)[0] < 0.0001
    assert box.follow(CropBox(110.0, 100.0, 100.0, 0.0)).x == 110.0
    assert not box.is_jump(CropBox(110.0, 100.0, 110.0, 0.1))
    assert box.is_jump(CropBox(160.0, 100.0, 100.0, 0.0))
    assert box.overlap(box) == pytest.approx(1.0)
    assert box.overlap(CropBox(300.0, 100.0, 100.0, 0.0)) == 0.0


def test_decoded_pose_is_that_of_the_picture(head: Head) -> None:
    """A known head in front of a pinhole camera: angles exact, place within what weak perspective allows."""
    stage = Stage(head, [(400.0, 200.0, 900.0)])
    decoder = Decoder(head, field_of_view_deg=60.0)
    points = stage.find(IMAGE)[0]
    seen = stage.encode(IMAGE, frame_face(points))
    pose = decoder.pose(seen, 640, 480)
    np.testing.assert_allclose(pose[ANGLES], 0.0, atol=1e-5)
    focal = 320.0 / math.tan(math.radians(30.0))
    face = pose[POSITION] + head.face_centre
    np.testing.assert_allclose(face, [80.5 / 900.0, 39.5 / 900.0, -focal / 900.0], atol=1e-4)
    np.testing.assert_allclose(decoder.projected68(seen), points, atol=0.05)
    assert decoder.disagreement(seen) < 1e-3


@settings(max_examples=25, deadline=None)
@given(yaw=st.floats(-0.8, 0.8), pitch=st.floats(-0.5, 0.5), roll=st.floats(-1.0, 1.0))
def test_the_crop_s_turn_is_taken_back(yaw: float, pitch: float, roll: float) -> None:
    """However the crop is turned, the decoded rotation is the head's in the picture."""
    head = Head.default()
    truth = CropCamera(yaw_rad=yaw, pitch_rad=pitch, roll_rad=roll, cx=300.0, cy=220.0, scale=800.0)
    points = truth.project(head_points(head), head.face_centre)
    similarity = frame_face(points)
    zoom, turned = float(np.hypot(*similarity[:, 0])), float(np.arctan2(similarity[1, 0], similarity[0, 0]))
    in_crop = rotation(0, 0, -turned) @ rotation(yaw, pitch, roll)
    centre = apply(similarity, np.array([[300.0, 220.0]], np.float32))[0]
    a, b, c = angles(in_crop)
    camera = CropCamera(yaw_rad=a, pitch_rad=b, roll_rad=c, cx=float(centre[0]), cy=float(centre[1]), scale=800 * zoom)
    stage = Stage(head, [(300.0, 220.0, 800.0)])
    pose10 = np.concatenate([camera.to_encoder(), np.zeros(4)]).astype(np.float32)
    seen = replace(stage.encode(IMAGE, similarity), pose=pose10, similarity=similarity)
    decoder = decoder_of(head)
    pose = decoder.pose(seen, 640, 480)
    np.testing.assert_allclose(rotation(*(float(v) for v in pose[ANGLES])), rotation(yaw, pitch, roll), atol=1e-4)
    np.testing.assert_allclose(decoder.projected68(seen), points, atol=0.3)


def test_vector_is_in_range_whatever_the_network_says(head: Head) -> None:
    stage = Stage(head, [(300.0, 220.0, 800.0)])
    seen = stage.encode(IMAGE, frame_face(stage.find(IMAGE)[0]))
    wild = replace(seen, identity_I=np.full_like(seen.identity_I, np.nan), expression_E=seen.expression_E + 1e9)
    schema = head.schema
    vector = Decoder(head).vector(wild, np.full(10, np.inf, np.float32))
    assert np.isfinite(vector).all()
    assert (vector >= schema.minimum).all()
    assert (vector <= schema.maximum).all()
    for where in schema.styles.values():
        assert vector[where].sum() == 1.0


@cache
def decoder_of(head: Head) -> Decoder:
    return Decoder(head)


def tracker(stage: Stage, config: TrackerConfig | None = None) -> Tracker:
    return Tracker(
        config or TrackerConfig(),
        stage,
        lambda image, similarity, face_id: stage.encode(image, similarity),
        decoder_of(stage.head).disagreement,
    )


def test_a_steady_face_costs_one_network_and_no_look(head: Head) -> None:
    stage = Stage(head, [(300.0, 220.0, 800.0)])
    tracking = tracker(stage)
    for i in range(100):
        stage.faces[0] = (300.0 + 30 * math.sin(i / 8), 220.0, 800.0)
        assert list(tracking.track(IMAGE, i * FRAME_NS)) == [0]
    assert stage.looks == 1
    assert stage.runs == 100


def test_recheck_keeps_the_face_and_its_id(head: Head) -> None:
    stage = Stage(head, [(300.0, 220.0, 800.0)])
    tracking = tracker(stage, TrackerConfig(recheck_s=1.0))
    for i in range(100):
        assert list(tracking.track(IMAGE, i * FRAME_NS)) == [0]
    assert 3 <= stage.looks <= 5
    stage.blind = True
    for i in range(100, 200):
        assert list(tracking.track(IMAGE, i * FRAME_NS)) == [0], "the encoder is sure: that is enough"


def test_loss_and_return_in_the_same_frame(head: Head) -> None:
    stage = Stage(head, [(300.0, 220.0, 800.0)])
    tracking = tracker(stage)
    tracking.track(IMAGE, 0)
    stage.faces.clear()
    looks: list[int] = []
    for i in range(1, 100):
        assert not tracking.track(IMAGE, i * FRAME_NS)
        looks.append(stage.looks)
    eager, later = looks[29] - looks[0], looks[-1] - looks[59]
    assert eager >= 28, "every frame in the first second"
    assert 7 <= later <= 12, "then at 8 Hz"
    stage.faces.append((200.0, 300.0, 500.0))
    back = next(i for i in range(100, 110) if tracking.track(IMAGE, i * FRAME_NS))
    assert back < 105
    assert tracking.tracked == (0,)


def test_a_jump_is_followed_without_a_lost_frame(head: Head) -> None:
    stage = Stage(head, [(150.0, 220.0, 800.0)])
    tracking = tracker(stage)
    for i in range(10):
        tracking.track(IMAGE, i * FRAME_NS)
    stage.faces[0] = (480.0, 220.0, 600.0)
    assert list(tracking.track(IMAGE, 10 * FRAME_NS)) == [0]
    seen = tracking.track(IMAGE, 11 * FRAME_NS)[0]
    np.testing.assert_allclose(seen.landmarks_K2, neutral_points(head, 480.0, 220.0, 600.0), atol=0.1)
    assert stage.looks == 2


def test_several_faces_keep_their_ids(head: Head) -> None:
    stage = Stage(head, [(150.0, 220.0, 700.0), (450.0, 220.0, 600.0)])
    tracking = tracker(stage, TrackerConfig(faces=3, more_hz=5.0))
    for i in range(60):
        stage.faces = [(150.0 + i, 220.0, 700.0), (450.0 + 0.5 * i, 220.0, 600.0)]
        seen = tracking.track(IMAGE, i * FRAME_NS)
        assert sorted(seen) == [0, 1]
        assert seen[0].landmarks_K2[:, 0].mean() < seen[1].landmarks_K2[:, 0].mean()
    stage.faces.pop(0)
    for i in range(60, 90):
        assert list(tracking.track(IMAGE, i * FRAME_NS)) == [1]
    stage.faces.append((200.0, 220.0, 700.0))
    for i in range(90, 100):
        tracking.track(IMAGE, i * FRAME_NS)
    assert sorted(tracking.tracked) == [0, 1], "who comes back where he left has his id again"


def test_two_tracks_on_one_face_become_one(head: Head) -> None:
    stage = Stage(head, [(150.0, 220.0, 700.0), (450.0, 220.0, 700.0)])
    tracking = tracker(stage, TrackerConfig(faces=2))
    tracking.track(IMAGE, 0)
    for i in range(1, 100):
        x = min(450.0, 150.0 + 4.0 * i)
        stage.faces = [(x, 220.0, 700.0), (450.0, 220.0, 700.0)]
        tracking.track(IMAGE, i * FRAME_NS)
    assert len(tracking.tracked) == 1


def test_a_rig_without_sense_of_a_face_is_tracked_too() -> None:
    head = tiny_head()
    stage = Stage(head, [(300.0, 220.0, 800.0)])
    tracking = tracker(stage)
    for i in range(10):
        assert list(tracking.track(IMAGE, i * FRAME_NS)) == [0]


def test_crop_is_256() -> None:
    assert CROP == 256


def test_the_network_hears_who_it_is(tmp_path: Path) -> None:
    """What is given as the known identity arrives in the input ``person``; a stranger is zeros; the size is checked."""
    schema = Head.default().schema
    similarity = np.eye(2, 3, dtype=np.float32)
    known = np.linspace(0.1, 0.9, len(schema.indices("identity")), dtype=np.float32)
    engine = open_engine(onnx_toys.write_encoder(tmp_path / "asks.onnx", schema, person=True))
    with Encoder(engine, schema) as encoder:
        np.testing.assert_allclose(encoder.encode(IMAGE, similarity, known).identity_I, known, atol=1e-6)
        np.testing.assert_array_equal(encoder.encode(IMAGE, similarity).identity_I, 0.0)
    other = onnx_toys.write_encoder(tmp_path / "other.onnx", tiny_schema(), person=True)
    with pytest.raises(WeightsError), open_engine(other) as engine:
        Encoder(engine, schema)
