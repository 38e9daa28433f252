"""What a face's embedding says about parameters, measured once on many renders and photos.

An embedding of a photo and one of a render differ in their mean before any person differs (raw cosines of strangers are
near 0.9). So the direction between the two means is left out: without it photos and renders have one common centre, and
nobody needs to know which of the two a picture is (screenshots of a game are both). What is left is weighed by how
much one person's photos differ among themselves. A linear map from centred embeddings to parameters gives the start of
a fit that has no encoder's answer (ridge regression).
Shapes: D embedding, P parameters (whole vectors), N rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.likeness.measured_file import read_measured, write_measured
from facelive.rig.schema import Schema, Vector

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
FORMAT = "facelive-recognition-1"
SHIPPED_RECOGNITION = Path(__file__).parent / "weights" / "recognition.npz"
STARTED = ("identity", "style", "colour")
"""Groups that an embedding says something about."""


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """Statistics of one identity network and one rig."""

    schema_hash: int
    photo_mean_D: F32
    drawn_mean_D: F32
    noise_DD: F32
    """Covariance of a photo's embedding around its person's, and of what no parameter explains."""
    to_params_DP: F32
    params_mean_P: F32
    params_spread_P: F32
    """Of what the map leaves unexplained; for identity and colours."""

    @cached_property
    def shared_DD(self) -> F32:
        """The projection that takes out the direction in which photos and renders differ, whoever they show."""
        apart_D = (self.photo_mean_D - self.drawn_mean_D).astype(np.float64)
        apart_D /= max(float(np.linalg.norm(apart_D)), 1e-9)
        return np.asarray(np.eye(len(apart_D)) - np.outer(apart_D, apart_D), np.float32)

    def centred(self, rows_ND: F32) -> F32:
        """(N, D) embeddings of photos or renders about what both have in common."""
        return np.asarray((rows_ND - self.photo_mean_D) @ self.shared_DD, np.float32)

    def cosine(self, one_ND: F32, other_ND: F32) -> F32:
        """(N,) of centred embeddings: 0 for strangers."""
        a, b = self.centred(one_ND), self.centred(other_ND)
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        return np.asarray((a * b).sum(1) / np.maximum(norms, 1e-9), np.float32)

    def whitener(self) -> F64:
        """(D, D): W with |W r|^2 = r' noise^-1 r for what centred embeddings differ by (``shared_DD`` of the noise)."""
        values, vectors = np.linalg.eigh(self.shared_DD @ self.noise_DD.astype(np.float64) @ self.shared_DD)
        roots = np.where(values > 1e-6 * values.max(), 1.0 / np.sqrt(np.maximum(values, 1e-12)), 0.0)
        return np.asarray(roots[:, None] * vectors.T, np.float64)

    def scores(self, photo_D: F32) -> Vector:
        """(P,) linear guess from a photo's embedding: values of sliders and colours, scores of style columns."""
        return np.asarray(self.params_mean_P + self.centred(photo_D) @ self.to_params_DP, np.float32)

    def start(self, schema: Schema, photo_D: F32) -> Vector:
        """(P,) a valid person: the guess in range, every style one-hot; expression and pose neutral."""
        return schema.clip(self.scores(photo_D))

    def save(self, path: Path) -> None:
        """Write atomically, in half precision where that is enough."""
        arrays = {
            "photo_mean": self.photo_mean_D, "drawn_mean": self.drawn_mean_D, "noise": self.noise_DD,
            "to_params": self.to_params_DP.astype(np.float16), "params_mean": self.params_mean_P,
            "params_spread": self.params_spread_P,
        }  # fmt: skip
        write_measured(path, FORMAT, self.schema_hash, arrays)

    @classmethod
    def load(cls, path: Path, schema: Schema) -> Recognition:
        """Raises FileError if the file is none, SchemaError if it was measured for another rig."""
        names = ("photo_mean", "drawn_mean", "noise", "to_params", "params_mean", "params_spread")
        arrays = read_measured(path, FORMAT, schema, names, "statistics of an identity network")
        photo, drawn, noise, to_params, mean, width = (arrays[name] for name in names)
        return cls(
            schema_hash=schema.hash, photo_mean_D=photo, drawn_mean_D=drawn, noise_DD=noise, to_params_DP=to_params,
            params_mean_P=mean, params_spread_P=width,
        )  # fmt: skip


def measure(
    schema: Schema, drawn_ND: F32, params_NP: F32, photo_MD: F32, photo_person_M: NDArray[np.integer],
    *, ridge: float = 0.05, unexplained: float = 0.25,
) -> Recognition:  # fmt: skip
    """From embeddings of renders with their parameters, and of photos with whose they are.

    ridge: of the map, in mean variances of an embedding. unexplained: the share of what differs between people that no
    parameter can express; counted as noise.
    """
    drawn_mean, photo_mean = drawn_ND.mean(0), photo_MD.mean(0)
    a = (drawn_ND - drawn_mean).astype(np.float64)
    y = (params_NP - params_NP.mean(0)).astype(np.float64)
    dimension = a.shape[1]
    strength = ridge * float(a.var(0).mean())
    to_params = np.linalg.solve(a.T @ a / len(a) + strength * np.eye(dimension), a.T @ y / len(a))
    kept = np.zeros(len(schema), bool)
    for group in STARTED:
        kept[schema.indices(group)] = True
    to_params[:, ~kept] = 0.0
    mean = np.where(kept, params_NP.mean(0), schema.neutral()).astype(np.float32)
    within, between = _spread_of_people(photo_MD.astype(np.float64), photo_person_M)
    noise = within + unexplained * between
    noise += 0.02 * np.trace(noise) / dimension * np.eye(dimension)
    return Recognition(
        schema_hash=schema.hash, photo_mean_D=photo_mean.astype(np.float32), drawn_mean_D=drawn_mean.astype(np.float32),
        noise_DD=noise.astype(np.float32), to_params_DP=to_params.astype(np.float32), params_mean_P=mean,
        params_spread_P=(y - a @ to_params).std(0).astype(np.float32),
    )  # fmt: skip


def _spread_of_people(rows_MD: F64, person_M: NDArray[np.integer]) -> tuple[F64, F64]:
    """Covariance within and between people."""
    inside, means = [], []
    for person in np.unique(person_M):
        rows = rows_MD[person_M == person]
        means.append(rows.mean(0))
        if len(rows) > 1:
            inside.append((rows - rows.mean(0)) * np.sqrt(len(rows) / (len(rows) - 1)))
    stacked = np.concatenate(inside) if inside else np.zeros((1, rows_MD.shape[1]))
    return stacked.T @ stacked / len(stacked), np.cov(np.array(means).T)
