"""Two witnesses of a face: the encoder, which sees pixels, and the translator, which was taught who looks alike.

What is said of each parameter is their weighted mean, styles as probabilities. The weights were chosen on renders of
people that neither had seen, and on photos of people who were kept out, looked at (docs/log.md).
Suffixes: I, S, C the sizes of the schema's groups; A all three, in schema order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facelive.rig.schema import Schema
from facelive.stream.encoder import Observation
from facelive.stream.translator import Likeness

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
IDENTITY_SHARE = 0.55
"""Share of the translator in the sliders, of many looks (of one look .44). More makes shapes of renders worse and
likeness of photos no better, by dlib's network; less costs likeness (benchmarks/identity_share.py, docs/log.md)."""
STYLE_SHARES = {"brow": 0.15, "beard": 0.4, "hair": 0.6, "glasses": 0.6}
COLOUR_SHARES = {"skin": 1.0, "hair": 0.3, "iris": 0.1, "lip": 0.7}
OTHER_SHARE = 0.5
"""Of styles and colours that this list does not name."""
OPTION_WEIGHTS = {"hair": {"bald": 0.3}, "beard": {"moustache": 2.0, "goatee": 2.0, "full": 3.0}}
"""What an option's probability is multiplied by: recognition calls grey and thin hair bald. Of people whom no network
had seen, hair was right on 77 % of the photos without this, on 86 % with it, with one recogniser; with two, 88 % and
88 %. Of 119 people with a moustache or more, recognition by itself sees 68 % with one, and 76 % so; of 1,023 without,
1.3 and 2.0 % (training people, four folds; docs/decisions.md)."""
KINDS = {
    "hair": (
        ("bald", "receding"), ("buzz", "short", "side-part", "fringe"), ("curly", "afro"),
        ("bob", "long-straight", "long-wavy"), ("tied-back",),
    )
}  # fmt: skip
"""Options that are mistaken for each other. How long hair is comes before which cut it is: four short cuts that share a
probability must not lose to one bob (on the photos above 86 % became 88 %; benchmarks/styles_seen.py)."""
SKULL = ("forehead-scale-vert", "forehead-nubian", "head-diamond")
SKULL_REACH = 0.15
"""Sliders of the skull, which hair hides, move no further than this from the middle, and less and less on the way.
Nobody sees them on a photo, so likeness was free to push them: a quarter of all photos got a skull taller, flatter,
wider or narrower than 99 of 100 drawn people have, and looked it (benchmarks/skulls_seen.py). Shapes and likeness
measure the same."""
HALF_LOOKS = 0.25
"""After so many looks the translator has half of its share: one look errs more than the mean of several."""


