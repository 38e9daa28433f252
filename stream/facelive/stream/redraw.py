"""Draw what was seen, look at the drawing, and take back what the look got wrong about it.

A network errs alike on like faces, and of a drawing everything is known. So the error on a drawing of the answer says
much of the error on the picture; a part of it, the mean over some drawings in different light, is taken from the
answer. In statistics this is a bias corrected by a parametric bootstrap (Efron and Tibshirani, 1993, chapter 10).
It needs neither torch nor gradients, and no picture of the person: one drawing and one look a step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.crop_view import crop_camera, with_pose
from facelive.rig.framing import CROP, CropCamera, apply
from facelive.rig.head import Head
from facelive.rig.render import Ambient, Light, Renderer, Scene
from facelive.rig.schema import Vector
from facelive.stream.encoder import Observation
from facelive.stream.likeness_fusion import SKULL, reseated
from facelive.stream.refiner import Improved

Picture = NDArray[np.uint8]
F32 = NDArray[np.float32]
Look = Callable[[Picture, Observation], Observation]
"""(256, 256, 3) uint8 BGR crop, and what is drawn there: to what is seen there, in the way the answer was seen."""
WHOLE = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
"""The similarity of a picture that is a crop already."""
STEPS = 3
"""Of a still where nobody said how many: one drawing in each light."""
GAIN = 0.4
"""Part of the error on drawings that is taken back. Shapes of renders are best at .5 and nearly as good at .4; more
makes photos' own portraits come first less often (docs/decisions.md, "draw the answer and look again")."""
LIGHTS = (
    Scene(),
    Scene(
        lights=(Light(direction=(-0.9, 0.3, 0.5), colour=(0.95, 0.9, 0.82), softness=0.5),),
        ambient=Ambient(sky=(0.32, 0.33, 0.36), ground=(0.2, 0.19, 0.18)), background=(0.12, 0.13, 0.14),
    ),
    Scene(
        lights=(Light(direction=(0.7, 0.7, 0.5), colour=(0.85, 0.88, 0.95), softness=0.8),),
        ambient=Ambient(sky=(0.36, 0.35, 0.33), ground=(0.22, 0.22, 0.23)), background=(0.62, 0.6, 0.57),
    ),
)  # fmt: skip
"""One after the other: an error that light makes is not the answer's."""
NO_HURRY_NS = 2**63
"""A deadline that never comes."""
_MOVED = ("identity_I", "expression_E", "pose")
"""Colours stay: of photos their answers were taught by words (fair, brown), and here they would go by renders again:
skin within a step of right for 69 instead of 73 of 86 people (docs/log.md)."""


class Redraw:
    """An ``Improver`` (``facelive.stream.refiner``). One thread at a time."""

    needs_picture = False

    def __init__(self, head: Head, look: Look, *, gain: float = GAIN) -> None:
        """Raises UsageError for a character that only its game engine can draw."""
        check_drawable(head)
        self._head, self._look, self._gain = head, look, np.float32(gain)
        self._renderer = Renderer(head, int(CROP))
        self._points = head.linear(head.landmarks68)
        schema = head.schema
        self._groups = {
            "identity_I": schema.indices("identity"), "style_S": schema.indices("style"),
            "colour_C": schema.indices("colour"), "expression_E": schema.indices("expression"),
        }  # fmt: skip
        # Nor is anything to be learnt about a skull under its hair: tall and flat ones came back (docs/log.md).
        self._shows_I = np.array([name not in SKULL for name in schema.group_names("identity")], np.float32)
        self._range = {
            name: (schema.minimum[where], schema.maximum[where])
            for name, where in self._groups.items() if name in _MOVED
        }  # fmt: skip
        self._step_ns = 0.0

    def improve(
        self, crop: Picture | None, seen: Observation, start: Observation, *, steps: int, until_ns: int
    ) -> Improved:
        """See ``Improver``. What ``start`` has been corrected by already counts as much as the drawings of this call:
        half of what a frame is corrected by comes from the frames before, which trembles less.
        """
        del crop
        if not (_finite(seen) and _finite(start)):
            return Improved(seen=seen, steps=1)
        before = None if start is seen else _difference(seen, start, 1.0 / float(self._gain))
        errors: list[dict[str, F32]] = []
        better, done = start, 0
        while done < steps:
            began_ns = time.perf_counter_ns()
            if done and began_ns + self._step_ns > until_ns:
                break
            again = self._look(self.draw(better, LIGHTS[done % len(LIGHTS)]), better)
            if not _finite(again):
                return Improved(seen=seen, steps=max(done, 1))
            errors.append(_difference(again, better))
            found = _mean(errors)
            better = self._corrected(seen, found if before is None else _mean([before, found]))
            done += 1
            self._step_ns = float(time.perf_counter_ns() - began_ns)
        return Improved(seen=replace(better, pose=self._reseated(seen, better)), steps=max(done, 1))

    def warm_up(self) -> None:
        """One drawing: the first ever compiles what draws, and no frame should wait beside that."""
        self._renderer.render(self._head.schema.neutral())

    def draw(self, seen: Observation, scene: Scene) -> Picture:
        """(256, 256, 3) uint8 BGR: the crop that the answer describes, in that light."""
        params = with_pose(self._head.schema, self._vector(seen), seen.pose)
        camera = crop_camera(self._head, seen.pose, int(CROP))
        return self._renderer.render(params, replace(scene, camera=camera)).image_HW3

    def _vector(self, seen: Observation) -> Vector:
        """(P,) in range, each style as its likeliest option."""
        schema = self._head.schema
        params = schema.neutral()
        for name, where in self._groups.items():
            params[where] = getattr(seen, name)
        return schema.clip(np.nan_to_num(params))

    def _corrected(self, seen: Observation, error: dict[str, F32]) -> Observation:
        gains = {"identity_I": self._gain * self._shows_I}
        moved = {name: getattr(seen, name) - gains.get(name, self._gain) * error[name] for name in _MOVED}
        in_range = {name: np.clip(moved[name], *limits) for name, limits in self._range.items()}
        return replace(seen, **{name: np.asarray(value, np.float32) for name, value in (moved | in_range).items()})

    def _reseated(self, seen: Observation, better: Observation) -> F32:
        """(10,) the pose with which the head of another shape lies on the points that were seen."""
        points = self._points.evaluate(self._vector(better))
        drawn = CropCamera.from_encoder(better.pose).project(points, self._head.face_centre)
        return reseated(better.pose, drawn, apply(seen.similarity, seen.landmarks_K2))


def check_drawable(head: Head) -> None:
    """Raises UsageError for a character that only its game engine can draw."""
    if head.vertex_count == 0:
        raise UsageError(
            "only the built-in head can be drawn and looked at: leave out --refine, or, with facelive live, take "
            "--refiner imitator and your --imitator"
        )


def _finite(seen: Observation) -> bool:
    """A network can say anything; what is no number must not be drawn, nor carried on."""
    return all(np.isfinite(getattr(seen, name)).all() for name in ("colour_C", "landmarks_K2", *_MOVED))


def _mean(errors: Sequence[dict[str, F32]]) -> dict[str, F32]:
    return {name: np.mean([error[name] for error in errors], axis=0) for name in _MOVED}


def _difference(one: Observation, other: Observation, times: float = 1.0) -> dict[str, F32]:
    """Of everything that moves."""
    return {name: np.float32(times) * (getattr(one, name) - getattr(other, name)) for name in _MOVED}
