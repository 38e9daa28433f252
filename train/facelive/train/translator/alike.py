"""Portraits that are told apart: the translator's sliders, taught so that what is drawn is nearest to the right person.

``python -m facelive.train.translator.alike --pairs pairs.npz --sitters sitters.npz --portraits p1.npz [p2.npz ...]
--start translator.pt --renders DIR -o translator2.onnx``. ``portraits`` draws what is learnt from; two or three rounds
of both, each about the answers of the last, follow the answers to where they go.

A network learns what dlib's sees in a portrait. Through it, the fused answer (as ``encode`` gives it) to a photo is
pulled to where the person's other photos lie, and away from everybody else: a softmax over all people (InfoNCE, van den
Oord et al. 2018). Styles and colours stay. On renders the true shape is taught beside it: without that, likeness is
bought with shapes that nobody has (docs/log.md).
Shapes: M photos, P people, N portraits, V = 128 embedding, K whitened features, A likeness.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.likeness.identity_weights import dlib_face
from facelive.likeness.torch_head import TorchHead
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.likeness_fusion import Fusion
from facelive.train.encoder.objective import face_vertices
from facelive.train.evaluate.report.gallery import first_shares
from facelive.train.translator import domains
from facelive.train.translator.export import export
from facelive.train.translator.learning import style_slices
from facelive.train.translator.network import Echo, Sizes, Translator, load_translator
from facelive.train.translator.pairs import Pairs, Runner
from facelive.train.translator.portraits import Portraits, fused, paint
from facelive.train.translator.run import held_out, probe_chips, report
from facelive.train.translator.sitters import Sitters

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
_DROP = 0.05
_LOG_EVERY = 500
_FIFTH = 5
"""One person of so many is kept apart by ``--check``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlikeRecipe:
    """How sliders are taught."""

    echo_steps: int = 8000
    echo_batch: int = 384
    echo_rate: float = 1e-3
    echo_hidden: int = 512
    steps: int = 1000
    batch: int = 384
    rate: float = 3e-4
    grey: float = 0.7
    """Share of photos without colour in a batch: one photo each, but of many more people."""
    noise: float = 1.3
    """Of the photos' own, at most."""
    scale: float = 12.0
    """Of cosines in the softmax over people."""
    shape: float = 3.0
    """Weight of the vertices' error on renders, over the mean face's."""
    anchor: float = 0.2
    """Weight of how far answers move, in spreads, squared."""
    seed: int = 0


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


@dataclass(frozen=True)
class Aims:
    """Where on the unit sphere people lie, each kind of photos about its own mean."""

    photo_MV: Tensor
    people_PV: Tensor
    own_MV: Tensor
    """A photo's person without the photos of its own video, where there are others."""
    person_M: Tensor

    @classmethod
    def of(cls, sitters: Sitters, last_VD: Tensor) -> Aims:
        """last_VD: dlib's last layer."""
        embedding_MV = torch.from_numpy(sitters.features_MD) @ last_VD.T
        grey_M = torch.from_numpy(sitters.grey_M)
        for kind in (grey_M, ~grey_M):
            if kind.any():
                embedding_MV[kind] -= embedding_MV[kind].mean(0)
        photo_MV = nn.functional.normalize(embedding_MV, dim=1)
        person_M, video_M = torch.from_numpy(sitters.person_M), torch.from_numpy(sitters.video_M)

        def sums(which_M: Tensor) -> Tensor:
            return photo_MV.new_zeros(int(which_M.max()) + 1, photo_MV.shape[1]).index_add_(0, which_M, photo_MV)

        people_PV, videos = sums(person_M), sums(video_M)
        others_MV = people_PV[person_M] - videos[video_M]
        alone_M1 = others_MV.norm(dim=1, keepdim=True) < 1e-4
        own_MV = torch.where(alone_M1, people_PV[person_M], others_MV)
        normal = nn.functional.normalize
        return cls(photo_MV, normal(people_PV, dim=1), normal(own_MV, dim=1), person_M)


