"""Files that C# writes and Python reads, and back."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stream_wire import TINY, tiny_frame
from unity import corpus, host

from facelive.errors import FaceliveError
from facelive.rig.default_schema import default_schema
from facelive.rig.schema import Schema, Vector
from facelive.rig.tiny import tiny_schema
from facelive.stream.frame import Frame, FrameFlag
from facelive.stream.layout import Layout
from facelive.stream.messages import AVATAR_MAGIC, Envelope, avatar_to_json, seal
from facelive.stream.packet import encode_frame
from facelive.stream.recording import Recording, pack_file_header, pack_record
from facelive.stream.state import Avatar
from facelive.train.formats.db_description import parse_db_description, read_db_description, write_db_description
from facelive.train.formats.eval_bytes import parse_eval_bytes, read_eval_bytes, write_eval_bytes
from facelive.train.formats.random_set import RandomSetConfig, write_random_set

SIDE = 32


def squares(params_P: Vector) -> bytes:
    """The twin of the runner's SquaresSource: a PGM picture of parameters."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    values = np.clip(params_P[(y // 8 * 4 + x // 8) % len(params_P)].astype(np.float64), 0, 1)
    return b"P5\n32 32\n255\n" + np.floor(255.0 * values).astype(np.uint8).tobytes()


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("width", [99, 103])
def test_descriptions_pass_through_both_sides(runner: Path, tmp_path: Path, width: int) -> None:
    params_NP = np.random.default_rng(1).random((5, width), dtype=np.float32)
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    write_db_description(mine, [f"db_{i:05d}_4" for i in range(5)], params_NP)
    result = host.last_json(host.run(runner, "copy-db", str(mine), str(theirs)))
    assert result == {"entries": 5, "parameters": width}
    assert theirs.read_bytes() == mine.read_bytes()
    assert np.array_equal(read_db_description(theirs)[1], params_NP)
    mine.write_bytes(mine.read_bytes()[:-1])
    assert "refused" in host.last_json(host.run(runner, "copy-db", str(mine), str(theirs)))


