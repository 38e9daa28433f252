"""Encoder and translator together, as live and ``facelive encode`` have them, behind the encoder's protocol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.face_chip import PLACEMENTS, placed_chip
from facelive.rig.framing import CROP
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.identity_lock import frontality
from facelive.stream.likeness_fusion import Fusion, reseated
from facelive.stream.translator import Likeness, Translator, mean_of
from facelive.train.evaluate.encoders import LEARNT, Encoder, projected68

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
LIVE_LOOKS = (1, 3, 7, 15, 31)
"""Frames of a call that the translator sees: the 2nd, 4th, 8th ... as live. A single picture is seen itself."""


@dataclass(frozen=True)
class FusedEncoder:
    """Rows of one call show one person. Who it is changes by what the translator says, for all rows alike.

    again: with this head, the encoder reads pose and expression once more, told whom it saw, and the head is moved
    to the points that it sees, as ``facelive encode`` does it.
    """

    encoder: Encoder
    translator: Translator
    schema: Schema
    again: Head | None = None

    def __call__(self, crops_N: NDArray[np.uint8], known_I: F32 | None = None) -> dict[str, F32]:
        out = self.encoder(crops_N, known_I)
        looks, weights = self._look(crops_N, out)
        if not looks:
            return out
        fusion = Fusion(self.schema)
        share = np.array(weights) / np.sum(weights)
        alike = (
            _mean([look.identity_I.astype(np.float64) for look in looks], share),
            _mean([fusion.probabilities(look.style_S) for look in looks], share),
            _mean([look.colour_C.astype(np.float64) for look in looks], share),
        )
        encoder = (
            out["identity"].astype(np.float64),
            np.stack([fusion.probabilities(row) for row in out["style"]]),
            out["colour"].astype(np.float64),
        )
        identity, style, colour = fusion.values(encoder, alike, len(looks))
        if self.again is not None:
            told = self.encoder(crops_N, out["identity"].mean(0))
            out = out | {name: told[name] for name in ("expression", "pose")}
        fused = {
            LEARNT: out["identity"],
            "identity": identity,
            "style": np.log(np.maximum(style, 1e-9)),
            "colour": colour,
        }
        out = out | {name: value.astype(np.float32) for name, value in fused.items()}
        if self.again is not None:
            rows = range(len(crops_N))
            drawn = [projected68(self.again, out, row) for row in rows]
            seen = out["landmarks"] * np.float32(CROP)
            out["pose"] = np.stack([reseated(out["pose"][row], drawn[row], seen[row]) for row in rows])
        return out

    def _look(self, crops_N: NDArray[np.uint8], out: dict[str, F32]) -> tuple[list[Likeness], list[float]]:
        """What the translator says and how much each counts; a single picture is seen in all placements."""
        if len(crops_N) == 1:
            said = [self._seen(crops_N[0], out["landmarks"][0], turn) for turn in range(len(PLACEMENTS))]
            known = [one for one in said if one is not None]
            return ([mean_of(known)], [1.0]) if known else ([], [])
        looks: list[Likeness] = []
        weights: list[float] = []
        for turn, row in enumerate(row for row in LIVE_LOOKS if row < len(crops_N)):
            if (seen := self._seen(crops_N[row], out["landmarks"][row], turn)) is not None:
                looks.append(seen)
                facing = frontality(float(out["pose"][row][0]), float(out["pose"][row][1]))
                weights.append(max(1e-3, facing * float(out["confidence"][row][0])))
        return looks, weights

    def _seen(self, crop: NDArray[np.uint8], landmarks_K2: F32, turn: int) -> Likeness | None:
        """One look; None where the network saw no face."""
        try:
            return self.translator.look(placed_chip(crop, landmarks_K2 * np.float32(CROP), turn))
        except UsageError:
            return None


def _mean(rows: list[F64], share: F64) -> F64:
    return np.asarray(share @ np.stack(rows), np.float64)