class _OnPhotos:
    """Whose portrait is it?"""

    def __init__(
        self, before: Translator, echo: Echo, sitters: Sitters, aims: Aims, noise_KK: Tensor, schema: Schema,
        recipe: AlikeRecipe,
    ) -> None:  # fmt: skip
        self._echo, self._aims, self._noise_KK, self._recipe = echo, aims, noise_KK, recipe
        self._rng = np.random.default_rng(recipe.seed)
        self._grey, self._colour = np.flatnonzero(sitters.grey_M), np.flatnonzero(~sitters.grey_M)
        self._white_MK = before.whiten(torch.from_numpy(sitters.features_MD))
        if len(self._grey) and len(self._colour):
            self._white_MK[self._grey] += self._white_MK[self._colour].mean(0) - self._white_MK[self._grey].mean(0)
        self._share_I = torch.from_numpy(Fusion(schema).shares(1.0)[0]).float()
        self._own_MI = torch.from_numpy(sitters.identity_MI)
        with torch.no_grad():
            self._said_MA = before.read(self._white_MK)
            self._rest_MA = _looks(schema, sitters, before)

    def __call__(self, net: Translator) -> tuple[Tensor, Tensor, Tensor]:
        """Of a random batch: cross-entropy over people, mean cosine with the right one, how far answers moved."""
        rows, recipe, aims = torch.from_numpy(self._some()), self._recipe, self._aims
        strength_B1 = recipe.noise * torch.rand(len(rows), 1)
        heard_BK = self._white_MK[rows] + strength_B1 * (torch.randn(len(rows), len(self._noise_KK)) @ self._noise_KK)
        answer_BA = net.read(heard_BK)
        fused_BI = self._own_MI[rows] + self._share_I * (_sliders(net, answer_BA) - self._own_MI[rows])
        seen_BV = nn.functional.normalize(self._echo(torch.cat([fused_BI, self._rest_MA[rows]], 1)), dim=1)
        alike_B = (seen_BV * aims.own_MV[rows]).sum(1)
        scores_BP = (seen_BV @ aims.people_PV.T).scatter(1, aims.person_M[rows][:, None], alike_B[:, None])
        confused = nn.functional.cross_entropy(recipe.scale * scores_BP, aims.person_M[rows])
        return confused, alike_B.mean(), (answer_BA - self._said_MA[rows]).square().mean()

    def _some(self) -> NDArray[np.intp]:
        """Rows of a batch; where there is one kind of photos only, all of that."""
        share = self._recipe.grey if len(self._grey) and len(self._colour) else float(len(self._grey) > 0)
        count = round(share * self._recipe.batch)
        kinds = ((self._grey, count), (self._colour, self._recipe.batch - count))
        return np.concatenate([self._rng.choice(rows, size) for rows, size in kinds if size])


class _OnRenders:
    """What is the true shape?"""

    def __init__(self, before: Translator, head: Head, drawn_ND: Tensor, identity_NI: Tensor, recipe: AlikeRecipe):
        self._identity_NI, self._batch = identity_NI, recipe.batch
        self._shape = TorchHead.of_vertices(head, face_vertices(head))
        self._white_NK = before.whiten(drawn_ND)
        rows = torch.from_numpy(head.schema.neutral()[head.schema.indices("identity")])
        with torch.no_grad():
            self._said_NA = before.read(self._white_NK)
            self._middle_1V3 = self._shape.identity(rows[None])

    def __call__(self, net: Translator) -> tuple[Tensor, Tensor]:
        """Of a random batch: error of the vertices over the mean face's, and how far answers moved."""
        rows = torch.randint(len(self._white_NK), (self._batch,))
        answer_BA = net.read(self._white_NK[rows])
        true_BV3 = self._shape.identity(self._identity_NI[rows])
        apart = (self._shape.identity(_sliders(net, answer_BA)) - true_BV3).norm(dim=-1).mean()
        yardstick = (self._middle_1V3 - true_BV3).norm(dim=-1).mean()
        return apart / yardstick, (answer_BA - self._said_NA[rows]).square().mean()


def _sliders(net: Translator, answer_BA: Tensor) -> Tensor:
    """(B, I) in range; beyond it the gradient passes: what went out must return."""
    identity_BI = (net.middle + net.spread * answer_BA)[:, : net.sizes.identity]
    return identity_BI + (identity_BI.clamp(0.0, 1.0) - identity_BI).detach()


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


