"""Compiled loops: numba, with the machine code kept on disk so that only the first picture of an installation waits.

numba looks for a place by itself: the folder in NUMBA_CACHE_DIR, else ``__pycache__`` beside the source, else the
user's cache folder. Where none can be written (a read-only image without a home), every start compiles anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import numba

log = logging.getLogger(__name__)


@cache
def _tell() -> None:
    log.warning("compiled code cannot be kept: every start will take half a minute longer; set NUMBA_CACHE_DIR")


def kernel(*, fastmath: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Decorator: one thread, no GIL, no exceptions for divisions by zero. fastmath: sums may be reordered, which gives
    the same result on the same machine, but perhaps not on another.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            _tell()
            return numba.njit(**options)(function)

    return compiled
