"""Portraits that are told apart: the translator's sliders, taught so that what is drawn is nearest to the right person.

``python -m facelive.train.translator.alike --pairs pairs.npz --sitters sitters.npz --portraits p1.npz [p2.npz ...]
--start translator.pt --renders DIR -o translator2.onnx``. ``portraits`` draws what is learnt from; two or three rounds
of both, each about the answers of the last, follow the answers to where they go.

A network learns what the recognisers see in a portrait. Through it, the fused answer (as ``encode`` gives it) to a
photo is pulled to where the person's other photos lie, and away from everybody else: a softmax over all people
(InfoNCE, van den Oord et al. 2018). Styles and colours stay. On renders the true shape is taught beside it: without
that, likeness is bought with shapes that nobody has (docs/log.md).
Shapes: M photos, P people, N portraits, V = 256 embedding, K whitened features, A likeness.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.common.command import as_command
from facelive.train.evaluate.report.gallery import first_shares
from facelive.train.translator import domains
from facelive.train.translator.going_on import Going, asks_to_go_on
from facelive.train.translator.lessons import Aims, AlikeRecipe, OnPhotos, OnRenders
from facelive.train.translator.network import Echo, Sizes, Translator
from facelive.train.translator.pairs import Look, Runner
from facelive.train.translator.portraits import Portraits, fused, paint
from facelive.train.translator.recognisers import embedding
from facelive.train.translator.sitters import Sitters
from facelive.train.translator.unfold import begin_with

log = logging.getLogger(__name__)
_DROP = 0.05
_LOG_EVERY = 500
_FIFTH = 5
"""One person of so many is kept apart by ``--check``."""


def portrait_echo(schema: Schema, values_NA: Tensor, embedding_NV: Tensor, recipe: AlikeRecipe) -> Echo:
    """From likeness to the embedding of its portrait, about their mean. Frozen."""
    torch.manual_seed(recipe.seed)
    echo = Echo(Sizes.of(schema), embedding_NV.shape[1], recipe.echo_hidden, _DROP)
    echo.mean_V.copy_(embedding_NV.mean(0))
    echo.middle.copy_(values_NA.mean(0))
    echo.spread.copy_(values_NA.std(0).clamp_min(0.02))
    target_NV = embedding_NV - echo.mean_V
    power = target_NV.square().sum(1).mean()
    optimiser, schedule = _optimiser(echo, recipe.echo_rate, recipe.echo_steps, 0.05)
    for step in range(recipe.echo_steps):
        rows = torch.randint(len(values_NA), (recipe.echo_batch,))
        loss = (echo(values_NA[rows]) - target_NV[rows]).square().sum(1).mean() / power
        _step(optimiser, schedule, loss)
        if step % _LOG_EVERY == 0:
            log.info("echo, step %d: %.3f of the variance is missing", step, float(loss.detach()))
    return echo.eval().requires_grad_(False)


def tell_apart(
    net: Translator, on_photos: Callable[[Translator], tuple[Tensor, Tensor, Tensor]],
    on_renders: Callable[[Translator], tuple[Tensor, Tensor]], recipe: AlikeRecipe,
) -> Translator:  # fmt: skip
    """The translator with other sliders."""
    torch.manual_seed(recipe.seed)
    net = copy.deepcopy(net)
    optimiser, schedule = _optimiser(net, recipe.rate, recipe.steps, 0.02)
    for step in range(recipe.steps):
        confused, alike, moved = on_photos(net)
        shape, moved_too = on_renders(net)
        loss = confused + 1.0 - alike + recipe.shape * shape + recipe.anchor * (moved + moved_too)
        _step(optimiser, schedule, loss)
        if step % _LOG_EVERY == 0:
            told = (float(term.detach()) for term in (confused, alike, shape, moved))
            log.info("step %d: confused %.3f, cosine %.3f, shape %.3f, moved %.3f", step, *told)
    return net.eval()


def _optimiser(
    net: nn.Module, rate: float, steps: int, decay: float
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    net.train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    return optimiser, torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)


def _step(optimiser: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    schedule.step()


def ranks(head: Head, sitters: Sitters, net: Translator, to_embedding_VD: Tensor, run: Look) -> dict[str, float]:
    """Share of photos whose person's real portrait, from another photo, is first for the recognisers among all people.

    They taught these answers: this chooses between recipes and proves nothing (``facelive evaluate`` asks another
    judge, and other people).
    """
    _, first = np.unique(sitters.video_M, return_index=True)
    one = sitters.some(np.isin(np.arange(len(sitters)), first))
    identity, style, colour = fused(head.schema, one, net)
    painted = paint(head, np.concatenate([identity, style, colour], 1).astype(np.float32), run)
    seen_NV = torch.from_numpy(painted.features_ND) @ to_embedding_VD.T
    seen_NV = nn.functional.normalize(seen_NV - seen_NV.mean(0), dim=1)
    cosine_MN = (Aims.of(sitters, to_embedding_VD).photo_MV @ seen_NV.T).numpy()
    mine = sitters.person_M[:, None] == one.person_M[None]
    same = mine & (sitters.video_M[:, None] == sitters.video_M[np.sort(first)][None])
    found = {"same_video": same, "other_video": mine & ~same}
    return {name: float(np.nanmean(first_shares(cosine_MN, own, mine, one.person_M))) for name, own in found.items()}


def _apart(sitters: Sitters) -> NDArray[np.bool_]:
    """(M,) every fifth person of those with colour photos."""
    people = np.unique(sitters.person_M[~sitters.grey_M])
    return np.isin(sitters.person_M, people[::_FIFTH])


def main() -> None:
    """Train, report, export; or see what the recipe does for people who were kept apart."""
    parser = asks_to_go_on(main.__doc__)
    parser.add_argument("--sitters", type=Path, required=True)
    parser.add_argument("--portraits", type=Path, nargs="+", required=True)
    parser.add_argument("--check", action="store_true", help="a fifth of the people is kept apart and judged; no file")
    options = parser.parse_args()
    going, recipe = Going.on(options), AlikeRecipe()
    head, schema, pairs, known = going.head, going.schema, going.pairs, going.known_N
    sitters = Sitters.load(options.sitters)
    to_embedding_VD = torch.from_numpy(embedding(pairs.photo_MD))
    kinds = domains.measure(pairs.drawn_ND[known], pairs.person_N[known], pairs.photo_MD, pairs.photo_person_M)
    portraits, start = Portraits.load(*options.portraits), begin_with(options.start, schema, kinds)
    values_NA, embedding_NV = (torch.from_numpy(part) for part in (portraits.values_NA, portraits.features_ND))
    echo = portrait_echo(schema, values_NA, embedding_NV @ to_embedding_VD.T, recipe)
    apart_M = _apart(sitters) & options.check
    taught = sitters.some(~apart_M)
    identity_NI = pairs.params_NP[known][:, schema.indices("identity")]
    net = tell_apart(
        start,
        OnPhotos(
            start, echo, taught, Aims.of(taught, to_embedding_VD), torch.from_numpy(kinds.noise_KK), schema, recipe
        ),
        OnRenders(start, head, torch.from_numpy(pairs.drawn_ND[known]), torch.from_numpy(identity_NI), recipe),
        recipe,
    )
    if options.check:
        run, judged = Runner(options.output.parent), sitters.some(apart_M)
        found = {
            name: ranks(head, judged, one, to_embedding_VD, run) for name, one in (("before", start), ("after", net))
        }
        log.info("%s", json.dumps(found, indent=1))
        return
    going.end(net, {})


if __name__ == "__main__":
    as_command(main)
