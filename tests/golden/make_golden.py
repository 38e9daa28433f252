"""Writes the golden byte vectors of the wire beside this file: ``python tests/golden/make_golden.py``.

``golden.json`` says what each ``*.bin`` holds, or that it must be refused. The vectors are laid out here by hand, field
by field, and not by the codec that they test. Every reader (Python, C#) decodes the same files. Change them only with
the version of the wire. 64-bit names are hexadecimal digits, times are integers, floats are exact float32 values.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCHEMA_HASH = 0x1122334455667788
STREAM_ID = 0xA1B2C3D4E5F60718
CLOCK_ID = 0x0F1E2D3C4B5A6978
ARKIT = 52
Json = dict[str, Any]


def exact(value: float) -> float:
    """The nearest float32."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def face(face_id: int, flags: int, count: int, seed: int) -> Json:
    """A face with made-up but exact values."""
    return {
        "face_id": face_id,
        "flags": flags,
        "avatar_revision": seed + 2,
        "confidence": exact(0.75 + seed / 8),
        "rotation": [exact(v) for v in (0.5, -0.5, 0.5, 0.5)] if seed else [0.0, 0.0, 0.0, 1.0],
        "translation": [exact(v) for v in (0.01 * seed, -0.02, 0.6)],
        "gaze": [exact(v) for v in (0.1, -0.2, 0.3 * seed, 0.05)],
        "weights": [exact((i * 7 + seed) % 11 / 10) for i in range(count)],
    }


def frame(faces: list[Json], *, flags: int = 0, sequence: int = 41) -> Json:
    """A frame with made-up times."""
    return {
        "schema_hash": f"{SCHEMA_HASH:016x}",
        "stream_id": f"{STREAM_ID:016x}",
        "sequence": sequence,
        "captured_ns": 123_456_789_012,
        "inferred_ns": 123_461_789_012,
        "published_ns": 123_462_000_001,
        "clock_id": f"{CLOCK_ID:016x}",
        "flags": flags,
        "faces": faces,
    }


def frame_bytes(
    values: Json, *, major: int = 1, minor: int = 0, header_tail: bytes = b"", face_tail: bytes = b"",
    block_tail: bytes = b"", message_tail: bytes = b"",
) -> bytes:  # fmt: skip
    """The message; the tails are what a newer minor version may append."""
    faces = values["faces"]
    count = len(faces[0]["weights"]) if faces else 0
    face_header = 64 + len(face_tail)
    message = b"FLFR" + struct.pack("<BBH", major, minor, 80 + len(header_tail))
    message += struct.pack("<QQQ", int(values["schema_hash"], 16), int(values["stream_id"], 16), values["sequence"])
    message += struct.pack("<qqq", values["captured_ns"], values["inferred_ns"], values["published_ns"])
    message += struct.pack("<QHH", int(values["clock_id"], 16), values["flags"], len(faces))
    message += struct.pack("<HHHHI", face_header + 4 * count + len(block_tail), face_header, count, 0, 0) + header_tail
    for item in faces:
        message += struct.pack("<IIII", item["face_id"], item["flags"], item["avatar_revision"], 0)
        message += struct.pack("<f4f3f4f", item["confidence"], *item["rotation"], *item["translation"], *item["gaze"])
        message += face_tail + struct.pack(f"<{count}f", *item["weights"]) + block_tail
    return message + message_tail


