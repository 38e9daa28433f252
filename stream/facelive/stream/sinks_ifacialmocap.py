"""iFacialMocap's text over UDP: its plug-ins for Unity, Unreal, Blender, Maya, and programs that read its phone app.

One datagram per frame: ``mouthSmile_R-0|...|=head#rx,ry,rz,x,y,z|rightEye#rx,ry,rz|leftEye#rx,ry,rz|``; weights in
whole hundredths, angles in degrees, metres. Source: ifacialmocap.com/for-developer.
The page gives no signs for the angles. Here rx, ry, rz are pitch, yaw, roll of the head frame (down, to the subject's
left, counter-clockwise in the picture positive); receivers differ and let the user flip an axis.
"""

from __future__ import annotations

from math import degrees

from facelive.stream.frame import Face, Frame
from facelive.stream.layout import Layout
from facelive.stream.rotation import angles
from facelive.stream.sinks_worker import DatagramSink

PORT = 49983


class IFacialMocapSink(DatagramSink):
    """Sends the main person as the phone app would."""

    name = "ifacialmocap"

    def __init__(self, layout: Layout, host: str = "127.0.0.1", port: int = PORT) -> None:
        """Raises UsageError."""
        super().__init__(layout, host, port)
        self._spelled = tuple(_spelled(name) for name in layout.expression_names)
        self.start()

    def datagram(self, face: Face) -> bytes:
        """What is sent for a face."""
        shapes = "".join(
            f"{name}-{round(100 * min(max(value, 0.0), 1.0))}|"
            for name, value in zip(self._spelled, face.weights.tolist(), strict=True)
        )
        yaw, pitch, roll = (degrees(angle) for angle in angles(face.rotation))
        x, y, z = face.translation
        left_yaw, left_pitch, right_yaw, right_pitch = (degrees(angle) for angle in face.gaze)
        head = f"=head#{pitch:.5f},{yaw:.5f},{roll:.5f},{x:.6f},{y:.6f},{z:.6f}|"
        eyes = f"rightEye#{right_pitch:.5f},{right_yaw:.5f},0|leftEye#{left_pitch:.5f},{left_yaw:.5f},0|"
        return (shapes + head + eyes).encode()

    def deliver(self, frame: Frame, face: Face) -> bool:
        return self.post(self.datagram(face))


def _spelled(name: str) -> str:
    for side in ("Left", "Right"):
        # jawLeft and mouthLeft are movements, not sides.
        if name.endswith(side) and name not in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
            return f"{name.removesuffix(side)}_{side[0]}"
    return name
