"""Full fits of some faces: minutes of work, so every answer is kept in the report's folder and found again."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facelive.rig.head import Head
from facelive.stream.likeness_fusion import Fusion
from facelive.train.evaluate.encoders import to_params
from facelive.train.evaluate.report.faces import Face, Outputs

if TYPE_CHECKING:
    from facelive.likeness.fit import Tools
    from facelive.likeness.fit_types import Fitted, PhotoFace

FORMAT = "facelive-report-fit-3"
_ONE_HOT = np.float32(10.0)
"""Logit of a chosen style."""


@dataclass(frozen=True, kw_only=True)
class FitPlan:
    """What a fit may use and how long it may take."""

    tools: Tools
    begin: Callable[[Face], Outputs]
    """What a fit begins with, as ``facelive fit`` does: the encoder's answer after three drawings."""
    folder: Path
    """Where answers are kept."""
    weights: tuple[Path, ...] = ()
    """Files that the tools were read from: other files, other answers."""
    seconds: float = 20.0
    """For each face."""
    minutes: float | None = None
    """For all that is not done yet; None: no limit."""


@dataclass(frozen=True, kw_only=True)
class FitAnswer:
    """The outputs of a fit, and how long it took."""

    outputs: Outputs
    seconds: float


def fit_all(
    head: Head, faces: Sequence[Face], plan: FitPlan, on_progress: Callable[[int, int], None] | None = None
) -> dict[str, FitAnswer]:
    """Answers by the name of the face. Faces beyond the budget have none."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    began, found = time.monotonic(), dict[str, FitAnswer]()
    asked = _tools_key(head, plan)
    for number, face in enumerate(faces):
        begun = replace(face, outputs=plan.begin(face))
        path = plan.folder / f"{_key(asked, begun)}.npz"
        answer = _read(path)
        late = plan.minutes is not None and time.monotonic() - began > 60.0 * plan.minutes
        if answer is None and not late:
            answer = _fit(head, begun, plan)
            _write(path, answer)
        if answer is not None:
            found[face.name] = answer
        if on_progress:
            on_progress(number + 1, len(faces))
    return found


def _fit(head: Head, face: Face, plan: FitPlan) -> FitAnswer:
    from facelive.likeness.fit import Fit
    from facelive.likeness.fit_types import FitConfig

    began = time.perf_counter()
    fitted = Fit(head, [photo_face(head, face)], plan.tools, FitConfig(budget_s=plan.seconds)).run()
    return FitAnswer(outputs=to_outputs(head, face, fitted), seconds=time.perf_counter() - began)


def photo_face(head: Head, face: Face) -> PhotoFace:
    """The face as ``facelive fit`` has it: the encoder's points, and what a fit begins with as its outputs."""
    from facelive.likeness.fit_types import PhotoFace

    likely = head.schema.neutral()
    likely[head.schema.indices("style")] = Fusion(head.schema).probabilities(face.outputs["style"][0])
    return PhotoFace(
        name=face.name, image_HW3=face.crop_HW3, landmarks_K2=face.outputs["landmarks"][0],
        params_P=to_params(head.schema, face.outputs, 0), style_P=likely, pose_10=face.outputs["pose"][0],
    )  # fmt: skip


def to_outputs(head: Head, face: Face, fitted: Fitted) -> Outputs:
    """The contract's outputs of a fit; points and confidence stay the encoder's."""
    schema = head.schema
    said = {group: fitted.params_P[schema.indices(group)] for group in ("identity", "style", "colour")}
    said["style"] = _ONE_HOT * said["style"]
    said |= {"expression": fitted.expression_BE[0], "pose": fitted.pose_B10[0]}
    return face.outputs | {name: np.asarray(value, np.float32)[None] for name, value in said.items()}


def _tools_key(head: Head, plan: FitPlan) -> bytes:
    from facelive.likeness.fit_types import METHOD

    said = hashlib.sha256(f"{FORMAT} {METHOD} {head.schema.hash:016x} {plan.seconds}".encode())
    for path in sorted(plan.weights):
        said.update(path.read_bytes())
    return said.digest()


def _key(asked: bytes, face: Face) -> str:
    said = hashlib.sha256(asked + face.crop_HW3.tobytes())
    for name in sorted(face.outputs):
        said.update(np.round(face.outputs[name], 4).tobytes())
    return said.hexdigest()[:24]


def _write(path: Path, answer: FitAnswer) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        arrays: dict[str, Any] = {**answer.outputs, "seconds": np.array(answer.seconds)}
        np.savez(file, **arrays)
    temporary.replace(path)


def _read(path: Path) -> FitAnswer | None:
    """None if it is not there, or was damaged: then it is made again."""
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes())) as data:
            outputs = {name: np.asarray(data[name], np.float32) for name in data.files if name != "seconds"}
            return FitAnswer(outputs=outputs, seconds=float(data["seconds"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
