"""The command line as a person meets it: help, and a clear line with exit status 2 when something is wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import Cli, source_environment

from facelive.app import doctor, encode, live
from facelive.app.main import COMMANDS, main
from facelive.app.params_file import Character
from facelive.app.render import own_names
from facelive.rig.default_schema import default_schema
from facelive.rig.tiny import tiny_schema
from facelive.stream.recording_writer import RecordingWriter, WriterSummary

Complain = Callable[..., str]


def the_one_line(status: object, stderr: str) -> str:
    """The one line of a command that failed as it should."""
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith(("page:", "recording"))]
    assert status == 2, stderr
    assert len(lines) == 1, stderr
    assert lines[0].startswith("facelive: ")
    return lines[0]


@pytest.fixture
def complains(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Complain:
    """Runs a command in this process, in an empty folder; returns its one line of complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> str:
        return the_one_line(main([str(argument) for argument in arguments]), capsys.readouterr().err)

    return run


@pytest.fixture
def process_complains(cli: Cli) -> Complain:
    """The same in a process of its own, as from a shell: whatever libraries print counts too."""

    def run(*arguments: object) -> str:
        done = cli(*arguments)
        return the_one_line(done.returncode, done.stderr)

    return run


def write_clip(path: Path, frames: int = 20) -> None:
    """A small clip of grey noise."""
    noise = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (96, 64))
    for _ in range(frames):
        writer.write(noise.integers(0, 255, (64, 96, 3), np.uint8))
    writer.release()


def test_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"  {name}" in said
        assert command.summary in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    assert ended.value.code == 0
    assert f"usage: facelive {name}" in capsys.readouterr().out


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["dataset"]) == 2
    assert "dataset render" in capsys.readouterr().err
    assert main(["dataset", "--help"]) == 0
    assert "facelive dataset render: " in capsys.readouterr().out


def test_unknown_option_is_refused(cli: Cli) -> None:
    done = cli("live", "--sauce", "0")
    assert done.returncode == 2
    assert "--sauce" in done.stderr


def test_live_without_such_a_file(process_complains: Complain) -> None:
    assert "nowhere.mp4" in process_complains("live", "--source", "nowhere.mp4")


def test_live_with_a_truncated_clip(process_complains: Complain, tmp_path: Path) -> None:
    write_clip(tmp_path / "whole.mp4")
    data = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "clip.mp4").write_bytes(data[: len(data) // 2])
    assert "clip.mp4" in process_complains("live", "--source", "clip.mp4")


def test_live_without_that_camera(process_complains: Complain) -> None:
    assert "camera" in process_complains("live", "--source", "77")


def test_encode_with_weights_that_the_manifest_disowns(process_complains: Complain, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "face_landmarker.task").write_bytes(b"not the file that was meant")
    row = {"file": "face_landmarker.task", "sha256": "64" * 32, "licence": "x", "origin": "x"}
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [row]}), encoding="utf-8")
    said = process_complains("encode", "a.png", "--landmarker", "face_landmarker.task")
    assert "sha256" in said or "encoder.onnx" in said


def test_live_with_a_bad_number(complains: Complain) -> None:
    assert "--threads" in complains("live", "--source", "performance", "--threads", "0")


@pytest.mark.parametrize(
    "arguments",
    [
        ("live", "--camera-fps", "0"),
        ("live", "--fps", "nan"),
        ("live", "--tracker.search-hz", "0"),
        ("live", "--tracker.more-hz", "-1"),
        ("live", "--tracker.search-side", "-3"),
        ("live", "--tracker.hold-s", "nan"),
        ("listen", "--seconds", "-1"),
        ("record", "a.flrec", "--wait-s", "nan"),
    ],
)
def test_numbers_that_cannot_be(complains: Complain, arguments: tuple[str, ...]) -> None:
    number = next(argument for argument in arguments if argument.startswith("--"))
    assert number in complains(*arguments)


