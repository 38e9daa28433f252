"""The live path, in the order in which a picture takes it:

source -> latest-frame slot -> tracker (crop) -> encoder engine -> [refine] -> identity lock (<- translator, seldom) ->
filters -> packet -> publisher

``Reader`` fills the slot in its own thread; everything after that is ``Pipeline.step``, in one thread.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.rig.framing import Similarity
from facelive.stream.calibration import Calibrator, Neutral, clear_neutral, load_neutral, save_neutral
from facelive.stream.decode import Decoder
from facelive.stream.encoder import Observation
from facelive.stream.face_life import LifeState
from facelive.stream.frame import Face, Frame
from facelive.stream.live_config import FilterConfig, LiveConfig
from facelive.stream.live_control import LiveControl
from facelive.stream.live_recognition import LiveRecognition
from facelive.stream.look import Look
from facelive.stream.meter import Meter
from facelive.stream.person import Person
from facelive.stream.sinks import Sink
from facelive.stream.sources import SourceFrame
from facelive.stream.state import Event
from facelive.stream.tracker import Finder, Tracker

Picture = NDArray[np.uint8]
F32 = NDArray[np.float32]
T = TypeVar("T")
MAIN = 0
"""The face that is always published, lost and neutral when nobody is there."""


class Eye(Protocol):
    """What sees a face in a crop: the encoder."""

    def encode(self, image: Picture, similarity: Similarity, known_I: F32 | None = None) -> Observation: ...


class Refiner(Protocol):
    """Improves the encoder's answer within a time budget: ``LiveRefiner``."""

    def refine(self, image: Picture, seen: Observation) -> Observation: ...


