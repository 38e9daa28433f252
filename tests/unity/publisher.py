"""A real publisher for the tests of the Unity side: weights that follow from the sequence number.

    publisher.py ADDRESS HZ SECONDS [SECRET_KEY]

weight i of frame s is ((31 s + 17 i) mod 1024) / 1024: exact in float32 on both sides. The avatar's
first value is 0.75.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from facelive.rig.default_schema import default_schema
from facelive.stream.clock import now_ns
from facelive.stream.frame import Frame
from facelive.stream.keys import CurveServer
from facelive.stream.layout import Layout
from facelive.stream.publisher import Publisher, PublisherConfig
from facelive.stream.state import StreamState


def main() -> None:
    address, hz, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    curve = CurveServer(secret=Path(sys.argv[4])) if len(sys.argv) > 4 else None
    layout = Layout(default_schema())
    params_P = layout.schema.neutral()
    expression_E = layout.schema.indices("expression")
    params_P[0] = 0.75
    with Publisher(layout.schema, PublisherConfig(address=address, curve=curve)) as publisher:
        publisher.set_state(StreamState(phase="tracked", source="test"))
        publisher.send_avatar(layout.avatar(params_P, face_id=7, revision=1, locked=True))
        print("ready", flush=True)
        start = time.perf_counter()
        for tick in range(int(hz * seconds)):
            sequence = publisher.packets + 1
            params_P[expression_E] = ((31 * sequence + 17 * np.arange(len(expression_E))) % 1024) / np.float32(1024)
            for name, angle in (("headYaw", 0.4), ("headPitch", -0.2), ("headRoll", 0.1), ("leftGazeYaw", 0.3)):
                params_P[layout.schema.index(name)] = angle * np.sin(sequence / 20)
            captured = now_ns()
            face = layout.face(params_P, face_id=7, avatar_revision=1)
            publisher.send(Frame(captured_ns=captured, inferred_ns=captured, faces=(face,)))
            time.sleep(max(0.0, start + (tick + 1) / hz - time.perf_counter()))
        print(f"sent {publisher.packets}", flush=True)


if __name__ == "__main__":
    main()
