"""Recordings (``*.flrec``): the messages of a stream as they were sent, with the time at which they were recorded.

The file is only ever appended to. Each record has a marker, a length and a CRC-32, so that whatever was written whole
can be read after a crash, a full disk or a damaged sector. docs/wire.md describes every byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from facelive.errors import FileError, ProtocolError
from facelive.rig.schema import Schema
from facelive.stream.frame import Frame, FrameFlag
from facelive.stream.json_fields import Json, dump_json, field, from_hex64, hex64, number, parse_json, text
from facelive.stream.layout import Layout
from facelive.stream.messages import (
    AVATAR_MAGIC,
    EVENT_MAGIC,
    avatar_from_json,
    event_from_json,
    schema_from_json,
    unseal,
)
from facelive.stream.packet import FRAME_MAGIC, decode_frame
from facelive.stream.recording_window import FILE_HEADER, FILE_MAGIC, RECORD_HEADER, RECORD_MAGIC, Record, RecordWindow
from facelive.stream.state import Avatar, Event

SUFFIX = ".flrec"
FILE_MAJOR = 1
FILE_MINOR = 0
_MAXIMUM_HEADER = 1 << 22
# Checking what turns out to be no record costs time; a file made to cost more than this is given up at that place.
_WASTE, _WASTE_SHARE = 1 << 26, 8


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingInfo:
    """What a recording holds."""

    frames: int
    messages: int
    """Frames, avatars and events."""
    seconds: float
    """From the first to the last frame, pauses between appended sessions left out."""
    problem: str
    """A line if something is lost ("the last record is cut off, ..."), empty if the file is whole."""


def pack_record(message: bytes, at_ns: int) -> bytes:
    """The bytes of one record."""
    stamp = at_ns.to_bytes(8, "little", signed=True)
    return RECORD_HEADER.pack(RECORD_MAGIC, len(message), zlib.crc32(message, zlib.crc32(stamp)), at_ns) + message


def pack_file_header(schema: Schema, *, created_unix_s: float, software: str) -> bytes:
    """The bytes that a recording begins with."""
    header = dump_json(
        {
            "created_unix_s": created_unix_s,
            "software": software,
            "schema_hash": hex64(schema.hash),
            "schema": schema.to_json(),
        }
    )
    return FILE_HEADER.pack(FILE_MAGIC, FILE_MAJOR, FILE_MINOR, 0, len(header), zlib.crc32(header)) + header


class Recording:
    """A recording to read: its schema, and its messages as often as you iterate.

    Raises FileError if the file cannot be read, is no recording, or its header is damaged. Damage further on loses the
    records that it hits and no others; ``problem`` says so after an iteration.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        try:
            with path.open("rb") as file:
                self._header, self.data_start = _read_header(file, path)
        except OSError as error:
            raise FileError(f"cannot read the recording {path}: {error.strerror}") from error
        try:
            schema_hash = field(self._header, "schema_hash", from_hex64)
            self.schema = schema_from_json(self._header.get("schema"), schema_hash)
            self.created_unix_s = field(self._header, "created_unix_s", number)
            self.software = field(self._header, "software", text)
        except ProtocolError as error:
            raise FileError(f"the header of {path} is malformed: {error}") from error
        self.layout = Layout(self.schema)

    def records(self) -> Iterator[Record]:
        """All whole records in order. Raises FileError if the file cannot be read any more."""
        self.problem = ""
        try:
            with self.path.open("rb") as file:
                yield from self._scan(file)
        except OSError as error:
            raise FileError(f"cannot read the recording {self.path}: {error.strerror}") from error

    def __iter__(self) -> Iterator[Frame | Avatar | Event]:
        """Frames, avatars and events in order; what is malformed or of another schema is skipped."""
        for _, item in self.timed():
            yield item

    def frames(self) -> Iterator[Frame]:
        """The frames in order."""
        for item in self:
            if isinstance(item, Frame):
                yield item

    def timed(self) -> Iterator[tuple[int, Frame | Avatar | Event]]:
        """Each item with its time in ns from the first new frame; what stood before it comes at 0.

        Times come from the publisher's own stamps. Where another publisher goes on (appended sessions), its first
        message follows at once.
        """
        clock = _Timeline()
        skipped = 0
        for record in self.records():
            try:
                item, stream_id, sent_ns = decode_item(record.message, self.layout)
            except ProtocolError:
                skipped += 1
                continue
            fresh = isinstance(item, Frame) and not item.flags & FrameFlag.RESENT
            yield clock.at(stream_id, sent_ns, fresh=fresh), item
        if skipped and not self.problem:
            self.problem = f"{skipped} messages of another version or schema were skipped"

    def info(self) -> RecordingInfo:
        """Read it through once: how much there is, and whether something is lost."""
        frames = messages = 0
        first_ns = last_ns = 0
        for at_ns, item in self.timed():
            messages += 1
            if isinstance(item, Frame):
                first_ns = at_ns if not frames else first_ns
                last_ns = at_ns
                frames += 1
        return RecordingInfo(frames=frames, messages=messages, seconds=(last_ns - first_ns) / 1e9, problem=self.problem)

    def _scan(self, file: BinaryIO) -> Iterator[Record]:
        size = file.seek(0, 2)
        window = RecordWindow(file)
        position = self.data_start
        lost = 0
        while position < size:
            record = window.record(position)
            if record is not None:
                yield record
                position = record.end
                continue
            if window.wasted > _WASTE + _WASTE_SHARE * size:
                self.problem = f"damaged: too many false records; what follows after {position} bytes was not read"
                return
            following = window.next_marker(position + 1)
            lost += following - position
            position = following
        if lost:
            self.problem = f"damaged or cut off: {lost} bytes are lost, all whole records are here"


