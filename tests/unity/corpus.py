"""Messages for decoders: the golden ones, and what a broken or hostile peer might send."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

from golden import make_golden

GOLDEN = Path(make_golden.__file__).parent
_ODD_FLOATS = [float("nan"), float("inf"), float("-inf"), 1e20, 3.0e38, -3.0e38, 1e-42, 0.0, -0.0, 1.0, 2.0]
_ODD_WORDS = [0, 1, 31, 32, 33, 63, 64, 79, 80, 81, 255, 4096, 4097, 32767, 32768, 65535]


def golden_files() -> list[Path]:
    """All golden messages, good and bad."""
    return sorted(GOLDEN.glob("*.bin"))


def golden_entries() -> dict[str, dict[str, object]]:
    """What golden.json says, by file."""
    return {entry["file"]: entry for entry in json.loads((GOLDEN / "golden.json").read_text(encoding="utf-8"))}


def lawful(dice: random.Random) -> bytes:
    """A frame that must be read: any sizes, any numbers within the rules, longer headers and tails of a newer minor."""
    header, face_header = 80 + dice.choice((0, 0, 1, 8, 40)), 64 + dice.choice((0, 0, 4, 13))
    values, count = dice.choice((0, 1, 51, 52, 52, 300)), dice.choice((0, 1, 1, 1, 2, 5, 32))
    face_length = face_header + 4 * values + dice.choice((0, 0, 7, 20))
    times = [dice.randrange(-(1 << 63), 1 << 63) for _ in range(3)]
    ids = [dice.getrandbits(64) for _ in range(4)]
    head = struct.pack(
        "<4sBBHQQQqqqQHHHHHHI", b"FLFR", 1, dice.randrange(256), header, *ids[:3], *times, ids[3], dice.getrandbits(16),
        count, face_length, face_header, values, dice.getrandbits(16), dice.getrandbits(32),
    )  # fmt: skip
    faces = [_lawful_face(dice, face_header, face_length, values) for _ in range(count)]
    return b"".join([head, dice.randbytes(header - 80), *faces, dice.randbytes(dice.choice((0, 0, 3, 50)))])


def _lawful_face(dice: random.Random, header: int, length: int, values: int) -> bytes:
    flags = dice.choice((1, 2, 4)) | dice.getrandbits(32) & ~7
    turn = [dice.gauss(0, 1) or 1.0 for _ in range(4)]
    norm = sum(part * part for part in turn) ** 0.5
    rest = [dice.choice((0.0, -0.0, dice.gauss(0, 1), 3.0e38, -3.0e38, 1e-42)) for _ in range(7)]
    whole = (dice.getrandbits(32), flags, dice.getrandbits(32), dice.getrandbits(32))
    face = struct.pack("<IIII12f", *whole, dice.random(), *(part / norm for part in turn), *rest)
    weights = struct.pack(f"<{values}f", *(dice.uniform(-2, 2) for _ in range(values)))
    return face + dice.randbytes(header - 64) + weights + dice.randbytes(length - header - 4 * values)


def hostile(count: int, seed: int, seeds: list[bytes]) -> list[bytes]:
    """Real and lawful messages, mutated: flipped bits, odd numbers in odd places, cut, stretched, glued; and noise."""
    dice = random.Random(seed)
    return [
        _mutate(bytearray(lawful(dice) if dice.random() < 0.25 else dice.choice(seeds)), dice, seeds)
        for _ in range(count)
    ]


def _mutate(message: bytearray, dice: random.Random, seeds: list[bytes]) -> bytes:
    for _ in range(dice.choice((0, 1, 1, 1, 2, 4))):
        if len(message) < 8:
            break
        at = dice.randrange(min(len(message), dice.choice((8, 80, 144, 100_000))))
        match dice.randrange(8):
            case 0 | 1:
                message[at] ^= 1 << dice.randrange(8)
            case 2:
                message[at] = dice.randrange(256)
            case 3:
                at = min(at, len(message) - 4) & ~3
                message[at : at + 4] = struct.pack("<f", dice.choice(_ODD_FLOATS))
            case 4:
                at = min(at, len(message) - 2) & ~1
                message[at : at + 2] = struct.pack("<H", dice.choice(_ODD_WORDS))
            case 5:
                del message[dice.randrange(len(message)) :]
            case 6:
                message += dice.randbytes(dice.randrange(1, 200))
            case _:
                message[at:at] = dice.choice(seeds)[: dice.randrange(1, 90)]
    return dice.randbytes(dice.randrange(300)) if dice.random() < 0.02 else bytes(message)


def write(path: Path, messages: list[bytes]) -> None:
    """The file that the runner's ``decode`` reads: length and bytes of each message."""
    path.write_bytes(b"".join(struct.pack("<i", len(message)) + message for message in messages))
