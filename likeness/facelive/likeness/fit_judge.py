"""The real renderer's verdict on a candidate. Whatever found it, this is what decides which one is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facelive.likeness import losses
from facelive.likeness.alignment import picture_tensor
from facelive.likeness.content import content_loss
from facelive.likeness.drawing import IMITATED_BACKGROUND, Draws, appearance_of
from facelive.likeness.fit_recognition import Recognition
from facelive.likeness.fit_render import RealDrawing
from facelive.likeness.fit_seat import Seat
from facelive.likeness.fit_types import FitWeights, Gap, Iterate, PhotoFace, Stage
from facelive.likeness.identity import IdentityNetwork
from facelive.likeness.parser import FaceParser, Parsed
from facelive.rig.head import Head
from facelive.rig.prior import spread
from facelive.rig.render import Scene
from facelive.rig.schema import Vector

F32 = NDArray[np.float32]
_INNER = slice(17, 68)


class Judge:
    """Knows the photos; compares drawings, real or imitated, with them by one loss.

    All networks see photo and drawing through ``alignment``: one range, one orientation, one framing.
    """

    def __init__(
        self, head: Head, photos: Sequence[PhotoFace], weights: FitWeights, *, network: IdentityNetwork | None,
        known: Recognition | None, parser: FaceParser | None, centre_P: Vector | None = None,
        seat: Seat | None = None,
    ) -> None:  # fmt: skip
        """centre_P: who is likeliest before any loss has spoken; None: the rig's middle face. seat: where the face
        is to stay; None: nobody said."""
        self.head, self.weights = head, weights
        self.network, self.known, self.parser = network, known, parser
        self.image_BCHW = torch.cat([picture_tensor(photo.image_HW3) for photo in photos])
        self.landmarks_BK2 = torch.from_numpy(np.stack([photo.landmarks_K2 for photo in photos]).astype(np.float32))
        schema = head.schema
        rows = schema.indices("identity")
        self.centre_I = torch.from_numpy((schema.neutral() if centre_P is None else centre_P)[rows])
        width = (schema.maximum - schema.minimum)[rows]
        self.sigma_I = torch.from_numpy(np.maximum(spread(schema)[rows], 0.12 * width).astype(np.float32))
        self.seat = None if seat is None else (torch.from_numpy(seat.identity_I), torch.from_numpy(seat.shift_3I))
        self.weight_K = torch.ones(68)
        self.weight_K[:17] = 0.3
        with torch.no_grad():
            self.photo_BD = self._centred(network.of_a_still(self.image_BCHW, self.landmarks_BK2)) if network else None
            self.photo_parsed = parser(self.image_BCHW) if parser else None

    def _centred(self, embedding_BD: Tensor) -> Tensor:
        """Less what all photos and renders have, where that is known: what is left tells people apart."""
        if self.known is None:
            return embedding_BD
        mean_D, shared_DD = (
            torch.from_numpy(a).to(embedding_BD) for a in (self.known.photo_mean_D, self.known.shared_DD)
        )
        return (embedding_BD - mean_D) @ shared_DD

    def terms(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> dict[str, Tensor]:
        """Unweighted, (B,) each: identity, content (where the networks are there), landmarks."""
        found = {"landmarks": losses.landmark_loss(landmarks_BK2, self.landmarks_BK2, self.weight_K)}
        if self.network is not None and self.photo_BD is not None:
            drawn_BD = self._centred(self.network(image_BCHW, landmarks_BK2))
            found["identity"] = losses.identity_loss(drawn_BD, self.photo_BD)
        if self.parser is not None and self.photo_parsed is not None:
            found["content"] = content_loss(self.parser(image_BCHW), Parsed(*self.photo_parsed))
        return found

    def total(self, terms: dict[str, Tensor], identity_I: Tensor, expression_BE: Tensor) -> Tensor:
        """One number: the mean over photos of the weighted sum, with the priors."""
        weights = self.weights
        by_name = {"identity": weights.identity, "content": weights.content, "landmarks": weights.landmarks}
        total = torch.stack([by_name[name] * value for name, value in terms.items()]).sum(0).mean()
        total = total + weights.prior * losses.prior_loss(identity_I[None], self.centre_I, self.sigma_I)[0]
        if self.seat is not None:
            total = total + weights.seat * losses.seat_loss(identity_I[None], *self.seat)[0]
        cost_E = torch.ones(expression_BE.shape[1])
        return total + weights.rest * losses.rest_loss(expression_BE, cost_E).mean()

    @torch.no_grad()
    def look(
        self, drawing: RealDrawing, params_P: Vector, expression_BE: F32, pose_B10: F32, scenes: Sequence[Scene],
        stage: Stage, seconds: float,
    ) -> Iterate:  # fmt: skip
        """The verdict."""
        images, points = [], []
        for expression, pose, scene in zip(expression_BE, pose_B10, scenes, strict=True):
            posed = params_P.copy()
            posed[self.head.schema.indices("expression")] = expression
            drawn = drawing.crop(posed, pose, scene)
            images.append(picture_tensor(drawn.image_HW3))
            points.append(torch.from_numpy(drawn.landmarks_K2))
        image_BCHW, landmarks_BK2 = torch.cat(images), torch.stack(points)
        terms = self.terms(image_BCHW, landmarks_BK2)
        identity = torch.from_numpy(params_P[self.head.schema.indices("identity")])
        loss = self.total(terms, identity, torch.from_numpy(expression_BE))
        return self._iterate(terms, landmarks_BK2, float(loss), stage, seconds)

    def _iterate(
        self, terms: dict[str, Tensor], landmarks_BK2: Tensor, loss: float, stage: Stage, seconds: float
    ) -> Iterate:
        eyes = (self.landmarks_BK2[:, 36] - self.landmarks_BK2[:, 45]).norm(dim=1)
        away = (landmarks_BK2 - self.landmarks_BK2)[:, _INNER].norm(dim=2).mean(1) / eyes
        nan = float("nan")
        return Iterate(
            stage=stage,
            seconds=seconds,
            loss=loss,
            cosine=1.0 - float(terms["identity"].mean()) if "identity" in terms else nan,
            content=float(terms["content"].mean()) if "content" in terms else nan,
            landmarks=float(away.mean()),
        )

    @torch.no_grad()
    def gap(self, drawing: RealDrawing, imitator: Draws, params_P: Vector, expression_BE: F32, pose_B10: F32) -> Gap:
        """Between imitation and real render of the same numbers, both in the light that imitators are taught in."""
        schema, real, posed = self.head.schema, [], np.repeat(params_P[None], len(pose_B10), 0)
        posed[:, schema.indices("expression")] = expression_BE
        for row_P, pose in zip(posed, pose_B10, strict=True):
            drawn = drawing.crop(row_P, pose, Scene(background=IMITATED_BACKGROUND))
            real.append(picture_tensor(drawn.image_HW3))
        real_BCHW = torch.cat(real)
        imitated = imitator(appearance_of(schema, torch.from_numpy(posed)), torch.from_numpy(pose_B10))
        size = real_BCHW.shape[-1]
        image = resized(imitated.image_BCHW, size).clamp(0.0, 1.0)
        difference = 0.0
        if self.network is not None and self.photo_BD is not None:
            promised, kept = (self._cosine(picture, imitated.landmarks_BK2) for picture in (image, real_BCHW))
            difference = promised - kept
        return Gap(pixel=float((image - real_BCHW).abs().mean()), cosine=difference)

    def _cosine(self, image_BCHW: Tensor, landmarks_BK2: Tensor) -> float:
        assert self.network is not None
        assert self.photo_BD is not None
        drawn_BD = self._centred(self.network(image_BCHW, landmarks_BK2))
        return 1.0 - float(losses.identity_loss(drawn_BD, self.photo_BD).mean())


def resized(image_BCHW: Tensor, size: int) -> Tensor:
    """The picture at another size; the same tensor if it has it."""
    if image_BCHW.shape[-1] == size:
        return image_BCHW
    return torch.nn.functional.interpolate(
        image_BCHW, (size, size), mode="bilinear", antialias=True, align_corners=False
    )
