"""A translator's figures on renders of people who are kept apart, beside those of the mean face and a linear map."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition
from facelive.likeness.identity_weights import dlib_face
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.translator import measure
from facelive.train.translator.network import GROUPS, Translator
from facelive.train.translator.pairs import Pairs
from facelive.train.translator.recognisers import DLIB

F32 = NDArray[np.float32]
HELD_OUT = 12
"""One person of so many is kept apart."""


def held_out(person_N: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N,) rows of the people that are kept apart; by a hash of the number, so the same in every set."""
    mixed = (person_N.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    return np.asarray(mixed % np.uint64(HELD_OUT) == 0)


def guesses(net: Translator, schema: Schema, features_ND: F32) -> F32:
    """(N, P) values, styles as scores."""
    with torch.no_grad():
        values = torch.cat(net(torch.from_numpy(np.ascontiguousarray(features_ND))), 1).numpy()
    out = np.repeat(schema.neutral()[None], len(values), 0)
    out[:, np.concatenate([schema.indices(group) for group in GROUPS])] = values
    return out


def report(head: Head, pairs: Pairs, net: Translator) -> dict[str, dict[str, object]]:
    """Figures of held-out people, one picture and two each: mean face, the linear map that ships, this network."""
    rows = np.flatnonzero(held_out(pairs.person_N))
    truth, person = pairs.params_NP[rows], pairs.person_N[rows]
    linear = Recognition.load(SHIPPED_RECOGNITION, head.schema)
    dlib_NV = pairs.drawn_ND[rows][:, DLIB] @ dlib_face().last.weight.detach().numpy().T
    said = {
        "mean face": np.repeat(head.schema.neutral()[None], len(rows), 0),
        "linear map": linear.params_mean_P + (dlib_NV - linear.drawn_mean_D) @ linear.to_params_DP,
        "translator": guesses(net, head.schema, pairs.drawn_ND[rows]),
    }
    out: dict[str, dict[str, object]] = {}
    for name, guess in said.items():
        out[name] = asdict(measure.figures(head, guess, truth))
        out[f"{name}, two pictures"] = asdict(measure.figures(head, *_by_person(guess, truth, person)))
    return out


def _by_person(guess: F32, truth: F32, person: NDArray[np.int64]) -> tuple[F32, F32]:
    names, first, which = np.unique(person, return_index=True, return_inverse=True)
    mean = np.zeros((len(names), guess.shape[1]), np.float32)
    np.add.at(mean, which, guess)
    return mean / np.bincount(which)[:, None].astype(np.float32), truth[first]
