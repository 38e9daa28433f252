"""Many frames as fast as they go: memory stays flat, no thread is left behind, Ctrl-C ends within a second.

``python benchmarks/soak.py CLIP [--minutes 60]``: plays the clip again and again through one pipeline in a child
process, then sends it SIGINT. Writes benchmarks/results/soak.json.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import save_result

_SAMPLE_S = 5.0


def child(clip: str) -> None:
    """Live on an endless clip until Ctrl-C; tells what is left."""
    # A shell that starts this in the background lets it ignore Ctrl-C, which is what is measured.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import tempfile

    from facelive.stream import live
    from facelive.stream.live_config import LiveConfig
    from facelive.stream.publisher import PublisherConfig
    from facelive.stream.sources import SourceFrame
    from facelive.stream.sources.video import VideoSource

    class Loop(VideoSource):
        """Starts again at the end; its time goes on."""

        passed_ns = 0

        def read(self) -> SourceFrame | None:
            frame = super().read()
            if frame is None:
                self.close()
                self.passed_ns += self._media_ns + 33_000_000
                passed_ns = self.passed_ns
                self.__init__(Path(clip))
                self.passed_ns = passed_ns
                frame = super().read()
            if frame is None:
                return None
            return SourceFrame(self.passed_ns + frame.media_ns, frame.captured_ns, frame.image)

    live.open_source = lambda *_: Loop(Path(clip))  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        summary = live.run_live(
            LiveConfig(source=clip, pace="max"), publisher=PublisherConfig(address=f"ipc://{folder}/live")
        )
    threads = [t.name for t in threading.enumerate() if t.name.startswith("facelive")]
    print(json.dumps({"summary": summary.to_json(), "threads_left": threads}))


def memory_mb(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def thread_count(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def soak(clip: Path, minutes: float) -> dict[str, Any]:
    process = subprocess.Popen([sys.executable, __file__, "--child", str(clip)], stdout=subprocess.PIPE, text=True)
    samples: list[tuple[float, float, int]] = []
    began = time.monotonic()
    while time.monotonic() - began < 60.0 * minutes and process.poll() is None:
        time.sleep(_SAMPLE_S)
        if process.poll() is not None:
            raise SystemExit(f"the run ended by itself with status {process.returncode}")
        samples.append((time.monotonic() - began, memory_mb(process.pid), thread_count(process.pid)))
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    ended_s = time.monotonic() - pressed
    rows = np.array(samples)
    settled = rows[len(rows) // 5 :]
    slope = float(np.polyfit(settled[:, 0] / 3600.0, settled[:, 1], 1)[0]) if len(settled) > 2 else 0.0
    return {
        "clip": clip.name,
        "minutes": round(minutes, 2),
        "memory_mb": {"first": round(rows[0, 1], 1), "settled": round(settled[0, 1], 1), "last": round(rows[-1, 1], 1)},
        "growth_mb_per_hour": round(slope, 2),
        "threads": [int(settled[:, 2].min()), int(settled[:, 2].max())],
        "ctrl_c_s": round(ended_s, 2),
        "exit_status": process.returncode,
        **json.loads(output.strip().splitlines()[-1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(str(options.clip))
        return
    figures = soak(options.clip, options.minutes)
    print(json.dumps(figures, indent=1))
    print(save_result("soak", figures))


if __name__ == "__main__":
    main()
