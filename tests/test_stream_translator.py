"""Recognition features in the live path: when they are asked for, what they change, and that nothing needs them."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
from live_fakes import Ears, Stage

from facelive.errors import SchemaError, UsageError, WeightsError
from facelive.rig.accessories import accessories
from facelive.rig.default_schema import default_schema
from facelive.rig.face_chip import ALIGNED, CHIP, MARGIN, PADDING, PLACEMENTS, WIDE, chip_to_crop, cut_chip, unit_points
from facelive.rig.framing import apply, frame_face
from facelive.rig.head import Head
from facelive.rig.render import Renderer
from facelive.rig.render.scene import Scene
from facelive.rig.tiny import tiny_schema
from facelive.stream.decode import Decoder
from facelive.stream.encode import PictureEncoder
from facelive.stream.encoder import Observation
from facelive.stream.identity_lock import LEAST_LOOKS, IdentityLock
from facelive.stream.likeness_fusion import SKULL, SKULL_REACH, Fusion, reseated
from facelive.stream.live_config import LiveConfig, Precision
from facelive.stream.live_control import LiveControl
from facelive.stream.live_recognition import ANY_AFTER, LiveRecognition, LookSchedule
from facelive.stream.meter import Meter
from facelive.stream.pipeline import Pipeline
from facelive.stream.sources import SourceFrame
from facelive.stream.translator import Likeness, Opened, Translator, chip_of, open_translator
from facelive.stream.weights_folder import TRANSLATOR

SCHEMA = default_schema()
IMAGE = np.zeros((480, 640, 3), np.uint8)
SIZES = {group: len(SCHEMA.indices(group)) for group in ("identity", "style", "colour")}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIVE_CONFIG_DIR", str(tmp_path_factory.mktemp("config")))


@pytest.fixture(scope="module")
def seen() -> Observation:
    stage = Stage(Head.default(), [(300.0, 220.0, 800.0)])
    return stage.encode(IMAGE, frame_face(stage.find(IMAGE)[0]))


@pytest.fixture(scope="module")
def shipped() -> Iterator[Opened]:
    opened = open_translator(SCHEMA)
    yield opened
    assert opened.translator is not None
    opened.translator.close()


def likeness(value: float = 0.9, style: int = 1) -> Likeness:
    logits = np.zeros(SIZES["style"], np.float32)
    for where in SCHEMA.styles.values():
        logits[where.start - SIZES["identity"] + style] = 9.0
    return Likeness(
        identity_I=np.full(SIZES["identity"], value, np.float32),
        style_S=logits,
        colour_C=np.full(SIZES["colour"], value, np.float32),
    )


class Fake:
    """A looker that counts, and may be slow."""

    def __init__(self, wait_s: float = 0.0) -> None:
        self.chips: list[np.ndarray] = []
        self.wait_s = wait_s

    def look(self, chip: np.ndarray) -> Likeness:
        time.sleep(self.wait_s)
        self.chips.append(chip)
        return likeness()


def test_a_chip_is_cut_where_dlib_would() -> None:
    unit = unit_points()
    points = np.zeros((68, 2), np.float32)
    rows = [i for i in range(17, 68) if not (17 <= i <= 26 or 55 <= i <= 59 or 65 <= i <= 67)]
    points[rows] = 40.0 + 120.0 * unit
    matrix = chip_to_crop(points)
    # The unit face lies in the middle two thirds of the chip.
    corner = matrix @ np.array([CHIP / 6.0, CHIP / 6.0, 1.0])
    np.testing.assert_allclose(corner, [40.0, 40.0], atol=0.6)
    assert matrix[0, 0] == pytest.approx(120.0 * 1.5 / CHIP, rel=0.01)
    with pytest.raises(UsageError, match="68"):
        chip_to_crop(points[:5])
    with pytest.raises(UsageError, match="coincide"):
        chip_to_crop(np.ones((68, 2)))


def test_the_middle_of_a_chip_is_dlibs(seen: Observation) -> None:
    crop = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    points = apply(seen.similarity, seen.landmarks_K2)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    plain = cv2.warpAffine(crop, chip_to_crop(points), (CHIP, CHIP), flags=flags)
    middle = slice(MARGIN, MARGIN + CHIP)
    assert np.abs(cut_chip(crop, points)[middle, middle].astype(int) - plain).max() <= 8, "but for OpenCV's 1/32 pixel"
    assert np.abs(cut_chip(crop, points)[middle, middle].astype(int) - plain).mean() < 0.5


def test_a_translator_of_other_chips_is_refused() -> None:
    class Engine:
        metadata = {"facelive.schema": f"{SCHEMA.hash:016x}"}  # noqa: RUF012
        outputs = tuple(SimpleNamespace(name=name, shape=(1, size)) for name, size in SIZES.items())

        def __init__(self, side: int) -> None:
            self.inputs = (SimpleNamespace(name="chip", shape=(1, side, side, 3)),)

    wide, small = (cast("Any", Engine(side)) for side in (WIDE, CHIP))
    Translator(wide, SCHEMA)
    with pytest.raises(WeightsError, match="chips of 150 pixels, not 224"):
        Translator(small, SCHEMA)


def test_looks_take_turns_in_how_the_chip_is_cut(seen: Observation) -> None:
    """The second is mirrored, the third takes the face to be larger and shows more around it."""
    image = np.random.default_rng(0).integers(0, 255, IMAGE.shape, dtype=np.uint8)
    chips = [chip_of(image, seen, turn) for turn in range(len(PLACEMENTS) + 1)]
    np.testing.assert_array_equal(chips[1], chips[0][:, ::-1])
    np.testing.assert_array_equal(chips[-1], chips[0], err_msg="after the last the first")
    spot = IMAGE.copy()
    x, y = np.rint(seen.landmarks_K2[[36, 45]]).astype(int).T
    for px, py in zip(x, y, strict=True):
        spot[py - 2 : py + 3, px - 2 : px + 3] = 255

    def apart(turn: int) -> float:
        columns = np.argwhere(chip_of(spot, seen, turn)[..., 0] > 100)[:, 1]
        middle = columns.mean()
        return float(columns[columns > middle].mean() - columns[columns < middle].mean())

    assert apart(2) / apart(0) == pytest.approx(np.exp(-PLACEMENTS[2][0]), abs=0.02)
    assert apart(4) / apart(0) == pytest.approx(np.exp(-PLACEMENTS[4][0]), abs=0.02)


def test_a_picture_is_looked_at_in_all_ways(seen: Observation) -> None:
    class Turns(Translator):
        def __init__(self) -> None:
            """Without an engine."""
            self.chips: list[np.ndarray] = []

        def look(self, chip: np.ndarray) -> Likeness:
            self.chips.append(chip)
            return likeness(len(self.chips) / 10)

    image, turns = np.random.default_rng(0).integers(0, 255, IMAGE.shape, dtype=np.uint8), Turns()
    said = turns.look_well(image, seen)
    np.testing.assert_allclose(said.identity_I, np.mean(np.arange(1, len(PLACEMENTS) + 1)) / 10, rtol=1e-5)
    for turn, chip in enumerate(turns.chips):
        np.testing.assert_array_equal(chip, chip_of(image, seen, turn))


def test_looks_grow_rare() -> None:
    schedule, looked = LookSchedule(), []
    for frame in range(1, 200):
        if schedule.wants(0.9):
            looked.append(frame)
            schedule.began()
            assert not schedule.wants(0.0)
            schedule.done()
    assert looked[:5] == [2, 4, 8, 16, 32]
    turned = LookSchedule()
    wanted = [frame for frame in range(1, 60) if turned.wants(0.1)]
    assert wanted[0] == ANY_AFTER + 1


def test_fusion_lies_between_the_witnesses(seen: Observation) -> None:
    both = Fusion(SCHEMA).one_look(seen, likeness(0.9))
    shares = Fusion(SCHEMA).shares(1.0)
    assert shares[0].min() > 0.0
    assert shares[2].min() > 0.0
    assert max(part.max() for part in shares) < 1.0  # of one look, recognition is never all
    visible = np.array([name not in SKULL for name in SCHEMA.group_names("identity")])
    for now, before in ((both.identity_I[visible], seen.identity_I[visible]), (both.colour_C, seen.colour_C)):
        assert ((now > before) | (before >= 0.9)).all()
        assert (now <= 0.9001).all() or now.max() <= before.max()
    probabilities = Fusion(SCHEMA).probabilities(both.style_S)
    for where in SCHEMA.styles.values():
        part = slice(where.start - SIZES["identity"], where.stop - SIZES["identity"])
        assert probabilities[part].sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(both.pose, seen.pose)


def test_skulls_stay_within_their_reach() -> None:
    """Sliders of the skull keep their order and their side, within their reach; all others are as the witnesses say."""
    fusion, names = Fusion(SCHEMA), SCHEMA.group_names("identity")
    skull = np.array([name in SKULL for name in names])
    assert skull.sum() == len(SKULL), "the rig's sliders have other names now"
    middle = SCHEMA.neutral()[SCHEMA.indices("identity")]
    style, colour = np.full(SIZES["style"], 0.1), np.full(SIZES["colour"], 0.5)
    drawn = []
    for level in (0.0, 0.4, 0.6, 1.0):
        witness = (np.full(len(names), level), style, colour)
        identity = fusion.values(witness, witness, 8.0)[0]
        np.testing.assert_allclose(identity[~skull], level)
        assert (np.abs(identity - middle)[skull] <= SKULL_REACH).all()
        assert (np.sign(identity - middle) == np.sign(level - middle))[skull].all()
        drawn.append(identity[skull])
    assert (np.diff(drawn, axis=0) > 0.0).all()


def test_bald_must_be_surer_than_another_hair() -> None:
    fusion = Fusion(SCHEMA)
    hair = SCHEMA.style_columns["hair"]
    bald, short = (SCHEMA.options("hair").index(name) for name in ("bald", "short"))
    evenly = np.concatenate([np.full(w.stop - w.start, 1.0 / (w.stop - w.start)) for w in SCHEMA.styles.values()])
    for doubtful, chosen in ((0.6, short), (0.8, bald)):
        style = evenly.copy()
        style[hair] = 0.0
        style[hair][bald], style[hair][short] = doubtful, 1.0 - doubtful
        witness = (np.full(SIZES["identity"], 0.5), style, np.full(SIZES["colour"], 0.5))
        fused = fusion.values(witness, witness, 8.0)[1]
        assert int(fused[hair].argmax()) == chosen
        assert fused[hair].sum() == pytest.approx(1.0)
    brow = SCHEMA.style_columns["brow"]
    np.testing.assert_allclose(fused[brow], evenly[brow])


@pytest.mark.parametrize(("full", "chosen"), [(0.2, "none"), (0.3, "full")])
def test_a_beard_need_not_be_as_sure_as_none(full: float, chosen: str) -> None:
    fusion, beard = Fusion(SCHEMA), SCHEMA.style_columns["beard"]
    options = SCHEMA.options("beard")
    style = np.concatenate([np.full(w.stop - w.start, 1.0 / (w.stop - w.start)) for w in SCHEMA.styles.values()])
    style[beard] = 0.0
    style[beard][options.index("none")], style[beard][options.index("full")] = 1.0 - full, full
    witness = (np.full(SIZES["identity"], 0.5), style, np.full(SIZES["colour"], 0.5))
    assert options[int(fusion.values(witness, witness, 8.0)[1][beard].argmax())] == chosen
    # The encoder alone is taken at its word.
    assert options[int(fusion.values(witness, witness, 0.0)[1][beard].argmax())] == "none"


def test_four_short_cuts_together_beat_a_bob() -> None:
    """And other styles, whose options are not mistaken for each other, keep their probabilities."""
    fusion, options = Fusion(SCHEMA), SCHEMA.options("hair")
    share = dict.fromkeys(options, 0.0) | {"bob": 0.3, "buzz": 0.2, "short": 0.25, "side-part": 0.15, "bald": 0.1}
    style = np.zeros(SIZES["style"])
    style[SCHEMA.style_columns["hair"]] = [share[name] for name in options]
    glasses = SCHEMA.style_columns["glasses"]
    style[glasses] = np.linspace(0.4, 0.0, glasses.stop - glasses.start)
    style[glasses] /= style[glasses].sum()
    for name in ("brow", "beard"):
        style[SCHEMA.style_columns[name].start] = 1.0
    witness = (np.full(SIZES["identity"], 0.5), style, np.full(SIZES["colour"], 0.5))
    said = fusion.values(witness, witness, 8.0)[1]
    assert options[int(said[SCHEMA.style_columns["hair"]].argmax())] == "short"
    np.testing.assert_allclose(said[glasses], style[glasses], atol=1e-12)
    several = fusion._weighed(np.stack([style, style]), 0.5)
    np.testing.assert_allclose(several[0], fusion._weighed(style, 0.5))


def test_a_face_is_settled_after_some_looks(seen: Observation) -> None:
    lock = IdentityLock(SCHEMA, least_looks=LEAST_LOOKS)
    changes = [change for _ in range(60) if (change := lock.add(seen)) is not None]
    assert [change.locked for change in changes] == [False], "nobody has looked yet"
    for _ in range(LEAST_LOOKS):
        lock.add_likeness(likeness(), 1.0)
    settled = lock.add(seen)
    assert settled is not None
    assert settled.locked
    sliders = settled.values_A[: SIZES["identity"]]
    assert (sliders - seen.identity_I).min() > 0.0
    assert (sliders < 0.9).all()
    known = lock.known_I
    assert known is not None
    np.testing.assert_allclose(known, seen.identity_I, atol=1e-6, err_msg="the encoder is told what it saw itself")
    lock.add_likeness(likeness(0.1), 1.0)
    np.testing.assert_array_equal(lock.known_I, known)
    before = lock.sitting
    lock.reopen()
    assert lock.sitting is not before
    assert lock.known_I is None


def play(recognition: LiveRecognition | None, frames: int) -> tuple[Ears, Stage]:
    stage, ears, config = Stage(Head.default(), [(300.0, 220.0, 800.0)]), Ears(), LiveConfig()
    head = stage.head
    line = Pipeline(
        config, decoder=Decoder(head), encoder=stage, finder=stage, sink=ears,
        control=LiveControl(config, head.schema, cameras=lambda: ()), meter=Meter(), recognition=recognition,
    )  # fmt: skip
    for i in range(frames):
        line.step(SourceFrame(media_ns=i * 33_333_333, captured_ns=time.perf_counter_ns(), image=IMAGE))
    return ears, stage


def test_live_the_frame_waits_when_every_frame_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    turns: list[int] = []

    def cut(image: np.ndarray, seen: Observation, turn: int) -> np.ndarray:
        turns.append(turn)
        return chip_of(image, seen, turn)

    monkeypatch.setattr("facelive.stream.live_recognition.chip_of", cut)
    for _ in range(2):
        fake = Fake()
        turns.clear()
        with LiveRecognition(lambda fake=fake: fake, beside=False) as recognition:
            ears, stage = play(recognition, 60)
        assert 3 <= recognition.looks == len(fake.chips) <= 5
        assert fake.chips[0].shape == (WIDE, WIDE, 3)
        assert turns == list(range(len(fake.chips))), "every look at a face is cut in another way"
        assert [avatar.locked for avatar in ears.avatars] == [False, True]
        runs.append(ears.avatars[-1].values)
        told = stage.told[-1]
        assert told is not None
        schema = stage.head.schema
        np.testing.assert_allclose(told, schema.neutral()[schema.indices("identity")], atol=1e-5)
        drawn = ears.avatars[-1].values[: SIZES["identity"]]
        assert np.abs(told - drawn).max() > 0.05, "the translator has its say in what is drawn, not in what is told"
    np.testing.assert_array_equal(*runs)
    alone = play(None, 60)[0].avatars[-1].values
    assert (runs[0][: SIZES["identity"]] > alone[: SIZES["identity"]]).all()


def test_live_no_frame_waits_for_a_slow_look() -> None:
    fake = Fake(wait_s=0.3)
    with LiveRecognition(lambda: fake, beside=True) as recognition:
        began = time.perf_counter()
        ears, _ = play(recognition, 20)
        assert len(ears.frames) == 20
        assert len(fake.chips) <= 1 + int((time.perf_counter() - began) / 0.3)
    assert not [t for t in threading.enumerate() if t.name == "facelive-likeness"]
    with LiveRecognition(lambda: None) as nothing:
        assert [avatar.locked for avatar in play(nothing, 60)[0].avatars] == [False, True]


def test_a_look_that_fails_is_told_and_the_stream_goes_on(caplog: pytest.LogCaptureFixture, seen: Observation) -> None:
    class Broken:
        def look(self, chip: np.ndarray) -> Likeness:
            raise WeightsError("gone")

    with LiveRecognition(Broken, beside=False) as recognition:
        assert recognition.ask(IMAGE, seen, 1.0, "ticket")
        (answer,) = recognition.answers()
        assert (answer.ticket, answer.likeness) == ("ticket", None)
        assert "gone" in caplog.text
        nowhere = replace(seen, landmarks_K2=np.zeros((68, 2), np.float32))
        assert not recognition.ask(IMAGE, nowhere, 1.0, "ticket")


def test_other_rigs_go_without() -> None:
    opened = open_translator(tiny_schema())
    assert opened.translator is None
    assert "built-in head" in opened.why_not
    with pytest.raises(SchemaError, match="another rig"):
        open_translator(tiny_schema(), TRANSLATOR)
    with pytest.raises(WeightsError, match="no translator"):
        open_translator(SCHEMA, TRANSLATOR.with_name("nobody.onnx"))


def test_the_shipped_translator_sees_who_wears_what(shipped: Opened) -> None:
    """Two renders: a fair woman with long hair and a dark man with beard and glasses are told apart."""
    renderer = Renderer(Head.default(), size=256, dress=accessories)
    assert shipped.translator is not None
    found = []
    for gender, skin, styles in (
        (0.1, (0.9, 0.73, 0.63), ("hair:long-straight", "beard:none", "glasses:none")),
        (0.9, (0.39, 0.26, 0.19), ("hair:buzz", "beard:full", "glasses:square")),
    ):
        params = SCHEMA.neutral()
        params[SCHEMA.index("macro-gender")] = gender
        params[SCHEMA.colours["skin"]] = skin
        for name in styles:
            params[SCHEMA.styles[name.partition(":")[0]]] = 0.0
            params[SCHEMA.index(name)] = 1.0
        picture = renderer.render(params, Scene())
        found.append(shipped.translator.look(cut_chip(picture.image_HW3, picture.landmarks68_K2)))
    her, him = found
    gender = SCHEMA.index("macro-gender")
    assert him.identity_I[gender] - her.identity_I[gender] > 0.2
    assert (her.colour_C[:3] - him.colour_C[:3]).min() > 0.15
    beard = slice(SCHEMA.styles["beard"].start - SIZES["identity"], SCHEMA.styles["beard"].stop - SIZES["identity"])
    glasses = slice(
        SCHEMA.styles["glasses"].start - SIZES["identity"], SCHEMA.styles["glasses"].stop - SIZES["identity"]
    )
    assert (her.style_S[beard].argmax(), her.style_S[glasses].argmax()) == (0, 0)
    assert him.style_S[beard].argmax() > 0
    assert him.style_S[glasses].argmax() > 0
    assert TRANSLATOR.stat().st_size <= 20_500_000


def test_pictures_are_encoded_with_and_without_it() -> None:
    picture = Renderer(Head.default(), size=256, dress=accessories).render(SCHEMA.neutral(), Scene())
    said = {}
    for recognition in (True, False):
        told: list[Any] = []
        with PictureEncoder(recognition=recognition) as encoder:
            assert encoder.notice == ""
            reader = encoder._reader
            look = reader._encoder.encode_still

            def noted(
                image: Any, similarity: Any, known_I: Any = None, look: Any = look, told: list[Any] = told
            ) -> Observation:
                seen = look(image, similarity, known_I)
                told.append((known_I, seen.identity_I))
                return seen

            reader._encoder.encode_still = noted  # type: ignore[method-assign]
            looked: list[Any] = []
            if reader._translator is not None:

                def counted(chip: Any, own: Any = reader._translator.look, looked: list[Any] = looked) -> Likeness:
                    looked.append(chip)
                    return own(chip)

                reader._translator.look = counted  # type: ignore[method-assign]
            face = encoder.encode_at(picture.image_HW3, picture.landmarks68_K2)
        assert len(looked) == recognition * len(PLACEMENTS), "a still is looked at in all ways"
        known = [known_I for known_I, _ in told if known_I is not None]
        assert len(known) == recognition
        if recognition:
            np.testing.assert_array_equal(known[0], told[-2][1], err_msg="told what it saw itself, not what is drawn")
        assert face.parameters is not None
        said[recognition] = face.parameters
    identity = SCHEMA.indices("identity")
    assert np.abs(said[True] - said[False])[identity].max() > 1e-3


def test_a_chip_shows_the_face_where_dlib_wants_it(seen: Observation) -> None:
    """A white spot at a landmark of the picture is found where that point lies in dlib's unit face, in the middle."""
    for point in (36, 45, 30):  # outer eye corners, tip of the nose
        image = IMAGE.copy()
        x, y = np.rint(seen.landmarks_K2[point]).astype(int)
        image[y - 3 : y + 4, x - 3 : x + 4] = 255
        bright = np.argwhere(chip_of(image, seen)[..., 0] > 128)
        assert len(bright)
        cut = seen.similarity
        matrix = np.vstack([chip_to_crop(apply(cut, seen.landmarks_K2)), [0.0, 0.0, 1.0]])
        wanted = np.linalg.inv(matrix) @ np.append(apply(cut, seen.landmarks_K2[point : point + 1])[0], 1.0)
        np.testing.assert_allclose(bright.mean(0)[::-1], wanted[:2] + MARGIN, atol=1.5)
        # A face of our head lies near dlib's mean face: a chip of something else would be far away.
        unit = unit_points()[ALIGNED.index(point)]
        np.testing.assert_allclose(wanted[:2], (PADDING + unit) / (2.0 * PADDING + 1.0) * CHIP, atol=12.0)


