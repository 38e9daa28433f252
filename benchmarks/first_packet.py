"""Time from the start of the program to the first packet that shows a tracked face.

``python benchmarks/first_packet.py CLIP [--runs 5]``: starts a fresh interpreter each time. Two clocks: from the start
of the interpreter (imports and all), and from the start of ``run_live``. The first run may compile and fill caches; it
is reported apart. Writes benchmarks/results/first_packet.json. Target: 3 s.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from machine import save_result

CHILD = """
import json, sys, tempfile, threading, time
from facelive.stream.live import run_live
from facelive.stream.live_config import LiveConfig
from facelive.stream.packet import FRAME_MAGIC, decode_frame
from facelive.stream.publisher import PublisherConfig
stop, first = threading.Event(), []
def tap(message):
    if message[:4] == FRAME_MAGIC and decode_frame(message).face.tracked and not first:
        first.append(time.time())
        stop.set()
with tempfile.TemporaryDirectory() as folder:
    config = LiveConfig(source=sys.argv[1], seconds=30.0)
    summary = run_live(config, publisher=PublisherConfig(address=f"ipc://{folder}/live"), taps=[tap], stop_event=stop)
print(json.dumps({"at": first[0] if first else 0.0, "from_run_live_ms": summary.first_packet_ms}))
"""


def once(clip: str) -> tuple[float, float]:
    """(ms since the interpreter was started, ms since run_live)."""
    began = time.time()
    out = subprocess.run([sys.executable, "-c", CHILD, clip], check=True, capture_output=True, text=True).stdout
    said = json.loads(out.strip().splitlines()[-1])
    return 1000.0 * (said["at"] - began), said["from_run_live_ms"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    first = once(str(options.clip))
    rows = np.array([once(str(options.clip)) for _ in range(options.runs)])
    figures = {
        "clip": options.clip.name,
        "runs": options.runs,
        "first_run_ms": [round(value) for value in first],
        "from_interpreter_start_ms": {f"p{q}": round(float(np.percentile(rows[:, 0], q))) for q in (50, 95)},
        "from_run_live_ms": {f"p{q}": round(float(np.percentile(rows[:, 1], q))) for q in (50, 95)},
    }
    print(json.dumps(figures, indent=1))
    print(save_result("first_packet", figures))


if __name__ == "__main__":
    main()
