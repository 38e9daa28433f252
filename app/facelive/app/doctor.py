"""facelive doctor: look what is installed and tell how to mend it."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Literal

from facelive.errors import FaceliveError

Verdict = Literal["ok", "note", "fix"]
BASE = ("numpy", "mediapipe", "opencv-contrib-python", "numba", "openvino", "pyzmq", "nicegui", "tyro", "rich")
CV2_BUILDS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
EXTRAS = {
    "torch": "train", "lightning": "train", "onnx": "train", "onnxruntime": "train", "dlib-bin": "dlib",
    "tensorrt": "tensorrt", "tensorrt-rtx-cu13-bindings": "tensorrt-rtx",
}  # fmt: skip
_SMI_S = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Doctor:
    """Look at Python, packages, weights, cameras, ports and GPU, and say how to mend what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    """"fix": facelive cannot run as it is; "note": something optional is not there."""
    topic: str
    text: str


def run(options: Doctor) -> int:
    """Print the report; exit status 2 if something has to be mended."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    marks = {"ok": "[green]ok  [/]", "note": "[yellow]note[/]", "fix": "[red]FIX [/]"}
    worst = 0
    for look in (python, packages, weights, cameras, ports, browser, gpu):
        for finding in look():
            worst = max(worst, 2 * (finding.verdict == "fix"))
            console.print(f"{marks[finding.verdict]} {finding.topic:<9} {finding.text}", markup=True)
    return worst


def python() -> Iterator[Finding]:
    """The interpreter and the machine."""
    fits = (3, 10) <= sys.version_info[:2] <= (3, 13)
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    fix = "" if fits else ": facelive needs 3.10 to 3.13"
    yield Finding(verdict="ok" if fits else "fix", topic="python", text=text + fix)


def packages() -> Iterator[Finding]:
    """What the base install needs, the one build of cv2, and the extras."""
    for name in BASE:
        try:
            yield Finding(verdict="ok", topic="package", text=f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding(verdict="fix", topic="package", text=f"{name} is missing: pip install facelive")
    # Leftovers of a broken installation may have no metadata.
    named = [distribution.metadata for distribution in distributions()]
    installed = {str(metadata["Name"]).lower() for metadata in named if metadata is not None}
    builds = [name for name in CV2_BUILDS if name in installed]
    if len(builds) > 1:
        others = " ".join(name for name in builds if name != "opencv-contrib-python")
        text = (
            f"{' and '.join(builds)} overwrite each other: pip uninstall {others}; "
            "pip install --force-reinstall --no-deps opencv-contrib-python"
        )
        yield Finding(verdict="fix", topic="package", text=text)
    for name, extra in EXTRAS.items():
        there = name in installed
        text = f"{name} {version(name)}" if there else rf"{name} is not installed: pip install 'facelive\[{extra}]'"
        yield Finding(verdict="ok" if there else "note", topic="extra", text=text)


def weights() -> Iterator[Finding]:
    """The network files against their manifest."""
    from facelive.stream.weights_folder import ENCODER, FOLDER, TRANSLATOR

    names, found = _listed(FOLDER)
    yield from found
    yield from likeness_weights()
    if not names:
        return
    if ENCODER.name not in names:
        yield Finding(verdict="fix", topic="weights", text=f"{ENCODER.name} is missing: install facelive again")
    if TRANSLATOR.name not in names:
        text = f"{TRANSLATOR.name} is not there: likeness comes from the encoder, facelive fit recognises nobody"
        yield Finding(verdict="note", topic="weights", text=text)


def likeness_weights() -> Iterator[Finding]:
    """What fitting, refining and training through an imitator read."""
    from facelive.likeness.refine import SHIPPED_IMITATOR, SHIPPED_PARSER

    names, found = _listed(SHIPPED_IMITATOR.parent)
    yield from found
    if not names:
        return
    without = {
        SHIPPED_IMITATOR: "facelive fit works on real renders alone, --refiner imitator does not work",
        SHIPPED_PARSER: "the facial content loss is left out",
    }
    for path, what in without.items():
        if path.name not in names:
            yield Finding(verdict="note", topic="weights", text=f"{path.name} is not there: {what}")


def _listed(folder: Path) -> tuple[list[str], list[Finding]]:
    """The files of a folder's manifest, and each against its sum; no file and one finding if there is no manifest."""
    from facelive.engines.manifest import listed, verify

    try:
        names = list(listed(folder))
    except FaceliveError as error:
        return [], [Finding(verdict="fix", topic="weights", text=str(error))]
    tried = [
        _tried("weights", f"{name} sha256", lambda name=name: verify(folder / name, required=True)[:12])
        for name in names
    ]
    return names, tried


def cameras() -> Iterator[Finding]:
    """The cameras that the system lists."""
    from facelive.stream.sources.camera_list import list_cameras

    found = list_cameras()
    for camera in found:
        yield Finding(verdict="ok", topic="camera", text=camera.label)
    if not found:
        text = "no camera: facelive live plays the built-in performance; on Linux look at ls -l /dev/video*"
        yield Finding(verdict="note", topic="camera", text=text)


def ports() -> Iterator[Finding]:
    """Whether the default ports are free."""
    from facelive.app.page.server import DEFAULT_PORT as PAGE
    from facelive.stream.endpoints import DEFAULT_PORT

    uses = {DEFAULT_PORT: "data", DEFAULT_PORT + 1: "status", DEFAULT_PORT + 2: "control", PAGE: "page"}
    for port, use in uses.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                yield Finding(verdict="ok", topic="port", text=f"{port} ({use}) is free")
            except OSError as error:
                option = "--view-port" if use == "page" else "--address"
                text = f"{port} ({use}) is taken ({error.strerror}): is facelive running? else use {option}"
                yield Finding(verdict="note", topic="port", text=text)


def browser() -> Iterator[Finding]:
    """Whether --view can open a browser by itself."""
    import webbrowser

    try:
        name = webbrowser.get().__class__.__name__
        yield Finding(verdict="ok", topic="browser", text=f"{name} will show the page")
    except webbrowser.Error:
        text = "no browser found: facelive live --view prints the address, open it yourself"
        yield Finding(verdict="note", topic="browser", text=text)


def gpu() -> Iterator[Finding]:
    """NVIDIA's driver, if there is one."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield Finding(verdict="note", topic="gpu", text="no NVIDIA driver: everything runs on the CPU")
        return
    query = [tool, "--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_SMI_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding(verdict="note", topic="gpu", text=f"nvidia-smi does not answer: {error}")
        return
    said = done.stdout.strip() or done.stderr.strip() or "nvidia-smi says nothing"
    yield Finding(verdict="ok" if done.returncode == 0 else "note", topic="gpu", text=said)


def _tried(topic: str, what: str, work: Callable[[], str]) -> Finding:
    try:
        return Finding(verdict="ok", topic=topic, text=f"{what} {work()}")
    except FaceliveError as error:
        return Finding(verdict="fix", topic=topic, text=str(error))
