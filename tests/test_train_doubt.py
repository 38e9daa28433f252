"""How the encoder errs: measured on answers as a fit begins with them, shipped, and read by fits."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="fitting needs torch")

from facelive.app import evaluate, fit
from facelive.app.evaluate import Evaluate
from facelive.app.fit import Fit
from facelive.app.fit_tools import open_tools, tool_files
from facelive.errors import FileError, UsageError
from facelive.likeness.fit_doubt import SHIPPED_DOUBT, Doubt
from facelive.rig.head import Head
from facelive.stream.weights_folder import encoder_path
from facelive.train import doubt as module
from facelive.train.evaluate.run import EvaluateConfig, open_encoder

HEAD = Head.default()
SCHEMA = HEAD.schema


def test_fits_read_what_ships_and_other_encoders_are_nobody_s_doubt() -> None:
    assert SHIPPED_DOUBT in tool_files(None, None), "another file, another question"
    for measured in (True, False):
        tools, _ = open_tools(
            HEAD, imitator=None, parser=None, identity="dlib", identity_weights=None, measured=measured
        )
        assert (tools.doubt is not None) == measured
    covariance = Doubt.load(SHIPPED_DOUBT, SCHEMA).covariance_II
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-7)
    assert np.linalg.eigvalsh(covariance.astype(np.float64)).min() > 0.0
    names = SCHEMA.group_names("identity")
    spread_I = np.sqrt(np.diag(covariance))
    assert spread_I[names.index("macro-gender")] < spread_I[names.index("macro-weight")], "sex is seen, weight is not"


def test_the_command_line_knows_whose_errors_were_measured(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"")
    for options, there in ((Fit(photos=(tmp_path,)), True), (Fit(photos=(tmp_path,), encoder=other), False)):
        tools, _, _ = fit._prepare(options)
        assert (tools.doubt is not None) == there
    for asked, there in (
        (Evaluate(fit=1), True), (Evaluate(fit=1, encoder=other), False), (Evaluate(fit=1, translator=other), False),
        (Evaluate(fit=1, recognition=False), False),
    ):  # fmt: skip
        found = evaluate._wanted(asked).tools
        assert found is not None
        assert (found.doubt is not None) == there


def test_answers_are_of_the_people_that_were_drawn(tmp_path: Path) -> None:
    with open_encoder(EvaluateConfig(output=tmp_path, encoder=encoder_path(None)), HEAD) as (encoder, _):
        pairs = list(module.answers(HEAD, encoder, 3))
    said, true = (np.stack(side) for side in zip(*pairs, strict=True))
    assert said.shape == true.shape == (3, len(SCHEMA.indices("identity")))
    gender = SCHEMA.group_names("identity").index("macro-gender")
    assert np.abs(said - true)[:, gender].max() < 0.35
    assert np.ptp(true[:, gender]) > 0.1, "different people"
    doubt = Doubt.measure(SCHEMA, said, true)
    assert np.isfinite(doubt.covariance_II).all()
    with pytest.raises(UsageError, match="at least two"):
        Doubt.measure(SCHEMA, said[:1], true[:1])


def test_a_folder_that_is_not_there_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["doubt", "-o", str(tmp_path / "none" / "doubt.npz")])
    monkeypatch.setattr(module, "open_encoder", lambda *_: pytest.fail("work began"))
    with pytest.raises(FileError, match="is no folder: make it first"):
        module.main()


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "doubt.npz"
    whole = Doubt.load(SHIPPED_DOUBT, SCHEMA)
    for broken in (whole.covariance_II[:5, :5], np.nan * whole.covariance_II, 0.0 * whole.covariance_II):
        Doubt(schema_hash=SCHEMA.hash, covariance_II=broken.astype(np.float32)).save(path)
        with pytest.raises(FileError, match="is damaged"):
            Doubt.load(path, SCHEMA)