def decode_item(message: bytes, layout: Layout) -> tuple[Frame | Avatar | Event, int, int]:
    """A recorded message, its stream id and the time at which it was sent. Raises ProtocolError."""
    topic = message[:4]
    if topic == FRAME_MAGIC:
        frame = decode_frame(message, layout.index)
        if frame.schema_hash != layout.schema.hash:
            raise ProtocolError("a frame of another schema")
        return frame, frame.stream_id, frame.published_ns
    envelope, payload = unseal(message)
    if topic == AVATAR_MAGIC and envelope.schema_hash == layout.schema.hash:
        avatar = avatar_from_json(payload)
        if len(avatar.values) == layout.avatar_count:
            return avatar, envelope.stream_id, envelope.sent_ns
    if topic == EVENT_MAGIC:
        return event_from_json(payload), envelope.stream_id, envelope.sent_ns
    raise ProtocolError("a message that a recording does not hold")


class _Timeline:
    """Times of messages, made to start at 0 and never to go back.

    A recording that is begun in mid-stream starts with what stands: avatars and a frame that may be minutes old. Only
    a fresh frame says when it was.
    """

    def __init__(self) -> None:
        self._stream_id: int | None = None
        self._origin_ns: int | None = None
        self._now_ns = 0

    def at(self, stream_id: int, sent_ns: int, *, fresh: bool) -> int:
        if stream_id != self._stream_id:
            self._stream_id, self._origin_ns = stream_id, None
        if self._origin_ns is None and fresh:
            self._origin_ns = sent_ns - self._now_ns
        if self._origin_ns is not None:
            self._now_ns = max(self._now_ns, sent_ns - self._origin_ns)
        return self._now_ns


def _read_header(file: BinaryIO, path: Path) -> tuple[Json, int]:
    start = file.read(FILE_HEADER.size)
    if len(start) < FILE_HEADER.size or start[:8] != FILE_MAGIC:
        raise FileError(f"{path} is no facelive recording")
    _, major, _, _, length, checksum = FILE_HEADER.unpack(start)
    if major != FILE_MAJOR:
        raise FileError(f"{path} is a recording of version {major}; this facelive reads {FILE_MAJOR}")
    if length > _MAXIMUM_HEADER:
        raise FileError(f"the header of {path} is damaged")
    header = file.read(length)
    if len(header) < length or zlib.crc32(header) != checksum:
        raise FileError(f"the header of {path} is damaged or cut off: nothing can be recovered without it")
    try:
        data = parse_json(header)
    except ProtocolError as error:
        raise FileError(f"the header of {path} is malformed: {error}") from error
    return data, FILE_HEADER.size + length
