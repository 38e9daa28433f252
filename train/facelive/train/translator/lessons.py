"""What ``alike`` teaches the translator: on photos, whose portrait it is; on renders, what the true shape is.

Shapes: B batch, M photos, P people, N renders, V = 256 embedding, K whitened features, A likeness, I sliders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facelive.likeness.torch_head import TorchHead
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.stream.likeness_fusion import Fusion
from facelive.train.encoder.objective import face_vertices
from facelive.train.translator.network import Echo, Translator
from facelive.train.translator.portraits import fused, one_hot
from facelive.train.translator.sitters import Sitters


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


@dataclass(frozen=True)
class Aims:
    """Where on the unit sphere people lie, each kind of photos about its own mean."""

    photo_MV: Tensor
    people_PV: Tensor
    own_MV: Tensor
    """A photo's person without the photos of its own video, where there are others."""
    person_M: Tensor

    @classmethod
    def of(cls, sitters: Sitters, to_embedding_VD: Tensor) -> Aims:
        """to_embedding_VD: see ``recognisers.embedding``."""
        embedding_MV = torch.from_numpy(sitters.features_MD) @ to_embedding_VD.T
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


class OnPhotos:
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


class OnRenders:
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


def _looks(schema: Schema, sitters: Sitters, net: Translator) -> Tensor:
    """(M, S + C) styles, one-hot, and colours of the fused answers."""
    _, style, colour = fused(schema, sitters, net)
    return torch.from_numpy(np.concatenate([one_hot(schema, style), colour.astype(np.float32)], 1))
