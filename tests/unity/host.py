"""Runs the C# test runner on mono, and the publisher beside it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOMS = ("rig", "likeness", "engines", "stream", "train")


def free_address() -> str:
    """A stream address whose three ports are free now."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port > 65000:
            continue
        try:
            for offset in range(3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        return f"tcp://127.0.0.1:{port}"
    raise RuntimeError("no three free ports in a row")


def start_publisher(address: str, hz: float, seconds: float, *more: str) -> subprocess.Popen[str]:
    """The publisher of publisher.py, after it has bound its ports."""
    root = HERE.parents[1]
    paths = os.pathsep.join(str(root / room) for room in ROOMS)
    process = subprocess.Popen(
        [sys.executable, str(HERE / "publisher.py"), address, str(hz), str(seconds), *more],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def start_live(address: str, seconds: float) -> subprocess.Popen[str]:
    """``facelive live`` on the built-in performance, as a person types it."""
    root = HERE.parents[1]
    paths = os.pathsep.join(str(root / room) for room in (*ROOMS, "app"))
    words = ["live", "--source", "performance", "--address", address, "--seconds", str(seconds), "--quiet"]
    code = f"import sys; from facelive.app.main import main; sys.exit(main({words!r}))"
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip


def start_runner(runner: Path, *arguments: str) -> subprocess.Popen[str]:
    """The runner, going on in the background."""
    return subprocess.Popen(
        ["mono", str(runner), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str], timeout_s: float = 60.0) -> str:
    """Its standard output once it has ended well."""
    out, err = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, f"status {process.returncode}\n{out}\n{err}"
    return out


def run(runner: Path, *arguments: str, timeout_s: float = 60.0) -> str:
    """The runner's standard output."""
    return finish(start_runner(runner, *arguments), timeout_s)


def last_json(output: str) -> dict[str, Any]:
    """The last line of JSON."""
    return json.loads(output.strip().splitlines()[-1])
