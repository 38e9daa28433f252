"""What holds the correlation of expressions back: the encoder's points, its readers, or what points can tell at all.

``python benchmarks/expression_limits.py [--encoder FILE] [--people N] [--frames N]``: the performances of ``facelive
evaluate`` (unseen rendered people), the figure being the mean correlation over all shapes.

- The encoder as live, told who it is; then its own readers with better points in their place: without the error that a
  person's frames have in common, with half of all errors, with none.
- The most likely expression (Gauss-Newton) given the true points and white noise, who it is being known or not, where
  all that is known of expressions are their mean and covariance. The encoder knows more of them (which go together),
  so with a pixel of noise and more it beats this; with little noise this is what points hold.

Writes benchmarks/results/expression_limits.json, unless another encoder is given. Shapes: N frames, K points, E
expression, I identity.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from machine import save_result
from numpy.typing import NDArray
from torch import Tensor

from facelive.likeness.projection import project
from facelive.likeness.torch_head import TorchHead
from facelive.rig.accessories import accessories
from facelive.rig.expressions import sample_expression
from facelive.rig.head import Head
from facelive.rig.prior import sample_identity
from facelive.rig.render import Renderer, Scene
from facelive.rig.schema import Vector
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.scenes import random_scene
from facelive.train.encoder.close_look import Planes
from facelive.train.encoder.model import Encoder
from facelive.train.encoder.points import FacePoints, twin
from facelive.train.encoder.unfold import unfold
from facelive.train.evaluate.performances import performed
from facelive.train.evaluate.statistics import correlations

_SETTLE, _PRIOR, _ROUNDS, _AT_ONCE = 256, 3000, 6, 75
_NOISES_PX = (0.1, 0.25, 0.5, 1.0)
# How far the head's pose may lie from the true one at first: angles (rad), place and log size, gaze (rad).
_POSE_SPREAD = (0.1, 0.1, 0.1, 0.05, 0.05, 0.1, 0.15, 0.15, 0.15, 0.15)


@dataclass(frozen=True, kw_only=True)
class Frames:
    """All performances."""

    crops: NDArray[np.uint8]
    params_NP: Tensor
    pose_N10: Tensor
    who_N: Tensor


def perform_all(head: Head, people: int, frames: int) -> Frames:
    """As the report draws them."""
    renderer = Renderer(head, size=256, dress=accessories)

    def draw(params_P: Vector, scene: Scene) -> NDArray[np.uint8]:
        return renderer.render(params_P, scene).image_HW3

    shown = list(performed(head, draw, random_scene, people, frames))
    takes = [take.placed for own, _ in shown for take in own]
    return Frames(
        crops=np.concatenate([crops for _, crops in shown]),
        params_NP=torch.from_numpy(np.stack([one.label_P for one in takes])),
        pose_N10=torch.from_numpy(np.stack([one.pose_10 for one in takes])),
        who_N=torch.arange(len(shown)).repeat_interleave(frames),
    )


def of_person(rows: Tensor, who_N: Tensor) -> Tensor:
    """Every row replaced by the mean over its person's."""
    count = int(who_N.max()) + 1
    sums = torch.zeros(count, *rows.shape[1:]).index_add_(0, who_N, rows)
    return (sums / torch.bincount(who_N).view(-1, *[1] * (rows.ndim - 1)))[who_N]


