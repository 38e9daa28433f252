"""CPU of a tracked frame, one thread, from decoded frame to sent packet; beside MediaPipe's on the same clip.

``python benchmarks/tracked_frame.py FOLDER [--repeat 1]``: for every clip of the folder runs ``run_live`` as fast as it
goes, and MediaPipe's FaceLandmarker (video mode, blendshapes on) over the same frames; both in this process, one after
the other, process CPU without decoding. With --repeat both take turns; medians count, and the least of each stands
beside them: what a shared host's other guests take only ever adds. Writes benchmarks/results/tracked_frame.json.
Targets: at most 8 ms, at most a third of MediaPipe's; a face in >= 99 % of the frames in which MediaPipe finds one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import save_result

from facelive.stream.live import run_live
from facelive.stream.live_config import LiveConfig
from facelive.stream.mediapipe_landmarker import MediaPipeLandmarker
from facelive.stream.packet import FRAME_MAGIC, decode_frame
from facelive.stream.publisher import PublisherConfig
from facelive.stream.sources import SourceFrame
from facelive.stream.sources.video import VideoSource
from facelive.stream.summary import Summary

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")


@dataclass(frozen=True, slots=True)
class Ours:
    """One run of the live path."""

    summary: Summary
    tracked: np.ndarray
    """(frames,) bool: a tracked face in the packet."""
    packets: np.ndarray
    """(frames,) bool: a packet went out that holds a face that is not lost."""


def ours(clip: Path, encoder: Path | None) -> Ours:
    tracked: list[bool] = []
    alive: list[bool] = []

    def tap(message: bytes) -> None:
        if message[:4] == FRAME_MAGIC:
            face = decode_frame(message).face
            tracked.append(face.tracked)
            alive.append(not face.lost)

    with tempfile.TemporaryDirectory() as folder:
        config = LiveConfig(source=str(clip), pace="max", threads=1, encoder=encoder)
        summary = run_live(config, publisher=PublisherConfig(address=f"ipc://{folder}/live"), taps=[tap])
    return Ours(summary, np.array(tracked), np.array(alive))


def mediapipe(clip: Path) -> tuple[float, np.ndarray]:
    """(CPU ms per frame, (frames,) bool: a face was found); decoding apart."""
    found: list[bool] = []
    cpu_ns = 0
    with MediaPipeLandmarker(video=True, blendshapes=True) as landmarker, VideoSource(clip) as source:
        landmarker.detect(np.zeros((480, 480, 3), np.uint8), time_ms=0)  # start-up does not count
        while isinstance(frame := source.read(), SourceFrame) and frame.image is not None:
            began_ns = time.process_time_ns()
            result = landmarker.detect(frame.image, time_ms=1 + frame.media_ns // 1_000_000 + len(found))
            cpu_ns += time.process_time_ns() - began_ns
            found.append(bool(result.face_landmarks))
    return cpu_ns * 1e-6 / max(1, len(found)), np.array(found)


def measure(clip: Path, encoder: Path | None, repeat: int) -> dict[str, Any]:
    """Figures of one clip; of several runs the median CPU counts."""
    # In turns: the host's other guests slow a core down by half within minutes, and wide vectors most.
    pairs = [(ours(clip, encoder), mediapipe(clip)) for _ in range(repeat)]
    runs, theirs = [run for run, _ in pairs], [found for _, found in pairs]
    mine, others = [run.summary.cpu_ms_per_frame for run in runs], [ms for ms, _ in theirs]
    mine_ms, theirs_ms = float(np.median(mine)), float(np.median(others))
    found = theirs[0][1]
    tracked, packets = (row[: len(found)] for row in (runs[0].tracked, runs[0].packets))
    count = max(1, int(found.sum()))
    return {
        "clip": clip.name,
        "frames": len(found),
        "cpu_ms": round(mine_ms, 3),
        "mediapipe_cpu_ms": round(theirs_ms, 3),
        "ratio": round(mine_ms / theirs_ms, 3),
        "ratios": [round(one / other, 3) for one, other in zip(mine, others, strict=True)],
        "least_cpu_ms": round(min(mine), 3),
        "least_mediapipe_cpu_ms": round(min(others), 3),
        "mediapipe_found": int(found.sum()),
        "tracked_of_found": round(float((tracked & found).sum()) / count, 4),
        "packets_of_found": round(float((packets & found).sum()) / count, 4),
        "stage_ms": {name: round(value, 3) for name, value in runs[0].summary.stage_ms.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", type=Path, default=None)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--dry", action="store_true", help="do not write the result file")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    clips = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)
    rows = []
    for clip in clips:
        rows.append(measure(clip, options.encoder, options.repeat))
        print(rows[-1], flush=True)
    weights = np.array([row["frames"] for row in rows], np.float64)
    mean = {
        key: round(float(np.average([row[key] for row in rows], weights=weights)), 3)
        for key in ("cpu_ms", "mediapipe_cpu_ms", "least_cpu_ms", "least_mediapipe_cpu_ms")
    }
    mean |= {
        "ratio": round(mean["cpu_ms"] / mean["mediapipe_cpu_ms"], 3),
        "least_ratio": round(mean["least_cpu_ms"] / mean["least_mediapipe_cpu_ms"], 3),
    }
    print("mean by frames:", mean)
    if not options.dry:
        print(save_result("tracked_frame", {"clips": rows, "mean_by_frames": mean}))


if __name__ == "__main__":
    main()
