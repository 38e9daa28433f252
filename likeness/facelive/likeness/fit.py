"""Photos of one person in, the character's parameters out: all stages of a still, within a time budget.

landmarks -> start (encoder, recognition) -> imitator, if there is one, for half of the time -> Gauss-Newton and styles
on real renders.
After every stage the real renderer is asked; the best iterate by its loss is the answer, whatever came later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.errors import NoFaceError
from facelive.likeness.drawing import Draws
from facelive.likeness.fit_colour import Light, Sampled, sample_colours, solve_colours, solve_light
from facelive.likeness.fit_doubt import Doubt
from facelive.likeness.fit_geometry import Geometry, Held, Landmarks, first_pose, fit_geometry
from facelive.likeness.fit_imitator import Step, annealed, fit_through
from facelive.likeness.fit_judge import Judge
from facelive.likeness.fit_recognition import Recognition
from facelive.likeness.fit_render import RealDrawing
from facelive.likeness.fit_search import People, Search, View
from facelive.likeness.fit_seat import Seat
from facelive.likeness.fit_styles import favoured_styles, likely_styles
from facelive.likeness.fit_types import FitConfig, Fitted, Gap, Iterate, PhotoFace, Stage
from facelive.likeness.fit_variables import FitVariables, locked_rows
from facelive.likeness.identity import DlibIdentity, IdentityNetwork
from facelive.likeness.parser import FaceParser
from facelive.rig.head import Head
from facelive.rig.looks import skin_tone
from facelive.rig.render import Scene
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]
Progress = Callable[[Stage, float], None]
"""(stage, share of the budget that is used)."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The networks that a fit has at hand; without any of them the landmarks, colours and the prior decide."""

    imitator: Draws | None = None
    network: IdentityNetwork | None = None
    known: Recognition | None = None
    """Statistics of ``network`` (dlib only): the start from recognition, and centred cosines."""
    parser: FaceParser | None = None
    doubt: Doubt | None = None
    """How the encoder errs whose answer a fit begins with; None: nobody measured it."""


@dataclass
class _Person:
    params_P: Vector
    expression_BE: F32
    pose_B10: F32
    lights: list[Light]

    def copy(self) -> _Person:
        return _Person(self.params_P.copy(), self.expression_BE.copy(), self.pose_B10.copy(), list(self.lights))


