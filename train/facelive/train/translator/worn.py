"""The translator's hair, beards and glasses, taught what people on photos were seen to wear.

``python -m facelive.train.translator.worn --pairs pairs.npz --sitters sitters.npz --photos CACHE
--start translator3.onnx --renders DIR -o translator4.onnx`` (the photos that the sitters were gathered from).

Renders know every style exactly and teach what renders look like; of photos somebody saw what is possible
(``data.seen_styles``). The last layers learn both at once, by what they add to what was said before: a logistic
regression of the columns of these styles alone. It knows the features of a few thousand photos, so it is held small.
Shapes: M photos, N renders, D features, H inputs of the last layers with a 1 behind, C columns of the styles.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.errors import FileError
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.data.photo_cache import PhotoCache
from facelive.train.data.seen_styles import SeenStyles
from facelive.train.translator.going_on import Going, asks_to_go_on
from facelive.train.translator.last_layers import LastLayers
from facelive.train.translator.network import Translator
from facelive.train.translator.sitters import Sitters
from facelive.train.translator.unfold import begin_with

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
TAUGHT = ("hair", "beard", "glasses")
_STEPS, _RATE, _BATCH = 400, 1e-3, 1024
_SMALL = 0.03
"""Weight of the change's square."""
_RENDERS = 0.5
"""Weight of a render's entropy, over a photo's."""
_NOISE = 0.5
"""Added to the inputs of photos, in spreads: no two photos are alike."""
_LEAST = 1e-4
_FOLDS = 4


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Photos of people whom somebody looked at. Rows belong together."""

    features_MD: F32
    """Grey ones moved to where photos in colour lie."""
    possible_MC: NDArray[np.bool_]
    """Options that are possible; all of a style that nobody saw."""
    person_M: NDArray[np.int64]

    @classmethod
    def of(cls, cache: PhotoCache, sitters: Sitters, seen: SeenStyles, schema: Schema) -> Seen:
        """Raises FileError if the sitters were gathered from other photos."""
        rows = np.flatnonzero(cache.sure_N)
        if len(rows) != len(sitters) or (sitters.grey_M != ~cache.colour_N[rows]).any():
            raise FileError("the sitters were gathered from other photos: gather them again")
        names = [cache.people[person] for person in cache.person_N[rows]]
        parts = []
        for style in _styles(schema):
            count = len(schema.options(style))
            words = (seen.possible(name, style) for name in names)
            parts.append(np.stack([np.ones(count, bool) if word is None else word for word in words]))
        features_MD, grey_M = sitters.features_MD.copy(), sitters.grey_M
        if grey_M.any() and not grey_M.all():
            features_MD[grey_M] += features_MD[~grey_M].mean(0) - features_MD[grey_M].mean(0)
        return cls(
            features_MD=features_MD, possible_MC=np.concatenate(parts, 1).astype(bool), person_M=sitters.person_M
        )

    def weights(self, apart_M: NDArray[np.bool_] | None = None) -> F64:
        """(M,) summing to 1: every person counts once. apart_M: rows that do not."""
        weight_M = 1.0 / np.bincount(self.person_M)[self.person_M]
        if apart_M is not None:
            weight_M = np.where(apart_M, 0.0, weight_M)
        return weight_M / max(float(weight_M.sum()), 1e-12)


def _styles(schema: Schema) -> list[str]:
    return [style for style in TAUGHT if style in schema.styles]


class Worn(LastLayers):
    """The columns of hair, beard and glasses."""

    def __init__(self, net: Translator, schema: Schema, drawn_ND: F32) -> None:
        where = [schema.styles[style] for style in _styles(schema)]
        super().__init__(net, schema, drawn_ND, np.concatenate([np.arange(part.start, part.stop) for part in where]))
        sizes = np.array([part.stop - part.start for part in where])
        self.slices = [slice(int(end - size), int(end)) for end, size in zip(np.cumsum(sizes), sizes, strict=True)]


def entropy(logits_BC: Tensor, possible_BC: Tensor, slices: list[slice]) -> Tensor:
    """(B,) summed over styles: minus the logarithm of the probability that is possible."""
    parts = [(logits_BC[:, w].softmax(1) * possible_BC[:, w]).sum(1).clamp_min(_LEAST).log() for w in slices]
    return -torch.stack(parts).sum(0)


def solve(layers: Worn, seen: Seen, weight_M: F64, drawn_ND: F32, params_NP: F32, steps: int = _STEPS) -> F64:
    """(H, C) the change, of photos and renders together."""
    torch.manual_seed(0)
    inputs_MH, inputs_NH = (torch.from_numpy(layers.inputs(rows)).float() for rows in (seen.features_MD, drawn_ND))
    said_MC, said_NC = (torch.from_numpy(layers.said(rows)).float() for rows in (seen.features_MD, drawn_ND))
    possible_MC = torch.from_numpy(seen.possible_MC).float()
    true_NC = torch.from_numpy(params_NP[:, layers.params_C].astype(np.float32))
    weight = torch.from_numpy(weight_M).float()
    change_HC = torch.zeros(inputs_MH.shape[1], len(layers.columns_C), requires_grad=True)
    optimiser = torch.optim.Adam([change_HC], lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        rows = torch.randint(len(inputs_NH), (min(_BATCH, len(inputs_NH)),))
        heard_MH = inputs_MH + _NOISE * torch.randn_like(inputs_MH)
        photos = (entropy(said_MC + heard_MH @ change_HC, possible_MC, layers.slices) * weight).sum()
        renders = entropy(said_NC[rows] + inputs_NH[rows] @ change_HC, true_NC[rows], layers.slices).mean()
        loss = photos + _RENDERS * renders + _SMALL * change_HC[:-1].square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            log.info("step %d: photos %.3f, renders %.3f", step, float(photos.detach()), float(renders.detach()))
    return change_HC.detach().double().numpy()


def right(said_MC: F64, seen: Seen, layers: Worn, schema: Schema) -> dict[str, float]:
    """By style: share of photos whose likeliest option is possible, where somebody saw it; people count alike."""
    out: dict[str, float] = {}
    rows = np.arange(len(said_MC))
    for style, where in zip(_styles(schema), layers.slices, strict=True):
        possible = seen.possible_MC[:, where]
        hits = possible[rows, said_MC[:, where].argmax(1)]
        weight = seen.weights(np.asarray(possible.all(1)))
        out[style] = round(float((hits * weight).sum()), 3)
    return out


def main() -> None:
    """Solve, report, export."""
    parser = asks_to_go_on(main.__doc__)
    parser.add_argument("--sitters", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    options = parser.parse_args()
    going = Going.on(options)
    schema, start = going.schema, begin_with(options.start, going.schema)
    cache, sitters = PhotoCache.open(options.photos), Sitters.load(options.sitters)
    seen = Seen.of(cache, sitters, SeenStyles.load(schema), schema)
    drawn_ND, params_NP = going.pairs.drawn_ND[going.known_N], going.pairs.params_NP[going.known_N]
    layers = Worn(start, schema, drawn_ND)
    strangers_MC = layers.said(seen.features_MD)
    for fold in range(_FOLDS):
        apart_M = seen.person_M % _FOLDS == fold
        change_HC = solve(layers, seen, seen.weights(apart_M), drawn_ND, params_NP)
        strangers_MC[apart_M] += layers.inputs(seen.features_MD[apart_M]) @ change_HC
    worn = {
        "before": right(layers.said(seen.features_MD), seen, layers, schema),
        "of strangers": right(strangers_MC, seen, layers, schema),
    }
    going.end(layers.changed(solve(layers, seen, seen.weights(), drawn_ND, params_NP)), {"worn": worn})


if __name__ == "__main__":
    as_command(main)
