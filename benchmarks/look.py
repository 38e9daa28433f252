"""CPU of one look of recognition, in eight bits and in 32, in turns on one thread.

``python benchmarks/look.py [--repeat 200]``; writes benchmarks/results/look.json. Percentiles over the looks: what a
shared host's other guests take only ever adds, so the fifth is nearest to the network's own.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from machine import save_result

from facelive.rig.default_schema import default_schema
from facelive.rig.face_chip import WIDE
from facelive.stream.live_config import Precision
from facelive.stream.translator import open_translator

KINDS: tuple[Precision, ...] = ("int8", "fp32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=200)
    options = parser.parse_args()
    chip = np.random.default_rng(0).integers(0, 255, (WIDE, WIDE, 3), dtype=np.uint8)
    opened = {kind: open_translator(default_schema(), precision=kind).translator for kind in KINDS}
    took_ms: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(options.repeat):
        for kind, translator in opened.items():
            assert translator is not None
            began_ns = time.process_time_ns()
            translator.look(chip)
            took_ms[kind].append((time.process_time_ns() - began_ns) * 1e-6)
    said = {
        kind: dict(zip(("p5", "p50", "p95"), np.percentile(ms, (5, 50, 95)).round(2).tolist(), strict=True))
        for kind, ms in took_ms.items()
    }
    print(said)
    print(save_result("look", {"command": "python benchmarks/look.py", "looks": options.repeat, "cpu_ms": said}))


if __name__ == "__main__":
    main()
