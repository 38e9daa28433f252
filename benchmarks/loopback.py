"""Publish to receive on loopback: two processes, real sockets, frames at the rate of a camera.

``python benchmarks/loopback.py [--frames 1800]``: prints the figures and writes benchmarks/results/loopback.json.
Measured from the publisher's stamp (before encoding) until the decoded frame is in the reader's hands; both processes
share one clock. Target: p50 <= 0.5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from facelive.rig.default_schema import default_schema
from facelive.stream.clock import now_ns
from facelive.stream.frame import Frame
from facelive.stream.keys import CurveClient, CurveServer, generate_keys
from facelive.stream.layout import Layout
from facelive.stream.packet import decode_frame, encode_frame
from facelive.stream.publisher import Publisher, PublisherConfig
from facelive.stream.receiver import Receiver

ADDRESS = "tcp://127.0.0.1:48800"
RESULT = Path(__file__).resolve().parent / "results" / "loopback.json"
RATES_HZ = (30.0, 60.0)
WARM_UP = 30
Figures = dict[str, Any]


def new_frame() -> Frame:
    """A frame of the default rig, captured now."""
    schema = default_schema()
    params = schema.neutral()
    face = Layout(schema).face(params, face_id=1)
    return Frame(captured_ns=now_ns(), inferred_ns=now_ns(), faces=(face,))


def publish(rate_hz: float, keys: str) -> None:
    """The child process: frames at a rate until its standard input ends."""
    curve = CurveServer(secret=Path(keys) / "facelive.key_secret") if keys else None
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with Publisher(default_schema(), PublisherConfig(address=ADDRESS, curve=curve)) as publisher:
        while not ended.wait(1.0 / rate_hz):
            publisher.send(new_frame())


def measure(frames: int, rate_hz: float, keys: str = "") -> Figures:
    """p50, p95, p99 of one rate in microseconds, and the frames that the reader missed."""
    command = [sys.executable, __file__, "--publish", str(rate_hz), "--keys", keys]
    curve = CurveClient(server=Path(keys) / "facelive.key") if keys else None
    times_us: list[float] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child, Receiver(ADDRESS, curve=curve) as receiver:
        while len(times_us) < frames + WARM_UP:
            frame = receiver.read_next(60_000)
            if frame is None:
                raise SystemExit("nothing arrives")
            times_us.append((now_ns() - frame.published_ns) / 1e3)
        missed = receiver.counts.missed
        assert child.stdin is not None
        child.stdin.close()
    return {"rate_hz": rate_hz, "n": frames, "missed": missed, **percentiles(times_us[WARM_UP:])}


def percentiles(times_us: list[float]) -> Figures:
    """p50, p95, p99, rounded."""
    return {f"p{q}_us": round(float(np.percentile(times_us, q)), 1) for q in (50, 95, 99)}


def codec(calls: int = 20_000) -> Figures:
    """Time of encoding and decoding a frame with one face."""
    frame = new_frame()
    message = encode_frame(frame)
    names = Layout(default_schema()).index
    encode_us, decode_us = [], []
    for _ in range(calls):
        start = time.perf_counter_ns()
        encode_frame(frame)
        middle = time.perf_counter_ns()
        decode_frame(message, names)
        encode_us.append((middle - start) / 1e3)
        decode_us.append((time.perf_counter_ns() - middle) / 1e3)
    return {"n": calls, "bytes": len(message), "encode": percentiles(encode_us), "decode": percentiles(decode_us)}


def hardware() -> Figures:
    """What the figures hold for."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    niceness = os.nice(0) if hasattr(os, "nice") else None
    system = platform.platform()
    return {"cpu": model, "cores": os.cpu_count(), "system": system, "load_before": load, "niceness": niceness}


def main() -> None:
    """Measure everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1800)
    parser.add_argument("--publish", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--keys", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.publish:
        publish(options.publish, options.keys)
        return
    result: Figures = {
        "what": "publish to receive on loopback, Python to Python, two processes, one face of the default rig",
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "hardware": hardware(),
        "versions": {"python": platform.python_version(), "pyzmq": zmq.__version__, "libzmq": zmq.zmq_version()},
        "codec": codec(),
        "plain": [measure(options.frames, rate) for rate in RATES_HZ],
    }
    with tempfile.TemporaryDirectory() as keys:
        generate_keys(Path(keys))
        result["curve"] = [measure(options.frames // 2, 60.0, keys)]
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
