"""What others may ask of a running pipeline: wishes are noted here by any thread and carried out by the live loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from facelive.errors import UsageError
from facelive.rig.schema import Schema
from facelive.stream.control import Camera, FilterChange, FilterSettings, Smoothing
from facelive.stream.face_filter import GROUPS
from facelive.stream.live_config import FilterConfig, LiveConfig
from facelive.stream.one_euro import OneEuroConfig
from facelive.stream.publisher import Publisher
from facelive.stream.recording import SUFFIX
from facelive.stream.recording_writer import RecordingWriter
from facelive.stream.sources import CameraInfo, list_cameras
from facelive.stream.sources.camera import source_name


class LiveControl:
    """A ``ControlHandler``. The live loop reads ``filters``, ``mirror``, ``link_blinks`` and takes the wishes."""

    def __init__(
        self, config: LiveConfig, schema: Schema, *, recordings: Path | None = None,
        cameras: Callable[[], tuple[CameraInfo, ...]] = list_cameras,
    ) -> None:  # fmt: skip
        """recordings: the folder that recordings go to; None: the current one."""
        self.filters = config.filters
        self.mirror = config.mirror
        self.link_blinks = config.link_blinks
        self._schema = schema
        self._list_cameras = cameras
        self._recordings = recordings or Path()
        self._lock = threading.Lock()
        self._calibrate: bool | None = None
        self._source: str | None = None
        self.source_name: Callable[[], str] = str
        """Name of the source that is open; a camera is selected if it is that one."""
        self._writer: RecordingWriter | None = None
        self._publisher: Publisher | None = None

    def attach(self, publisher: Publisher) -> None:
        """What recordings listen to."""
        self._publisher = publisher

    @property
    def recording(self) -> str:
        """Name of the file that is being written; empty if none."""
        writer = self._writer
        return "" if writer is None else writer.path.name

    def take_calibrate(self) -> bool | None:
        """True: calibrate; False: forget the calibration; None: nothing was asked. Asked once, given once."""
        with self._lock:
            wish, self._calibrate = self._calibrate, None
            return wish

    def take_source(self) -> str | None:
        """The source to change to, given once; None if nothing was asked."""
        with self._lock:
            wish, self._source = self._source, None
            return wish

    def calibrate(self, *, clear: bool = False) -> None:
        with self._lock:
            self._calibrate = not clear

    def change_filters(self, change: FilterChange) -> FilterSettings:
        with self._lock:
            filters = self.filters if change.enabled is None else replace(self.filters, enabled=change.enabled)
            for smoothing in change.smoothing:
                filters = _changed(filters, smoothing)
            self.filters = filters
            self.mirror = self.mirror if change.mirror is None else change.mirror
            self.link_blinks = self.link_blinks if change.link_blinks is None else change.link_blinks
            return FilterSettings(
                enabled=filters.enabled, mirror=self.mirror, link_blinks=self.link_blinks, smoothing=_listed(filters)
            )

    def cameras(self) -> tuple[Camera, ...]:
        opened = self.source_name()
        return tuple(
            Camera(
                source=str(camera.index), name=camera.name, width=camera.width, height=camera.height, fps=camera.fps,
                selected=source_name(camera) == opened,
            )
            for camera in self._list_cameras()
        )  # fmt: skip

    def select_camera(self, source: str) -> None:
        known = {camera.source for camera in self.cameras()}
        if source not in known:
            raise UsageError(f"there is no camera {source!r}; there are {sorted(known) or 'none'}")
        self.select_source(source)

    def select_source(self, source: str) -> None:
        """Any source, also a file: for this program itself, not for the control port."""
        with self._lock:
            self._source = source

    def start_recording(self, name: str) -> str:
        with self._lock:
            if self._writer is not None:
                raise UsageError(f"{self._writer.path.name} is being recorded: stop that first")
            if self._publisher is None:
                raise UsageError("the stream has not started yet")
            writer = RecordingWriter(self._recordings / f"{name}{SUFFIX}", self._schema)
            self._publisher.add_tap(writer.write)
            self._writer = writer
            return writer.path.name

    def stop_recording(self) -> str:
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is None or self._publisher is None:
            raise UsageError("nothing is being recorded")
        self._publisher.remove_tap(writer.write)
        return str(writer.close())

    def close(self) -> None:
        """Finish a recording that is still being written."""
        if self._writer is not None:
            self.stop_recording()


def _changed(filters: FilterConfig, smoothing: Smoothing) -> FilterConfig:
    if smoothing.group not in GROUPS:
        raise UsageError(f"there is no filter group {smoothing.group!r}; there are {', '.join(GROUPS)}")
    constants = OneEuroConfig(min_cutoff_hz=smoothing.min_cutoff_hz, beta=smoothing.beta)
    return replace(filters, **{smoothing.group: constants})


def _listed(filters: FilterConfig) -> tuple[Smoothing, ...]:
    constants: dict[str, OneEuroConfig] = {group: getattr(filters, group) for group in GROUPS}
    return tuple(Smoothing(group=group, min_cutoff_hz=c.min_cutoff_hz, beta=c.beta) for group, c in constants.items())
