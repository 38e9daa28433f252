"""Publish to blend shape set, on mono: the real publisher, native libzmq, the package's receiver and avatar on stubs.

``python benchmarks/unity_latency.py [--seconds 30]`` (after ``pip install -e .``) prints the figures and writes
results/unity_latency.json. Measured from the publisher's stamp until all weights of the frame are set, without
interpolation; the clocks are compared by ping, so a figure may be wrong by half of ``round_trip_ms``. The receiver
is woken by the frame itself: in Unity a frame also waits for the next LateUpdate. A second run has a busy job beside
it on every core. Where it is allowed (root), a third at real-time priority shows what is left when other programs
cannot take the processor away.
Targets: p50 <= 0.4 ms, p99 <= 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from machine import save_result

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from unity import build, host

KEPT = (
    "frames", "shown", "eased", "wrong", "wrong_head", "lost", "overwritten", "refused", "ages", "p50_ms", "p95_ms",
    "p99_ms", "maximum_ms", "received_to_shown_p50_ms", "received_to_shown_p99_ms", "round_trip_ms", "collections",
    "stop_ms",
)  # fmt: skip


def live(runner: Path, address: str, seconds: float) -> dict[str, Any]:
    """The figures of one run."""
    result = host.last_json(host.run(runner, "live", address, str(seconds), timeout_s=seconds + 60))
    return {name: result[name] for name in KEPT}


def at_real_time(runner: Path, seconds: float) -> dict[str, Any] | None:
    """The same with publisher and receiver before everything else on the machine; None where that is not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except (AttributeError, PermissionError):
        return None
    address = host.free_address()
    publisher = host.start_publisher(address, 60, seconds + 60)
    try:
        return live(runner, address, seconds)
    finally:
        publisher.kill()
        publisher.communicate()


_SPIN = "while True: sum(i * i for i in range(10000))"


@contextmanager
def busy() -> Iterator[None]:
    """One job per core, of ordinary priority and in a session of its own, as another user's program is."""
    cores = os.cpu_count() or 1
    jobs = [subprocess.Popen([sys.executable, "-c", _SPIN], start_new_session=True) for _ in range(cores)]
    try:
        time.sleep(1.0)
        yield
    finally:
        for job in jobs:
            job.kill()
            job.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args().seconds
    if problem := build.missing_tools():
        sys.exit(problem)
    with tempfile.TemporaryDirectory() as folder:
        runner = build.compile_all(Path(folder))
        address = host.free_address()
        publisher = host.start_publisher(address, 60, seconds + 200)
        try:
            load_before = os.getloadavg()[0]
            result = live(runner, address, seconds)
            load_after = os.getloadavg()[0]
            with busy():
                beside_jobs = live(runner, address, seconds)
            cycles = host.last_json(host.run(runner, "cycles", address, "50", timeout_s=120))
        finally:
            publisher.kill()
            publisher.communicate()
        realtime = at_real_time(runner, seconds)
    figures = {
        "load_before": round(load_before, 2),
        "load_after": round(load_after, 2),
        "rate_hz": 60,
        "live_60_hz": result,
        "live_60_hz_with_a_busy_job_per_core": beside_jobs,
        "live_60_hz_at_real_time_priority": realtime,
        "fifty_restarts": cycles,
    }
    print(json.dumps(figures, indent=1))
    print(save_result("unity_latency", figures))


if __name__ == "__main__":
    main()