class Fusion:
    """The weights for one rig."""

    def __init__(self, schema: Schema) -> None:
        names = schema.group_names("identity")
        self._identity = np.full(len(names), IDENTITY_SHARE)
        self._skull = [place for place, name in enumerate(names) if name in SKULL]
        self._middle_K = schema.neutral()[schema.indices("identity")][self._skull].astype(np.float64)
        self._style = _by_member(schema.styles, STYLE_SHARES)
        self._colour = _by_member(schema.colours, COLOUR_SHARES)
        self._styles = list(schema.style_columns.values())
        weights = [
            OPTION_WEIGHTS.get(name, {}).get(option, 1.0) for name in schema.styles for option in schema.options(name)
        ]
        self._options = np.array(weights)
        self._kinds = _of_one_kind(schema)

    def values(
        self, encoder: tuple[F64, F64, F64], translator: tuple[F64, F64, F64], looks: float
    ) -> tuple[F64, F64, F64]:
        """Identity (I,), style probabilities (S,), colour (C,) of both together; looks: the translator's."""
        pairs = zip(encoder, translator, self.shares(looks), strict=True)
        identity, style, colour = (a + share * (b - a) for a, b, share in pairs)
        return self.with_skull(identity), self._weighed(style, _known(looks)), colour

    def shares(self, looks: float) -> tuple[F64, F64, F64]:
        """Of the translator after so many looks, per slider (I,), style column (S,) and colour channel (C,)."""
        known = _known(looks)
        return known * self._identity, known * self._style, known * self._colour

    def with_skull(self, identity_NI: F64) -> F64:
        """(..., I) with the skull held to what people have."""
        away = (identity_NI[..., self._skull] - self._middle_K) / SKULL_REACH
        out = np.array(identity_NI)
        out[..., self._skull] = self._middle_K + SKULL_REACH * np.tanh(away)
        return out

    def _weighed(self, style_NS: F64, known: float) -> F64:
        """(..., S) probabilities with the options' weights and their kind's, as far as the translator has a say."""
        out = style_NS * (1.0 + known * (self._options - 1.0))
        out = out * (1.0 + known * (out @ self._kinds - 1.0))
        for where in self._styles:
            out[..., where] /= out[..., where].sum(-1, keepdims=True)
        return out

    def probabilities(self, logits_S: F32) -> F64:
        """(S,) softmax within each style."""
        out = np.asarray(logits_S, np.float64).copy()
        for where in self._styles:
            shifted = np.exp(out[where] - out[where].max())
            out[where] = shifted / shifted.sum()
        return out

    def one_look(self, seen: Observation, likeness: Likeness) -> Observation:
        """The observation of a single picture, with what the translator says of it."""
        encoder = (np.asarray(seen.identity_I, np.float64), self.probabilities(seen.style_S), seen.colour_C)
        identity, style, colour = self.values(
            (encoder[0], encoder[1], np.asarray(encoder[2], np.float64)),
            (
                np.asarray(likeness.identity_I, np.float64),
                self.probabilities(likeness.style_S),
                np.asarray(likeness.colour_C, np.float64),
            ),
            1.0,
        )
        logits = np.log(np.maximum(style, 1e-9))
        return replace(
            seen,
            identity_I=identity.astype(np.float32),
            style_S=logits.astype(np.float32),
            colour_C=colour.astype(np.float32),
        )


def _known(looks: float) -> float:
    return looks / (looks + HALF_LOOKS)


def reseated(pose_10: F32, drawn_K2: F32, seen_K2: F32) -> F32:
    """(10,) the encoder's pose, moved and scaled so that the head's 68 points lie where the encoder sees them.

    A face of another shape in the same place would have its eyes elsewhere. Points in pixels of the 256 crop: drawn_K2
    of the head as it is with this pose, seen_K2 the encoder's own. The jaw slides and has no say.
    """
    drawn, seen = (np.asarray(points[17:], np.float64) for points in (drawn_K2, seen_K2))
    a, b = drawn - drawn.mean(0), seen - seen.mean(0)
    zoom = float(np.clip((a * b).sum() / max(float((a * a).sum()), 1e-9), 0.8, 1.25))
    out = np.array(pose_10, np.float32)
    centre = zoom * (256.0 * out[3:5] - drawn.mean(0)) + seen.mean(0)
    out[3:5] = centre / 256.0
    out[5] += np.log(zoom)
    return out


def _of_one_kind(schema: Schema) -> F64:
    """(S, S) 1 where two options are of one kind; in styles without kinds all are."""
    same = np.zeros((len(schema.indices("style")),) * 2)
    for style, where in schema.style_columns.items():
        options = schema.options(style)
        kind_of = {option: number for number, kind in enumerate(KINDS.get(style, ())) for option in kind}
        kinds = np.array([kind_of.get(option, -1) for option in options])
        same[where, where] = kinds[:, None] == kinds[None]
    return same


def _by_member(members: dict[str, slice], shares: dict[str, float]) -> F64:
    """(S,) or (C,) the share of each column."""
    rows = [np.full(where.stop - where.start, shares.get(name, OTHER_SHARE)) for name, where in members.items()]
    return np.concatenate(rows) if rows else np.zeros(0)
