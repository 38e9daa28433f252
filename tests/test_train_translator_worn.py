"""Styles learnt from what people were seen to wear: photos are followed, renders are kept, nothing else moves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the translator is trained with torch")

from facelive.errors import FileError  # noqa: E402
from facelive.rig.default_schema import default_schema  # noqa: E402
from facelive.train.data.seen_styles import SeenStyles, key_of  # noqa: E402
from facelive.train.translator.network import Sizes, Translator  # noqa: E402
from facelive.train.translator.sitters import Sitters  # noqa: E402
from facelive.train.translator.worn import Seen, Worn, entropy, right, solve  # noqa: E402

SCHEMA = default_schema()
SIZES = Sizes.of(SCHEMA)
FEATURES, PEOPLE, PHOTOS = 24, 60, 5


def translator() -> Translator:
    torch.manual_seed(0)
    net = Translator(FEATURES, SIZES, FEATURES, 16, 0.0)
    net.enter_DK.copy_(torch.eye(FEATURES))
    return net.eval()


def sitters(features_MD: np.ndarray, person_M: np.ndarray, grey_M: np.ndarray) -> Sitters:
    count = len(person_M)
    return Sitters(
        features_MD=features_MD.astype(np.float32), identity_MI=np.zeros((count, SIZES.identity), np.float32),
        style_MS=np.zeros((count, SIZES.style), np.float32), colour_MC=np.zeros((count, SIZES.colour), np.float32),
        person_M=person_M, video_M=np.arange(count), grey_M=grey_M,
    )  # fmt: skip


def cache_of(names: list[str], person_N: np.ndarray, colour_N: np.ndarray) -> Any:
    return cast(
        "Any",
        SimpleNamespace(sure_N=np.ones(len(person_N), bool), people=names, person_N=person_N, colour_N=colour_N),
    )


def test_words_become_options_and_grey_photos_are_moved() -> None:
    rng = np.random.default_rng(0)
    names = ["anna", "bert", "cleo"]
    words = SeenStyles(SCHEMA, {
        key_of("anna"): {"hair": "tied", "beard": "none", "glasses": ""},
        key_of("bert"): {"hair": "thin", "beard": "full", "glasses": "some"},
    })  # fmt: skip
    person, colour = np.array([0, 0, 1, 2]), np.array([True, True, False, True])
    features = rng.standard_normal((4, FEATURES))
    seen = Seen.of(cache_of(names, person, colour), sitters(features, person, ~colour), words, SCHEMA)
    hair, beard, glasses = (len(SCHEMA.options(style)) for style in ("hair", "beard", "glasses"))
    assert seen.possible_MC.shape == (4, hair + beard + glasses)
    assert seen.possible_MC.sum(1).tolist() == [1 + 1 + glasses, 1 + 1 + glasses, 3 + 1 + 2, hair + beard + glasses]
    np.testing.assert_allclose(seen.features_MD[2], features[colour].mean(0), atol=1e-5)
    np.testing.assert_allclose(seen.features_MD[colour], features[colour], atol=1e-6)
    np.testing.assert_allclose(seen.weights(), [1 / 6, 1 / 6, 1 / 3, 1 / 3])
    np.testing.assert_allclose(seen.weights(np.array([False, False, True, False])), [1 / 4, 1 / 4, 0.0, 1 / 2])
    with pytest.raises(FileError, match="gather them again"):
        Seen.of(cache_of(names, person[:3], colour[:3]), sitters(features, person, ~colour), words, SCHEMA)


def test_photos_are_followed_and_renders_kept() -> None:
    """Who wears glasses shows in one feature of photos, in another of renders, and the network knows neither."""
    rng = np.random.default_rng(1)
    net = translator()
    drawn = rng.standard_normal((600, FEATURES)).astype(np.float32)
    layers = Worn(net, SCHEMA, drawn)
    where, glasses = SCHEMA.styles["glasses"], layers.slices[2]
    params = np.zeros((600, len(SCHEMA)), np.float32)
    params[:, layers.params_C] = np.eye(len(layers.params_C))[0] * 0.0
    for style in ("hair", "beard"):
        params[:, SCHEMA.styles[style].start] = 1.0
    params[np.arange(600), where.start + np.where(drawn[:, 3] > 0, 1, 0)] = 1.0
    person = np.repeat(np.arange(PEOPLE), PHOTOS)
    wears = rng.random(PEOPLE) < 0.4
    features = rng.standard_normal((len(person), FEATURES)).astype(np.float32)
    features[:, 5] += np.where(wears[person], 4.0, -4.0)
    possible = np.ones((len(person), len(layers.params_C)), bool)
    possible[:, glasses] = np.where(wears[person, None], [False, True, True], [True, False, False])
    seen = Seen(features_MD=features, possible_MC=possible, person_M=person)
    apart = person % 4 == 0
    change = solve(layers, seen, seen.weights(apart), drawn, params, steps=150)
    before, said = layers.said(features), layers.said(features) + layers.inputs(features) @ change
    strangers = Seen(features_MD=features[apart], possible_MC=possible[apart], person_M=person[apart] // 4)
    assert right(said[apart], strangers, layers, SCHEMA)["glasses"] > 0.95
    assert right(before[apart], strangers, layers, SCHEMA)["glasses"] < 0.9
    truth = torch.from_numpy(params[:, layers.params_C])

    def missing(values: np.ndarray) -> float:
        return float(entropy(torch.from_numpy(values).float(), truth, layers.slices).mean())

    assert missing(layers.said(drawn) + layers.inputs(drawn) @ change) < missing(layers.said(drawn))
    after = layers.changed(change)
    with torch.no_grad():
        new, old = (torch.cat(one(torch.from_numpy(features)), 1).numpy() for one in (after, net))
    others = np.setdiff1d(np.arange(SIZES.total), layers.columns_C)
    np.testing.assert_array_equal(new[:, others], old[:, others])
    np.testing.assert_allclose(new[:, layers.columns_C], said, atol=1e-4)
