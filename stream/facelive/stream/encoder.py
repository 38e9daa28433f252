"""The encoder network: an aligned crop in, the parameters of the face out, still in the crop's frame."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.engines import Engine
from facelive.errors import WeightsError
from facelive.rig.framing import CROP, FRAMING, Similarity
from facelive.rig.schema import GROUPS, Schema
from facelive.stream.both_ways import BothWays, Outputs, has_learnt_both
from facelive.stream.crop import points_to_picture, to_picture

F32 = NDArray[np.float32]
CONFIDENCES = ("face", "identity", "style", "colour", "expression", "pose")
_POSE, _LANDMARKS = 10, 68
_SMALL, _TURNED = 340_000, 20.0
"""Pixels of a picture's part that is worth copying, and how many times as many, but one, per sine times cosine of its
turn: rows of three bytes a pixel that are read aslant take up to three times as long (docs/log.md)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What the encoder saw in one crop. Suffixes: I, S, C, E the sizes of the schema's groups."""

    similarity: Similarity
    """Picture -> crop."""
    identity_I: F32
    style_S: F32
    """Logits."""
    colour_C: F32
    expression_E: F32
    pose: F32
    """(10,) yaw, pitch, roll (rad, in the crop), cx, cy (crop / 256), log(s / 1000), gaze (4, rad)."""
    landmarks_K2: F32
    """(68, 2) pixels of the picture."""
    confidence: F32
    """(6,) in [0, 1], in the order of ``CONFIDENCES``."""
    told: bool = False
    """Whether the encoder was told whom it saw, in the one run that this is of."""
    refined: bool = False
    """Whether a refiner has made it fit this very frame better."""

    @property
    def presence(self) -> float:
        """Confidence that the crop shows a face."""
        return float(self.confidence[0])


class Encoder:
    """An engine with a schema. A context manager that owns the engine."""

    def __init__(self, engine: Engine, schema: Schema) -> None:
        """Raises WeightsError if the network was not made for this schema or this framing."""
        self._engine = engine
        _check(engine, schema)
        self._person = np.zeros((1, len(schema.indices("identity")) + 1), np.float32)
        self._asks_who = any(spec.name == "person" for spec in engine.inputs)
        self._both_ways = BothWays(schema) if has_learnt_both(engine.metadata) else None

    @property
    def backend(self) -> str:
        """What runs it."""
        return self._engine.backend

    def encode(self, image: NDArray[np.uint8], similarity: Similarity, known_I: F32 | None = None) -> Observation:
        """image: (H, W, 3) uint8 BGR; similarity: picture -> crop; known_I: who it is, if that is settled."""
        return _observed(self._run(cut(image, similarity), known_I), similarity, told=known_I is not None)

    def encode_still(self, image: NDArray[np.uint8], similarity: Similarity, known_I: F32 | None = None) -> Observation:
        """The same for a picture with time: read as it is and mirrored, where the network has learnt both."""
        crop = cut(image, similarity)
        both = self._both_ways
        out = self._run(crop, known_I) if both is None else both.read(self._run, crop, known_I)
        return _observed(out, similarity, told=known_I is not None)

    def warm_up(self) -> None:
        """One run, so that the first frame does not pay for it."""
        self._run(np.zeros((CROP, CROP, 3), np.uint8), None)

    def _run(self, crop: NDArray[np.uint8], known_I: F32 | None) -> Outputs:
        feeds: dict[str, NDArray[Any]] = {"image": crop[None]}
        if self._asks_who:
            self._person[:] = 0.0
            if known_I is not None:
                self._person[0, :-1], self._person[0, -1] = known_I, 1.0
            feeds["person"] = self._person
        return self._engine.run(feeds)

    def close(self) -> None:
        self._engine.close()

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _observed(out: Outputs, similarity: Similarity, *, told: bool) -> Observation:
    """The only row of an encoder's outputs, its points where they are in the picture."""
    return Observation(
        similarity=similarity,
        identity_I=out["identity"][0],
        style_S=out["style"][0],
        colour_C=out["colour"][0],
        expression_E=out["expression"][0],
        pose=out["pose"][0],
        landmarks_K2=points_to_picture(similarity, out["landmarks"][0] * np.float32(CROP)),
        confidence=out["confidence"][0],
        told=told,
    )


def cut(image: NDArray[np.uint8], similarity: Similarity) -> NDArray[np.uint8]:
    """(256, 256, 3) uint8: the aligned crop. Beyond the picture its edge is repeated, as the training crops have it."""
    import cv2

    (a, _, right), (b, _, down) = similarity.tolist()
    x, y = to_picture(similarity, 0.5 * (CROP - 1), 0.5 * (CROP - 1))
    reach = 0.5 * CROP * (abs(a) + abs(b)) / (a * a + b * b) + 2.0
    small = _SMALL * (1.0 + _TURNED * abs(a * b) / max(a * a + b * b, 1e-9))
    if not reach * reach <= 0.25 * small:  # nor if it is no number
        return _warped(image, similarity)
    height, width = image.shape[:2]
    x0, x1 = max(0, int(x - reach)), min(width, int(x + reach) + 2)
    y0, y1 = max(0, int(y - reach)), min(height, int(y + reach) + 2)
    if x0 >= x1 or y0 >= y1:
        return _warped(image, similarity)
    # Pixels of four bytes are warped in half the time of three, and to get them is quick where the crop is small.
    moved = np.array([[a, -b, right + a * x0 - b * y0], [b, a, down + b * x0 + a * y0]], np.float32)
    four = _warped(np.asarray(cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_BGR2BGRA), np.uint8), moved)
    return np.asarray(cv2.cvtColor(four, cv2.COLOR_BGRA2BGR), np.uint8)


def _warped(image: NDArray[np.uint8], similarity: Similarity) -> NDArray[np.uint8]:
    import cv2

    crop = cv2.warpAffine(image, similarity, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def _check(engine: Engine, schema: Schema) -> None:
    wanted = {group: len(schema.indices(group)) for group in GROUPS if group != "pose"}
    wanted |= {"pose": _POSE, "landmarks": 2 * _LANDMARKS, "confidence": len(CONFIDENCES)}
    have = {spec.name: int(np.prod([n for n in spec.shape[1:] if n is not None])) for spec in engine.outputs}
    takes = {spec.name: spec.shape[-1] for spec in engine.inputs}
    asks_who = takes.pop("person", None)
    if [*takes] != ["image"] or asks_who not in (None, wanted["identity"] + 1) or not wanted.keys() <= have.keys():
        raise WeightsError(f"this network is no encoder: it gives {sorted(have)}, an encoder gives {sorted(wanted)}")
    made_for = engine.metadata.get("facelive.schema", "")
    if made_for and made_for != f"{schema.hash:016x}":
        raise WeightsError(
            f"the encoder was trained for another rig (schema {made_for}, this one is {schema.hash:016x}): "
            "give the encoder that belongs to the rig, or train one (facelive train encoder)"
        )
    framing = engine.metadata.get("facelive.framing", FRAMING)
    wrong = {name: (have[name], size) for name, size in wanted.items() if have[name] != size}
    if wrong or framing != FRAMING:
        raise WeightsError(f"the encoder does not fit this rig: sizes {wrong}, framing {framing!r}, wanted {FRAMING!r}")
