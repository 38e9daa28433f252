"""A page with a toy avatar, in a process of its own (nicegui allows one page per process). Steered over stdin.

Prints the address; then each line of stdin is JSON: {"jawOpen": 0.8, "yaw": 0.2, "faces": 1, "flags": 1}; the frame it
describes is sent 30 times a second until the next line. {"state": "searching"} is what the program says of itself from
then on, {"mirror": true} turns the picture round behind the page's back. "avatar" sends a new one, "quit" ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import numpy as np
from toy_glb import toy_glb

from facelive.app.page.server import Page
from facelive.rig.default_schema import default_schema
from facelive.rig.schema import Vector
from facelive.stream.clock import clock_id, now_ns
from facelive.stream.frame import FaceFlag, Frame
from facelive.stream.layout import Layout
from facelive.stream.live_stats import LiveStats
from facelive.stream.messages import AVATAR_MAGIC, Envelope, avatar_to_json, seal
from facelive.stream.packet import pack_frame

SCHEMA = default_schema()
LAYOUT = Layout(SCHEMA)
wish: dict[str, float] = {}
words = {"state": "tracked"}


class Steering:
    mirrored = False

    def calibrate(self) -> None:
        print("calibrate", flush=True)

    def set_mirror(self, mirror: bool) -> None:
        self.mirrored = mirror
        print(f"mirror {mirror}", flush=True)


def export(vector: Vector, painted: bool) -> bytes:
    """A greenish head once an avatar has come, a skin-coloured one before."""
    changed = not np.array_equal(vector, SCHEMA.clip(SCHEMA.neutral()))
    neutral = np.array_equal(vector, SCHEMA.neutral())
    names = SCHEMA.group_names("expression")
    return toy_glb(names, colour=(0.3, 0.8, 0.4) if changed and not neutral else (0.8, 0.55, 0.45))


def frame_message(sequence: int) -> bytes:
    params = SCHEMA.neutral()
    params[SCHEMA.index("jawOpen")] = wish.get("jawOpen", 0.0)
    params[SCHEMA.index("headYaw")] = wish.get("yaw", 0.0)
    flags = FaceFlag(int(wish.get("flags", 1)))
    faces = tuple(LAYOUT.face(params, face_id=i, flags=flags) for i in range(int(wish.get("faces", 1))))
    now = now_ns()
    frame = Frame(captured_ns=now - 5_000_000, inferred_ns=now, faces=faces)
    return pack_frame(
        frame, schema_hash=SCHEMA.hash, stream_id=1, sequence=sequence, published_ns=now, clock_id=clock_id()
    )


def send_avatar(page: Page) -> None:
    params = SCHEMA.neutral()
    params[SCHEMA.indices("identity")[3]] = 0.9
    avatar = LAYOUT.avatar(params, face_id=0, revision=1, locked=True)
    envelope = Envelope(
        magic=AVATAR_MAGIC, schema_hash=SCHEMA.hash, stream_id=1, sequence=1, sent_ns=now_ns(), clock_id=clock_id()
    )
    page.feed(seal(envelope, avatar_to_json(avatar)))


def main() -> None:
    ended = threading.Event()
    with Page(SCHEMA, export, port=0) as page:
        steering = page.steering = Steering()

        def play() -> None:
            sequence = 0
            while not ended.is_set():
                sequence += 1
                page.feed(frame_message(sequence))
                if sequence % 15 == 0:
                    page.show_stats(
                        LiveStats(
                            source="toy",
                            state=words["state"],
                            seconds=0.0,
                            frames=0,
                            dropped=0,
                            packets=0,
                            faces=0,
                            fps=0.0,
                            cpu_ms_per_frame=0.0,
                            age_ms=0.0,
                        )
                    )
                page.show_picture(np.full((48, 64, 3), 90, np.uint8))
                time.sleep(1 / 30)

        if not page.wait(90):
            sys.exit("the page did not start")
        thread = threading.Thread(target=play)
        thread.start()
        print(page.url, flush=True)
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            if line.strip() == "avatar":
                send_avatar(page)
            else:
                said = json.loads(line)
                words["state"] = said.pop("state", words["state"])
                steering.mirrored = said.pop("mirror", steering.mirrored)
                wish.update(said)
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
