"""The translator's training in small: what two kinds of pictures differ in goes, likeness is learnt, files agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the translator is trained with torch")

from facelive.errors import FileError, WeightsError  # noqa: E402
from facelive.likeness.alignment import dlib_chip  # noqa: E402
from facelive.likeness.dlib_network import DlibFace  # noqa: E402
from facelive.rig.default_schema import default_schema  # noqa: E402
from facelive.rig.face_chip import CHIP, MARGIN, WIDE, chip_to_crop  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.prior import sample_identity  # noqa: E402
from facelive.stream.likeness_fusion import SKULL, Fusion  # noqa: E402
from facelive.train.evaluate.encoders import LEARNT, MeanFace  # noqa: E402
from facelive.train.evaluate.fused import FusedEncoder  # noqa: E402
from facelive.train.translator import domains, export, learning, measure, recognisers  # noqa: E402
from facelive.train.translator.face_res import FaceRes, face_res  # noqa: E402
from facelive.train.translator.network import Echo, Sizes, Translator, folded, widened  # noqa: E402
from facelive.train.translator.pairs import Pairs, jittered  # noqa: E402
from facelive.train.translator.report import guesses, held_out  # noqa: E402
from facelive.train.translator.run import train  # noqa: E402

SCHEMA = default_schema()
FEATURES = 24


def toy(people: int = 400, photos: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Renders whose features are a linear map of who it is plus noise; photos have another mean and more noise."""
    rng = np.random.default_rng(3)
    who = np.stack([sample_identity(SCHEMA, rng) for _ in range(people)])
    where = np.concatenate([SCHEMA.indices(group) for group in ("identity", "style", "colour")])
    mix = rng.normal(size=(len(where), FEATURES)) / 8.0
    person = np.repeat(np.arange(people), 2)
    params = who[person]
    drawn = params[:, where] @ mix + 0.05 * rng.normal(size=(len(params), FEATURES))
    photo_person = np.repeat(np.arange(photos), 3)
    photo = params[2 * photo_person][:, where] @ mix + 0.15 * rng.normal(size=(len(photo_person), FEATURES))
    photo[:, 0] += 2.0
    return drawn.astype(np.float32), params, person, photo.astype(np.float32), photo_person


def test_kinds_of_pictures_are_no_longer_told_apart() -> None:
    drawn, _, person, photo, photo_person = toy()
    found = domains.measure(drawn, person, photo, photo_person)
    a, b = (drawn - found.mean_D) @ found.enter_DK, (photo - found.mean_D) @ found.enter_DK
    assert np.abs(b.mean(0) - a.mean(0)).max() < 1e-3
    assert np.abs(a.std(0)).max() < 1.1
    assert np.square(found.noise_KK).sum() > 0.1, "photos of one person vary more"


def test_it_learns_and_photos_are_drawn_as_they_look() -> None:
    drawn, params, person, photo, photo_person = toy()
    found = domains.measure(drawn, person, photo, photo_person)
    data = learning.Data.of(SCHEMA, drawn, params, photo, photo_person, np.eye(FEATURES, dtype=np.float32))
    recipe = learning.Recipe(steps=250, batch=64, hidden=64, drop=0.0, echo_steps=60)
    net = learning.train_translator(data, found, recipe)
    head = Head.default()
    after = measure.figures(head, guesses(net, SCHEMA, drawn), params, shapes=20)
    assert after.shape_ratio < 0.95
    assert after.style_hits["glasses"] > after.style_commonest["glasses"]
    neutral = np.repeat(SCHEMA.neutral()[None], len(params), 0)
    assert measure.figures(head, neutral, params, shapes=20).shape_ratio == pytest.approx(1.0)
    echo = learning.train_echo(data, recipe)

    def apart() -> float:
        white, slices = net.whiten(data.photo_MD), list(SCHEMA.style_columns.values())
        return float(learning._echoed(net.eval(), echo, white, learning._targets(data), slices).detach())

    before = apart()
    learning.train_on_photos(net, echo, data, found, recipe)
    assert apart() < before
    wide = widened(net, data.photo_MD, data.photo_person_M, 2.0)
    with torch.no_grad():
        plain, bold = ([part.numpy() for part in one.outputs(one.whiten(data.photo_MD))] for one in (net.eval(), wide))
    people = data.photo_person_M.numpy()
    means = [np.mean([said[0][people == who].mean(0) for who in np.unique(people)], 0) for said in (plain, bold)]
    np.testing.assert_allclose(means[0], means[1], atol=1e-4)
    np.testing.assert_allclose(bold[0] - means[1], 2.0 * (plain[0] - means[0]), atol=1e-4)
    assert all((a == b).all() for a, b in zip(plain[1:], bold[1:], strict=True)), "styles and colours stay"