def test_eval_bytes_pass_through_both_sides(runner: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "eval.bytes", tmp_path / "back.bytes"
    params_P = np.random.default_rng(2).random(99, dtype=np.float32)
    write_eval_bytes(mine, 3, params_P)
    assert host.last_json(host.run(runner, "copy-eval", str(mine), str(theirs))) == {"shape": 3, "parameters": 99}
    shape, read_P = read_eval_bytes(theirs)
    assert shape == 3
    assert np.array_equal(read_P, params_P)
    mine.write_bytes(b"\x04\0\0\0\0\0\xc0\x7f")  # NaN
    assert "refused" in host.last_json(host.run(runner, "copy-eval", str(mine), str(theirs)))


def test_exported_schema_is_one_that_python_trains_on(runner: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "schema.json", tmp_path / "back.json"
    default_schema().save(mine)
    result = host.last_json(host.run(runner, "copy-schema", str(mine), str(theirs)))
    assert result["hash"] == f"{default_schema().hash:016x}"
    assert Schema.load(theirs) == default_schema()


@pytest.mark.parametrize(("noise", "schema"), [("0", TINY), ("0.25", default_schema())])
def test_random_sets_are_identical(runner: Path, tmp_path: Path, noise: str, schema: Schema) -> None:
    """200 pictures of the C# code path and of its Python twin: the same files, byte for byte."""
    theirs, mine, path = tmp_path / "theirs", tmp_path / "mine", tmp_path / "schema.json"
    schema.save(path)
    config = RandomSetConfig(count=200, seed=99, noise=float(noise))
    # The first run is cancelled after 70 pictures, the second goes on.
    first = host.last_json(host.run(runner, "database", str(path), str(theirs), "200", "99", noise, "70"))
    assert first == {"done": 70, "drawn": 70}
    second = host.last_json(host.run(runner, "database", str(path), str(theirs), "200", "99", noise))
    assert second == {"done": 200, "drawn": 130}
    write_random_set(mine, schema, config, squares, extension="pgm")
    ours, others = files_below(mine), files_below(theirs)
    assert Schema.load(theirs / "schema.json") == schema
    for files in (ours, others):
        files.pop("schema.json")  # the same data, laid out differently
    assert sorted(ours) == sorted(others)
    assert [name for name in ours if ours[name] != others[name]] == []
    refused = host.start_runner(runner, "database", str(path), str(theirs), "200", "98", noise)
    assert "another data set" in refused.communicate(timeout=30)[1]


def test_recordings_pass_through_both_sides(runner: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine.flrec", tmp_path / "theirs.flrec"
    frames = [stamped(tiny_frame(i / 8), i + 1) for i in range(8)]
    data = pack_file_header(TINY, created_unix_s=1.0, software="test")
    data += b"".join(pack_record(encode_frame(frame), 1000 * frame.sequence) for frame in frames)
    mine.write_bytes(data + b"FLRCdamaged")
    result = host.last_json(host.run(runner, "copy-recording", str(mine), str(theirs)))
    assert result == {"records": 8, "lost": 11, "schema": "tiny"}
    back = Recording(theirs)
    assert back.schema == TINY
    assert back.software == "facelive-unity"
    assert [frame.sequence for frame in back.frames()] == list(range(1, 9))
    assert [record.at_ns for record in back.records()] == [1000 * i for i in range(1, 9)]
    assert back.problem == ""


HOUR_NS = 3600 * 10**9


def session(stream_id: int, start_ns: int, *, standing_s: int = 0) -> list[bytes]:
    """Four frames, a tenth of a second apart; before them, so many seconds older, the avatar and the last frame."""
    messages = []
    if standing_s:
        old_ns = start_ns - standing_s * 10**9
        avatar = Avatar(
            face_id=0, revision=1, values=np.zeros(Layout(TINY).avatar_count, np.float32), locked=True, confidence=1.0
        )
        envelope = Envelope(
            magic=AVATAR_MAGIC, schema_hash=TINY.hash, stream_id=stream_id, sequence=0, sent_ns=old_ns, clock_id=6
        )
        messages = [seal(envelope, avatar_to_json(avatar)), frame_at(stream_id, 1, old_ns, resent=True)]
    return messages + [frame_at(stream_id, i + 2, start_ns + i * 10**8) for i in range(4)]


def frame_at(stream_id: int, sequence: int, at_ns: int, *, resent: bool = False) -> bytes:
    frame = tiny_frame(0.5)
    return encode_frame(
        Frame(
            captured_ns=at_ns,
            inferred_ns=at_ns,
            published_ns=at_ns,
            faces=frame.faces,
            sequence=sequence,
            flags=FrameFlag.RESENT if resent else FrameFlag(0),
            schema_hash=TINY.hash,
            stream_id=stream_id,
            clock_id=6,
        )
    )


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([session(1, HOUR_NS), session(2, 2 * HOUR_NS)], "2@0 3@100 4@200 2@300 3@400 4@500 5@600"),
        ([session(1, 2 * HOUR_NS), session(2, HOUR_NS)], "2@0 3@100 4@200 2@300 3@400 4@500 5@600"),
        ([session(1, HOUR_NS, standing_s=300)], "2@0 3@100 4@200 5@300"),
    ],
    ids=["appended an hour later", "appended after a reboot", "begun in mid-stream"],
)
def test_both_sides_play_a_recording_at_the_same_pace(
    runner: Path, tmp_path: Path, sessions: list[list[bytes]], expected: str
) -> None:
    """Of frames that are due together only the newest is shown."""
    path = tmp_path / "take.flrec"
    data = pack_file_header(TINY, created_unix_s=1.0, software="test")
    path.write_bytes(data + b"".join(pack_record(message, i) for part in sessions for i, message in enumerate(part)))
    theirs = host.last_json(host.run(runner, "play", str(path)))
    assert theirs["frames"] == expected
    assert theirs["avatar"] == (0 if len(sessions) == 1 else -1)
    mine: dict[int, int] = {}
    for at_ns, item in Recording(path).timed():
        if isinstance(item, Frame):
            mine[at_ns // 10**6] = item.sequence
    assert " ".join(f"{sequence}@{ms}" for ms, sequence in mine.items()) == expected


def parsed(kind: str, data: bytes, path: Path) -> str:
    """What Python reads, in the words of the runner's ``parse``."""
    try:
        if kind == "d":
            names, params_NP = parse_db_description(data)
            return f"{len(names)} {params_NP.shape[1]}"
        if kind == "e":
            shape, params_P = parse_eval_bytes(data)
            return f"{len(params_P)} {shape}"
        path.write_bytes(data)
        recording = Recording(path)
        count = sum(1 for _ in recording.records())
        lost = re.search(r"(\d+) bytes are lost", recording.problem)
        return f"{count} {lost[1] if lost else 0}"
    except FaceliveError:
        return "refused"


def test_damaged_files_are_read_or_refused_alike(runner: Path, tmp_path: Path) -> None:
    """Mutated descriptions, parameter files and recordings."""
    rng = np.random.default_rng(6)
    write_db_description(tmp_path / "d", [f"db_{i:05d}_3" for i in range(4)], rng.random((4, 6), dtype=np.float32))
    write_eval_bytes(tmp_path / "e", 4, rng.random(9, dtype=np.float32))
    recording = pack_file_header(TINY, created_unix_s=1.0, software="test")
    recording += b"".join(pack_record(encode_frame(stamped(tiny_frame(i / 4), i + 1)), i) for i in range(4))
    whole = {"d": (tmp_path / "d").read_bytes(), "e": (tmp_path / "e").read_bytes(), "r": recording}
    dice, files = random.Random(9), []
    for number in range(600):
        kind = "der"[number % 3]
        data = bytearray(whole[kind])
        for _ in range(dice.choice((0, 1, 1, 2, 3))):
            at = dice.randrange(max(1, min(len(data), dice.choice((12, 60, 10_000)))))
            data[at : at + dice.choice((0, 1, 1, 4))] = dice.randbytes(dice.choice((0, 1, 1, 4)))
        files.append(
            (kind, bytes(data)[: dice.choice((len(data), len(data), len(data), dice.randrange(len(data) + 1)))])
        )
    corpus.write(tmp_path / "all", [kind.encode() + data for kind, data in files])
    theirs = host.run(runner, "parse", str(tmp_path / "all")).splitlines()
    ours = [parsed(kind, data, tmp_path / "one") for kind, data in files]
    differ = [(kind, a, b, data.hex()) for (kind, data), a, b in zip(files, ours, theirs, strict=True) if a != b]
    assert differ == []
    assert 100 < theirs.count("refused") < 500


def stamped(frame: Frame, sequence: int) -> Frame:
    """The frame as a publisher would send it."""
    return Frame(
        captured_ns=frame.captured_ns, inferred_ns=frame.inferred_ns, faces=frame.faces, published_ns=sequence * 10,
        sequence=sequence, schema_hash=TINY.hash, stream_id=5, clock_id=6,
    )  # fmt: skip


def test_data_set_trains_the_tiny_rigs_imitator(runner: Path, tmp_path: Path) -> None:
    """200 pictures of the C# code path through import and training, as a game's own would go."""
    pytest.importorskip("torch")
    import cv2
    from imitator_toys import toy_recipe

    from facelive.train.formats.game_set import ImportConfig, import_set
    from facelive.train.imitator.loop import TrainConfig
    from facelive.train.imitator.rigs import Rig
    from facelive.train.imitator.run import train_imitator

    schema = tiny_schema()
    schema.save(tmp_path / "schema.json")
    host.run(runner, "database", str(tmp_path / "schema.json"), str(tmp_path / "set"), "200", "7", "0")
    for path in (tmp_path / "set").rglob("*.pgm"):
        image = cv2.imread(str(path))
        assert image is not None
        cv2.imwrite(str(path.with_suffix(".png")), image)  # Unity writes jpg or png itself
    config = ImportConfig(source=tmp_path / "set", output=tmp_path / "data", schema=schema, framing="crop", size=SIDE)
    assert import_set(config) == 200
    errors: list[float] = []
    for steps in (1, 120):
        recipe = replace(toy_recipe(steps=steps), batch=16)
        run = TrainConfig(output=tmp_path / f"run{steps}", threads=1)
        figures = train_imitator(tmp_path / "data", Rig(schema=schema, head=None), recipe, run).figures
        assert figures is not None
        assert figures.pictures == 40
        errors.append(figures.l1)
    assert errors[1] < 0.5 * errors[0]
