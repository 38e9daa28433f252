"""CPU time of the renderer, one thread: ``python benchmarks/render.py [pictures]`` prints process CPU per picture, ms.

"same person": only expression and pose change; "new person": solved, dressed and painted anew. Everything included,
hair and glasses as people are drawn. Targets: 25 ms at 256 x 256 and 80 ms at 512 x 512. Other work on the machine
makes even processor time longer (shared caches, shared cores), which is why the least is given too.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

# Threads of the libraries would be counted, and wait for each other.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402
from machine import save_result  # noqa: E402

from facelive.rig.head import Head  # noqa: E402
from facelive.rig.performance import performance  # noqa: E402
from facelive.rig.prior import combine, sample_identity  # noqa: E402
from facelive.rig.render import Renderer  # noqa: E402

RUNS = 40


def measure(renderer: Renderer, vectors: list[np.ndarray]) -> dict[str, float]:
    """Process CPU per picture, ms."""
    times_ms: list[float] = []
    for vector in vectors:
        start = time.process_time_ns()
        renderer.render(vector)
        times_ms.append((time.process_time_ns() - start) / 1e6)
    names = ("least_ms", "p50_ms", "p95_ms", "p99_ms")
    return {name: round(float(np.percentile(times_ms, q)), 1) for name, q in zip(names, (0, 50, 95, 99), strict=True)}


def main() -> None:
    """Print the figures of this machine and write benchmarks/results/render.json."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    head = Head.default()
    schema = head.schema
    rng = np.random.default_rng(0)
    people = [sample_identity(schema, rng) for _ in range(runs)]
    frames = [combine(schema, people[k // 10], performance(0.3 * k)) for k in range(runs)]
    start = time.process_time()
    Renderer(head, 64).render(people[0])
    figures: dict[str, Any] = {
        "pictures": runs,
        "first_picture_of_the_process_s": round(time.process_time() - start, 1),
    }
    for size in (256, 512):
        renderer = Renderer(head, size)
        for vector in people:
            renderer.render(vector)  # draws every style's masks once
        for what, vectors in (("same person", frames), ("new person", people)):
            figures[f"{size} x {size}, {what}"] = measure(renderer, vectors)
            print(f"{size} x {size}, {what}", figures[f"{size} x {size}, {what}"], flush=True)
    save_result("render", {"what": "Renderer.render, processor time of one picture, one thread", **figures})


if __name__ == "__main__":
    main()
