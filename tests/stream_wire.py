"""What the tests of the wire share: a tiny rig, addresses that are free, waiting for something to come true."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Parameter, Schema
from facelive.stream.clock import now_ns
from facelive.stream.endpoints import Endpoints
from facelive.stream.frame import Frame
from facelive.stream.layout import Layout

TINY = Schema(
    "tiny",
    (
        Parameter(name="size", group="identity", neutral=0.5),
        Parameter(name="hat:none", group="style", kind="style", member_of="hat", neutral=1.0),
        Parameter(name="hat:tall", group="style", kind="style", member_of="hat"),
        Parameter(name="mouthOpen", group="expression"),
        Parameter(name="wink", group="expression"),
        Parameter(name="headYaw", group="pose", minimum=-2.0, maximum=2.0, unit="rad"),
        Parameter(name="headZ", group="pose", minimum=-2.0, maximum=2.0, unit="m"),
    ),
)
LAYOUT = Layout(TINY)


def tiny_vector(mouth_open: float = 0.0, size: float = 0.5) -> NDArray[np.float32]:
    """(P,) float32 of the tiny rig."""
    return TINY.to_vector({"mouthOpen": mouth_open, "size": size, "headYaw": 0.25, "headZ": 0.5})


def tiny_frame(mouth_open: float = 0.0, *, faces: int = 1) -> Frame:
    """A frame that is captured now."""
    params = tiny_vector(mouth_open)
    now = now_ns()
    return Frame(
        captured_ns=now - 2_000_000,
        inferred_ns=now - 1_000_000,
        faces=tuple(LAYOUT.face(params, face_id=i + 1, avatar_revision=1) for i in range(faces)),
    )


def free_endpoints() -> Endpoints:
    """Three neighbouring ports that are free on loopback."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        try:
            for offset in (1, 2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
        except (OSError, OverflowError):
            continue
        return Endpoints.at(f"tcp://127.0.0.1:{port}")


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.005)
    return False
