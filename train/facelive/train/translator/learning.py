"""Training of both networks; a minute on one thread of a CPU.

Supervised on renders (their features with noise as photos have it). On photos nothing is labelled: there the answer,
drawn, should look to the recognisers like the photo; ``Echo`` says what a likeness would look like without drawing it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.rig.schema import Schema
from facelive.train.translator.domains import Domains
from facelive.train.translator.network import GROUPS, Echo, Sizes, Translator

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How it is trained."""

    steps: int = 2500
    """On renders alone."""
    batch: int = 256
    rate: float = 2e-3
    decay: float = 0.02
    hidden: int = 320
    drop: float = 0.2
    noise: float = 1.0
    """Of the photos' own, in training."""
    echo: float = 1.0
    """Weight of what the recognisers would say about the drawn answer, on photos; 0 leaves photos out."""
    echo_steps: int = 500
    """After the others, with photos and renders in each batch."""
    echo_rate: float = 5e-4
    gain: float = 1.5
    """Afterwards, of the sliders about their mean over photos; 1 leaves them."""
    seed: int = 0


@dataclass(frozen=True)
class Data:
    """Tensors. N renders, M photos; values (N, I + S + C), styles one-hot."""

    schema: Schema
    features_ND: Tensor
    values_NA: Tensor
    photo_MD: Tensor
    photo_person_M: Tensor
    """Whose, 0 .. people - 1."""
    to_embedding_VD: Tensor
    """See ``recognisers.embedding``."""

    @classmethod
    def of(
        cls, schema: Schema, features_ND: F32, params_NP: F32, photo_MD: F32,
        photo_person_M: NDArray[np.integer], to_embedding_VD: F32,
    ) -> Data:  # fmt: skip
        where = np.concatenate([schema.indices(group) for group in GROUPS])
        features, values, photos, last = (
            torch.from_numpy(np.ascontiguousarray(array, np.float32))
            for array in (features_ND, params_NP[:, where], photo_MD, to_embedding_VD)
        )
        whose = torch.from_numpy(np.unique(photo_person_M, return_inverse=True)[1].astype(np.int64))
        return cls(schema, features, values, photos, whose, last)


def shares(style_BS: Tensor, slices: list[slice]) -> Tensor:
    """Softmax within each style."""
    return torch.cat([style_BS[:, where].softmax(1) for where in slices], 1) if slices else style_BS


