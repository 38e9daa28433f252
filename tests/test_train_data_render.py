"""Rendered sets: labels that fit the pictures, the same on any number of workers, resumed, refused when foreign."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_toys import dots

from facelive.errors import FileError, SchemaError, UsageError
from facelive.rig.framing import CropCamera, apply, frame_face
from facelive.rig.head import Head
from facelive.rig.schema import Parameter, Schema
from facelive.train.data.people import PoseRange, doing, frame_rng, identity
from facelive.train.data.placing import CropJitter, at_size, place
from facelive.train.data.render import RenderConfig, clean, render_dataset, render_one
from facelive.train.data.shards import ShardReader

HEAD = Head.default()


def config(folder: Path, **changes: object) -> RenderConfig:
    base = RenderConfig(output=folder, count=20, seed=5, size=64, workers=1, shard=8, painter=dots)
    return replace(base, **changes)  # type: ignore[arg-type]


def someone(number: int) -> tuple[np.ndarray, float]:
    return doing(HEAD.schema, identity(HEAD.schema, 1, number), PoseRange(), frame_rng(1, number, 0))


def test_an_exact_crop_is_the_crop_that_the_framing_gives() -> None:
    for number in range(5):
        params, distance = someone(number)
        placed = place(HEAD, params, distance, CropJitter())
        np.testing.assert_allclose(frame_face(placed.landmarks68), [[1, 0, 0], [0, 1, 0]], atol=2e-3)


def test_jitter_moves_the_points_as_its_matrix_says() -> None:
    params, distance = someone(1)
    jitter = CropJitter(scale=1.1, shift=(0.05, -0.03), turn_rad=0.2)
    plain, moved = (place(HEAD, params, distance, j).landmarks68 for j in (CropJitter(), jitter))
    np.testing.assert_allclose(moved, apply(jitter.matrix(), plain), atol=2e-2)


def test_the_pose_label_puts_the_head_where_the_camera_sees_it() -> None:
    """The crop camera's perspective is that of 1 m: nearly exact there, within 4 pixels from 0.4 m on."""
    for number in range(12):
        params, _ = someone(number)
        jitter = CropJitter(scale=0.95, shift=(0.02, 0.04), turn_rad=-0.1)
        for distance, tolerance in ((1.0, 0.3), (0.4, 4.0), (3.0, 2.0)):
            placed = place(HEAD, params, distance, jitter)
            unposed = HEAD.landmarks68.points(HEAD.solve(params), HEAD.triangles_T3)
            seen = CropCamera.from_encoder(placed.pose_10).project(unposed, HEAD.face_centre)
            # The median: points that bend with the neck are not for a rigid camera.
            assert np.median(np.linalg.norm(seen - placed.landmarks68, axis=1)) < tolerance


def test_label_angles_are_the_crops() -> None:
    params, distance = someone(3)
    for name in ("headYaw", "headPitch", "headRoll"):
        params[HEAD.schema.index(name)] = 0.0
    placed = place(HEAD, params, distance, CropJitter(turn_rad=0.15))
    roll = placed.label_P[HEAD.schema.index("headRoll")]
    assert roll == pytest.approx(-0.15, abs=0.02)  # clockwise is negative; the framing levels what is level already
    assert placed.pose_10[2] == roll


def test_other_sizes_show_the_same_view() -> None:
    params, distance = someone(2)
    camera = place(HEAD, params, distance, CropJitter()).camera
    points = np.random.default_rng(0).normal(0, 0.05, (10, 3))
    np.testing.assert_allclose((at_size(camera, 64).project(points) + 0.5) * 4 - 0.5, camera.project(points), atol=1e-3)


def test_dots_are_where_the_labels_say() -> None:
    made = clean(config(Path("unused"), size=256))
    painter = dots(256)
    for number in range(6):
        row = render_one(made, painter, number)
        x, y = np.rint(row["landmarks68"]).astype(int).T
        assert (row["images"][y, x] == 255).mean() > 0.98


def test_workers_do_not_change_the_pictures(tmp_path: Path) -> None:
    one = render_dataset(config(tmp_path / "one", segments=True))
    two = render_dataset(config(tmp_path / "two", segments=True, workers=2))
    assert len(one) == len(two) == 20
    assert one.counts == [8, 8, 4]
    for name in ("images", "params", "pose", "landmarks68", "meta", "present", "person", "segments"):
        np.testing.assert_array_equal(one.join(name), two.join(name), err_msg=name)
    assert list(one.join("person")[:8]) == [0] * 4 + [1] * 4
    identity_P = HEAD.schema.indices("identity")
    params = one.join("params")
    np.testing.assert_array_equal(params[0, identity_P], params[3, identity_P])
    assert not np.array_equal(params[0, identity_P], params[4, identity_P])
    assert one.meta("distance_m").min() >= 0.4