class Limits:
    """The figures of one encoder on all frames."""

    def __init__(self, head: Head, frames: Frames, encoder: Encoder) -> None:
        self.head, self.frames, self.encoder = head, frames, encoder
        schema = head.schema
        self._identity, self._expression = (
            torch.from_numpy(schema.indices(group)) for group in ("identity", "expression")
        )
        self._points: TorchHead = twin(head, FacePoints.of(head).dense)
        self._centre_3 = torch.from_numpy(np.asarray(head.face_centre, np.float32))
        params_NP = frames.params_NP
        self.true_NK2 = self.placed(params_NP[:, self._identity], params_NP[:, self._expression], frames.pose_N10)

    def placed(self, identity_NI: Tensor, expression_NE: Tensor, pose_N10: Tensor) -> Tensor:
        """(N, K, 2) crop / 256."""
        points_NK3 = self._points(identity_NI, expression_NE, pose_N10[:, 6:10])
        return project(points_NK3, pose_N10, self._centre_3)

    def correlation(self, expression_NE: Tensor) -> float:
        """Mean over shapes."""
        true_NE = self.frames.params_NP[:, self._expression].numpy()
        return round(float(np.nanmean(correlations(expression_NE.numpy(), true_NE))), 3)

    @torch.no_grad()
    def readers(self) -> dict[str, float]:
        """The encoder's own readers with its points and with better ones."""
        net, parts = self.encoder, []
        for start in range(0, len(self.frames.crops), _AT_ONCE):
            crops = torch.from_numpy(self.frames.crops[start : start + _AT_ONCE])
            image = crops.permute(0, 3, 1, 2).float() / 255.0
            fine_BCHW, coarse_BCHW = net.features(image)
            means_BM2, seen_BLC = net._where_and_what(fine_BCHW.flatten(2))
            found_BK2, layout = net.place(means_BM2), net.squeeze(coarse_BCHW)
            flat = [seen_BLC.flatten(1), layout.flatten(1), coarse_BCHW.mean((2, 3))]
            points_BK2, close = net.close(Planes(image), found_BK2, net.offsets(found_BK2))
            eyes = close[:, :0] if net.eyes is None else net.eyes(Planes(image), points_BK2, close)
            parts.append((points_BK2, torch.cat([net.looks(torch.cat(flat, 1)), close], 1), eyes))
        points_NK2, looks_NC, eyes_NC = (torch.cat(part) for part in zip(*parts, strict=True))
        error_NK2 = points_NK2 - self.true_NK2

        def told(better_NK2: Tensor) -> float:
            stranger = net._heads(better_NK2, looks_NC, eyes_NC, None)["identity"]
            learnt = of_person(stranger, self.frames.who_N)
            person = torch.cat([learnt, torch.ones(len(learnt), 1)], 1)
            return self.correlation(net._heads(better_NK2, looks_NC, eyes_NC, person)["expression"])

        constant_NK2 = of_person(error_NK2, self.frames.who_N)
        return {
            "point_error_px": round(float(256.0 * error_NK2.norm(dim=-1).mean()), 2),
            "constant_share": round(float(constant_NK2.square().mean() / error_NK2.square().mean()), 2),
            "its_points": told(points_NK2), "without_a_persons_constant_error": told(points_NK2 - constant_NK2),
            "half_the_error": told(self.true_NK2 + 0.5 * error_NK2), "true_points": told(self.true_NK2),
        }  # fmt: skip

    def most_likely(self, sigma_px: float, known: bool) -> float:
        """From the true points with white noise; ``known``: whose face it is."""
        rng, schema = np.random.default_rng(0), self.head.schema
        doing = np.stack([sample_expression(schema, rng) for _ in range(_PRIOR)])[:, self._expression.numpy()]
        people = np.stack([sample_identity(schema, rng) for _ in range(_PRIOR)])[:, self._identity.numpy()]
        spreads = [np.cov(doing.T) + 1e-4 * np.eye(doing.shape[1]), np.diag(np.square(_POSE_SPREAD))]
        middle = [torch.from_numpy(doing.mean(0)).float().expand(len(self.true_NK2), -1), self.frames.pose_N10]
        true_NI = self.frames.params_NP[:, self._identity]
        if not known:
            spreads.append(np.cov(people.T) + 1e-4 * np.eye(people.shape[1]))
            middle.append(torch.from_numpy(people.mean(0)).float().expand(len(self.true_NK2), -1))
        trust = torch.block_diag(*(torch.from_numpy(np.linalg.inv(spread)).float() for spread in spreads))
        shapes = doing.shape[1]
        noise = torch.randn(self.true_NK2.shape, generator=torch.Generator().manual_seed(0)) * (sigma_px / 256.0)
        seen_NQ = (self.true_NK2 + noise).flatten(1)
        middle_NX, precision = torch.cat(middle, 1), (256.0 / sigma_px) ** 2

        def drawn(x_X: Tensor, who_I: Tensor) -> Tensor:
            identity_I = who_I if known else x_X[shapes + 10 :]
            return self.placed(identity_I[None], x_X[None, :shapes], x_X[None, shapes : shapes + 10])[0].flatten()

        slopes = torch.func.vmap(torch.func.jacfwd(drawn))
        values = torch.func.vmap(drawn)
        found = []
        for rows in torch.arange(len(seen_NQ)).split(_AT_ONCE):
            x_BX, who_BI = middle_NX[rows].clone(), true_NI[rows]
            for _ in range(_ROUNDS):
                slope_BQX = slopes(x_BX, who_BI)
                back_BXQ = precision * slope_BQX.transpose(1, 2)
                residual_BQ1 = (seen_NQ[rows] - values(x_BX, who_BI))[..., None]
                towards_BX = (back_BXQ @ residual_BQ1)[..., 0] - (x_BX - middle_NX[rows]) @ trust
                x_BX = x_BX + torch.linalg.solve(back_BXQ @ slope_BQX + trust, towards_BX)
                x_BX[:, :shapes] = x_BX[:, :shapes].clamp(0.0, 1.0)
            found.append(x_BX[:, :shapes])
        return self.correlation(torch.cat(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--frames", type=int, default=45)
    options = parser.parse_args()
    head = Head.default()
    frames = perform_all(head, options.people, options.frames)
    encoder = Encoder(head.schema, FacePoints.of(head)).eval()
    unfold(options.encoder or encoder_path(None), encoder, frames.crops[:_SETTLE])
    limits = Limits(head, frames, encoder.eval())
    readers = limits.readers()
    print(readers)
    likely = {
        "who_is_known": {f"{sigma} px": limits.most_likely(sigma, known=True) for sigma in _NOISES_PX},
        "who_is_not": {f"{sigma} px": limits.most_likely(sigma, known=False) for sigma in _NOISES_PX[:1]},
    }
    print(likely)
    if options.encoder is None:
        print(save_result("expression_limits", {
            "command": "python benchmarks/expression_limits.py", "people": options.people, "frames": len(frames.crops),
            "encoder_sha256": hashlib.sha256(encoder_path(None).read_bytes()).hexdigest()[:16],
            "readers": readers, "most_likely_from_points": likely,
        }))  # fmt: skip


if __name__ == "__main__":
    main()
