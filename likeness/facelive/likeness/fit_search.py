"""A likely person by real renders alone: Gauss-Newton on the identity embedding, and a walk over styles.

No gradient of the renderer is needed: the embedding has 128 numbers, so one render per parameter gives a whole
Jacobian, and one linear system weighs what the photo says against who is likely. A round is about a hundred small
renders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.likeness.fit_doubt import Doubt
from facelive.likeness.fit_recognition import Recognition
from facelive.likeness.fit_render import RealDrawing
from facelive.likeness.fit_seat import Seat
from facelive.likeness.identity import DlibIdentity
from facelive.rig.prior import sample_identity
from facelive.rig.render import Scene
from facelive.rig.schema import Schema, Vector

F32 = NDArray[np.float32]
_BATCH = 16
_STEP = 0.7
"""Of a finite difference, in spreads: small against the range, large against the noise of a small render."""
_TRUST = 1.5
"""No parameter moves further in one round, in spreads."""
_TRUST_IN_DOUBT = 3.0
"""... when doubt is known, and spreads are ``_LEFT`` of people's: a round must be able to take back what the imitator
did where the encoder was sure (with 1.5: shapes of renders .456 instead of .444 of the mean face's error)."""
_LEFT = 0.3
"""Of a slider's spread, when the encoder has been heard. With .5 shapes of renders were further off (.53 for .505 of
the mean face's error) and portraits no nearer for FaceRes, which has no part in this (docs/log.md)."""
_LEAST = 0.1
"""An option that is less likely is not drawn at all: recognition features would find fringes and glasses anywhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """Who is likely: centre and spread of every parameter, and what varies together."""

    centre_P: Vector
    spread_P: Vector
    doubt: Doubt | None = None
    """How sliders err together, in which case only the size of it is ``spread_P``'s; None: each by itself."""

    @classmethod
    def of(cls, schema: Schema, *, draws: int = 400, seed: int = 0) -> People:
        """From the rig's own random people."""
        rng = np.random.default_rng(seed)
        rows = np.stack([sample_identity(schema, rng) for _ in range(draws)])
        return cls(centre_P=rows.mean(0), spread_P=np.maximum(rows.std(0), 1e-3).astype(np.float32))

    def about(self, centre_P: Vector, doubt: Doubt | None = None, left: float = _LEFT) -> People:
        """Those who are likely once somebody has said ``centre_P``; left: what the spread is then, of what it was.

        doubt: how whoever said it errs.
        """
        return People(centre_P=centre_P, spread_P=(left * self.spread_P).astype(np.float32), doubt=doubt)

    def precision(self, schema: Schema, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """(R, R) of the sliders ``rows``, in spreads (``Doubt.precision``); without doubt each by itself."""
        if self.doubt is None:
            return np.eye(len(rows))
        sliders = schema.indices("identity")
        return self.doubt.precision(self.spread_P[sliders], np.searchsorted(sliders, rows))

    def root(self, schema: Schema, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """(R, R) lower triangle L in units of the sliders ``rows``: L z with z of variance one is who is likely."""
        covariance_RR = np.linalg.inv(self.precision(schema, rows))
        return self.spread_P[rows, None] * np.linalg.cholesky(covariance_RR)


@dataclass(frozen=True, kw_only=True)
class View:
    """How the person is looked at: one photo's pose and expression, its light, and what the network sees in it."""

    pose_10: F32
    expression_E: F32
    scene: Scene
    photo_D: F32
    """Embedding of the photo (or the mean of several of one person)."""


class Search:
    """Moves a person towards a photo's embedding."""

    def __init__(
        self, drawing: RealDrawing, network: DlibIdentity, known: Recognition, people: People, seat: Seat | None = None
    ) -> None:
        """seat: where the face is to stay; None: nobody said."""
        self.drawing, self.network, self.known, self.people = drawing, network, known, people
        self.schema = drawing.head.schema
        self.whiten_DD = known.whitener()
        self.shift_3P = np.zeros((3, len(people.centre_P)))
        if seat is not None:
            self.shift_3P[:, self.schema.indices("identity")] = seat.shift_3I
        self.renders = 0

    def embed(self, candidates: list[Vector], view: View, stop: Callable[[], bool] = lambda: False) -> F32:
        """(N, D) of chips of candidates seen as ``view`` sees them; fewer rows if ``stop`` says so."""
        rows: list[F32] = []
        for start in range(0, len(candidates), _BATCH):
            if stop():
                break
            chips = [self._chip(params, view) for params in candidates[start : start + _BATCH]]
            batch = torch.from_numpy(np.stack(chips)[..., ::-1].copy()).permute(0, 3, 1, 2).float()
            with torch.no_grad():
                rows.append(self.network.embed(batch).numpy())
        return np.concatenate(rows) if rows else np.zeros((0, 128), np.float32)

    def _chip(self, params_P: Vector, view: View) -> NDArray[np.uint8]:
        self.renders += 1
        posed = params_P.copy()
        posed[self.schema.indices("expression")] = view.expression_E
        return self.drawing.chip(posed, view.pose_10, view.scene)

    def cost(self, drawn_ND: F32, view: View) -> NDArray[np.float64]:
        """(N,) how unlikely it is that renders with these embeddings show the photo's person."""
        r = self.known.centred(view.photo_D[None]) - self.known.centred(drawn_ND)
        return np.square(r @ self.whiten_DD.T).sum(1)

    def prior(self, params_P: Vector, rows: NDArray[np.intp]) -> float:
        """Sum of squares in spreads, and of the face's shift in tolerances."""
        away = params_P[rows] - self.people.centre_P[rows]
        spreads, shift_3 = away / self.people.spread_P[rows], self.shift_3P[:, rows] @ away
        return float(spreads @ self.people.precision(self.schema, rows) @ spreads + np.square(shift_3).sum())

    def round(
        self, params_P: Vector, rows: NDArray[np.intp], view: View, stop: Callable[[], bool] = lambda: False
    ) -> Vector:
        """One Gauss-Newton round over the parameters ``rows`` (continuous ones), with a line search. (P,), in range.

        Returns the same vector if there is no better one, or if the time was up.
        """
        schema, width = self.schema, self.people.spread_P[rows].astype(np.float64)
        steps = np.where(params_P[rows] + _STEP * width <= schema.maximum[rows], _STEP, -_STEP) * width
        candidates = [params_P]
        for row, step in zip(rows, steps, strict=True):
            moved = params_P.copy()
            moved[row] = np.clip(moved[row] + step, schema.minimum[row], schema.maximum[row])
            candidates.append(moved)
        drawn = self.embed(candidates, view, stop)
        if len(drawn) < len(candidates):
            return params_P
        actual = np.array([c[row] - params_P[row] for c, row in zip(candidates[1:], rows, strict=True)]) / width
        moves = (drawn[1:] - drawn[0]) / np.where(np.abs(actual) < 1e-6, np.inf, actual)[:, None]
        jacobian = self.whiten_DD @ moves.T
        residual = self.whiten_DD @ (self.known.centred(view.photo_D) - self.known.centred(drawn[0]))
        z = (params_P[rows] - self.people.centre_P[rows]) / width
        shift = self.shift_3P[:, rows] * width
        likely = self.people.precision(schema, rows) + shift.T @ shift
        delta = np.linalg.solve(jacobian.T @ jacobian + likely, jacobian.T @ residual - likely @ z)
        trust = _TRUST if self.people.doubt is None else _TRUST_IN_DOUBT
        delta = np.clip(delta, -trust, trust)
        return self._line(params_P, rows, delta * width, view)

    def _line(self, params_P: Vector, rows: NDArray[np.intp], delta: NDArray[np.float64], view: View) -> Vector:
        shares = (0.0, 0.35, 0.7, 1.0)
        candidates = []
        for share in shares:
            moved = params_P.copy()
            moved[rows] += share * delta
            candidates.append(np.clip(moved, self.schema.minimum, self.schema.maximum).astype(np.float32))
        costs = self.cost(self.embed(candidates, view), view) + [self.prior(c, rows) for c in candidates]
        return candidates[int(np.argmin(costs))]

    def styles(
        self, params_P: Vector, names: list[str], view: View, favour_P: Vector | None = None, *, weight: float = 2.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> Vector:  # fmt: skip
        """(P,) with each style at its likeliest option, one style after the other, hair (the largest) first.

        favour_P: how likely the options are by what else is known (0..1), weighed against the renders by ``weight``;
        those that are hardly likely are left out. None: as often as people have them.
        """
        best = params_P.copy()
        for name in sorted(names, key=lambda n: (n != "hair", n)):
            where = self.schema.styles[name]
            share = np.clip((favour_P if favour_P is not None else self.people.centre_P)[where], 0.0, 1.0)
            options = np.flatnonzero(share >= min(_LEAST, share.max()))
            if len(options) < 2:
                best[where] = 0.0
                best[where.start + int(share.argmax())] = 1.0
                continue
            candidates = []
            for option in options:
                other = best.copy()
                other[where] = 0.0
                other[where.start + option] = 1.0
                candidates.append(other)
            drawn = self.embed(candidates, view, stop)
            if len(drawn) < len(candidates):
                return best
            cost = self.cost(drawn, view)
            cost = cost - 2.0 * weight * np.log(np.clip(share[options], 0.01, 1.0))
            best = candidates[int(np.argmin(cost))]
        return best
