"""Where pictures come from: cameras, files, folders, network streams, the built-in performance."""

from __future__ import annotations

from pathlib import Path

from facelive.errors import SourceError
from facelive.rig.schema import Schema
from facelive.stream.sources.camera import CameraRequest, CameraSource
from facelive.stream.sources.camera_list import CameraInfo, describe, list_cameras
from facelive.stream.sources.folder import PICTURES, FolderSource
from facelive.stream.sources.performance import NAME as PERFORMANCE
from facelive.stream.sources.performance import PerformanceSource
from facelive.stream.sources.source import Gap, Picture, Source, SourceFrame
from facelive.stream.sources.video import NetworkSource, VideoSource

__all__ = ["CameraInfo", "CameraRequest", "Gap", "Picture", "Source", "SourceFrame", "list_cameras", "open_source"]


def open_source(
    source: str,
    request: CameraRequest = CameraRequest(),  # noqa: B008 (frozen)
    schema: Schema | None = None,
) -> Source:
    """Open what ``--source`` names: camera index or name, video file, picture folder, address, "performance", "auto".

    "auto" is the first camera, else the performance. A folder or performance runs at ``request.fps``; a performance
    plays the shapes of ``schema`` (None: the built-in head's).
    Raises SourceError with a line that names the fix.
    """
    if source == "auto":
        cameras = list_cameras()
        source = str(cameras[0].index) if cameras else PERFORMANCE
    if source == PERFORMANCE:
        return PerformanceSource(fps=request.fps, schema=schema)
    if "://" in source:
        return NetworkSource(source)
    if source.isdecimal():
        return CameraSource(source, request)
    path = Path(source).expanduser()
    if path.is_dir():
        return FolderSource(path, fps=request.fps)
    if path.exists():
        return FolderSource(path, fps=request.fps) if path.suffix.lower() in PICTURES else VideoSource(path)
    if path.suffix or "/" in source or "\\" in source:
        raise SourceError(f"there is no file or folder {source}")
    known = list_cameras()
    if not any(source.lower() in camera.name.lower() for camera in known):
        raise SourceError(f"{source!r} is no file, folder or address, and no camera's name: {describe(known)}")
    return CameraSource(source, request)
