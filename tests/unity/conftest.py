"""The compiled C# side, once per test session."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
from unity import build


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C# test runner, compiled with the whole package against the stubs; skips where mono is absent."""
    lacking = build.missing_tools()
    if lacking:
        pytest.skip(lacking)
    return build.compile_all(tmp_path_factory.mktemp("unity"))


@pytest.fixture(scope="session")
def zmq_runner(runner: Path) -> Path:
    """The same, where the native libzmq is installed too."""
    try:
        ctypes.CDLL("libzmq.so.5")
    except OSError:
        pytest.skip("the native libzmq is missing (Debian: libzmq5)")
    return runner
