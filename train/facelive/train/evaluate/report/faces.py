"""The faces that all methods of the report see: photos of people kept out of training, renders of people nobody saw.

A face is an aligned crop with what MediaPipe and the encoder say about it; a method may use all of that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.framing import apply
from facelive.rig.head import Head
from facelive.rig.render.scene import Scene
from facelive.train.data.photos import warp
from facelive.train.data.placing import Placed
from facelive.train.evaluate.encoders import Encoder
from facelive.train.evaluate.performances import SEED, perform
from facelive.train.evaluate.photo_landmarks import Encoded

F32 = NDArray[np.float32]
Picture = NDArray[np.uint8]
Outputs = dict[str, F32]
"""The contract's outputs, one row each."""
_FIRST_PERSON = 20_000
"""Others than those of the performances."""
_NOISE = 2.0


@dataclass(frozen=True, kw_only=True)
class Face:
    """One face."""

    name: str
    person: str
    crop_HW3: Picture
    """(256, 256, 3) BGR."""
    dense_K2: F32 | None
    """(478, 2) MediaPipe's points in pixels of a photo's crop; None: of a render, or not found."""
    outputs: Outputs
    """The encoder's answer."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A face of which everything is known."""

    face: Face
    placed: Placed
    parts_HW: Picture
    """(256, 256) values of ``Segment``."""


def of_photo(encoded: Encoded) -> Face:
    """The face of a photo."""
    dense = None if encoded.dense_K2 is None else apply(encoded.similarity, encoded.dense_K2)
    crop = warp(encoded.image, encoded.similarity)
    photo = encoded.photo
    return Face(name=photo.file, person=photo.person, crop_HW3=crop, dense_K2=dense, outputs=encoded.outputs)


def held_out_renders(
    head: Head, encoder: Encoder, scene_of: Callable[[np.random.Generator], Scene], people: int, frames: int,
    on_progress: Callable[[int, int], None] | None = None, *, first: int = _FIRST_PERSON,
) -> list[Rendered]:  # fmt: skip
    """People that no training has seen, each in some frames of a performance, under light drawn at random.

    first: number of the first person; whoever chooses by them must not take the report's.
    """
    from facelive.rig.accessories import accessories
    from facelive.rig.render import Renderer

    renderer = Renderer(head, size=256, dress=accessories)
    found: list[Rendered] = []
    for person in range(people):
        rng = np.random.default_rng((SEED, 61, person))
        takes = perform(head, scene_of(rng), SEED, first + person, frames)
        for number, take in enumerate(takes):
            picture = renderer.render(take.placed.params_P, take.scene)
            noisy = picture.image_HW3 + _NOISE * rng.standard_normal(picture.image_HW3.shape, np.float32)
            crop = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
            face = Face(
                name=f"render {person} {number}", person=str(person), crop_HW3=crop, dense_K2=None,
                outputs=encoder(crop[None]),
            )  # fmt: skip
            found.append(Rendered(face=face, placed=take.placed, parts_HW=picture.parts_HW.copy()))
        if on_progress:
            on_progress(person + 1, people)
    return found


def spread_over(people: list[str], videos: list[int], most: int) -> list[int]:
    """At most ``most`` rows: one of everybody, then one of everybody's next video, then further ones; in that order."""
    seen: dict[str, int] = {}
    seen_video: dict[tuple[str, int], int] = {}
    order: list[tuple[int, int, str, int]] = []
    videos_of: dict[str, list[int]] = {}
    for row, (person, video) in enumerate(zip(people, videos, strict=True)):
        frame = seen_video[person, video] = seen_video.get((person, video), -1) + 1
        known = videos_of.setdefault(person, [])
        if video not in known:
            known.append(video)
        seen[person] = seen.get(person, -1) + 1
        order.append((frame, known.index(video), person, row))
    return [row for *_, row in sorted(order)][:most]
