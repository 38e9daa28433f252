"""Compiled loops where nothing can be written."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest

from facelive.rig import kernel


def _total(values: np.ndarray) -> float:
    out = 0.0
    for value in values:
        out += value
    return out


def test_without_a_place_for_machine_code_loops_still_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiles = numba.njit

    def without_cache(*, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function '_total': no locator available")
        return compiles(**options)

    monkeypatch.setattr(kernel, "numba", SimpleNamespace(njit=without_cache))
    kernel._tell.cache_clear()
    with caplog.at_level(logging.WARNING):
        ready = [kernel.kernel()(_total) for _ in range(2)]
    assert ready[0](np.arange(5.0)) == 10.0
    assert len([record for record in caplog.records if "NUMBA_CACHE_DIR" in record.message]) == 1
