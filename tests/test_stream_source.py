"""Sources, slot and reader: what can go wrong has a line that names the fix, and threads end."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from facelive.errors import SourceError
from facelive.stream.latest_slot import LatestSlot
from facelive.stream.reader import Reader
from facelive.stream.sources import CameraInfo, CameraRequest, Gap, Source, SourceFrame, open_source
from facelive.stream.sources.camera import CameraSource
from facelive.stream.sources.camera_list import find_camera, list_cameras
from facelive.stream.sources.source import SourceBase
from facelive.stream.sources.video import NetworkSource, VideoSource, _without_password


def picture(value: int) -> np.ndarray:
    return np.full((48, 64, 3), value, np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for i in range(50):
        writer.write(picture(5 * i))
    writer.release()
    return path


def read_all(source: Source) -> list[SourceFrame]:
    out: list[SourceFrame] = []
    while (item := source.read()) is not None:
        assert isinstance(item, SourceFrame)
        out.append(item)
    return out


def test_video_keeps_its_own_time(clip: Path) -> None:
    with VideoSource(clip) as source:
        frames = read_all(source)
        assert source.notices == ()
    assert len(frames) == 50
    np.testing.assert_allclose(np.diff([f.media_ns for f in frames]), 40_000_000, atol=1000)
    assert all(f.image is not None and f.image.shape == (48, 64, 3) for f in frames)


def test_truncated_and_foreign_files(clip: Path, tmp_path: Path) -> None:
    data = clip.read_bytes()
    short = tmp_path / "short.avi"
    short.write_bytes(data[: len(data) // 2])
    with VideoSource(short) as source:
        assert 5 < len(read_all(source)) < 50
        assert "damaged or truncated" in source.notices[0]
    for name, content in (("none.mp4", b""), ("text.mp4", b"hello"), ("head.avi", data[:300])):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"cannot be read|damaged"), open_source(str(path)) as foreign:
            read_all(foreign)


def test_missing_things_have_a_line() -> None:
    for wanted, line in (
        ("missing.mp4", "no file"), ("/nowhere/at/all", "no file"), ("no such webcam", "no camera's name"),
        ("97", "no camera '97'"),
    ):  # fmt: skip
        with pytest.raises(SourceError, match=line):
            open_source(wanted)


def test_folder_in_natural_order_skips_what_it_cannot_decode(tmp_path: Path) -> None:
    for i in (10, 2, 1):
        cv2.imwrite(str(tmp_path / f"frame{i}.png"), picture(i))
    (tmp_path / "frame3.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("hello")
    with open_source(str(tmp_path), CameraRequest(fps=10.0)) as source:
        frames = read_all(source)
        assert [int(f.image[0, 0, 0]) for f in frames if f.image is not None] == [1, 2, 10]
        assert [f.media_ns for f in frames] == [0, 100_000_000, 300_000_000]
        assert "frame3.jpg" in source.notices[0]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SourceError, match="holds no picture"):
        open_source(str(empty))


def test_performance_gives_parameters() -> None:
    with open_source("performance", CameraRequest(fps=5.0)) as source:
        frames = read_all(source)
    assert len(frames) == 100
    assert all(f.image is None and f.parameters is not None for f in frames)


def test_passwords_are_not_shown() -> None:
    assert _without_password("rtsp://me:secret@10.0.0.2:554/live") == "rtsp://10.0.0.2:554/live"
    assert _without_password("rtsp://host/a@b") == "rtsp://host/a@b"


def test_dead_address_is_refused() -> None:
    with pytest.raises(SourceError, match="nothing that can be read answers"):
        NetworkSource("rtsp://user:secret@127.0.0.1:9/none")


CAMERAS = (
    CameraInfo(index=0, name="HD Webcam", width=1280, height=720, fps=30.0),
    CameraInfo(index=2, name="USB Capture"),
    CameraInfo(index=4, name="USB Camera"),
)


def test_cameras_by_index_and_name() -> None:
    assert find_camera("2", CAMERAS) is CAMERAS[1]
    assert find_camera("webcam", CAMERAS) is CAMERAS[0]
    assert find_camera("USB Camera", CAMERAS) is CAMERAS[2]
    assert find_camera("7", CAMERAS) is None
    with pytest.raises(SourceError, match="several cameras"):
        find_camera("usb", CAMERAS)
    assert CAMERAS[0].label == "0: HD Webcam (1280x720, 30 fps)"


def test_linux_camera_list_from_sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for index, name in ((3, "Second Cam\n"), (0, "First Cam\n")):
        folder = tmp_path / f"video{index}"
        folder.mkdir()
        (folder / "name").write_text(name)
    found = list_cameras(sysfs=tmp_path, devices=tmp_path / "dev")
    assert [(c.index, c.name) for c in found] == [(0, "First Cam"), (3, "Second Cam")]
    assert list_cameras(sysfs=tmp_path / "none", devices=tmp_path) == ()


class FakeCapture:
    """A camera that gives ``pictures`` frames and is then pulled out."""

    def __init__(self, pictures: int, opened: bool = True) -> None:
        self.left, self.opened, self.released = pictures, opened, False

    def isOpened(self) -> bool:
        return self.opened and not self.released

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.left -= 1
        return (True, picture(1)) if self.left >= 0 else (False, None)

    def release(self) -> None:
        self.released = True


def test_camera_in_use_and_hot_plug() -> None:
    with pytest.raises(SourceError, match=r"0: HD Webcam.*(another program|no permission)"):
        CameraSource("0", CameraRequest(), cameras=lambda: CAMERAS, open_capture=lambda i, r: FakeCapture(0, False))
    plugged: list[tuple[CameraInfo, ...]] = [CAMERAS[:1]]
    captures: list[FakeCapture] = []

    def open_capture(index: int, request: CameraRequest) -> FakeCapture:
        captures.append(FakeCapture(2))
        return captures[-1]

    source = CameraSource("webcam", CameraRequest(), cameras=lambda: plugged[0], open_capture=open_capture)
    assert isinstance(source.read(), SourceFrame)
    assert isinstance(source.read(), SourceFrame)
    plugged[0] = ()
    gaps = [source.read() for _ in range(5)]
    assert all(isinstance(gap, Gap) for gap in gaps)
    assert captures[0].released
    assert isinstance(gaps[-1], Gap)
    assert "plugged in again" in gaps[-1].reason
    plugged[0] = (CameraInfo(index=1, name="HD Webcam"),)
    assert isinstance(source.read(), SourceFrame)
    assert source.name == "camera 1: HD Webcam"
    source.close()
    assert captures[1].released


def test_slot_latest_wins() -> None:
    slot: LatestSlot[int] = LatestSlot()
    for i in range(5):
        slot.put(i)
    assert (slot.take(0.0), slot.dropped) == (4, 4)
    assert slot.take(0.01) is None
    slot.put(7)
    slot.close()
    assert slot.take(1.0) == 7
    assert slot.take(1.0) is None
    slot.put(8)
    assert slot.take(0.0) is None


def test_slot_every_item_counts() -> None:
    slot: LatestSlot[int] = LatestSlot()
    thread = threading.Thread(target=lambda: [slot.put_next(i) for i in range(200)])
    thread.start()
    assert [slot.take(1.0) for _ in range(200)] == list(range(200))
    thread.join(1.0)
    assert not thread.is_alive()
    assert slot.dropped == 0


class Endless(SourceBase):
    """Pictures without end; ``fail_after`` raises."""

    def __init__(self, fail_after: int = 10**9, live: bool = False) -> None:
        super().__init__("endless")
        self.count, self.fail_after, self.closed, self.live = 0, fail_after, False, live

    def read(self) -> SourceFrame:
        self.count += 1
        if self.count > self.fail_after:
            raise SourceError("the lens fell off")
        time.sleep(0.001)
        return SourceFrame(media_ns=self.count * 2_000_000, captured_ns=time.perf_counter_ns(), image=picture(1))

    def close(self) -> None:
        self.closed = True


def test_reader_paces_drops_and_ends() -> None:
    source = Endless()
    began = time.perf_counter()
    with Reader(source, "source") as reader:
        reader.start()
        first = reader.take(1.0)
        time.sleep(0.1)
        second = reader.take(1.0)
        assert first is not None
        assert second is not None
        assert 5 < (second.media_ns - first.media_ns) / 2e6 < 200
        assert reader.slot.dropped > 3
    assert time.perf_counter() - began < 1.0
    assert source.closed
    assert not [t for t in threading.enumerate() if t.name == "facelive-source"]


def test_reader_takes_every_frame_and_hands_on_errors() -> None:
    with Reader(Endless(fail_after=20), "max") as reader:
        reader.start()
        taken = [reader.take(1.0) for _ in range(20)]
        assert [f.media_ns // 2_000_000 for f in taken if f is not None] == list(range(1, 21))
        with pytest.raises(SourceError, match="lens"):
            reader.take(1.0)
        assert reader.ended
        assert reader.frames == 20
        assert 0 < reader.cpu_ns < reader.wall_ns