class Pipeline:
    """From a source's frame to a published packet."""

    def __init__(
        self, config: LiveConfig, *, decoder: Decoder, encoder: Eye, finder: Finder, sink: Sink,
        control: LiveControl, meter: Meter, refiner: Refiner | None = None,
        recognition: LiveRecognition | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._schema = decoder.schema
        self._decoder = decoder
        self._encoder = encoder
        self._refiner = refiner
        self._recognition = recognition
        self._sink = sink
        self._control = control
        self._meter = meter
        self._tracker = Tracker(config.tracker, finder, self._see, decoder.disagreement)
        self._look = Look(decoder.schema)
        self._filters: FilterConfig = control.filters
        self._neutral = load_neutral(config.user, decoder.schema)
        self._persons: dict[int, Person] = {}
        self._revisions: defaultdict[int, count[int]] = defaultdict(lambda: count(1))
        self.notices: list[str] = []
        """Lines for a person, oldest first."""
        self._person(MAIN)
        self._last_media_ns = -1
        self._stepped_ns = time.perf_counter_ns()
        if config.calibrate:
            control.calibrate()

    @property
    def state(self) -> LifeState:
        """Of the main face."""
        return self._persons[MAIN].life.state

    @property
    def tracked(self) -> tuple[int, ...]:
        """Ids of the faces that are tracked now."""
        return tuple(i for i, person in self._persons.items() if person.life.state is LifeState.TRACKED)

    @property
    def calibrating(self) -> bool:
        return any(person.calibrator is not None for person in self._persons.values())

    def step(self, picture: SourceFrame) -> Frame:
        """Work on one frame that came out of the slot, and publish it."""
        time_ns = self._media_time(picture)
        self._stepped_ns = time.perf_counter_ns()
        self._carry_out_wishes()
        if picture.image is not None:
            with self._meter.stage("track"):
                seen = self._tracker.track(picture.image, time_ns)  # crop -> self._see: encoder -> [refine]
            self._recognise(picture.image, seen, time_ns)
            self._lock_identities(seen, time_ns)
            self._express(seen, picture.image.shape, time_ns)
        elif picture.parameters is not None:
            self._act(picture.parameters, time_ns)
        packet = self._packet(picture.captured_ns)
        with self._meter.stage("publish"):
            self._sink.send(packet)
        self._meter.add_age(time.perf_counter_ns() - picture.captured_ns)
        self._meter.frames += 1
        self._meter.with_face += bool(self.tracked)
        return packet

    def without_picture(self) -> None:
        """The camera is gone for now. Everybody is missed, so that no avatar freezes, and whoever joins is told so."""
        now_ns = time.perf_counter_ns()
        self._carry_out_wishes()
        for person in tuple(self._persons.values()):
            self._miss(person, max(0, self._last_media_ns) + now_ns - self._stepped_ns)
        self._sink.send(self._packet(now_ns))

    def reset(self) -> None:
        """The source has changed: nobody is where he was."""
        self._tracker.reset()
        self._last_media_ns = -1
        self._persons.clear()
        self._person(MAIN)

    def _see(self, image: Picture, similarity: Similarity, face_id: int | None) -> Observation:
        """Encoder, then refine, on one crop; the tracker calls it. A face that is known is read as that person's."""
        person = None if face_id is None else self._persons.get(face_id)
        with self._meter.stage("encode"):
            seen = self._encoder.encode(image, similarity, None if person is None else person.known_I)
        if self._refiner is None:
            return seen
        with self._meter.stage("refine"):
            return self._refiner.refine(image, seen)

    def _recognise(self, image: Picture, seen: dict[int, Observation], time_ns: int) -> None:
        """Seldom: let the translator look at a face; hand on what it has found."""
        if self._recognition is None or not self._recognition.ready:
            return
        with self._meter.stage("lock"):
            for face_id, observation in seen.items():
                person = self._person(face_id)
                due = person.wants_look(observation, time_ns)
                if due is not None and self._recognition.ask(image, observation, *due):
                    person.look_began()
            for answer in self._recognition.answers():
                for person in self._persons.values():
                    person.hear(answer)

    def _lock_identities(self, seen: dict[int, Observation], time_ns: int) -> None:
        with self._meter.stage("lock"):
            for face_id, observation in seen.items():
                avatar = self._person(face_id).recognise(observation, time_ns)
                if avatar is not None:
                    self._sink.send_avatar(avatar)

    def _express(self, seen: dict[int, Observation], shape: tuple[int, ...], time_ns: int) -> None:
        with self._meter.stage("filter"):
            height, width = shape[:2]
            for face_id, observation in seen.items():
                person = self._person(face_id)
                before = person.life.state
                pose = self._decoder.pose(observation, width, height)
                person.refined = observation.refined
                learnt = person.express(observation.expression_E, pose, observation.presence, time_ns)
                if before in (LifeState.SEARCHING, LifeState.LOST):
                    self._sink.send_event(Event(kind="found", face_id=face_id))
                if learnt is not None:
                    self._keep_neutral(learnt, face_id)
            for face_id, person in tuple(self._persons.items()):
                if face_id not in seen:
                    self._miss(person, time_ns)

    def _miss(self, person: Person, time_ns: int) -> None:
        before = person.miss(time_ns)
        if before in (LifeState.TRACKED, LifeState.HELD) and person.life.state in (LifeState.LOST, LifeState.SEARCHING):
            self._sink.send_event(Event(kind="lost", face_id=person.face_id))
        if person.face_id != MAIN and person.life.state is LifeState.SEARCHING:
            del self._persons[person.face_id]

    def _act(self, parameters: NDArray[np.float32], time_ns: int) -> None:
        with self._meter.stage("filter"):
            if self._persons[MAIN].calibrator is not None:
                self._persons[MAIN].calibrator = None
                self.notices.append("a performance has no face of yours: nothing was calibrated")
            avatar = self._persons[MAIN].act(parameters, time_ns)
        if avatar is not None:
            self._sink.send_avatar(avatar)
            self._sink.send_event(Event(kind="found", face_id=MAIN))

    def _packet(self, captured_ns: int) -> Frame:
        """Everybody, the main face first."""
        mirror, link_blinks = self._control.mirror, self._control.link_blinks
        faces: list[Face] = [
            self._persons[face_id].face(mirror=mirror, link_blinks=link_blinks) for face_id in sorted(self._persons)
        ]
        return Frame(captured_ns=captured_ns, inferred_ns=time.perf_counter_ns(), faces=tuple(faces))

    def _person(self, face_id: int) -> Person:
        if face_id not in self._persons:
            person = Person(
                face_id, self._schema, self._config.tracker, self._filters, self._look,
                recognised=self._recognition is not None and self._recognition.ready,
                next_revision=self._revisions[face_id].__next__,
            )  # fmt: skip
            # The calibration is one user's; the main face is taken for his.
            person.neutral = self._neutral if face_id == MAIN else None
            self._persons[face_id] = person
        return self._persons[face_id]

    def _media_time(self, picture: SourceFrame) -> int:
        """The source's own time; one that stands still or runs back (a looping stream) is carried on by force."""
        self._last_media_ns = max(picture.media_ns, self._last_media_ns + 1)
        return self._last_media_ns

    def _carry_out_wishes(self) -> None:
        if self._control.filters is not self._filters:
            self._filters = self._control.filters
            for person in self._persons.values():
                person.use_filters(self._filters)
        wish = self._control.take_calibrate()
        if wish is True:
            self._persons[MAIN].calibrator = Calibrator()
        elif wish is False:
            self._neutral = self._persons[MAIN].neutral = None
            self._kept(lambda: clear_neutral(self._config.user, self._schema))

    def _keep_neutral(self, neutral: Neutral, face_id: int) -> None:
        self._neutral = neutral
        path = self._kept(lambda: save_neutral(neutral, self._config.user, self._schema))
        text = "neutral face learnt, but not saved" if path is None else f"neutral face saved: {path}"
        self._sink.send_event(Event(kind="calibrated", face_id=face_id, text=text))

    def _kept(self, write: Callable[[], T]) -> T | None:
        """What ``write`` returns; None, and a notice, where the disk refuses: a stream does not end for that."""
        try:
            return write()
        except FileError as error:
            self.notices.append(str(error))
            return None
