"""What all tests share: the ``--slow`` switch, the folders, and the command line as a person would call it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# A shell starts background jobs (some CI too) with Ctrl-C ignored, and children inherit that: tests that send it would
# wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("rig", "likeness", "engines", "stream", "train", "app")
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


def source_environment(home: Path) -> dict[str, str]:
    """The environment of a child process: the rooms on the path, and a home of its own for whatever it writes."""
    paths = os.pathsep.join(str(ROOT / room) for room in ROOMS)
    home_variables = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    return {**os.environ, "PYTHONPATH": paths, "COLUMNS": "200", "BROWSER": "true", **home_variables}


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Runs ``facelive ARGUMENTS`` in an empty folder and returns what it did."""

    def run(*arguments: object, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "facelive.app.main", *map(str, arguments)]
        environment = source_environment(tmp_path)
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, cwd=tmp_path, env=environment, check=False
        )

    return run