def test_both_ways_to_cut_a_chip_agree(seen: Observation) -> None:
    """Training cuts batches with torch, live a single one with OpenCV."""
    torch = pytest.importorskip("torch", reason="the other way needs torch")
    from facelive.likeness.alignment import dlib_chip

    points = apply(seen.similarity, seen.landmarks_K2)
    batch = dlib_chip(torch.from_numpy(points / np.float32(256))[None], 256)[0]
    np.testing.assert_allclose(chip_to_crop(points), batch, atol=1e-3)


def test_a_head_is_moved_to_where_its_points_were_seen(seen: Observation) -> None:
    drawn = apply(seen.similarity, seen.landmarks_K2)
    centre = 256.0 * seen.pose[3:5]
    moved = (drawn - centre) * 1.1 + centre + np.array([7.0, -4.0])
    moved[:17] += 30.0  # the jaw has no say
    pose = reseated(seen.pose, drawn, moved.astype(np.float32))
    np.testing.assert_allclose(256.0 * pose[3:5], centre + np.array([7.0, -4.0]), atol=0.01)
    assert pose[5] - seen.pose[5] == pytest.approx(np.log(1.1), abs=1e-4)
    np.testing.assert_array_equal(pose[[0, 1, 2, 6, 7, 8, 9]], seen.pose[[0, 1, 2, 6, 7, 8, 9]])