def _looks(schema: Schema, sitters: Sitters, net: Translator) -> Tensor:
    """(M, S + C) styles, one-hot, and colours of the fused answers."""
    _, style, colour = fused(schema, sitters, net)
    hard = np.zeros(style.shape, np.float32)
    for where in style_slices(schema):
        hard[np.arange(len(style)), where.start + style[:, where].argmax(1)] = 1.0
    return torch.from_numpy(np.concatenate([hard, colour.astype(np.float32)], 1))


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


def part(sitters: Sitters, rows_M: NDArray[np.bool_]) -> Sitters:
    """Some of the sitters, people numbered anew."""
    kept = {field.name: getattr(sitters, field.name)[rows_M] for field in fields(sitters)}
    for name in ("person_M", "video_M"):
        kept[name] = np.unique(kept[name], return_inverse=True)[1].astype(np.int64)
    return Sitters(**kept)


def ranks(head: Head, sitters: Sitters, net: Translator, last_VD: Tensor, run: Runner) -> dict[str, float]:
    """Share of photos whose person's real portrait, from another photo, is first for dlib's network among all people.

    dlib taught these answers: this chooses between recipes and proves nothing (``facelive evaluate`` asks another
    judge, and other people).
    """
    _, first = np.unique(sitters.video_M, return_index=True)
    one = part(sitters, np.isin(np.arange(len(sitters)), first))
    identity, style, colour = fused(head.schema, one, net)
    painted = paint(head, np.concatenate([identity, style, colour], 1).astype(np.float32), run)
    seen_NV = torch.from_numpy(painted.features_ND) @ last_VD.T
    seen_NV = nn.functional.normalize(seen_NV - seen_NV.mean(0), dim=1)
    cosine_MN = (Aims.of(sitters, last_VD).photo_MV @ seen_NV.T).numpy()
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
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--sitters", type=Path, required=True)
    parser.add_argument("--portraits", type=Path, nargs="+", required=True)
    parser.add_argument("--start", type=Path, required=True, help="translator.pt to begin with")
    parser.add_argument("--renders", type=Path, required=True, help="for the parity check's chips")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="a fifth of the people is kept apart and judged; no file")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    head, recipe = Head.default(), AlikeRecipe()
    schema, network = head.schema, dlib_face()
    last_VD = network.last.weight.detach()
    pairs, sitters = Pairs.load(options.pairs), Sitters.load(options.sitters)
    portraits, start = Portraits.load(*options.portraits), load_translator(options.start, schema)
    values_NA, embedding_NV = (torch.from_numpy(part) for part in (portraits.values_NA, portraits.features_ND))
    echo = portrait_echo(schema, values_NA, embedding_NV @ last_VD.T, recipe)
    known = ~held_out(pairs.person_N)
    noise_KK = domains.measure(
        pairs.drawn_ND[known], pairs.person_N[known], pairs.photo_MD, pairs.photo_person_M
    ).noise_KK
    apart_M = _apart(sitters) & options.check
    taught = part(sitters, ~apart_M)
    identity_NI = pairs.params_NP[known][:, schema.indices("identity")]
    net = tell_apart(
        start,
        _OnPhotos(start, echo, taught, Aims.of(taught, last_VD), torch.from_numpy(noise_KK), schema, recipe),
        _OnRenders(start, head, torch.from_numpy(pairs.drawn_ND[known]), torch.from_numpy(identity_NI), recipe),
        recipe,
    )
    if options.check:
        run, judged = Runner(options.output.parent), part(sitters, apart_M)
        found = {name: ranks(head, judged, one, last_VD, run) for name, one in (("before", start), ("after", net))}
        log.info("%s", json.dumps(found, indent=1))
        return
    torch.save(net.state_dict(), options.output.with_suffix(".pt"))
    worst = export(network, net, schema, options.output, probe_chips(options.renders, schema))
    log.info("%s", json.dumps({"figures": report(head, pairs, net), "parity": worst}, indent=1))


if __name__ == "__main__":
    main()
