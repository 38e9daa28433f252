"""Going live: one call that opens everything, runs the pipeline and closes everything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.stream.live_config import LiveConfig
from facelive.stream.live_stats import LiveStats
from facelive.stream.summary import Summary

Picture = NDArray[np.uint8]


class LiveControl(Protocol):
    """What a page or a key press may ask of a running pipeline; every method may be called from any thread."""

    def calibrate(self) -> None: ...
    def clear_calibration(self) -> None: ...
    def select_source(self, source: str) -> None: ...
    def set_mirror(self, mirror: bool) -> None: ...


def run_live(
    config: LiveConfig,
    *,
    on_stats: Callable[[LiveStats], None] | None = None,
    on_picture: Callable[[Picture], None] | None = None,
    on_start: Callable[[LiveControl], None] | None = None,
    stop_event: threading.Event | None = None,
) -> Summary:
    """Run until the source ends, ``config.seconds`` are over, ``stop_event`` is set or Ctrl-C (which ends it cleanly).

    on_stats: called from the pipeline's thread about twice a second and once at the end. on_picture: the frame (BGR
    uint8 HWC, not to be changed) after its packet was sent, for a preview. on_start: once, with the controls.
    Raises SourceError, WeightsError, EngineUnavailable, PortError or UsageError; all threads are joined first.
    """
    raise NotImplementedError