def test_a_cpu_runs_eight_bits_unless_told_otherwise(tmp_path: Path) -> None:
    """The twin that ships lies beside the float file and says nearly the same; a file without one is read as it is."""
    noise = np.random.default_rng(1).integers(0, 255, (9, 9, 3), np.uint8)
    chip = np.asarray(cv2.resize(noise, (WIDE, WIDE)), np.uint8)
    alone = tmp_path / "mine.onnx"
    shutil.copy(TRANSLATOR, alone)
    said = []
    asked: list[tuple[Path | None, Precision]] = [
        (None, "auto"), (None, "int8"), (None, "fp32"), (alone, "int8"), (alone, "fp32"),
    ]  # fmt: skip
    for path, precision in asked:
        translator = open_translator(SCHEMA, path, precision=precision).translator
        assert translator is not None
        with translator:
            said.append(translator.look(chip).identity_I)
    np.testing.assert_array_equal(said[0], said[1])
    for other in said[3:]:
        np.testing.assert_array_equal(said[2], other)
    assert 0.0 < np.abs(said[0] - said[2]).max() < 0.3


def test_whoever_opens_a_translator_says_in_what_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    from facelive.stream import still, vision

    asked = []

    def opened(*given: object) -> Opened:
        asked.append(given[-1])
        return Opened(None, "none")

    for room in (still, vision):
        monkeypatch.setattr(room, "open_translator", opened)
    PictureEncoder(precision="fp32").close()
    looks = vision.Vision(LiveConfig(precision="fp32"), SCHEMA)
    looks.open()
    looks.close()
    assert asked == ["fp32", "fp32"]