def test_resume_renders_only_what_is_missing(tmp_path: Path) -> None:
    first = render_dataset(config(tmp_path))
    images = first.join("images").copy()
    shutil.rmtree(tmp_path / "shard_00001")
    (tmp_path / "shard_00002" / "shard.json").unlink()
    before = (tmp_path / "shard_00000" / "images.npy").stat().st_mtime_ns
    told: list[int] = []
    again = render_dataset(config(tmp_path), lambda done, _: told.append(done))
    assert told == [8, 16, 20]
    assert (tmp_path / "shard_00000" / "images.npy").stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.join("images"), images)


def test_a_set_can_grow(tmp_path: Path) -> None:
    small = render_dataset(config(tmp_path)).join("params")
    grown = render_dataset(config(tmp_path, count=30))
    assert len(grown) == 30
    np.testing.assert_array_equal(grown.join("params")[:20], small)
    with pytest.raises(FileError, match="holds 30 pictures and loses none"):
        render_dataset(config(tmp_path))
    assert len(render_dataset(config(tmp_path, count=30))) == 30


def test_a_size_that_cannot_be_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="size 32 to"):
        config(tmp_path / "new", size=100_000)
    assert not (tmp_path / "new").exists()


def test_a_folder_of_other_settings_is_refused(tmp_path: Path) -> None:
    render_dataset(config(tmp_path, count=4))
    with pytest.raises(FileError, match="another seed"):
        render_dataset(config(tmp_path, count=4, seed=6))


def test_a_set_of_other_habits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render_dataset(config(tmp_path, count=4))
    render_dataset(config(tmp_path, count=8))
    monkeypatch.setattr("facelive.rig.expressions._WINK", 0.9)
    with pytest.raises(FileError, match="another population"):
        render_dataset(config(tmp_path, count=12))


def test_a_set_of_another_rig_is_refused(tmp_path: Path) -> None:
    render_dataset(config(tmp_path, count=4))
    other = Schema("other", (Parameter(name="jawOpen", group="expression"),))
    with pytest.raises(SchemaError, match="render it again"):
        ShardReader(tmp_path, other)
    assert len(ShardReader(tmp_path, HEAD.schema)) == 4


def test_nothing_to_read_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no rendered data set"):
        ShardReader(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": "facelive-renders", "version": 99}))
    with pytest.raises(FileError, match="render it again"):
        ShardReader(tmp_path)


def test_people_do_not_straddle_shards(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="whole people"):
        config(tmp_path, shard=10)


def test_negatives_show_no_framed_face(tmp_path: Path) -> None:
    made = config(tmp_path, count=12, negatives=1.0, occluded=0.0)
    rows = [render_one(made, dots(64), n) for n in range(12)]
    for row in rows:
        assert row["present"] == 0.0
        inside = ((row["landmarks68"] > 0) & (row["landmarks68"] < 256)).all(1)
        extent = np.ptp(row["landmarks68"], axis=0).max()
        assert inside.mean() < 0.7 or extent < 60 or extent > 350


_RENDERS_FOREVER = """
import multiprocessing, signal, sys
from pathlib import Path
from data_toys import dots
from facelive.train.data.render import RenderConfig, render_dataset

def tell(done, total):
    if done:
        print(*[child.pid for child in multiprocessing.active_children()], flush=True)

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a shell may have told its children to ignore it
    render_dataset(
        RenderConfig(output=Path(sys.argv[1]), count=8000, size=64, workers=2, shard=4, painter=dots), tell
    )
"""


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        # A zombie has ended, whether or not anybody has collected it.
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("ending", ["SIGKILL", "SIGTERM"])
def test_workers_end_with_their_parent(tmp_path: Path, ending: str) -> None:
    script = tmp_path / "forever.py"
    script.write_text(_RENDERS_FOREVER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, str(script), str(tmp_path / "set")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        parent.send_signal(getattr(signal, ending))
        try:
            assert parent.wait(20.0) == -getattr(signal, ending)
        finally:
            parent.kill()
    assert len(workers) == 2
    end = time.monotonic() + 20.0
    while any(_runs(pid) for pid in workers) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(_runs(pid) for pid in workers)
