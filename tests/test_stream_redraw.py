"""Drawing an answer and looking at the drawing: a bias that is known goes, and the real encoder errs less."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facelive.app.encode import Encode, read_picture
from facelive.app.encode import run as run_encode
from facelive.app.live import _improver
from facelive.errors import UsageError
from facelive.likeness.refine_geometry import GeometryImprover
from facelive.rig.accessories import accessories
from facelive.rig.bodiless import bodiless_head
from facelive.rig.expressions import sample_expression
from facelive.rig.framing import CropCamera, apply, invert
from facelive.rig.head import Head
from facelive.rig.prior import combine, sample_identity
from facelive.rig.render import Renderer, Scene
from facelive.rig.tiny import tiny_schema
from facelive.stream.encode import PictureEncoder
from facelive.stream.encoder import Encoder, Observation
from facelive.stream.likeness_fusion import SKULL
from facelive.stream.live_config import LiveConfig
from facelive.stream.redraw import GAIN, LIGHTS, NO_HURRY_NS, Redraw
from facelive.stream.refiner import LiveRefiner, RefineConfig

HEAD = Head.default()
SCHEMA = HEAD.schema
F32 = NDArray[np.float32]
TOWARDS = np.array([[0.5, 0.0, -20.0], [0.0, 0.5, -10.0]], np.float32)


def answer(jaw: float = 0.0) -> Observation:
    """The middle face in the middle of the crop, its points where they belong, in a larger picture."""
    names = SCHEMA.group_names("expression")
    expression = np.full(len(names), 0.3, np.float32)
    expression[names.index("jawOpen")] = jaw
    params = SCHEMA.neutral()
    params[SCHEMA.indices("expression")] = expression
    camera = CropCamera(yaw_rad=0.1, pitch_rad=0.0, roll_rad=0.0, cx=128.0, cy=120.0, scale=850.0)
    points = camera.project(HEAD.linear(HEAD.landmarks68).evaluate(params), HEAD.face_centre)
    return Observation(
        similarity=TOWARDS, identity_I=params[SCHEMA.indices("identity")], style_S=params[SCHEMA.indices("style")],
        colour_C=params[SCHEMA.indices("colour")], expression_E=expression,
        pose=np.concatenate([camera.to_encoder(), np.zeros(4)]).astype(np.float32),
        landmarks_K2=apply(invert(TOWARDS), points), confidence=np.ones(6, np.float32),
    )  # fmt: skip


class Biased:
    """Sees everything exactly, and then errs by the same amount each time: also in colours, sliders and place."""

    def __init__(self, expression: float = 0.1, yaw: float = 0.05) -> None:
        self.expression, self.yaw = expression, yaw
        self.drawings: list[NDArray[np.uint8]] = []

    def __call__(self, drawing_HW3: NDArray[np.uint8], drawn: Observation) -> Observation:
        self.drawings.append(drawing_HW3)
        pose = drawn.pose.copy()
        pose[0] += self.yaw
        pose[3] += 0.04
        return replace(
            drawn, expression_E=drawn.expression_E + np.float32(self.expression), pose=pose,
            identity_I=drawn.identity_I + np.float32(0.05), colour_C=drawn.colour_C + np.float32(0.1),
        )  # fmt: skip


@pytest.mark.parametrize("steps", [1, 3])
def test_a_part_of_the_error_is_taken_back_however_many_drawings_are_made(steps: int) -> None:
    look, seen = Biased(), answer(jaw=0.5)
    better = Redraw(HEAD, look).improve(None, seen, seen, steps=steps, until_ns=NO_HURRY_NS)
    assert (better.steps, len(look.drawings)) == (steps, steps)
    np.testing.assert_allclose(better.seen.expression_E, seen.expression_E - GAIN * 0.1, atol=1e-5)
    assert better.seen.pose[0] == pytest.approx(seen.pose[0] - GAIN * 0.05, abs=1e-5)
    skull = np.array([name in SKULL for name in SCHEMA.group_names("identity")])
    assert skull.sum() == len(SKULL)
    np.testing.assert_array_equal(better.seen.identity_I[skull], seen.identity_I[skull])
    moved = (better.seen.identity_I - seen.identity_I)[~skull]
    np.testing.assert_allclose(moved, -GAIN * 0.05, atol=1e-5)
    np.testing.assert_array_equal(better.seen.style_S, seen.style_S)
    np.testing.assert_array_equal(better.seen.colour_C, seen.colour_C)


def test_the_head_lies_on_the_points_that_were_seen_wherever_drawings_put_it() -> None:
    seen = answer(jaw=0.5)
    better = Redraw(HEAD, Biased()).improve(None, seen, seen, steps=3, until_ns=NO_HURRY_NS).seen
    params = SCHEMA.neutral()
    params[SCHEMA.indices("identity")] = better.identity_I
    params[SCHEMA.indices("expression")] = better.expression_E
    points = HEAD.linear(HEAD.landmarks68).evaluate(params)
    drawn = CropCamera.from_encoder(better.pose).project(points, HEAD.face_centre)[17:]
    there = apply(seen.similarity, seen.landmarks_K2)[17:]
    np.testing.assert_allclose(drawn.mean(0), there.mean(0), atol=0.05)
    assert np.abs(better.pose[3] - (seen.pose[3] - GAIN * 0.04)) > 0.005, "its place is not the drawings' to move"


@pytest.mark.parametrize("name", ["identity_I", "pose", "landmarks_K2", "colour_C"])
def test_what_is_no_number_is_neither_drawn_nor_carried_on(name: str) -> None:
    look, good = Biased(), answer()
    bad = replace(good, **{name: np.full_like(getattr(good, name), np.nan)})
    redraw = Redraw(HEAD, look)
    assert redraw.improve(None, bad, bad, steps=2, until_ns=NO_HURRY_NS).seen is bad
    assert redraw.improve(None, good, bad, steps=2, until_ns=NO_HURRY_NS).seen is good
    assert not look.drawings
    blind = Redraw(HEAD, lambda drawing, drawn: bad)
    assert blind.improve(None, good, good, steps=2, until_ns=NO_HURRY_NS).seen is good


def test_two_faces_beside_the_frames_keep_their_own_corrections() -> None:
    """The whole of a constant error's part is taken back, however late: it is not averaged with its own fading."""
    biased = Biased(expression=0.1, yaw=0.0)

    def slow(drawing_HW3: NDArray[np.uint8], drawn: Observation) -> Observation:
        time.sleep(0.1)  # by then a third has faded
        return biased(drawing_HW3, drawn)

    improver = Redraw(HEAD, slow)
    left, right = answer(jaw=0.5), answer(jaw=0.2)
    right = replace(right, similarity=right.similarity + np.array([[0, 0, -300], [0, 0, 0]], np.float32))
    moved = np.array([600.0, 0.0], np.float32)
    right = replace(right, landmarks_K2=right.landmarks_K2 + moved)
    picture = np.zeros((480, 1280, 3), np.uint8)
    with LiveRefiner(improver, RefineConfig(steps=1, budget_ms=0.001)) as refiner:
        end = time.perf_counter() + 60.0
        while refiner.beside < 10 and time.perf_counter() < end:
            for seen in (left, right):
                better = refiner.refine(picture, seen)
                change = (better.expression_E - seen.expression_E)[seen.expression_E > 0.1]
                assert (change <= 1e-6).all()
                assert (change >= -GAIN * 0.1 - 1e-4).all()
            time.sleep(0.01)
        assert refiner.beside >= 10
        assert len(refiner._corrections) == 2
        for correction in refiner._corrections:
            np.testing.assert_allclose(correction.expression_E, -GAIN * 0.1, atol=2e-3)
    assert refiner._thread is None


