"""Some columns of the translator's last layers, changed; all else that it says stays as it was to the last bit.

Shapes: B rows, D features, H inputs of the last layers with a 1 behind, C columns.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.rig.schema import Schema
from facelive.train.translator.network import GROUPS, Translator

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


class LastLayers:
    """What the columns are computed from, and how they are changed."""

    def __init__(self, net: Translator, schema: Schema, drawn_ND: F32, params_C: NDArray[np.integer]) -> None:
        """drawn_ND: features whose spread is the measure of all. params_C: which parameters."""
        self.net, self.params_C = net, params_C
        said = np.concatenate([schema.indices(group) for group in GROUPS])
        self.columns_C = np.array([int(np.flatnonzero(said == param)[0]) for param in params_C])
        raw = self._raw(drawn_ND)
        self._mean, self._spread = raw.mean(0), raw.std(0) + 1e-3

    @torch.no_grad()
    def _raw(self, features_BD: F32) -> F64:
        white_BK = self.net.whiten(torch.from_numpy(features_BD))
        return torch.cat([self.net.body(white_BK), white_BK], 1).double().numpy()

    def inputs(self, features_BD: F32) -> F64:
        """(B, H)."""
        scaled = (self._raw(features_BD) - self._mean) / self._spread
        return np.concatenate([scaled, np.ones((len(scaled), 1))], 1)

    @torch.no_grad()
    def said(self, features_BD: F32) -> F64:
        """(B, C) what the translator says, unclamped."""
        values = torch.cat(self.net.outputs(self.net.whiten(torch.from_numpy(features_BD))), 1)
        return values[:, self.columns_C].double().numpy()

    @torch.no_grad()
    def changed(self, change_HC: F64) -> Translator:
        """Another translator, which adds ``inputs @ change``."""
        out = copy.deepcopy(self.net)
        unit_C = out.spread[self.columns_C].double().numpy()
        slope_HC = change_HC[:-1] / self._spread[:, None] / unit_C
        bias_C = change_HC[-1] / unit_C - self._mean @ slope_HC
        hidden = out.leave.in_features
        out.leave.weight[self.columns_C] += torch.from_numpy(slope_HC[:hidden].T).float()
        out.straight.weight[self.columns_C] += torch.from_numpy(slope_HC[hidden:].T).float()
        out.leave.bias[self.columns_C] += torch.from_numpy(bias_C).float()
        return out