def test_an_output_that_names_its_input_leaves_it_alone(complains: Complain, tmp_path: Path) -> None:
    photo, params = tmp_path / "photo.jpg", tmp_path / "me.json"
    cv2.imwrite(str(photo), np.full((64, 64, 3), 90, np.uint8))
    params.write_text('{"jawOpen": 0.5}', encoding="utf-8")
    (tmp_path / "link.jsonl").symlink_to(photo)
    recording = tmp_path / "one.flrec"
    RecordingWriter(recording, default_schema()).close()
    before = [path.read_bytes() for path in (photo, params, recording)]
    for arguments in (
        ("encode", photo, "-o", photo),
        ("encode", photo, "-o", tmp_path / "link.jsonl"),
        ("encode", tmp_path, "-o", tmp_path / "other.jpg"),
        ("render", "--params", params, "-o", params),
        ("export", "--params", params, "-o", params),
        ("replay", recording, "--csv", recording),
    ):
        assert "-o" in arguments or "--csv" in arguments
        line = complains(*arguments)
        assert "another output" in line or "picture's name" in line
    assert [path.read_bytes() for path in (photo, params, recording)] == before
    assert not (tmp_path / "other.jpg").exists()


def test_figures_destroy_nothing(complains: Complain, tmp_path: Path) -> None:
    """--summary replaces its file whatever its mode: neither the clip that is read nor a recording of the same run."""
    write_clip(tmp_path / "clip.mp4")
    whole = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "clip.mp4").chmod(0o444)
    assert "another output" in complains("live", "--source", "clip.mp4", "--summary", "clip.mp4")
    assert "another output" in complains("live", "--source", tmp_path, "--summary", tmp_path / "clip.mp4")
    assert "another name" in complains(
        "live", "--source", "clip.mp4", "--record", "take.json", "--summary", f"../{tmp_path.name}/take.json"
    )
    assert (tmp_path / "clip.mp4").read_bytes() == whole
    RecordingWriter(tmp_path / "one.flrec", default_schema()).close()
    assert ".csv" in complains("replay", "one.flrec", "--csv", "clip.mp4")
    assert "exclude" in complains("replay", "one.flrec", "--csv", "a.csv", "--info")
    assert "choose another name" in complains("live", "--source", "clip.mp4", "--record", "one.flrec")


def test_encode_keeps_what_there_was_and_goes_on_behind_a_bad_picture(
    complains: Complain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "more.png").write_text("no picture either")
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 90, np.uint8))
    output = tmp_path / "out.jsonl"
    output.write_text("earlier\n")
    assert "text.png" in complains("encode", "text.png", "-o", output)
    assert main(["encode", "text.png", "more.png", "-o", str(output)]) == 2
    capsys.readouterr()
    assert output.read_text() == "earlier\n"
    assert main(["encode", "text.png", "grey.png", "-o", str(output)]) == 2
    said = capsys.readouterr().err
    assert "facelive: text.png is not a picture that can be read" in said
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(line["file"], line["found"], "error" in line) for line in lines] == [
        ("text.png", False, True), ("grey.png", False, False),
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grey.png", "more.png", "out.jsonl", "text.png"]


def test_what_ctrl_c_leaves_of_an_encoding_is_kept_where_there_was_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((64, 64, 3), 90, np.uint8))
    plain = encode.encode_file

    def pressed(encoder: Any, path: Path, *, strict: bool) -> dict[str, Any]:
        if path.name == "b.png":
            raise KeyboardInterrupt
        return plain(encoder, path, strict=strict)

    monkeypatch.setattr(encode, "encode_file", pressed)
    output = tmp_path / "out.jsonl"
    assert main(["encode", str(tmp_path), "-o", str(output)]) == 130
    assert [json.loads(line)["file"] for line in output.read_text().splitlines()] == [str(tmp_path / "a.png")]
    output.write_text("earlier\n")
    assert main(["encode", str(tmp_path), "-o", str(output)]) == 130
    assert output.read_text() == "earlier\n"
    capsys.readouterr()


def test_a_folder_with_one_bad_picture_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.png").write_text("no picture")
    assert main(["encode", str(tmp_path), "-o", str(tmp_path / "out.jsonl")]) == 0
    assert '"error"' in (tmp_path / "out.jsonl").read_text()
    capsys.readouterr()


def test_a_recording_that_the_disk_did_not_take_is_an_error(
    complains: Complain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = WriterSummary(path=tmp_path / "a.flrec", frames=3, dropped=5, problem="the disk failed (full)")
    monkeypatch.setattr("facelive.stream.recording_writer.record_stream", lambda *_, **__: failed)
    assert "3 frames, 5 messages dropped: the disk failed" in complains("record", "a.flrec")


def test_live_tells_of_a_bad_picture_once(cli: Cli, tmp_path: Path) -> None:
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((64, 64, 3), 40 * number, np.uint8))
    (tmp_path / "1b.png").write_bytes(b"no picture")
    done = cli("live", "--source", tmp_path, "--pace", "max")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("1b.png cannot be decoded and was skipped") == 1
    assert done.stdout.count("1b.png cannot be decoded and was skipped") == 1  # in the summary