def train_echo(data: Data, recipe: Recipe) -> Echo:
    """From likeness to embedding, on renders."""
    sizes = Sizes.of(data.schema)
    embedding_NV = data.features_ND @ data.to_embedding_VD.T
    echo = Echo(sizes, embedding_NV.shape[1])
    echo.mean_V.copy_(embedding_NV.mean(0))
    _scale(echo, data.values_NA, sizes)
    target_NV = embedding_NV - echo.mean_V
    for rows, step in _batches(echo, len(target_NV), recipe, recipe.steps // 2, recipe.rate):
        loss = (echo(data.values_NA[rows]) - target_NV[rows]).square().sum(1).mean()
        step(loss)
    return echo.eval().requires_grad_(False)


def train_translator(data: Data, domains: Domains, recipe: Recipe) -> Translator:
    """From features to likeness, on renders."""
    sizes, slices = Sizes.of(data.schema), list(data.schema.style_columns.values())
    torch.manual_seed(recipe.seed)
    net = Translator(data.features_ND.shape[1], sizes, domains.enter_DK.shape[1], recipe.hidden, recipe.drop)
    net.mean_D.copy_(torch.from_numpy(domains.mean_D))
    net.enter_DK.copy_(torch.from_numpy(domains.enter_DK))
    _scale(net, data.values_NA, sizes)
    white_NK, noise_KK = net.whiten(data.features_ND), recipe.noise * torch.from_numpy(domains.noise_KK)
    for rows, step in _batches(net, len(white_NK), recipe, recipe.steps, recipe.rate):
        step(_supervised(net, _noisy(white_NK[rows], noise_KK), data.values_NA[rows], slices))
    return net.eval()


def train_on_photos(net: Translator, echo: Echo, data: Data, domains: Domains, recipe: Recipe) -> Translator:
    """Further, on photos as well: the drawn answer should look to the recognisers like the person.

    Like the mean of the person's photos, not like this one: what changes from photo to photo is not the person. As far
    from the mean as renders are from theirs: photos spread wider. Colours stay what renders taught: the network that
    looks takes a photo's light for skin, and would paint people pink, yellow and orange (looked at).
    """
    slices = list(data.schema.style_columns.values())
    white_NK, noise_KK = net.whiten(data.features_ND), recipe.noise * torch.from_numpy(domains.noise_KK)
    photo_MK, target_MV = net.whiten(data.photo_MD), _targets(data)
    with torch.no_grad():
        colour_MC = net.eval().outputs(photo_MK)[2]
    for rows, step in _batches(net, len(white_NK), recipe, recipe.echo_steps, recipe.echo_rate):
        some = torch.randint(len(photo_MK), (recipe.batch // 2,))
        loss = _supervised(net, _noisy(white_NK[rows], noise_KK), data.values_NA[rows], slices)
        colour_BC = net.outputs(photo_MK[some])[2]
        strayed = ((colour_BC - colour_MC[some]) / net.spread[-net.sizes.colour :]).square().mean()
        step(loss + strayed + recipe.echo * _echoed(net, echo, photo_MK[some], target_MV[some], slices))
    return net.eval()


def _targets(data: Data) -> Tensor:
    """(M, V) where in the space of renders the person of each photo should lie, about the mean."""
    photo_MV, drawn_NV = data.photo_MD @ data.to_embedding_VD.T, data.features_ND @ data.to_embedding_VD.T
    count = int(data.photo_person_M.max()) + 1
    whose_PM = nn.functional.one_hot(data.photo_person_M, count).float().T
    people_PV = (whose_PM @ photo_MV) / whose_PM.sum(1, keepdim=True)
    apart_PV = people_PV - people_PV.mean(0)
    spread = drawn_NV.var(0).sum().sqrt() / photo_MV.var(0).sum().sqrt()
    return (spread * apart_PV)[data.photo_person_M]


def _scale(net: Translator | Echo, values_NA: Tensor, sizes: Sizes) -> None:
    net.middle.copy_(values_NA.mean(0))
    net.spread.copy_(values_NA.std(0).clamp_min(0.02))
    styles = slice(sizes.identity, sizes.identity + sizes.style)
    if isinstance(net, Translator):
        net.middle[styles], net.spread[styles] = 0.0, 1.0


def _noisy(white_BK: Tensor, noise_KK: Tensor) -> Tensor:
    # Photos are not all equally bad: half of the batch gets little.
    strength = torch.rand(len(white_BK), 1) * 1.5
    return white_BK + strength * (torch.randn_like(white_BK) @ noise_KK)


def _supervised(net: Translator, white_BK: Tensor, values_BA: Tensor, slices: list[slice]) -> Tensor:
    sizes = net.sizes
    said = net.read(white_BK)
    wanted = (values_BA - net.middle) / net.spread
    number = torch.cat([torch.arange(sizes.identity), torch.arange(sizes.identity + sizes.style, sizes.total)])
    loss = (said[:, number] - wanted[:, number]).square().mean()
    style, truth = said[:, sizes.identity :][:, : sizes.style], values_BA[:, sizes.identity :][:, : sizes.style]
    for where in slices:
        loss = loss + 0.1 * nn.functional.cross_entropy(style[:, where], truth[:, where].argmax(1))
    return loss


def _echoed(net: Translator, echo: Echo, white_BK: Tensor, target_BV: Tensor, slices: list[slice]) -> Tensor:
    """How far what they would see in the drawn answer lies from where it should, over how far people lie apart."""
    identity, style, colour = net.outputs(white_BK)
    likeness = torch.cat([identity.clamp(0.0, 1.0), shares(style, slices), colour.detach().clamp(0.0, 1.0)], 1)
    apart = (echo(likeness) - target_BV).square().sum(1).mean() / target_BV.square().sum(1).mean()
    return apart + 1.0 - nn.functional.cosine_similarity(echo(likeness), target_BV).mean()


def _batches(
    net: nn.Module, count: int, recipe: Recipe, steps: int, rate: float
) -> Iterator[tuple[Tensor, _Step]]:  # fmt: skip
    torch.manual_seed(recipe.seed)
    net.train()
    step = _Step(net, recipe, steps, rate)
    order = torch.randperm(count)
    at = 0
    for _ in range(steps):
        if at + recipe.batch > count:
            order, at = torch.randperm(count), 0
        yield order[at : at + recipe.batch], step
        at += recipe.batch


class _Step:
    """One step of the optimiser; the rate falls along a cosine."""

    def __init__(self, net: nn.Module, recipe: Recipe, steps: int, rate: float) -> None:
        self._optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=recipe.decay)
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimiser, steps)
        self.losses: list[float] = []

    def __call__(self, loss: Tensor) -> None:
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        self._schedule.step()
        self.losses.append(float(loss.detach()))
        if len(self.losses) % 250 == 0:
            log.info("step %d: %.4f", len(self.losses), np.mean(self.losses[-250:]))
