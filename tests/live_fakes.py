"""Stand-ins for the live path: a finder and an encoder that know where the face is, sinks that remember."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.framing import CropCamera, Similarity, apply, frame_face
from facelive.rig.head import Head
from facelive.stream.encoder import Observation
from facelive.stream.frame import Frame
from facelive.stream.state import Avatar, Event

F32 = NDArray[np.float32]
Picture = NDArray[np.uint8]


def neutral_points(head: Head, x: float, y: float, scale: float, roll: float = 0.0) -> F32:
    """(68, 2) picture points of the neutral head with its face centre at (x, y), scale in pixels per metre."""
    camera = CropCamera(yaw_rad=0.0, pitch_rad=0.0, roll_rad=roll, cx=x, cy=y, scale=scale)
    return camera.project(head_points(head), head.face_centre)


@cache
def head_points(head: Head) -> F32:
    """(68, 3) landmarks of the neutral head, metres."""
    return head.linear(head.landmarks68).evaluate(head.schema.neutral())


@dataclass
class Stage:
    """The true faces: a list of (x, y, scale) of the face centres."""

    head: Head
    faces: list[tuple[float, float, float]] = field(default_factory=list)
    expression: F32 | None = None
    noise: float = 0.0
    looks: int = 0
    runs: int = 0
    told: list[F32 | None] = field(default_factory=list)
    """Who the face was said to be, run by run."""
    blind: bool = False
    """The finder finds nothing."""

    def find(self, image: Picture, *, longest_side: int = 0) -> list[F32]:
        self.looks += 1
        if self.blind:
            return []
        points = [neutral_points(self.head, *face) for face in self.faces]
        return sorted(points, key=lambda p: -float(np.ptp(p, axis=0).max()))

    def encode(self, image: Picture, similarity: Similarity, known_I: F32 | None = None) -> Observation:
        """Sees the face whose centre lies in the crop; otherwise says that there is none."""
        self.runs += 1
        self.told.append(known_I)
        schema = self.head.schema
        neutral = schema.neutral()
        inside = [f for f in self.faces if self._in_crop(f, similarity)]
        x, y, scale = inside[0] if inside else (0.0, 0.0, 500.0)
        points = neutral_points(self.head, x, y, scale)
        rng = np.random.default_rng(self.runs)
        points = points + rng.normal(0, self.noise, points.shape).astype(np.float32)
        zoom = float(np.hypot(similarity[0, 0], similarity[1, 0]))
        turn = float(np.arctan2(similarity[1, 0], similarity[0, 0]))
        centre = apply(similarity, np.array([[x, y]], np.float32))[0]
        camera = CropCamera(
            yaw_rad=0.0, pitch_rad=0.0, roll_rad=-turn, cx=float(centre[0]), cy=float(centre[1]), scale=scale * zoom
        )
        expression = neutral[schema.indices("expression")] if self.expression is None else self.expression
        sure = 0.95 if inside else 0.02
        return Observation(
            similarity=similarity,
            identity_I=neutral[schema.indices("identity")],
            style_S=5.0 * neutral[schema.indices("style")],
            colour_C=neutral[schema.indices("colour")],
            expression_E=expression + rng.normal(0, 0.002, expression.shape).astype(np.float32) * (self.noise > 0),
            pose=np.concatenate([camera.to_encoder(), np.zeros(4)]).astype(np.float32),
            landmarks_K2=points,
            confidence=np.full(6, sure, np.float32),
        )

    @staticmethod
    def _in_crop(face: tuple[float, float, float], similarity: Similarity) -> bool:
        x, y = apply(similarity, np.array([face[:2]], np.float32))[0]
        return bool(70 < x < 186 and 40 < y < 170)


@dataclass
class Ears:
    """A sink that remembers."""

    frames: list[Frame] = field(default_factory=list)
    avatars: list[Avatar] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def send(self, frame: Frame) -> None:
        self.frames.append(frame)

    def send_avatar(self, avatar: Avatar) -> None:
        self.avatars.append(avatar)

    def send_event(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None: ...


def crop_of(points: F32) -> Similarity:
    return frame_face(points)


def with_pose(seen: Observation, yaw: float = 0.0, pitch: float = 0.0) -> Observation:
    """The same observation with the head turned."""
    pose = seen.pose.copy()
    pose[:2] = yaw, pitch
    return replace(seen, pose=pose)
