"""Open Sound Control 1.0, as much as a sender needs: messages with i, f, s, and bundles that fit a datagram."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_IMMEDIATELY = b"#bundle\0" + (1).to_bytes(8, "big")


def text(value: str) -> bytes:
    """A string with its zero, padded to four bytes."""
    data = value.encode() + b"\0"
    return data + b"\0" * (-len(data) % 4)


def message(address: str, *arguments: str | float | int) -> bytes:
    """One message. int -> i, float -> f, str -> s."""
    tags = "".join("s" if isinstance(a, str) else "i" if isinstance(a, int) else "f" for a in arguments)
    body = b"".join(
        text(a) if isinstance(a, str) else struct.pack(">i" if isinstance(a, int) else ">f", a) for a in arguments
    )
    return text(address) + text("," + tags) + body


def bundles(messages: Iterable[bytes], maximum: int) -> list[bytes]:
    """As few bundles as it takes, in order, none longer than ``maximum`` bytes (unless one message alone is)."""
    found: list[bytes] = []
    current = _IMMEDIATELY
    for one in messages:
        element = struct.pack(">i", len(one)) + one
        if len(current) + len(element) > maximum and len(current) > len(_IMMEDIATELY):
            found.append(current)
            current = _IMMEDIATELY
        current += element
    return [*found, current]
