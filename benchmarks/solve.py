"""Time of ``Head.solve``: everything new each time, and with the identity unchanged as in a live stream.

``python benchmarks/solve.py``; prints p50, p95, p99 in milliseconds.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable

import numpy as np

from facelive.rig.head import Head
from facelive.rig.performance import performance
from facelive.rig.prior import combine, sample_identity

RUNS = 400


def measure(solve: Callable[[int], object]) -> str:
    """p50, p95 and p99 over RUNS calls, milliseconds."""
    times_ms = np.empty(RUNS)
    for k in range(-20, RUNS):
        start = time.perf_counter_ns()
        solve(k)
        times_ms[k] = (time.perf_counter_ns() - start) / 1e6
    return "  ".join(f"p{q} {np.percentile(times_ms, q):.2f}" for q in (50, 95, 99))


def main() -> None:
    """Print the figures of this machine."""
    head = Head.default()
    schema = head.schema
    rng = np.random.default_rng(0)
    people = [sample_identity(schema, rng) for _ in range(RUNS + 20)]
    frames = [combine(schema, people[0], performance(0.05 * k)) for k in range(RUNS + 20)]
    both = [combine(schema, who, frame) for who, frame in zip(people, frames, strict=True)]
    print(platform.machine(), platform.processor() or "", f"{head.vertex_count} vertices")
    print("solve, new person and frame   ms ", measure(lambda k: head.solve(both[k])))
    print("solve, same person, new frame ms ", measure(lambda k: head.solve(frames[k])))
    solved = head.solve(frames[0])
    print("pose                          ms ", measure(lambda k: head.pose(solved, frames[k])))


if __name__ == "__main__":
    main()