def test_answers_stay_in_range() -> None:
    seen = answer(jaw=0.0)
    better = Redraw(HEAD, Biased(expression=2.0)).improve(None, seen, seen, steps=1, until_ns=NO_HURRY_NS).seen
    assert better.expression_E.min() == 0.0


def test_drawings_show_the_answer_each_in_another_light() -> None:
    look, seen = Biased(expression=0.0, yaw=0.0), answer(jaw=0.9)
    Redraw(HEAD, look).improve(None, seen, seen, steps=len(LIGHTS), until_ns=NO_HURRY_NS)
    shut = Redraw(HEAD, look).draw(answer(jaw=0.0), LIGHTS[0])
    assert all(drawing.shape == (256, 256, 3) for drawing in look.drawings)
    for one in range(len(LIGHTS)):
        for other in range(one):
            assert np.abs(look.drawings[one].astype(int) - look.drawings[other]).mean() > 5.0
    mouth = apply(TOWARDS, seen.landmarks_K2)[60:68].mean(0)
    x, y = np.rint(mouth).astype(int)
    open_there = look.drawings[0][y - 2 : y + 3, x - 2 : x + 3].mean()
    assert open_there < 0.75 * shut[y - 2 : y + 3, x - 2 : x + 3].mean(), "an open mouth is dark inside"


@pytest.mark.parametrize(("steps", "until_ns"), [(1, NO_HURRY_NS), (3, NO_HURRY_NS), (3, 0)])
def test_what_has_been_taken_back_already_counts_for_half(steps: int, until_ns: int) -> None:
    """Live: the last frames' correction is where the next one begins, and is not taken back twice."""
    look, seen = Biased(expression=0.1, yaw=0.0), answer(jaw=0.5)
    start = replace(seen, expression_E=seen.expression_E - np.float32(GAIN * 0.2))  # 0.2 was found before
    better = Redraw(HEAD, look).improve(None, seen, start, steps=steps, until_ns=until_ns).seen
    np.testing.assert_allclose(better.expression_E, seen.expression_E - GAIN * 0.15, atol=1e-5)