@pytest.mark.parametrize(
    "command",
    [("dataset", "export", "d"), ("dataset", "import", "d", "--schema", "s.json"), ("evaluate",),
     ("evaluate", "imitator", "--imitator", "i.pt", "--data", "d"), ("train", "encoder"), ("train", "imitator"),
     ("train", "parser"), ("train", "own-encoder", "--imitator", "i.pt", "--data", "d", "--schema", "s.json")],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
@pytest.mark.parametrize("output", ["notes.txt", "notes.txt/runs/one"])
def test_a_folder_that_cannot_be_made_is_told_at_once(
    complains: Complain, tmp_path: Path, command: tuple[str, ...], output: str
) -> None:
    pytest.importorskip("torch", reason="training needs torch")
    (tmp_path / "notes.txt").write_text("kept")
    assert "notes.txt is a file" in complains(*command, "-o", output)
    assert (tmp_path / "notes.txt").read_text() == "kept"


def test_parameters_of_a_windows_editor_are_read(tmp_path: Path) -> None:
    params = tmp_path / "me.json"
    params.write_text("{}", encoding="utf-8-sig")
    assert main(["render", "--params", str(params), "-o", str(tmp_path / "me.png"), "--size", "32"]) == 0


def test_a_files_ending_is_what_is_in_it(complains: Complain, tmp_path: Path) -> None:
    params = tmp_path / "me.json"
    params.write_text("{}", encoding="utf-8")
    assert ".png or .jpg" in complains("render", "--params", params, "-o", tmp_path / "me.gif")
    assert ".glb" in complains("export", "--params", params, "-o", tmp_path / "me.fbx")
    assert list(tmp_path.iterdir()) == [params]
    assert main(["render", "--params", str(params), "-o", "me.jpg", "--size", "32"]) == 0
    assert (tmp_path / "me.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_eyeballs_turn_with_the_morph_targets_where_that_is_asked_for(tmp_path: Path) -> None:
    params = tmp_path / "me.json"
    params.write_text("{}", encoding="utf-8")
    for name, options in (("bones", ()), ("morphs", ("--eye-morphs",))):
        assert main(["export", "--params", str(params), "-o", str(tmp_path / f"{name}.glb"), *options]) == 0
    bones, morphs = ((tmp_path / f"{name}.glb").stat().st_size for name in ("bones", "morphs"))
    assert morphs > bones


_IN_BACKGROUND = """
import fcntl, os, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], preexec_fn=os.setpgrp)
_, status = os.waitpid(child.pid, os.WUNTRACED)
print("stopped" if os.WIFSTOPPED(status) else f"ended {os.WEXITSTATUS(status)}")
if os.WIFSTOPPED(status):
    child.kill()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="jobs of a POSIX shell")
def test_a_program_in_the_background_leaves_the_terminal_alone() -> None:
    """``facelive live ... &``: whoever touches the terminal from there is stopped by the system."""
    import pty

    controller, terminal = pty.openpty()
    keys = (
        "import sys\nfrom facelive.app.key_presses import key_presses\nwith key_presses(print) as can:\n sys.exit(can)"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", _IN_BACKGROUND, keys], stdin=terminal, capture_output=True, text=True, timeout=60,
            start_new_session=True, check=True,
        )  # fmt: skip
    finally:
        os.close(controller)
        os.close(terminal)
    assert done.stdout.strip() == "ended 0", done.stderr


def test_other_programs_get_the_shapes_of_a_character_of_one_s_own(tmp_path: Path) -> None:
    tiny_schema().save(tmp_path / "schema.json")
    for schema, names in ((tmp_path / "schema.json", tiny_schema()), (None, default_schema())):
        with live._sinks(("vmc://127.0.0.1:39539",), schema, quiet=True) as sinks:
            assert list(sinks[0].layout.expression_names) == list(names.group_names("expression"))


def test_live_with_a_taken_port(process_complains: Complain) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = process_complains("live", "--source", "performance", "--address", f"tcp://127.0.0.1:{port}")
    assert str(port) in said


def test_view_with_a_taken_port(complains: Complain) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = complains("live", "--source", "performance", "--view", "--view-port", port)
    assert "--view-port" in said


def test_live_with_no_place_for_the_figures(complains: Complain, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "s.json" in complains("live", "--source", "performance", "--summary", "file/s.json")
    assert "folder" in complains("live", "--source", "performance", "--summary", tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
@pytest.mark.parametrize("command", ["encode", "help"])
def test_a_full_disk_is_told_in_a_line(tmp_path: Path, command: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    arguments = ["encode", "a.png", "-o", "/dev/full"] if command == "encode" else ["--help"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "facelive.app.main", *arguments], cwd=tmp_path, env=source_environment(tmp_path),
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert "No space left" in the_one_line(done.returncode, done.stderr)


def test_pictures_of_one_name_do_not_replace_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    neutral = default_schema().neutral()
    many = [Character(name=name, params_P=neutral) for name in ("a/1", "b/1", "a/1", "a/1")]
    assert own_names(many) == ["a/1", "b/1", "a/1-2", "a/1-3"]
    assert capsys.readouterr().err.count("a/1") == 4


def test_live_with_a_malformed_address(complains: Complain) -> None:
    assert "address" in complains("live", "--source", "performance", "--address", "udp://x")


def test_allowed_needs_a_key(complains: Complain, tmp_path: Path) -> None:
    assert "--key" in complains("live", "--source", "performance", "--allowed", tmp_path)


def test_encode_without_such_a_picture(complains: Complain) -> None:
    assert "nowhere" in complains("encode", "nowhere", "-o", "out.jsonl")


def test_encode_of_an_empty_folder(complains: Complain, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    assert "no pictures" in complains("encode", "photos", "-o", "out.jsonl")


def test_encode_with_other_weights_that_are_none(complains: Complain, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "wrong.onnx").write_bytes(b"this is no network")
    assert "wrong.onnx" in complains("encode", "a.png", "--encoder", "wrong.onnx")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{not json", "not JSON"),
        ('{"jawOpenn": 1}', "jawOpenn"),
        ('{"jawOpen": "wide"}', "jawOpen"),
        ("[1, 2]", "object"),
        ('{"jawOpen": NaN}', "jawOpen"),
        ('{"file": "a.png", "found": false}', "no face"),
    ],
)
def test_render_of_wrong_parameters(complains: Complain, tmp_path: Path, content: str, word: str) -> None:
    (tmp_path / "me.json").write_text(content, encoding="utf-8")
    assert word in complains("render", "--params", "me.json", "-o", "me.png")


def test_render_without_such_a_file(process_complains: Complain) -> None:
    assert "me.json" in process_complains("render", "--params", "me.json", "-o", "me.png")


def test_export_wants_one_character(complains: Complain, tmp_path: Path) -> None:
    (tmp_path / "two.jsonl").write_text('{"jawOpen": 1}\n{"jawOpen": 0}\n', encoding="utf-8")
    assert "2 characters" in complains("export", "--params", "two.jsonl", "-o", "me.glb")


def test_replay_of_a_foreign_file(complains: Complain, tmp_path: Path) -> None:
    (tmp_path / "x.flrec").write_bytes(b"RIFF" + bytes(100))
    assert "x.flrec" in complains("replay", "x.flrec")


def test_record_when_nothing_comes(complains: Complain) -> None:
    complains("record", "x.flrec", "--address", "tcp://127.0.0.1:9", "--wait-s", "0.3")


def test_keys_are_private_and_not_overwritten(
    complains: Complain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "me", "--folder", str(tmp_path / "k")]) == 0
    capsys.readouterr()
    secret = tmp_path / "k" / "me.key_secret"
    assert secret.stat().st_mode & 0o077 == 0
    assert "me.key" in complains("keys", "me", "--folder", "k")


def test_doctor_names_what_is_there(cli: Cli) -> None:
    done = cli("doctor")
    assert done.returncode in (0, 2)
    for word in ("python", "mediapipe", "face_landmarker.task sha256", "47800", "gpu"):
        assert word in done.stdout
    assert "FIX" not in done.stdout or done.returncode == 2


def test_doctor_survives_what_it_is_there_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leftovers of a broken installation have no metadata."""
    (tmp_path / "foo-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert any(finding.text.startswith("numpy") for finding in doctor.packages())


def test_glb_of_a_character(tmp_path: Path) -> None:
    (tmp_path / "me.json").write_text(json.dumps({"macro-age": 0.8}), encoding="utf-8")
    assert main(["export", "--params", str(tmp_path / "me.json"), "-o", str(tmp_path / "me.glb")]) == 0
    assert (tmp_path / "me.glb").read_bytes()[:4] == b"glTF"