def test_the_whole_training_ends_with_the_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, params, person, photo, photo_person = toy(200, 40)
    monkeypatch.setattr("facelive.train.translator.run.embedding", lambda _photos: np.eye(FEATURES, dtype=np.float32))
    pairs = Pairs(
        drawn_ND=drawn, params_NP=params.astype(np.float32), person_N=person.astype(np.int64), photo_MD=photo,
        photo_person_M=photo_person.astype(np.int32), photo_row_M=np.arange(len(photo)),
    )  # fmt: skip
    features = torch.from_numpy(photo)
    spread = []
    for gain in (1.0, 2.0):
        net = train(SCHEMA, pairs, learning.Recipe(steps=20, batch=64, hidden=32, echo_steps=5, gain=gain))
        with torch.no_grad():
            spread.append(net.outputs(net.whiten(features))[0].numpy().std(0))
    np.testing.assert_allclose(spread[1], 2.0 * spread[0], rtol=1e-3)


def test_what_ships_is_the_same_function(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Translator(recognisers.FEATURES, Sizes.of(SCHEMA), 200).eval()
    net.enter_DK.normal_(0.0, 0.02)
    net.mean_D.normal_(0.0, 0.05)
    features = torch.rand(3, recognisers.FEATURES)
    for one, other in zip(net(features), folded(net)(features), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    networks = recognisers.Recognisers(DlibFace(), FaceRes()).eval()
    chips = np.random.default_rng(0).integers(0, 255, (2, WIDE, WIDE, 3), np.uint8)
    path = tmp_path / "t.onnx"
    older = path.with_name(f"{path.stem}.int8.onnx")
    older.write_bytes(b"of another network")
    worst = export.export(networks, net, SCHEMA, path, chips)
    assert not older.exists(), "a CPU would have run it instead"
    assert set(worst) == set(export.OUTPUTS)
    assert path.stat().st_size <= export.LARGEST
    middle = slice(MARGIN, MARGIN + CHIP)
    with torch.no_grad():
        plain = networks.dlib(torch.from_numpy(chips[:, middle, middle]).permute(0, 3, 1, 2).float().flip(1))
        deployed = export.Deployed(networks, net)(torch.from_numpy(chips))[0]
    torch.testing.assert_close(plain, deployed, atol=1e-4, rtol=1e-3)
    again = face_res(path).state_dict()
    for name, value in networks.face_res.state_dict().items():
        torch.testing.assert_close(again[name], value, atol=1e-3, rtol=1e-3, msg=name)
    large = Translator(recognisers.FEATURES, Sizes.of(SCHEMA), 200, hidden=1600)
    with pytest.raises(WeightsError):
        export.export(networks, large, SCHEMA, path, chips)


def test_face_res_is_read_from_the_package_it_comes_in(tmp_path: Path) -> None:
    """Written here as TensorFlow.js writes it: kernels input side first, batch norms' factors apart."""
    torch.manual_seed(0)
    wanted, tensors = FaceRes().eval(), {}

    def keep(kernel: str, bias: str, layer: Any, turn: tuple[int, ...], factor: float = 1.0) -> None:
        tensors[kernel] = layer.weight.detach().numpy().transpose(turn) / factor
        tensors[bias] = layer.bias.detach().numpy()[None, None]

    keep("conv1/convolution/merged_input", "conv1_bn/batchnorm_1/sub", wanted.layers[0], (2, 3, 1, 0))
    for block in range(1, 14):
        deep, flat = f"conv_dw_{block}", f"conv_pw_{block}"
        keep(f"{deep}/depthwise_kernel", f"{deep}_bn/batchnorm_1/sub", wanted.layers[2 * block - 1], (2, 3, 0, 1), 2.0)
        tensors[f"{deep}_bn/batchnorm_1/mul"] = np.full((1, 1, len(wanted.layers[2 * block - 1].bias)), 2.0)  # type: ignore[arg-type]
        keep(f"{flat}/convolution/merged_input", f"{flat}_bn/batchnorm_1/sub", wanted.layers[2 * block], (2, 3, 1, 0))
    rows = [
        {"name": name, "shape": value.shape, "dtype": "float32", "quantization": {"dtype": "float16"}}
        for name, value in tensors.items()
    ]
    rows.append({"name": "conv1_relu/Cast", "shape": [], "dtype": "float32"})
    data = b"".join(value.astype(np.float16).tobytes() for value in tensors.values()) + np.float32(6).tobytes()
    path = tmp_path / "faceres.json"
    path.write_text(json.dumps({"weightsManifest": [{"paths": ["faceres.bin"], "weights": rows}]}))
    (tmp_path / "faceres.bin").write_bytes(data)
    found = face_res(path)
    image = torch.randint(0, 255, (1, 3, 224, 224)).float()
    with torch.no_grad():
        torch.testing.assert_close(found(image), wanted(image), atol=5e-3, rtol=5e-2)
        assert found(image).shape == (1, recognisers.OF_FACE_RES)
    (tmp_path / "faceres.bin").write_bytes(data[:1000])
    for broken in (path, tmp_path / "none.json"):
        with pytest.raises(FileError, match="does not hold FaceRes"):
            face_res(broken)


def test_one_recogniser_sees_the_middle_and_the_other_all_of_it() -> None:
    torch.manual_seed(0)
    networks = recognisers.Recognisers(DlibFace(), FaceRes()).eval()
    chip = torch.randint(0, 255, (1, WIDE, WIDE, 3), dtype=torch.uint8)
    other, turned = chip.clone(), chip.flip(3)
    other[:, :MARGIN] = 0
    with torch.no_grad():
        here, there = networks(chip), networks(other)
        torch.testing.assert_close(here[:, recognisers.DLIB], there[:, recognisers.DLIB])
        assert float((here - there)[:, recognisers.FACE_RES].abs().max()) > 0.0
        bgr_BCHW, middle = chip.permute(0, 3, 1, 2).float(), slice(MARGIN, MARGIN + CHIP)
        plain = networks.face_res(bgr_BCHW)
        unit = here[:, recognisers.FACE_RES].norm() / plain.norm()
        torch.testing.assert_close(here[:, recognisers.FACE_RES], unit * plain)
        dlib = networks.dlib(turned.permute(0, 3, 1, 2).float()[:, :, middle, middle])  # dlib's own order is RGB
        torch.testing.assert_close(networks.dlib.last(here[:, recognisers.DLIB]), dlib)


def test_both_recognisers_count_alike() -> None:
    photos = np.random.default_rng(0).normal(size=(300, recognisers.FEATURES)).astype(np.float32)
    photos[:, recognisers.FACE_RES] *= 7.0
    seen = photos @ recognisers.embedding(photos).T
    half = seen.shape[1] // 2
    assert half == 128
    np.testing.assert_allclose(seen[:, :half].var(0).sum(), 1.0, rtol=1e-3)
    np.testing.assert_allclose(seen[:, half:].var(0).sum(), 1.0, rtol=1e-3)


def test_chips_agree_with_the_ones_that_gradients_flow_through() -> None:
    rng = np.random.default_rng(1)
    points = (60.0 + 130.0 * rng.random((5, 68, 2))).astype(np.float32)
    wanted = dlib_chip(torch.from_numpy(points) / 256.0, 256).numpy()
    np.testing.assert_allclose(np.stack([chip_to_crop(p) for p in points]), wanted, atol=2e-3)
    off = jittered(points[0], rng) - points[0]
    assert 0.5 < np.abs(off).mean() < 8.0


def test_pairs_are_kept_and_people_are_kept_apart(tmp_path: Path) -> None:
    person = np.repeat(np.arange(600, dtype=np.int64), 2)
    rows = held_out(person)
    assert 0.04 < rows.mean() < 0.15
    np.testing.assert_array_equal(rows[::2], rows[1::2])
    drawn = np.random.default_rng(0).random((1200, 4)).astype(np.float32)
    pairs = Pairs(
        drawn_ND=drawn, params_NP=drawn, person_N=person, photo_MD=drawn[:5],
        photo_person_M=np.zeros(5, np.int32), photo_row_M=np.arange(5, dtype=np.int64),
    )  # fmt: skip
    pairs.save(tmp_path / "pairs.npz")
    again = Pairs.load(tmp_path / "pairs.npz")
    np.testing.assert_allclose(again.drawn_ND, drawn, atol=1e-3)
    (tmp_path / "pairs.npz").write_bytes(b"no")
    with pytest.raises(FileError):
        Pairs.load(tmp_path / "pairs.npz")


def test_evaluate_looks_at_a_still_in_all_ways_and_takes_turns_in_a_performance() -> None:
    from facelive.rig.face_chip import PLACEMENTS, placed_chip
    from facelive.stream.translator import Likeness
    from facelive.train.evaluate.fused import LIVE_LOOKS

    head, chips = Head.default(), []

    class Looker:
        def look(self, chip: np.ndarray) -> Likeness:
            chips.append(chip)
            sizes = Sizes.of(SCHEMA)
            return Likeness(
                identity_I=np.full(sizes.identity, 0.1 * len(chips), np.float32),
                style_S=np.zeros(sizes.style, np.float32), colour_C=np.full(sizes.colour, 0.5, np.float32),
            )  # fmt: skip

    looker: Any = Looker()
    plain, rng = MeanFace(head), np.random.default_rng(0)
    crops = rng.integers(0, 255, (20, 256, 256, 3), dtype=np.uint8)
    points = plain(crops[:1])["landmarks"][0] * np.float32(256)
    fused = FusedEncoder(plain, looker, SCHEMA)
    said = fused(crops[:1])["identity"]
    for turn in range(len(PLACEMENTS)):
        np.testing.assert_array_equal(chips[turn], placed_chip(crops[0], points, turn))
    assert len(chips) == len(PLACEMENTS)
    mean = 0.1 * np.mean(np.arange(1, len(PLACEMENTS) + 1))
    alone = plain(crops[:1])["identity"]
    share = Fusion(SCHEMA).shares(1.0)[0]
    seen = np.array([name not in SKULL for name in SCHEMA.group_names("identity")])  # the skull is held back
    np.testing.assert_allclose(said[:, seen], (alone + share * (mean - alone))[:, seen], atol=1e-5)
    chips.clear()
    fused(crops)
    rows = [row for row in LIVE_LOOKS if row < len(crops)]
    assert len(chips) == len(rows)
    for turn, row in enumerate(rows):
        np.testing.assert_array_equal(chips[turn], placed_chip(crops[row], points, turn))


def test_evaluate_sees_what_encode_sees() -> None:
    from facelive.stream.translator import open_translator

    head = Head.default()
    translator = open_translator(SCHEMA).translator
    assert translator is not None
    crops = np.full((4, 256, 256, 3), 90, np.uint8)
    plain = MeanFace(head)
    with translator:
        fused = FusedEncoder(plain, translator, SCHEMA)(crops)
    alone = plain(crops)
    assert set(fused) == {*alone, LEARNT}
    np.testing.assert_array_equal(fused[LEARNT], alone["identity"])
    assert all(fused[name].shape == alone[name].shape for name in alone)
    assert np.abs(fused["identity"] - alone["identity"]).max() > 1e-4
    np.testing.assert_array_equal(fused["expression"], alone["expression"])
    told: list[Any] = []

    def noted(crops_N: np.ndarray, known_I: np.ndarray | None = None) -> dict[str, np.ndarray]:
        told.append(known_I)
        return plain(crops_N, known_I)

    with open_translator(SCHEMA).translator as translator:  # type: ignore[union-attr]
        FusedEncoder(noted, translator, SCHEMA, again=head)(crops)
    assert told[0] is None
    np.testing.assert_allclose(told[1], alone["identity"].mean(0), atol=1e-6)
    assert Echo(Sizes.of(SCHEMA), 128)(torch.zeros(2, Sizes.of(SCHEMA).total)).shape == (2, 128)
