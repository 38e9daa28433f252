"""VMC protocol 2.9 over OSC and UDP: VSeeFace, Warudo, VNyan, EVMC4U and other programs for VRM characters.

What a receiver hears per frame: OK and time, root, Head, Neck, LeftEye, RightEye, the expressions, Apply.
Source: protocol.vmc.info. Bone positions are zero: leave "apply bone positions" off in the receiver.
"""

from __future__ import annotations

from typing import Literal, get_args

from facelive.errors import UsageError
from facelive.stream.frame import Face, Frame
from facelive.stream.layout import Layout
from facelive.stream.sinks_axes import part_of, unity_gaze, unity_position, unity_rotation
from facelive.stream.sinks_osc import bundles, message
from facelive.stream.sinks_vrm import VrmExpressions
from facelive.stream.sinks_worker import DatagramSink

Names = Literal["perfectsync", "arkit", "vrm0", "vrm1"]
NAMES: tuple[Names, ...] = get_args(Names)
PORT = 39539
MAXIMUM_DATAGRAM = 1400
"""Bytes: below the 1,500 of Ethernet, so that nothing is cut into fragments."""
_NECK_SHARE = 0.3
_NOTHING = (0.0, 0.0, 0.0)


class VmcSink(DatagramSink):
    """Sends the main person as a VMC performer.

    names: ``perfectsync`` spells the 52 as the clips of perfect-sync avatars (``JawOpen``), ``arkit`` as Apple
    (``jawOpen``); ``vrm0`` (``Joy``, ``A``, ``Blink_L``) and ``vrm1`` (``happy``, ``aa``, ``blinkLeft``) for avatars
    without them.
    """

    name = "vmc"

    def __init__(
        self, layout: Layout, host: str = "127.0.0.1", port: int = PORT, *, names: Names = "perfectsync",
        translation: bool = False,
    ) -> None:  # fmt: skip
        """translation: also move the root with the head. Raises UsageError."""
        super().__init__(layout, host, port)
        if names not in NAMES:
            raise UsageError(f"VMC names are one of {', '.join(NAMES)}, not {names!r}")
        self._translation = translation
        self._vrm = VrmExpressions(layout.index, vrm0=names == "vrm0") if names.startswith("vrm") else None
        spelled = layout.expression_names if self._vrm is None else self._vrm.names
        if names == "perfectsync":
            spelled = tuple(name[:1].upper() + name[1:] for name in spelled)
        self._spelled = spelled
        self._began_ns: int | None = None
        self.start()

    def datagrams(self, frame: Frame, face: Face) -> list[bytes]:
        """What is sent for a frame."""
        values = face.weights if self._vrm is None else self._vrm(face.weights)
        root = unity_position(face.translation) if self._translation else _NOTHING
        rotation = unity_rotation(face.rotation)
        messages = [
            # loaded, calibrated, normal mode, tracking
            message("/VMC/Ext/OK", 1, 3, 0, int(face.tracked)),
            message("/VMC/Ext/T", self._seconds(frame)),
            message("/VMC/Ext/Root/Pos", "root", *root, 0.0, 0.0, 0.0, 1.0),
            _bone("Neck", part_of(rotation, _NECK_SHARE)),
            _bone("Head", part_of(rotation, 1.0 - _NECK_SHARE)),
            _bone("LeftEye", unity_gaze(face.gaze[0], face.gaze[1])),
            _bone("RightEye", unity_gaze(face.gaze[2], face.gaze[3])),
        ]
        messages += [
            message("/VMC/Ext/Blend/Val", name, min(max(float(value), 0.0), 1.0))
            for name, value in zip(self._spelled, values, strict=True)
        ]
        return bundles([*messages, message("/VMC/Ext/Blend/Apply")], MAXIMUM_DATAGRAM)

    def _seconds(self, frame: Frame) -> float:
        """Since the first frame: as a single float, a machine's whole uptime has steps longer than a frame."""
        if self._began_ns is None:
            self._began_ns = frame.captured_ns
        return (frame.captured_ns - self._began_ns) / 1e9

    def deliver(self, frame: Frame, face: Face) -> bool:
        sent = [self.post(datagram) for datagram in self.datagrams(frame, face)]
        return all(sent)


def _bone(name: str, rotation: tuple[float, float, float, float]) -> bytes:
    return message("/VMC/Ext/Bone/Pos", name, *_NOTHING, *rotation)