class Fit:
    """One person's fit. ``run`` once."""

    def __init__(
        self,
        head: Head,
        photos: Sequence[PhotoFace],
        tools: Tools,
        config: FitConfig,
        on_progress: Progress | None = None,
    ) -> None:
        """Raises NoFaceError without photos, SchemaError for locks that the rig does not know."""
        if not photos:
            raise NoFaceError("a fit needs at least one photo with a face")
        torch.manual_seed(config.seed)
        self._began = time.perf_counter()
        self._head, self._photos, self._tools, self._config = head, tuple(photos), tools, config
        self._locked_P = locked_rows(head.schema, config.locked)
        self._held = Held.of(head.schema, self._locked_P)
        self._report = on_progress or (lambda stage, share: None)
        self._drawing = RealDrawing(head)
        self._said_P = self._said()
        self._seat = None if self._said_P is None else Seat.of(head, self._said_P)
        # The published steps are too long for so steep a loss: they would throw the face about.
        self._judge = Judge(
            head, photos, config.weights, network=tools.network, known=tools.known, parser=tools.parser,
            centre_P=self._said_P, seat=self._seat if config.optimiser == "adam" else None,
        )  # fmt: skip
        unrecognised = config.not_recognised if self._said_P is not None else ()
        there = {*(parameter.name for parameter in head.schema.parameters), *head.schema.styles}
        self._unrecognised_P = locked_rows(head.schema, [name for name in unrecognised if name in there])
        self._landmarks = Landmarks(head, photos)
        self._sampled = [sample_colours(photo.image_HW3, photo.landmarks_K2) for photo in photos]
        self._history: list[Iterate] = []
        self._kept: list[_Person] = []
        self._gap: Gap | None = None
        self._tone: float | None = None
        """Where the skin of the start lies on the line of skin tones: what every later guess at the light goes by."""

    def _said(self) -> Vector | None:
        """(P,) what the encoder said: the mean over the photos, and of what is locked the first; None: not asked."""
        given = [photo.params_P for photo in self._photos if photo.params_P is not None]
        if not given:
            return None
        said = self._head.schema.clip(np.mean(given, axis=0).astype(np.float32))
        said[self._locked_P] = given[0][self._locked_P]
        return said

    def run(self) -> Fitted:
        """All stages that the tools allow and the budget leaves time for."""
        if (given := self._given()) is not None:
            self._look(given, "encoder")
        person = self._start()
        if self._said_P is None and self._tools.known is not None:
            self._tone = self._melanin(person.params_P)
        self._look(person, "start")
        self._set_light(person)
        self._look(person, "landmarks")
        if self._tools.imitator is not None and not self._over():
            person = self._through_imitator(self._best().copy(), self._tools.imitator)
        if isinstance(self._tools.network, DlibIdentity) and self._tools.known is not None and not self._over():
            self._on_renders(self._best().copy(), self._tools.network, self._tools.known)
        return self._answer()

    @property
    def seconds(self) -> float:
        """Since the fit began."""
        return time.perf_counter() - self._began

    def _over(self) -> bool:
        return self.seconds > self._config.budget_s

    def _best(self) -> _Person:
        return self._kept[self._best_index()]

    def _best_index(self) -> int:
        return int(np.argmin([iterate.loss for iterate in self._history]))

    def _look(self, person: _Person, stage: Stage) -> None:
        """Ask the renderer and remember."""
        scenes = [_scene(light) for light in person.lights]
        iterate = self._judge.look(
            self._drawing, person.params_P, person.expression_BE, person.pose_B10, scenes, stage, self.seconds
        )
        self._history.append(iterate)
        self._kept.append(person.copy())
        self._report(stage, min(1.0, self.seconds / self._config.budget_s))

    def _given(self) -> _Person | None:
        """What the encoder said, untouched; None if it was not asked about every photo."""
        if (begun := self._begun()) is None or self._said_P is None:
            return None
        return _Person(self._said_P.copy(), *begun, [Light()] * len(self._photos))

    def _begun(self) -> tuple[F32, F32] | None:
        """The encoder's expressions (B, E) and poses (B, 10); None if it was not asked about every photo."""
        columns = self._head.schema.indices("expression")
        doing = [photo.params_P[columns] for photo in self._photos if photo.params_P is not None]
        poses = [photo.pose_10 for photo in self._photos if photo.pose_10 is not None]
        return (np.stack(doing), np.stack(poses)) if len(doing) == len(poses) == len(self._photos) else None

    def _start(self) -> _Person:
        """What was said, or the recogniser's guess, or the middle face; then moved onto the landmarks."""
        schema, photos = self._head.schema, self._photos
        neutral = schema.neutral()
        params = neutral.copy()
        if self._said_P is not None:
            params = self._said_P.copy()
        elif (guess := self._recognised()) is not None:
            for group in ("identity", "style", "colour"):
                rows = schema.indices(group)[~self._locked_P[schema.indices(group)]]
                params[rows] = guess[rows]
        rows, columns = schema.indices("identity"), schema.indices("expression")
        # Points are a weak witness of who it is: what was said keeps its shape here, a guess is mended.
        geometry = self._geometry(params[rows], shape=self._said_P is None)
        params[rows] = geometry.identity_I
        for group in ("expression", "pose"):
            params[schema.indices(group)] = neutral[schema.indices(group)]
        params[columns] = geometry.expression_BE[0]
        return _Person(params, geometry.expression_BE, geometry.pose_B10, [Light()] * len(photos))

    def _geometry(self, identity_I: F32, *, shape: bool) -> Geometry:
        """Pose and expression from where the encoder or a frontal view begins, for this shape."""
        photos, head = self._photos, self._head
        locked = bool(self._locked_P[head.schema.indices("identity")].any())
        begun, steps = self._begun(), self._config.landmark_steps
        if begun is None:
            rest = np.zeros((len(photos), len(head.schema.indices("expression"))), np.float32)
            begun, steps = (rest, _first_poses(self._landmarks, identity_I)), 2 * steps
        first = Geometry(identity_I=identity_I, expression_BE=begun[0], pose_B10=begun[1])
        shape = shape and not locked
        return fit_geometry(
            head, self._landmarks, first, steps=steps, shape=shape, said=self._as_said(identity_I), held=self._held
        )

    def _as_said(self, identity_I: F32) -> Geometry | None:
        """What the encoder saw the photos do; None if it was not asked about every one."""
        if (begun := self._begun()) is None:
            return None
        return Geometry(identity_I=identity_I, expression_BE=begun[0], pose_B10=begun[1])

    def _recognised(self) -> Vector | None:
        """A person from the mean embedding of the photos."""
        if self._tools.known is None or self._tools.network is None:
            return None
        return self._tools.known.start(self._head.schema, self._photo_D())

    def _photo_D(self) -> F32:
        assert self._judge.photo_BD is not None
        assert self._tools.known is not None
        return self._judge.photo_BD.mean(0).numpy() + self._tools.known.photo_mean_D

    def _set_light(self, person: _Person, rounds: int = 2) -> None:
        """The photos' light from the medians of their skin, more than once, for the tone curve is not linear.

        If only recognition has guessed the colours, skin and lips as well: always about the tone of the start, for
        about the last guess skin would grow browner in orange light each time. What the encoder said stays: solved
        anew, pink skin went yellow and lips grey (docs/log.md).
        """
        rows = self._head.schema.indices("colour")
        rows = rows[~self._locked_P[rows]]
        for _ in range(rounds):
            colours: list[Vector] = []
            for i, sampled in enumerate(self._sampled):
                seen = self._drawn_colours(person, i)
                if self._said_P is not None:
                    person.lights[i] = solve_light(sampled, seen, person.lights[i])
                    continue
                found, person.lights[i] = solve_colours(
                    self._head.schema, person.params_P, sampled, seen, person.lights[i], self._tone
                )
                colours.append(found)
            if colours:
                person.params_P[rows] = np.mean(colours, axis=0)[rows]

    def _drawn_colours(self, person: _Person, photo: int) -> Sampled:
        """Of a real render of the person in one photo's light."""
        posed = person.params_P.copy()
        posed[self._head.schema.indices("expression")] = person.expression_BE[photo]
        drawn = self._drawing.crop(posed, person.pose_B10[photo], _scene(person.lights[photo]))
        return sample_colours(drawn.image_HW3, drawn.landmarks_K2)

    def _melanin(self, params_P: Vector) -> float | None:
        """Where on the line of skin tones the recognised colour lies."""
        where = self._head.schema.colours.get("skin")
        if where is None:
            return None
        place = np.linspace(0.0, 1.0, 81)
        tones = np.stack([skin_tone(float(m)) for m in place])
        return float(place[np.square(tones - params_P[where]).sum(1).argmin()])

    def _through_imitator(self, person: _Person, imitator: Draws) -> _Person:
        schema = self._head.schema
        there = {*schema.styles, *schema.colours, "colour"}
        unseen = tuple(name for name in self._config.not_imitated if name in there)
        held_P = self._locked_P | locked_rows(schema, unseen) | self._unrecognised_P
        if self._begun() is not None:
            # To please the identity network eyes closed, mouths twisted, heads and eyes turned away; what the encoder
            # saw is right more often. Place and size stay free: another shape stands otherwise in the picture.
            held_P[schema.indices("expression")] = True
            held_P |= locked_rows(schema, [name for name in _POSE_NAMES if name in schema])
        variables = FitVariables(
            schema, person.params_P, person.expression_BE, person.pose_B10, held_P, likely_styles(schema, self._photos),
            beta=annealed(self._config, 0.0), doubt_II=self._doubt(held_P),
        )  # fmt: skip
        config, first = self._config, len(self._history)
        # What real renders find afterwards is worth as much (docs/fit.md): it must not be left without time.
        later = isinstance(self._tools.network, DlibIdentity) and self._tools.known is not None and config.rounds > 0
        until_s = self.seconds + (config.budget_s - self.seconds) * (config.imitator_share if later else 1.0)

        def on_step(step: Step) -> bool:
            if (step.number + 1) % config.check_every == 0 or step.number + 1 >= step.planned or self._over():
                now = _Person(
                    variables.person(), variables.expression.detach().numpy().copy(),
                    variables.pose.detach().numpy().copy(), list(person.lights),
                )  # fmt: skip
                # Another shape and pose stand otherwise in the photo's light.
                self._set_light(now, rounds=1)
                self._look(now, "imitator")
            return not self._over()

        fit_through(imitator, self._judge, variables, config, on_step, lambda: until_s - self.seconds)
        if len(self._history) > first:
            losses = [iterate.loss for iterate in self._history[first:]]
            ended = self._kept[first + int(np.argmin(losses))]
            self._gap = self._judge.gap(self._drawing, imitator, ended.params_P, ended.expression_BE, ended.pose_B10)
        return self._best()

    def _on_renders(self, person: _Person, network: DlibIdentity, known: Recognition) -> None:
        """Styles, then sliders by Gauss-Newton, in the view of the photo that is most frontal."""
        schema = self._head.schema
        search = Search(self._drawing, network, known, self._people, self._seat)
        chosen = int(np.abs(person.pose_B10[:, :2]).sum(1).argmin())
        photo_D = self._photo_D()
        favour_P = favoured_styles(schema, self._photos, known.scores(photo_D), self._said_P)
        stays_P = self._locked_P | self._unrecognised_P
        free_styles = [name for name, where in schema.styles.items() if not stays_P[where].any()]
        rows = self._searched()
        for number in range(self._config.rounds):
            view = View(
                pose_10=person.pose_B10[chosen], expression_E=person.expression_BE[chosen],
                scene=_scene(person.lights[chosen]), photo_D=photo_D,
            )  # fmt: skip
            person.params_P = search.styles(person.params_P, free_styles, view, favour_P, stop=self._over)
            self._look(person, "styles")
            # The recogniser's likelihood chose them; if the whole loss does not like them, they go.
            person = self._best().copy()
            if self._over() or not len(rows):
                return
            person.params_P = search.round(person.params_P, rows, view, self._over)
            if self._over():
                return
            self._settle(person)
            self._look(person, "renderer")
            if number + 1 == self._config.rounds:
                return

    @cached_property
    def _people(self) -> People:
        """Who is likely: anybody, or whom the encoder may have meant."""
        people = People.of(self._head.schema, seed=self._config.seed)
        return people if self._said_P is None else people.about(self._said_P, self._tools.doubt)

    def _doubt(self, held_P: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """(I, I) along which sliders move while the imitator draws, none of them for what is held; None: nobody has
        measured it, or the published steps are wanted."""
        if self._said_P is None or self._tools.doubt is None or self._config.optimiser != "adam":
            return None
        rows = self._head.schema.indices("identity")
        free = np.flatnonzero(~held_P[rows])
        root_II = np.zeros((len(rows), len(rows)))
        root_II[np.ix_(free, free)] = self._people.root(self._head.schema, rows[free])
        return root_II

    def _searched(self) -> NDArray[np.intp]:
        """What is moved by real renders: free sliders. Not the hair's colour: it went orange and blue (looked at)."""
        rows = self._head.schema.indices("identity")
        return rows[~(self._locked_P | self._unrecognised_P)[rows]]

    def _settle(self, person: _Person) -> None:
        """Pose and expression for the new shape, colours for the new shadows."""
        rows = self._head.schema.indices("identity")
        begun = Geometry(identity_I=person.params_P[rows], expression_BE=person.expression_BE, pose_B10=person.pose_B10)
        said = self._as_said(begun.identity_I)
        moved = fit_geometry(self._head, self._landmarks, begun, steps=60, shape=False, said=said, held=self._held)
        person.expression_BE, person.pose_B10 = moved.expression_BE, moved.pose_B10
        self._set_light(person, rounds=1)

    def _answer(self) -> Fitted:
        schema, best = self._head.schema, self._best_index()
        person = self._kept[best]
        params = person.params_P.copy()
        params[schema.indices("expression")] = person.expression_BE[0]
        for name, value in zip(_POSE_NAMES, (*person.pose_B10[0, :3], *person.pose_B10[0, 6:10]), strict=True):
            if name in schema:
                params[schema.index(name)] = value
        light = person.lights[0]
        return Fitted(
            params_P=schema.clip(params), expression_BE=person.expression_BE, pose_B10=person.pose_B10,
            history=tuple(self._history), best=best, gap=self._gap, light=(light.white_balance, light.exposure),
        )  # fmt: skip


_POSE_NAMES = (
    "headYaw", "headPitch", "headRoll", "leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch",
)  # fmt: skip


def _scene(light: Light) -> Scene:
    return Scene(exposure=light.exposure, white_balance=light.white_balance)


def _first_poses(landmarks: Landmarks, identity_I: F32) -> F32:
    with torch.no_grad():
        return first_pose(landmarks, torch.from_numpy(identity_I)).numpy()
