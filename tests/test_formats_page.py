"""docs/formats.md tells the bytes as the code has them, on both sides."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from stream_wire import TINY

from facelive.stream import messages, packet
from facelive.stream.recording import pack_file_header, pack_record

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
CSHARP = ROOT / "unity_live" / "Packages" / "com.facelive.live" / "Runtime" / "Protocol"


def layouts() -> dict[str, tuple[int, str]]:
    """What the page says: name -> bytes, layout."""
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| `(<[^`]+)` \|", PAGE, re.M)
    return {name.split()[0]: (int(size), layout) for name, size, layout in rows}


def test_layouts_are_those_of_the_code() -> None:
    found = layouts()
    assert set(found) == {"frame", "each", "envelope", "recording", "record"}
    for size, layout in found.values():
        assert struct.calcsize(layout) == size
    assert found["frame"][1] == packet.HEADER.format
    assert found["each"][1] == packet.FACE.format
    assert found["envelope"][1] == messages.ENVELOPE.format
    file = pack_file_header(TINY, created_unix_s=1.0, software="test")
    length = struct.unpack_from(found["recording"][1], file)[4]
    assert len(file) == found["recording"][0] + length
    marker, size, _, at_ns = struct.unpack_from(found["record"][1], pack_record(b"message", 5))
    assert (marker, size, at_ns) == (b"FLRC", 7, 5)


def test_csharp_has_the_same_sizes() -> None:
    found = layouts()
    wire = (CSHARP / "Wire.cs").read_text(encoding="utf-8")
    recording = (CSHARP / "Recording.cs").read_text(encoding="utf-8")
    for name, constant, text in (
        ("frame", "FrameHeaderLength", wire),
        ("each", "FaceHeaderLength", wire),
        ("envelope", "EnvelopeLength", wire),
        ("recording", "FileHeaderLength", recording),
        ("record", "RecordHeaderLength", recording),
    ):
        assert f"const int {constant} = {found[name][0]};" in text


def test_every_format_of_the_table_leads_somewhere() -> None:
    """Each link of the page is a file or a heading that exists."""
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        file, _, heading = target.partition("#")
        text = (ROOT / "docs" / file).read_text(encoding="utf-8") if file else PAGE
        if heading:
            titles = re.findall(r"^#+ (.+)$", text, re.M)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert heading in slugs, target
