"""A method's figures on photos of people kept out of training: landmarks, who is recognised, where the parts lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facelive.rig.framing import apply, invert
from facelive.rig.head import Head
from facelive.rig.render.scene import Scene
from facelive.rig.schema import Vector
from facelive.train.evaluate.encoders import projected68, to_params
from facelive.train.evaluate.photo_landmarks import Encoded, summarise
from facelive.train.evaluate.rank import Judge, video_of
from facelive.train.evaluate.report.faces import Face, Outputs
from facelive.train.evaluate.report.gallery import Photos, likeness
from facelive.train.evaluate.report.methods import person_vector
from facelive.train.evaluate.report.parts import PartDrawing, on_photos
from facelive.train.evaluate.report.tables import Value
from facelive.train.evaluate.report.verification import Verified, draw_pairs, random_projection, verify
from facelive.train.evaluate.run import Judged, neutral_portrait
from facelive.train.evaluate.statistics import Interval

F32 = NDArray[np.float32]
_PORTRAIT = 320
"""As the rank of ``facelive.train.evaluate.run`` has it."""
_MOST_PARTS = 60
_LEAST_ANGLES = 8


class Portraits:
    """What the judge sees in the frontal render of a person; the same person is drawn once."""

    def __init__(self, head: Head, judge: Judge) -> None:
        from facelive.rig.accessories import accessories
        from facelive.rig.render import Renderer

        self._head, self._judge = head, judge
        self._renderer = Renderer(head, size=_PORTRAIT, dress=accessories)
        self._known: dict[bytes, F32] = {}

    def embedding(self, params_P: Vector) -> F32:
        """(D,) of unit length."""
        portrait = neutral_portrait(self._head, params_P)
        key = portrait.tobytes()
        if key not in self._known:
            picture = self._renderer.render(portrait, Scene())
            self._known[key] = self._judge.embed(picture.image_HW3, picture.landmarks68_K2)
        return self._known[key]

    def remember(self, params_P: Vector, embedding_D: F32) -> None:
        """What was drawn and judged elsewhere."""
        self._known[neutral_portrait(self._head, params_P).tobytes()] = embedding_D


class PhotoBench:
    """The photos, and what is computed of them once."""

    def __init__(
        self, head: Head, encoded: Sequence[Encoded], faces: Sequence[Face], drawing: PartDrawing, *,
        judge: Judge | None = None, judged: Judged | None = None, recognised_ND: F32 | None = None,
    ) -> None:  # fmt: skip
        """judged: what the judge saw of the encoder's answers. recognised: another recogniser's embeddings, for the
        control of verification; without it there is none, and no verification."""
        self.head, self.encoded, self.faces, self._drawing = head, list(encoded), list(faces), drawing
        self._recognised_ND = recognised_ND
        self._portraits = Portraits(head, judge) if judge is not None and judged is not None else None
        self.person_N = np.unique([one.photo.person for one in self.encoded], return_inverse=True)[1]
        self.video_N = np.zeros(len(self.encoded), int)
        self._photos: Photos | None = None
        if self._portraits is not None and judged is not None:
            self.video_N = np.array([video_of(one.photo.file) for one in self.encoded])
            self._photos = Photos(embedding_ND=judged.photo_ND, person_N=self.person_N, video_N=self.video_N)
            for one, embedding in zip(self.encoded, judged.render_ND, strict=True):
                self._portraits.remember(to_params(head.schema, one.outputs, 0), embedding)

    def figures(
        self, rows: Sequence[int], answers: Sequence[Outputs], before: Sequence[Outputs] | None = None
    ) -> dict[str, Value]:
        """By key of the table's rows. answers: one for each of ``rows``; before: those that the method begins with."""
        found = self._landmark_figures(rows, answers) | self._turning(rows, answers)
        step = max(1, len(rows) // _MOST_PARTS)
        chosen = [self.faces[row] for row in rows][::step]
        found["photo_part_iou"] = on_photos(self._drawing, chosen, list(answers)[::step]).mean()
        if self._portraits is not None and self._photos is not None:
            found |= self._rank_figures(rows, answers, before, self._portraits, self._photos)
        return found

    def _turning(self, rows: Sequence[int], answers: Sequence[Outputs]) -> dict[str, Value]:
        """How far the answer turns where MediaPipe's head turns: slopes of a straight line through both."""
        pairs = [
            (self.encoded[row].angles_3, outputs["pose"][0, :3])
            for row, outputs in zip(rows, answers, strict=True)
            if self.encoded[row].angles_3 is not None
        ]
        if len(pairs) < _LEAST_ANGLES:
            return {}
        theirs, ours = (np.stack(column) for column in zip(*pairs, strict=True))  # type: ignore[arg-type]
        return {
            name: float(np.polyfit(theirs[:, k], ours[:, k], 1)[0])
            for k, name in enumerate(("yaw_slope", "pitch_slope"))
        }

    def _landmark_figures(self, rows: Sequence[int], answers: Sequence[Outputs]) -> dict[str, Value]:
        moved = [
            replace(one, outputs=outputs, landmarks68=apply(invert(one.similarity), projected68(self.head, outputs, 0)))
            for one, outputs in zip((self.encoded[row] for row in rows), answers, strict=True)
        ]
        if all(one.photo.annotated_68 is None for one in moved):
            return {}
        if (figures := summarise(moved, len(moved))) is None:
            return {}
        return {
            "landmarks": figures.inner51,
            "landmarks_mediapipe": figures.inner51_teacher,
            "landmarks_above": figures.inner51_above_teacher,
            "landmarks_all": figures.all68,
        }

    def _rank_figures(
        self, rows: Sequence[int], answers: Sequence[Outputs], before: Sequence[Outputs] | None,
        portraits: Portraits, photos: Photos,
    ) -> dict[str, Value]:  # fmt: skip
        schema = self.head.schema

        def drawn(answers: Sequence[Outputs]) -> F32:
            return np.stack([portraits.embedding(to_params(schema, outputs, 0)) for outputs in answers])

        said = likeness(photos, drawn(answers), np.array(rows), None if before is None else drawn(before))
        found: dict[str, Value] = {
            "rank_same_video": said.same_video, "rank_other_video": said.other_video,
            "rank_ceiling": said.photo_ceiling,
            "rank_chance": said.chance, "cosine_own": said.cosine_own, "cosine_others": said.cosine_others,
            "cosine_gap": said.cosine_gap, "cosine_step": said.cosine_step,
        }  # fmt: skip
        if self._recognised_ND is not None:
            vectors = np.stack([person_vector(schema, outputs) for outputs in answers])
            found |= self._verification(rows, vectors, self._recognised_ND)
        return found

    def _verification(self, rows: Sequence[int], vectors: NDArray[np.float64], recognised_ND: F32) -> dict[str, Value]:
        """Nowhere else than with the ranks, and never without the control."""
        chosen = np.array(rows)
        person, video = self.person_N[chosen], self.video_N[chosen]
        pairs = draw_pairs(person, video)
        control = random_projection(recognised_ND[chosen], vectors.shape[1])
        return {
            "verification": as_interval(verify(vectors, person, pairs)),
            "verification_control": as_interval(verify(control, person, pairs)),
        }


def as_interval(verified: Verified | None) -> Value:
    """Accuracy and 1.96 standard errors either way."""
    if verified is None:
        return "too few people"
    width = 1.96 * verified.standard_error
    return Interval(value=verified.accuracy, low=verified.accuracy - width, high=min(1.0, verified.accuracy + width))
