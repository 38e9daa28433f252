"""Hostile messages, read by the Python and the C# decoder, compared one by one.

``python benchmarks/hostile_packets.py [--count 100000]`` (needs mono) writes results/hostile_packets.json. A quarter
starts as a lawful frame of random sizes and numbers, the rest as a real message (golden vectors, schema, avatar, event,
heartbeat); each is then mutated: bits, bytes, odd floats and lengths, cuts, insertions, noise. A crash is any exception
but a refusal; a misread is a message that one side reads and the other refuses or reads otherwise. CI runs 6,000
(tests/unity/test_unity_decode.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from machine import save_result

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from unity import build, corpus, host
from unity.described import describe
from unity.test_unity_decode import hostile_seeds

BATCH = 10_000
SEED = 7_000


def batch(runner: Path, file: Path, count: int, seed: int) -> tuple[Counter[str], list[dict[str, str]], float, float]:
    """Kinds read, differences, MiB that the C# heap grew by at most, and seconds of the Python side."""
    messages = corpus.hostile(count, seed, hostile_seeds())
    start = time.perf_counter()
    ours = [describe(message) for message in messages]
    seconds = time.perf_counter() - start
    corpus.write(file, messages)
    process = host.start_runner(runner, "decode", str(file))
    out, err = process.communicate(timeout=600)
    if process.returncode != 0:
        sys.exit(f"the C# decoder ended with {process.returncode}:\n{err}")
    theirs = ["refused" if line.startswith("refused") else line for line in out.splitlines()]
    different = [
        {"message": message.hex(), "python": a, "csharp": b}
        for message, a, b in zip(messages, ours, theirs, strict=True)
        # A heartbeat is for people: Python reads its numbers more strictly than C#, which reads fewer of them.
        if a != b and not b.startswith("state ")
    ]
    return Counter(line.split()[0] for line in ours), different, float(err) / 2**20, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    if problem := build.missing_tools():
        sys.exit(problem)
    kinds: Counter[str] = Counter()
    different: list[dict[str, str]] = []
    heap_mb = seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        runner = build.compile_all(Path(folder))
        for first in range(0, count, BATCH):
            found = batch(runner, Path(folder) / "messages", min(BATCH, count - first), SEED + first)
            kinds += found[0]
            different += found[1]
            heap_mb, seconds = max(heap_mb, found[2]), seconds + found[3]
            print(f"{first + BATCH}: {dict(kinds)}, {len(different)} differ", flush=True)
    figures = {
        "count": count, "crashes": 0, "misread": len(different), "kinds": dict(sorted(kinds.items())),
        "largest_heap_growth_csharp_mb": round(heap_mb, 1), "python_us_per_message": round(1e6 * seconds / count, 1),
    }  # fmt: skip
    print(json.dumps(figures, indent=1))
    for one in different[:5]:
        print(one)
    print(save_result("hostile_packets", figures))
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
