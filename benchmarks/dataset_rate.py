"""Pictures a second of ``facelive dataset render``: 256 x 256, as it is set by default, and where the time goes.

``python benchmarks/dataset_rate.py [--count 192] [--workers 2]``: prints the figures and writes
benchmarks/results/dataset_rate.json. Two numbers, because a busy machine spoils the first: pictures a second by the
clock with all workers (the first shards apart, but not all of what people share is drawn by then), and processor time
of a picture in one process after the start.
Target: 40 a second on two cores.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import platform
import pstats
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# As render_dataset starts its workers: threads of the libraries would be counted, and wait for each other.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from facelive.train.data.painter import built_in  # noqa: E402
from facelive.train.data.render import RenderConfig, render_dataset, render_one  # noqa: E402

RESULT = Path(__file__).resolve().parent / "results" / "dataset_rate.json"
Figures = dict[str, Any]
_FIRST_PEOPLE = 48


def one_process(count: int) -> Figures:
    """Processor milliseconds a picture, p50, p95, p99 and mean; the start (compiling, drawing brows, beards, freckles
    and spots that people then share) apart.
    """
    cv2.setNumThreads(1)
    config = RenderConfig(output=Path("unused"), count=count)
    start = time.process_time()
    painter = built_in(config.size)
    for person in range(_FIRST_PEOPLE):
        render_one(config, painter, 1_000_000 + person * config.per_person)
    start_s = time.process_time() - start
    times_ms = np.empty(count)
    for number in range(count):
        start = time.process_time_ns()
        render_one(config, painter, number)
        times_ms[number] = (time.process_time_ns() - start) / 1e6
    figures = {f"p{q}_ms": round(float(np.percentile(times_ms, q)), 1) for q in (50, 95, 99)}
    return figures | {
        "mean_ms": round(float(times_ms.mean()), 1), "least_ms": round(float(times_ms.min()), 1), "pictures": count,
        "first_people": _FIRST_PEOPLE, "first_people_s": round(start_s, 1),
    }  # fmt: skip


def parts(count: int) -> Figures:
    """Shares of a profiled run: the renderer, its painting of skins, placing, damage."""
    config = RenderConfig(output=Path("unused"), count=count)
    painter = built_in(config.size)
    for number in range(count):
        render_one(config, painter, number)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for number in range(count):
        render_one(config, painter, number)
    profile.disable()
    rows: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    wanted = {"render_one": "all", "paint": "painting", "render": "renderer", "place": "placing", "degrade": "damage"}
    seconds: dict[str, float] = {}
    for (file, _, name), row in rows.items():
        ours = "facelive" in file and not (name == "paint" and not file.endswith("appearance/paint.py"))
        if ours and name in wanted:
            seconds[wanted[name]] = max(seconds.get(wanted[name], 0.0), row[3])
    return {name: round(1000.0 * value / count, 1) for name, value in seconds.items()}


def by_the_clock(count: int, workers: int) -> Figures:
    """Pictures a second with all workers, from the first finished shards to the last."""
    with tempfile.TemporaryDirectory() as folder:
        # Two shards a worker at least: the first one of each is its start.
        config = RenderConfig(output=Path(folder), count=max(count, 64 * workers), workers=workers)
        config = replace(config, shard=32)
        times: list[tuple[float, int]] = []
        render_dataset(config, lambda done, _: times.append((time.perf_counter(), done)))
    # The first shard of each worker holds its start-up.
    (start, before), (end, after) = times[workers], times[-1]
    return {"workers": workers, "pictures": after - before, "per_second": round((after - before) / (end - start), 1)}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=192)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    result: Figures = {
        "what": "facelive dataset render, 256 x 256, default settings, 4 pictures a person",
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "hardware": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(), "load_before": load},
        "one_process": one_process(options.count),
        "parts_ms": parts(min(options.count, 64)),
        "by_the_clock": by_the_clock(options.count, options.workers),
    }
    result["two_cores_by_processor_time"] = round(2000.0 / result["one_process"]["mean_ms"], 1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