def test_a_step_is_made_even_when_it_is_late_but_no_second() -> None:
    look, seen = Biased(), answer()
    assert Redraw(HEAD, look).improve(None, seen, seen, steps=3, until_ns=0).steps == 1
    assert len(look.drawings) == 1


def test_a_head_that_nobody_can_draw_is_told() -> None:
    with pytest.raises(UsageError, match="leave out --refine"):
        Redraw(bodiless_head(SCHEMA), Biased())
    with pytest.raises(UsageError, match="leave out --refine"):
        GeometryImprover(bodiless_head(SCHEMA))


def test_the_real_encoder_errs_less_on_people_it_has_not_seen() -> None:
    """Sixteen drawn people who do something: shape, expression, and where that puts their points."""
    renderer = Renderer(HEAD, size=256, dress=accessories)
    face, doing = HEAD.face_N, SCHEMA.indices("expression")
    drawn: list[tuple[NDArray[np.uint8], F32, F32]] = []
    for number in range(16):
        rng = np.random.default_rng((980_321, number))
        params = combine(SCHEMA, sample_identity(SCHEMA, rng), sample_expression(SCHEMA, rng))
        params[SCHEMA.index("headYaw")], params[SCHEMA.index("headPitch")] = rng.uniform((-0.5, -0.2), (0.5, 0.2))
        picture = renderer.render(params, Scene(exposure=float(rng.uniform(0.6, 1.3))))
        drawn.append((picture.image_HW3.copy(), picture.landmarks68_K2, params))
    errors = {}
    for refine in (0, 3):
        rows = []
        with PictureEncoder(refine=refine) as encoder:
            for image, points, true in drawn:
                said = encoder.encode_at(image, points)
                assert said.parameters is not None
                assert said.landmarks68 is not None
                shapes = HEAD.solve_identity(said.parameters)[face] - HEAD.solve_identity(true)[face]
                rows.append([
                    np.linalg.norm(shapes, axis=1).mean(), np.abs(said.parameters - true)[doing].mean(),
                    np.linalg.norm(said.landmarks68 - points, axis=1)[17:].mean(),
                ])  # fmt: skip
        errors[refine] = np.mean(rows, 0)
    shape, expression, landmarks = errors[3] / errors[0]
    assert shape < 1.0
    assert expression < 0.99
    assert landmarks < 0.94


def test_no_negative_number_of_drawings() -> None:
    with pytest.raises(UsageError, match="--refine"):
        PictureEncoder(refine=-1)


def picture_of(folder: Path, number: int) -> Path:
    rng = np.random.default_rng((980_321, number))
    params = combine(SCHEMA, sample_identity(SCHEMA, rng), sample_expression(SCHEMA, rng))
    file = folder / f"{number}.png"
    cv2.imwrite(str(file), Renderer(HEAD, size=256, dress=accessories).render(params, Scene()).image_HW3)
    return file


def test_live_looks_at_drawings_with_an_encoder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told whom it sees where the frame's encoder was told, and closed at the end."""
    told: list[bool] = []
    encode = Encoder.encode

    def noted(self: Encoder, image: Any, similarity: Any, known_I: Any = None) -> Observation:
        told.append(known_I is not None)
        return encode(self, image, similarity, known_I)

    with _improver(LiveConfig(refine=1)) as improver:
        assert isinstance(improver, Redraw), "what --refine does unless another is named"
        monkeypatch.setattr(Encoder, "encode", noted)
        seen = answer(jaw=0.5)
        for known in (True, False):
            better = improver.improve(None, replace(seen, told=known), replace(seen, told=known), steps=1, until_ns=0)
            assert np.abs(better.seen.expression_E - seen.expression_E).max() > 1e-3
        held = [cell.cell_contents for cell in cast(Any, improver)._look.__closure__]
        (engine,) = (cast(Any, one._engine) for one in held if isinstance(one, Encoder))
        assert engine._compiled is not None
    assert told == [True, False]
    assert engine._compiled is None
    with _improver(LiveConfig()) as none:
        assert none is None


def test_a_character_of_ones_own_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    tiny_schema().save(own)
    config = LiveConfig(refine=1, schema=own, encoder=tmp_path / "none.onnx")
    with pytest.raises(UsageError, match="leave out --refine"), _improver(config):
        pass


def test_encode_on_the_command_line_draws_as_often_as_it_is_told(tmp_path: Path) -> None:
    file, lines = picture_of(tmp_path, 3), {}
    for refine in (0, 2):
        out = tmp_path / f"{refine}.jsonl"
        assert run_encode(Encode(pictures=(file,), output=out, refine=refine)) == 0
        lines[refine] = json.loads(out.read_text())
    with PictureEncoder(refine=2) as encoder:
        said = encoder.encode(read_picture(file)).to_line(str(file), SCHEMA)
    assert lines[2]["parameters"] == said["parameters"]
    assert lines[2]["parameters"] != lines[0]["parameters"]