def envelope_bytes(topic: bytes, payload: Json, *, minor: int = 0, tail: bytes = b"") -> bytes:
    """A message of the status port."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    message = topic + struct.pack("<BBH", 1, minor, 56 + len(tail)) + struct.pack("<QQQ", SCHEMA_HASH, STREAM_ID, 7)
    return message + struct.pack("<qQII", 123_470_000_000, CLOCK_ID, len(body), 0) + tail + body


def envelope(payload: Json) -> Json:
    """What a reader must find in ``envelope_bytes``."""
    return {
        "schema_hash": f"{SCHEMA_HASH:016x}",
        "stream_id": f"{STREAM_ID:016x}",
        "sequence": 7,
        "sent_ns": 123_470_000_000,
        "clock_id": f"{CLOCK_ID:016x}",
        "payload": payload,
    }


AVATAR = {"face_id": 3, "revision": 2, "locked": True, "confidence": 0.875, "values": [0.5, 0.25, 1.0, 0.0]}
EVENT = {"kind": "lost", "face_id": 3, "text": "Größe", "at_ns": 123_469_000_000}
STATE = {
    "phase": "tracked", "source": "clip.mp4", "fps": 29.5, "frames": 100, "dropped": 2, "packets": 98, "faces": [3, 4],
    "cpu_ms_per_frame": 6.25, "age_ms": 12.5, "stage_ms": {"encode": 5.5}, "calibrating": False, "recording": "",
    "notice": "",
}  # fmt: skip


def frames() -> dict[str, tuple[bytes, Json]]:
    """Frames that a reader accepts."""
    tracked = frame([face(3, 1 | 64, ARKIT, 1)])
    two = frame([face(3, 1, 5, 1), face(4_000_000_000, 4 | 16, 5, 0)], flags=2, sequence=2**40)
    empty = frame([], flags=1)
    plain = frame([face(0, 2, 0, 0)])
    newer = frame([face(1, 1, 3, 1), face(2, 2, 3, 0)])
    newer_bytes = frame_bytes(
        newer, minor=7, header_tail=b"\xaa" * 16, face_tail=b"\xbb" * 8, block_tail=b"\xcc" * 12,
        message_tail=b"\xdd" * 5,
    )  # fmt: skip
    return {
        "frame_arkit": (frame_bytes(tracked), tracked),
        "frame_two_faces": (frame_bytes(two), two),
        "frame_nobody": (frame_bytes(empty), empty),
        "frame_no_expression": (frame_bytes(plain), plain),
        "frame_newer_minor": (newer_bytes, newer),
    }


def refused() -> dict[str, tuple[bytes, str]]:
    """Messages that a reader refuses, and why."""
    good = frame([face(1, 1, 3, 1)])
    message = frame_bytes(good)
    nan = bytearray(message)
    nan[-4:] = struct.pack("<f", float("nan"))
    many = bytearray(message)
    many[66:68] = struct.pack("<H", 40_000)
    narrow = bytearray(message)
    narrow[68:70] = struct.pack("<H", 64)
    no_state = frame_bytes(frame([face(1, 64, 3, 1)]))
    turned = face(1, 1, 3, 1)
    turned["rotation"] = [0.0, 0.0, 0.0, 0.0]
    return {
        "bad_major": (frame_bytes(good, major=2), "another major version"),
        "bad_topic": (b"XXXX" + message[4:], "not a frame"),
        "bad_cut_off": (message[:-1], "the last face is cut off"),
        "bad_cut_header": (message[:40], "the header is cut off"),
        "bad_nan": (bytes(nan), "a weight is NaN"),
        "bad_face_count": (bytes(many), "40000 faces in a short message"),
        "bad_face_length": (bytes(narrow), "three weights do not fit into a face of 64 bytes"),
        "bad_state": (no_state, "neither tracked nor held nor lost"),
        "bad_rotation": (frame_bytes(frame([turned])), "no unit quaternion"),
    }


def status() -> dict[str, tuple[bytes, Json]]:
    """Messages of the status port."""
    return {
        "avatar": (envelope_bytes(b"FLAV", AVATAR), envelope(AVATAR)),
        "event": (envelope_bytes(b"FLEV", EVENT), envelope(EVENT)),
        "state": (envelope_bytes(b"FLHB", STATE), envelope(STATE)),
        "event_newer_minor": (
            envelope_bytes(b"FLEV", {**EVENT, "mood": 1}, minor=3, tail=b"\xee" * 8),
            envelope(EVENT),
        ),
    }


def files() -> dict[str, bytes]:
    """Every file by name."""
    entries: list[Json] = []
    contents: dict[str, bytes] = {}
    for name, (message, values) in frames().items():
        contents[f"{name}.bin"] = message
        entries.append({"file": f"{name}.bin", "kind": "frame", "values": values})
    for name, (message, why) in refused().items():
        contents[f"{name}.bin"] = message
        entries.append({"file": f"{name}.bin", "kind": "refused", "why": why})
    for name, (message, values) in status().items():
        contents[f"{name}.bin"] = message
        entries.append({"file": f"{name}.bin", "kind": name.partition("_")[0], "values": values})
    contents["golden.json"] = (json.dumps(entries, indent=1, ensure_ascii=False) + "\n").encode()
    return contents


if __name__ == "__main__":
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
    print(f"{len(files())} files in {HERE}")
