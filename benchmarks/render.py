"""CPU time of the renderer, one thread: ``python benchmarks/render.py`` prints p50 and p95 of process CPU in ms.

"same person": only expression and pose change; "new person": solved, dressed and painted anew. Everything included.
"""

from __future__ import annotations

import platform
import sys
import time

import numpy as np

from facelive.rig.head import Head
from facelive.rig.performance import performance
from facelive.rig.prior import combine, sample_identity
from facelive.rig.render import Renderer

RUNS = 40


def measure(renderer: Renderer, vectors: list[np.ndarray]) -> str:
    """p50 and p95 of process CPU per picture, ms."""
    times_ms: list[float] = []
    for vector in vectors:
        start = time.process_time_ns()
        renderer.render(vector)
        times_ms.append((time.process_time_ns() - start) / 1e6)
    p50, p95 = np.percentile(times_ms, (50, 95))
    return f"p50 {p50:6.1f}  p95 {p95:6.1f}"


def main() -> None:
    """Print the figures of this machine."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    head = Head.default()
    schema = head.schema
    rng = np.random.default_rng(0)
    people = [sample_identity(schema, rng) for _ in range(runs)]
    frames = [combine(schema, people[0], performance(0.3 * k)) for k in range(runs)]
    start = time.process_time()
    Renderer(head, 64).render(people[0])
    first_s = time.process_time() - start
    print(platform.machine(), f"numpy {np.__version__}; first picture of the process {first_s:.1f} s CPU")
    for size in (256, 512):
        renderer = Renderer(head, size)
        for vector in people:
            renderer.render(vector)  # draws every style's masks once
        print(f"{size} x {size} same person ms", measure(renderer, frames))
        print(f"{size} x {size} new person  ms", measure(renderer, people))


if __name__ == "__main__":
    main()
