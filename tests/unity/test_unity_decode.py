"""The C# decoder against the golden vectors and against the Python decoder, on good and on hostile bytes."""

from __future__ import annotations

import random
from pathlib import Path

from unity import corpus, host
from unity.described import describe

from facelive.rig.default_schema import default_schema
from facelive.rig.schema import Parameter, Schema
from facelive.stream.messages import SCHEMA_MAGIC, Envelope, seal


def decoded(runner: Path, folder: Path, messages: list[bytes]) -> list[str]:
    """The runner's lines; the reason of a refusal is left out."""
    file = folder / "messages.bin"
    corpus.write(file, messages)
    lines = host.run(runner, "decode", str(file)).splitlines()
    assert len(lines) == len(messages)
    return ["refused" if line.startswith("refused") else line for line in lines]


def schema_message(schema: Schema) -> bytes:
    envelope = Envelope(
        magic=SCHEMA_MAGIC, schema_hash=schema.hash, stream_id=1, sequence=2, sent_ns=3, clock_id=4
    )  # fmt: skip
    return seal(envelope, schema.to_json())


AWKWARD = Schema(
    'rig "ünï\U0001f600\\',
    (
        Parameter(name="whole", group="identity", minimum=-1, maximum=2, neutral=0.1),
        Parameter(name="tiny", group="identity", minimum=-1e-7, maximum=1e22, neutral=1 / 3),
        Parameter(
            name="a\tb", group="expression", minimum=0.30000000000000004, maximum=123456789.125, neutral=5e-5 + 1
        ),
    ),
)


def test_golden_vectors_are_read_as_python_reads_them(runner: Path, tmp_path: Path) -> None:
    files = corpus.golden_files()
    messages = [path.read_bytes() for path in files]
    lines = decoded(runner, tmp_path, messages)
    assert lines == [describe(message) for message in messages]
    for path, line in zip(files, lines, strict=True):
        assert (line == "refused") == path.name.startswith("bad_"), path.name


def test_schemas_have_the_same_hash_on_both_sides(runner: Path, tmp_path: Path) -> None:
    """The C# side refuses a schema whose hash it computes otherwise."""
    messages = [schema_message(default_schema()), schema_message(AWKWARD)]
    lines = decoded(runner, tmp_path, messages)
    assert lines[0] == f"schema {default_schema().hash} 2 facelive-head {len(default_schema())}"
    assert lines[1].startswith(f"schema {AWKWARD.hash} 2 rig")


def hostile_seeds() -> list[bytes]:
    """What the hostile messages are made from; benchmarks/hostile_packets.py uses the same."""
    seeds = [path.read_bytes() for path in corpus.golden_files()]
    return [*seeds, schema_message(AWKWARD), *[seed for seed in seeds if seed.startswith(b"FLFR")] * 2]


def test_lawful_frames_are_read_whatever_their_sizes(runner: Path, tmp_path: Path) -> None:
    """Unknown tails of a newer minor, extreme numbers, no and many faces: nothing within the rules is refused."""
    dice = random.Random(4)
    messages = [corpus.lawful(dice) for _ in range(300)]
    lines = decoded(runner, tmp_path, messages)
    assert lines == [describe(message) for message in messages]
    assert all(line.startswith("frame ") for line in lines)


def test_hostile_messages_are_refused_or_read_alike(runner: Path, tmp_path: Path) -> None:
    """A short run; benchmarks/hostile_packets.py does 100,000."""
    count = 6_000
    messages = corpus.hostile(count, 20_261_121, hostile_seeds())
    ours = [describe(message) for message in messages]
    theirs = decoded(runner, tmp_path, messages)
    differ = [
        (i, a, b) for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b and not b.startswith("state ")
    ]
    assert differ == [], f"{len(differ)} of {count}: {differ[:3]}"
    # The corpus must hold enough of both kinds to mean something.
    accepted = sum(line.startswith("frame") for line in ours)
    assert count // 10 < accepted < 9 * count // 10
