"""Unreal's Live Link Face, packet version 6, UDP 11111: MetaHumans and every ARKit face in Unreal Engine.

Big-endian: u8 version 6; device id and subject name, each an i32 length and its bytes; the time as i32 frame, f32
sub-frame, i32 rate, i32 1; u8 61; 61 f32: the ARKit 52 in Apple's order, then yaw, pitch, roll of the head, the left
and the right eye, in half turns (degrees / 180). As AppleARKitLiveLinkSource of Unreal Engine 4.20 and later reads it.
The signs of the nine angles are those of the head frame with pitch up positive (Unreal's); nothing here has shown them
to a running Unreal Engine.
"""

from __future__ import annotations

import struct
import uuid
from math import pi

import numpy as np

from facelive.rig.default_schema import ARKIT_52
from facelive.stream.frame import Face, Frame
from facelive.stream.layout import Layout
from facelive.stream.rotation import angles
from facelive.stream.sinks_worker import DatagramSink

PORT = 11111
VERSION = 6
COUNT = len(ARKIT_52) + 9
_FPS = 60
_MAXIMUM_NAME = 64
_BODY = struct.Struct(f">ifiiB{COUNT}f")


class LiveLinkFaceSink(DatagramSink):
    """Sends the main person as the phone app would, as a subject of the given name."""

    name = "livelinkface"

    def __init__(self, layout: Layout, host: str = "127.0.0.1", port: int = PORT, *, subject: str = "facelive") -> None:
        """Raises UsageError."""
        super().__init__(layout, host, port)
        # Names that the rig lacks stay 0; what the rig has beyond ARKit has no place here.
        self._from = np.array([layout.index.get(name, -1) for name in ARKIT_52], np.intp)
        device = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"facelive.{subject}")).upper().encode()
        encoded = subject.encode()[:_MAXIMUM_NAME]
        self._head = struct.pack(">Bi", VERSION, len(device)) + device + struct.pack(">i", len(encoded)) + encoded
        self.start()

    def datagram(self, frame: Frame, face: Face) -> bytes:
        """What is sent for a frame."""
        padded = np.append(face.weights, np.float32(0))
        weights = np.maximum(padded[self._from], 0.0)
        yaw, pitch, roll = angles(face.rotation)
        left_yaw, left_pitch, right_yaw, right_pitch = face.gaze
        turns = [yaw, -pitch, roll, left_yaw, -left_pitch, 0.0, right_yaw, -right_pitch, 0.0]
        ticks = frame.captured_ns / 1e9 * _FPS
        number = int(ticks)
        return self._head + _BODY.pack(
            number % (1 << 31), ticks - number, _FPS, 1, COUNT, *weights.tolist(), *(angle / pi for angle in turns)
        )

    def deliver(self, frame: Frame, face: Face) -> bool:
        return self.post(self.datagram(frame, face))
