"""A game's own pictures: what is exported comes back, what does not fit is refused with the fix."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the toys need torch")

from imitator_toys import draw_tiny, tiny_person, tiny_set

from facelive.errors import FileError, SchemaError
from facelive.rig.framing import CropCamera, frame_face
from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.tiny import tiny_head, tiny_schema
from facelive.train.data.picture import render_one
from facelive.train.data.shards import ShardReader
from facelive.train.formats.community_schema import community_schema
from facelive.train.formats.db_description import picture_name, read_db_description, write_db_description
from facelive.train.formats.eval_bytes import FEMALE, MALE, shape_of
from facelive.train.formats.game_export import export_set
from facelive.train.formats.game_labels import crop, in_crop, pose_of, read_landmarks, write_landmarks
from facelive.train.formats.game_set import ImportConfig, avatar_columns, import_set
from facelive.train.imitator.examples import Examples
from facelive.train.imitator.plain import plain, plain_config

SCHEMA = tiny_schema()


def game(folder: Path, count: int = 3, width: int = 99, value: float = 0.5) -> Path:
    """Grey pictures of a game with ``width`` numbers each."""
    folder.mkdir(parents=True)
    names = [picture_name(i, 4) for i in range(count)]
    for name in names:
        cv2.imwrite(str(folder / f"{name}.jpg"), np.full((64, 64, 3), 90, np.uint8))
    write_db_description(folder / "db_description", names, np.full((count, width), value, np.float32))
    return folder


def test_what_is_exported_comes_back(tmp_path: Path) -> None:
    data = tiny_set(tmp_path / "data", count=12)
    assert export_set(data, tmp_path / "game", SCHEMA, whole=True) == 12
    config = ImportConfig(source=tmp_path / "game", output=tmp_path / "again", schema=SCHEMA, framing="crop", size=32)
    assert import_set(config) == 12
    one, other = ShardReader(data, SCHEMA), ShardReader(tmp_path / "again", SCHEMA)
    order = np.argsort(one.join("test"), kind="stable")  # the test part comes last
    np.testing.assert_array_equal(one.join("test")[order], other.join("test"))
    np.testing.assert_array_equal(np.concatenate(one.images)[order], np.concatenate(other.images))
    np.testing.assert_array_equal(one.join("segments")[order], other.join("segments"))
    np.testing.assert_allclose(one.join("params")[order], other.join("params"), atol=1e-6)
    np.testing.assert_allclose(one.join("landmarks68")[order], other.join("landmarks68"), atol=0.05)
    examples = Examples(tmp_path / "again", SCHEMA)
    assert (len(examples.train), len(examples.test)) == (10, 2)
    assert examples.has_parts
    assert examples.has_landmarks


def test_the_communitys_layout_is_identity_style_and_colour(tmp_path: Path) -> None:
    data = tiny_set(tmp_path / "data", count=4)
    export_set(data, tmp_path / "game", SCHEMA)
    names, values = read_db_description(tmp_path / "game" / "train" / "db_description")
    assert names[2] == "db_00002_4"
    np.testing.assert_array_equal(values, ShardReader(data).join("params")[:, avatar_columns(SCHEMA)])


def test_names_end_in_the_shape_that_the_gender_slider_says() -> None:
    schema = Head.default().schema
    params = schema.neutral()
    shapes = []
    for gender in (0.1, 0.9):
        params[schema.index("macro-gender")] = gender
        shapes.append(shape_of(schema, params))
    assert shapes == [FEMALE, MALE] == [4, 3]
    assert [shape_of(SCHEMA, SCHEMA.neutral()), shape_of(SCHEMA, SCHEMA.neutral(), MALE)] == [FEMALE, MALE]


@pytest.mark.parametrize("width", [99, 103])
def test_a_community_set_is_read(tmp_path: Path, width: int) -> None:
    schema = community_schema(width)
    assert len(schema) == width
    source = game(tmp_path / "export", count=12, width=width)
    assert import_set(ImportConfig(source=source, output=tmp_path / "data", schema=schema, framing="crop")) == 12
    examples = Examples(tmp_path / "data", schema)
    assert not examples.has_landmarks
    assert len(examples.test) == 1, "every tenth is kept for the test"
    np.testing.assert_allclose(examples.pose_N10[0, 3:6], [0.5, 0.365, 0.14], atol=1e-6)
    batch = examples.batch(examples.train[:2], 32)
    assert batch.image_BHWC.shape == (2, 32, 32, 3)
    assert batch.segments_BHW is None
    with pytest.raises(SchemaError, match="99 or 103"):
        community_schema(100)


def test_landmarks_cut_the_crop_and_give_the_pose(tmp_path: Path) -> None:
    """A turned, shifted, larger picture of a ball comes back as the level crop, with angles as the crop shows them."""
    head = tiny_head()
    params = tiny_person(np.random.default_rng(1))
    image, _, points = draw_tiny(params, size=256)
    turn = math.radians(20.0)
    matrix = 1.5 * np.array([[math.cos(turn), -math.sin(turn), 40.0], [math.sin(turn), math.cos(turn), -10.0]])
    picture = cv2.warpAffine(image, matrix, (480, 480))
    seen = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    source = tmp_path / "game"
    source.mkdir()
    cv2.imwrite(str(source / "one.png"), picture)
    # The picture was turned clockwise, so the head in it is turned by minus that: params as the game would know them.
    whole = in_crop(SCHEMA, params, turn)
    write_db_description(source / "db_description", ["one"], whole[None])
    write_landmarks(source / "landmarks.csv", {"one": seen})
    np.testing.assert_allclose(read_landmarks(source / "landmarks.csv")["one"], seen, atol=0.006)
    import_set(ImportConfig(source=source, output=tmp_path / "data", schema=SCHEMA))
    row = ShardReader(tmp_path / "data", SCHEMA)
    np.testing.assert_allclose(frame_face(row.join("landmarks68")[0]), [[1, 0, 0], [0, 1, 0]], atol=2e-2)
    level = frame_face(points)
    expected = crop(image, level, 256)
    assert np.abs(expected.astype(float) - row.images[0][0]).mean() < 6.0
    angles = [SCHEMA.index(name) for name in ("headYaw", "headPitch", "headRoll")]
    turned = math.atan2(level[1, 0], level[0, 0])
    np.testing.assert_allclose(row.join("params")[0, angles], in_crop(SCHEMA, params, turned)[angles], atol=2e-3)
    assert head.schema is SCHEMA


def test_faces_are_found_where_nothing_says_where_they_are(tmp_path: Path) -> None:
    source = game(tmp_path / "game", width=len(SCHEMA))
    config = ImportConfig(source=source, output=tmp_path / "data", schema=SCHEMA, framing="detect", clip=True)
    _, _, points = draw_tiny(tiny_person(np.random.default_rng(1)))
    with pytest.raises(FileError, match="finds no face"):
        import_set(config, lambda _: None)
    assert import_set(config, lambda image: points * (len(image) / 256)) == 3
    assert np.isfinite(ShardReader(tmp_path / "data").join("landmarks68")).all()


def test_the_pose_of_a_neutral_face_is_about_right() -> None:
    """Against the exact camera of the built-in head: place within 5 pixels, scale within 8 %."""
    head = Head.default()
    neutral = head.schema.neutral()
    camera = CropCamera(yaw_rad=0.0, pitch_rad=0.0, roll_rad=0.0, cx=128.0, cy=93.0, scale=1150.0)
    points = camera.project(head.landmarks68.points(head.solve(neutral), head.triangles_T3), head.face_centre)
    exact, guessed = camera.to_encoder(), pose_of(head.schema, neutral, points)
    assert np.abs(exact[3:5] - guessed[3:5]).max() * 256 < 5.0
    assert abs(exact[5] - guessed[5]) < 0.08


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    schema = community_schema(99)

    def refused(source: Path, match: str, kind: type[Exception] = FileError, **changes: object) -> None:
        config = ImportConfig(source=source, output=tmp_path / "data", schema=schema, **changes)  # type: ignore[arg-type]
        with pytest.raises(kind, match=match):
            import_set(config)

    source = game(tmp_path / "a")
    refused(source, "--framing crop")
    refused(tmp_path, "no set of a game's pictures", framing="crop")
    refused(game(tmp_path / "b", width=103), "103 numbers a picture", SchemaError, framing="crop")
    noisy = game(tmp_path / "c", value=1.2)
    refused(noisy, "bone:00 = 1.2", SchemaError, framing="crop")
    (source / "db_00001_4.jpg").unlink()
    refused(source, "db_00001_4", framing="crop")
    (source / "landmarks.csv").write_text("db_00000_4,1,2,3\n")
    refused(source, "136 finite numbers")
    assert not (tmp_path / "data" / "manifest.json").exists()
    config = ImportConfig(source=noisy, output=tmp_path / "data", schema=schema, framing="crop", clip=True)
    assert import_set(config) == 3
    assert ShardReader(tmp_path / "data").join("params").max() == 1.0
    refused(noisy, "holds a data set already", framing="crop", clip=True)


def test_plain_pictures_show_what_the_parameters_say_and_nothing_else() -> None:
    """Fixed light, grey background, no damage; the contract's crop camera is exact at their one distance."""
    head = Head.default()
    config = plain_config(Path("unused"), 4, size=64)
    painter = plain(64)
    rows = [render_one(config, painter, number) for number in range(2)]
    again = render_one(config, plain(64), 0)
    np.testing.assert_array_equal(rows[0]["images"], again["images"])
    for row in rows:
        background = row["images"][::2, ::2][row["segments"] == Segment.BACKGROUND]
        assert len(background) > 50
        assert np.abs(np.median(background, 0) - 127.5).max() < 2.0
        assert row["present"] == 1.0
        assert set(np.unique(row["segments"])) >= {int(Segment.SKIN), int(Segment.NOSE)}
        points = head.landmarks68.points(head.solve(row["params"]), head.triangles_T3)
        seen = CropCamera.from_encoder(row["pose"]).project(points, head.face_centre)
        assert np.median(np.linalg.norm(seen - row["landmarks68"], axis=1)) < 0.5
    identity = head.schema.indices("identity")
    np.testing.assert_array_equal(rows[0]["params"][identity], rows[1]["params"][identity])
