"""Do the parts lie where they should: intersection over union of a drawn answer's masks, and of the face parser's.

On renders the truth is exact. On photos it is the masks of MediaPipe's landmarks: another opinion, on brows, eyes and
lips only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from facelive.rig.crop_view import crop_camera, with_pose
from facelive.rig.framing import CROP
from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.render import Renderer, Scene
from facelive.train.evaluate.encoders import to_params
from facelive.train.evaluate.report.faces import Face, Outputs, Picture, Rendered
from facelive.train.parser.labels import PHOTO_PARTS, SIDE, from_landmarks, from_segments

RENDER_PARTS = (*PHOTO_PARTS, Segment.NOSE, Segment.HAIR)


@dataclass
class Overlap:
    """Pixels in both and in either, by part."""

    both: dict[Segment, int] = field(default_factory=dict)
    either: dict[Segment, int] = field(default_factory=dict)

    def add(self, said_HW: Picture, truth_HW: Picture, labels: dict[Segment, int]) -> None:
        """labels: which value of the truth is which part."""
        for part, label in labels.items():
            said, true = said_HW == part, truth_HW == label
            self.both[part] = self.both.get(part, 0) + int((said & true).sum())
            self.either[part] = self.either.get(part, 0) + int((said | true).sum())

    def iou(self) -> dict[str, float]:
        """By part, over all pixels; parts that nobody has are left out."""
        return {part.name.lower(): self.both[part] / n for part, n in self.either.items() if n}

    def mean(self) -> float:
        """Over parts."""
        values = list(self.iou().values())
        return float(np.mean(values)) if values else float("nan")


class PartDrawing:
    """Draws the masks of an answer in the crop."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._renderer = Renderer(head, int(CROP), samples=2)

    def parts(self, outputs: Outputs) -> Picture:
        """(256, 256) values of ``Segment``."""
        pose = outputs["pose"][0]
        params = with_pose(self._head.schema, to_params(self._head.schema, outputs, 0), pose)
        return self._renderer.render(params, Scene(camera=crop_camera(self._head, pose, int(CROP)))).parts_HW


def on_renders(drawing: PartDrawing, rendered: Sequence[Rendered], answers: Sequence[Outputs]) -> Overlap:
    """Of drawn answers with exact masks."""
    found = Overlap()
    labels = {part: int(part) for part in RENDER_PARTS}
    for one, outputs in zip(rendered, answers, strict=True):
        found.add(drawing.parts(outputs), one.parts_HW, labels)
    return found


def on_photos(drawing: PartDrawing, faces: Sequence[Face], answers: Sequence[Outputs]) -> Overlap:
    """Of drawn answers with the masks of MediaPipe's landmarks."""
    found = Overlap()
    for face, outputs in zip(faces, answers, strict=True):
        if face.dense_K2 is not None:
            said = from_segments(drawing.parts(outputs))
            found.add(said, from_landmarks(face.dense_K2, borders=False), PHOTO_PARTS)
    return found


def of_parser(path: Path, rendered: Sequence[Rendered], faces: Sequence[Face]) -> tuple[Overlap, Overlap]:
    """A face parser's own, on the renders and on the photos. Raises FileError if the file is none."""
    import torch

    from facelive.likeness.alignment import picture_tensor
    from facelive.likeness.parser import FaceParser

    parser = FaceParser.load(path)

    def parts(crop: Picture) -> Picture:
        small = np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
        with torch.no_grad():
            return parser(picture_tensor(small)).logits_BSHW.argmax(1)[0].numpy().astype(np.uint8)

    drawn, photographed = Overlap(), Overlap()
    everything = {part: int(part) for part in Segment}
    for one in rendered:
        drawn.add(parts(one.face.crop_HW3), from_segments(one.parts_HW), everything)
    for face in faces:
        if face.dense_K2 is not None:
            photographed.add(parts(face.crop_HW3), from_landmarks(face.dense_K2, borders=False), PHOTO_PARTS)
    return drawn, photographed
