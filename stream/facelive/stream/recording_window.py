"""The bytes of a recording as records, and the search for the next one behind damage; each byte is read about once."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from facelive.stream.packet import MAXIMUM_MESSAGE

FILE_MAGIC = b"FLREC\r\n\x1a"
# magic, major, minor, reserved, length of the JSON, its CRC-32
FILE_HEADER = struct.Struct("<8sBBHII")
RECORD_MAGIC = b"FLRC"
# marker, length of the message, CRC-32 of time and message, time of recording
RECORD_HEADER = struct.Struct("<4sIIq")
_BLOCK = 1 << 18


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One recorded message."""

    at_ns: int
    """When it was recorded, on the recorder's clock."""
    message: bytes
    """As it was sent."""
    end: int
    """Offset in the file after this record."""


class RecordWindow:
    """A block of the file that moves along with the reader."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = 0
        self._block = b""
        self.wasted = 0
        """Bytes whose checksum was worked out in vain so far."""

    def bytes_at(self, position: int, size: int) -> bytes:
        """So many bytes, fewer at the end of the file. Raises OSError."""
        first = position - self._start
        if first < 0 or first + size > len(self._block):
            self._file.seek(position)
            self._start, self._block = position, self._file.read(max(size, _BLOCK))
            first = 0
        return self._block[first : first + size]

    def record(self, position: int) -> Record | None:
        """The record at a position; None if there is no whole one."""
        header = self.bytes_at(position, RECORD_HEADER.size)
        if len(header) < RECORD_HEADER.size:
            return None
        marker, length, checksum, at_ns = RECORD_HEADER.unpack(header)
        if marker != RECORD_MAGIC or length > MAXIMUM_MESSAGE:
            return None
        message = self.bytes_at(position + RECORD_HEADER.size, length)
        if len(message) < length or zlib.crc32(message, zlib.crc32(header[12:20])) != checksum:
            self.wasted += len(message)
            return None
        return Record(at_ns=at_ns, message=message, end=position + RECORD_HEADER.size + length)

    def next_marker(self, position: int) -> int:
        """Offset of the next record marker at or after a position; the end of the file if there is none."""
        overlap = len(RECORD_MAGIC) - 1
        while True:
            self.bytes_at(position, len(RECORD_MAGIC))
            found = self._block.find(RECORD_MAGIC, position - self._start)
            if found >= 0:
                return self._start + found
            end = self._start + len(self._block)
            if end - position <= overlap:
                return max(end, position)
            position = end - overlap
