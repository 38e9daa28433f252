"""How what ``facelive encode`` says of a person errs: which sliders it knows, which it guesses, and which err together.

Measured on renders, where the truth is known (``python -m facelive.train.doubt``). A fit moves a person where the
encoder is in doubt and leaves it where it is sure; with one spread for all sliders it bought its likeness with shapes
that had been right (docs/log.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, UsageError
from facelive.likeness.measured_file import read_measured, write_measured
from facelive.rig.schema import Schema

F32 = NDArray[np.float32]
FORMAT = "facelive doubt 1"
SHIPPED_DOUBT = Path(__file__).parent / "weights" / "doubt.npz"
_ALONE = 0.3
"""Share of the covariance that is taken as every slider's own: it is measured on few more people than sliders."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """Covariance of the sliders' errors, squared slider units."""

    schema_hash: int
    covariance_II: F32

    @classmethod
    def measure(cls, schema: Schema, said_NI: F32, true_NI: F32) -> Doubt:
        """said: what was answered to N pictures of people whose sliders are ``true``. Raises UsageError below two."""
        if len(said_NI) < 2:
            raise UsageError("errors of at least two answers are needed")
        errors = np.asarray(said_NI, np.float64) - np.asarray(true_NI, np.float64)
        covariance = np.cov(errors.T)
        alone = np.diag(np.diag(covariance))
        return cls(
            schema_hash=schema.hash,
            covariance_II=((1.0 - _ALONE) * covariance + _ALONE * alone).astype(np.float32),
        )

    def precision(self, spread_I: NDArray[np.floating], columns: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """(R, R) of the sliders ``columns`` (all): the inverse of the covariance in spreads, its mean variance one.

        The size of the doubt is the spreads'; this says where it lies.
        """
        spread = np.asarray(spread_I, np.float64)
        covariance_II = self.covariance_II / np.outer(spread, spread)
        covariance_II /= np.diag(covariance_II).mean()
        columns = np.arange(len(spread)) if columns is None else columns
        return np.linalg.inv(covariance_II[np.ix_(columns, columns)])

    def save(self, path: Path) -> None:
        """Write atomically."""
        write_measured(path, FORMAT, self.schema_hash, {"covariance": self.covariance_II})

    @classmethod
    def load(cls, path: Path, schema: Schema) -> Doubt:
        """Raises FileError for what is no such file, SchemaError for another rig's."""
        covariance = read_measured(path, FORMAT, schema, ["covariance"], "how an encoder errs")["covariance"]
        if covariance.shape != 2 * (len(schema.indices("identity")),) or not (
            np.isfinite(covariance).all() and (np.diag(covariance) > 0.0).all()
        ):
            raise FileError(f"{path} is damaged: it holds no covariance of the rig's sliders")
        return cls(schema_hash=schema.hash, covariance_II=covariance)
