"""How much a still face trembles under sensor noise: the encoder beside MediaPipe in video mode, on renders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.rig.default_schema import ARKIT_52
from facelive.rig.framing import Similarity
from facelive.rig.schema import Schema
from facelive.stream.face_filter import FaceFilter, Signal
from facelive.stream.live_config import FilterConfig
from facelive.train.data.photos import warp
from facelive.train.evaluate.encoders import LEARNT, Encoder

SIGMA = 4.0
F32 = NDArray[np.float32]
_FRAME_NS, _STEP = 33_333_333, 0.6
StillFace = tuple[NDArray[np.uint8], Similarity]
"""A picture of a face with its surroundings (H, W, 3) uint8 BGR, and the similarity to its 256 crop."""


@dataclass(frozen=True, kw_only=True)
class StillFigures:
    """Standard deviation over frames, averaged over faces and over the shapes that both know."""

    faces: int
    frames: int
    sigma: float
    encoder: float
    """Unfiltered, crop held still, the person settled."""
    live: float
    """The same behind the filters of ``facelive live``."""
    step_delay_frames: int
    """A step of jawOpen by 0.6 behind these filters: frames until half of it has arrived."""
    teacher: float
    """MediaPipe FaceLandmarker, video mode (its own smoothing included)."""
    encoder_pose_deg: float
    """Head angles, degrees."""


def measure(
    schema: Schema, encoder: Encoder, faces: list[StillFace], landmarker: Path, frames: int = 30,
    on_progress: Callable[[int, int], None] | None = None,
) -> StillFigures:  # fmt: skip
    """The same noisy frames go to both."""
    names = schema.group_names("expression")
    ours, live, theirs, pose = [], [], [], []
    delay = 0
    for number, (picture, similarity) in enumerate(faces):
        rng = np.random.default_rng((31, number))
        pictures = [noisy(picture, rng) for _ in range(frames)]
        crops = np.stack([warp(frame, similarity) for frame in pictures])
        scores = _teacher_scores(pictures, landmarker)
        if scores is None:
            continue
        shared = [i for i, name in enumerate(ARKIT_52) if name in names and not np.isnan(scores[:, i]).any()]
        columns = [names.index(ARKIT_52[i]) for i in shared]
        seen = trembling(schema, encoder, crops, columns)
        ours.append(seen.raw)
        live.append(seen.live)
        theirs.append(scores[settled(frames)][:, shared].std(0).mean())
        delay = max(delay, seen.delay_frames)
        pose.append(seen.pose_deg)
        if on_progress:
            on_progress(number + 1, len(faces))
    return StillFigures(
        faces=len(ours),
        frames=frames,
        sigma=SIGMA,
        encoder=float(np.mean(ours)),
        live=float(np.mean(live)),
        step_delay_frames=delay,
        teacher=float(np.mean(theirs)),
        encoder_pose_deg=float(np.mean(pose)),
    )


@dataclass(frozen=True, kw_only=True)
class Trembling:
    """Of one still face: standard deviations over its frames, averaged over the chosen shapes."""

    raw: float
    live: float
    """Behind live's filters."""
    delay_frames: int
    """Of a step of jawOpen behind them."""
    pose_deg: float


def trembling(schema: Schema, encoder: Encoder, crops_N: NDArray[np.uint8], columns: list[int]) -> Trembling:
    """crops_N: noisy frames of one face. The person is settled, as live after some seconds."""
    first = encoder(crops_N)
    outputs = encoder(crops_N, first.get(LEARNT, first["identity"]).mean(0))
    expression, pose = outputs["expression"], outputs["pose"]
    counted = settled(len(crops_N))
    return Trembling(
        raw=float(expression[counted][:, columns].std(0).mean()),
        live=float(filtered(schema, expression, pose)[counted][:, columns].std(0).mean()),
        delay_frames=step_delay(schema, expression, pose),
        pose_deg=float(np.degrees(pose[counted, :3].std(0)).mean()),
    )


def settled(frames: int) -> slice:
    """The frames that count: MediaPipe's video mode needs some to settle on a still face."""
    return slice(frames // 3, None)


def filtered(schema: Schema, expression_NE: F32, pose_N10: F32) -> F32:
    """(N, E) at 30 fps through a face's live filters."""
    smooth = FaceFilter(schema, FilterConfig())
    signals = [Signal(*row) for row in zip(expression_NE, pose_N10, strict=True)]
    return np.stack([smooth(signal, i * _FRAME_NS).expression_E for i, signal in enumerate(signals)])


def step_delay(schema: Schema, expression_NE: F32, pose_N10: F32) -> int:
    """Frames from a step of jawOpen, on top of the noise of these outputs, to the frame that shows half of it."""
    names = schema.group_names("expression")
    if "jawOpen" not in names:
        return 0
    jaw, before = names.index("jawOpen"), len(expression_NE)
    stepped = np.concatenate([expression_NE, expression_NE])
    stepped[before:, jaw] += np.float32(_STEP)
    course = filtered(schema, stepped, np.concatenate([pose_N10, pose_N10]))[:, jaw]
    risen = course[before:] >= course[before - 1] + 0.5 * _STEP
    return int(np.argmax(risen)) if risen.any() else before


def noisy(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture with a sensor's noise."""
    values = picture + np.float32(SIGMA) * rng.standard_normal(picture.shape, np.float32)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _teacher_scores(frames: list[NDArray[np.uint8]], landmarker: Path) -> NDArray[np.float32] | None:
    """(N, 52) of MediaPipe's video mode at 30 fps; None if it loses the face."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(landmarker)),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
        num_faces=1,
    )
    rows: list[list[float]] = []
    with vision.FaceLandmarker.create_from_options(options) as found:
        for number, frame in enumerate(frames):
            rgb = np.ascontiguousarray(frame[:, :, ::-1])
            picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
            answer = found.detect_for_video(picture, number * 33)
            if not answer.face_blendshapes:
                return None
            named = {score.category_name: score.score for score in answer.face_blendshapes[0]}
            rows.append([float(named.get(name, np.nan)) for name in ARKIT_52])
    return np.array(rows, np.float32)
