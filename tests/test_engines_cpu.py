"""The CPU backends agree with each other, check what comes in and refuse wrong weights."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx_toys
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelive.engines import Engine, open_engine, verify
from facelive.engines.manifest import sha256_of
from facelive.engines.onnx_metadata import read_metadata
from facelive.errors import EngineUnavailable, UsageError, WeightsError
from facelive.rig.default_schema import default_schema
from facelive.rig.tiny import tiny_schema

BACKENDS = ("openvino", "onnxruntime")


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIVE_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_toys.write_encoder(tmp_path_factory.mktemp("toy") / "encoder.onnx", default_schema())


def crops(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 256, 256, 3), dtype=np.uint8)


@pytest.mark.parametrize("backend", BACKENDS)
def test_specifications_and_metadata(toy: Path, backend: str) -> None:
    with open_engine(toy, backend) as engine:  # type: ignore[arg-type]
        assert engine.backend == backend
        assert [(s.name, s.shape, s.dtype.name) for s in engine.inputs] == [("image", (None, 256, 256, 3), "uint8")]
        sizes = {s.name: int(np.prod(s.shape[1:])) for s in engine.outputs}  # type: ignore[arg-type]
        assert sizes == onnx_toys.head_sizes(default_schema())
        assert engine.metadata["facelive.schema"] == f"{default_schema().hash:016x}"


@pytest.mark.parametrize("count", [1, 3])
def test_backends_agree(toy: Path, count: int) -> None:
    feeds = {"image": crops(count)}
    with open_engine(toy, "openvino") as one, open_engine(toy, "onnxruntime") as other:
        mine, theirs = one.run(feeds), other.run(feeds)
    assert mine.keys() == theirs.keys()
    for name, values in mine.items():
        assert values.shape == theirs[name].shape
        np.testing.assert_allclose(values, theirs[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_answers_are_the_callers_to_keep(toy: Path, backend: str) -> None:
    images = crops(2)
    with open_engine(toy, backend) as engine:  # type: ignore[arg-type]
        first = engine.run({"image": images[:1]})["expression"]
        copy = first.copy()
        engine.run({"image": images[1:]})
        np.testing.assert_array_equal(first, copy)


def bad_feeds() -> list[dict[str, np.ndarray]]:
    image = crops(1)
    return [{}, {"picture": image}, {"image": image.astype(np.float32)}, {"image": image[0]}, {"image": image[:, :9]}]


@pytest.mark.parametrize("backend", BACKENDS)
def test_feeds_that_do_not_fit_are_refused(toy: Path, backend: str) -> None:
    with open_engine(toy, backend) as engine:  # type: ignore[arg-type]
        for feeds in bad_feeds():
            with pytest.raises(UsageError, match="image"):
                engine.run(feeds)


def test_int8_twin_is_taken_on_a_cpu(toy: Path, tmp_path: Path) -> None:
    plain = tmp_path / "encoder.onnx"
    plain.write_bytes(toy.read_bytes())
    with pytest.raises(UsageError, match="no int8 network"):
        open_engine(plain, precision="int8")
    onnx_toys.write_encoder(tmp_path / "encoder.int8.onnx", default_schema(), seed=7)

    def answer(engine: Engine) -> np.ndarray:
        with engine:
            return engine.run({"image": crops(1)})["expression"]

    fp32, automatic = answer(open_engine(plain, precision="fp32")), answer(open_engine(plain))
    assert np.abs(fp32 - automatic).max() > 1e-3
    np.testing.assert_array_equal(automatic, answer(open_engine(plain, precision="int8")))
    np.testing.assert_allclose(answer(open_engine(plain, "onnxruntime")), fp32, atol=1e-5)  # it is slower with int8
    with pytest.raises(UsageError, match="fp16 is for"):
        open_engine(plain, "openvino", precision="fp16")


def test_wrong_sha256_is_refused(toy: Path, tmp_path: Path) -> None:
    weights = tmp_path / "encoder.onnx"
    weights.write_bytes(toy.read_bytes())
    assert verify(weights) == sha256_of(weights)
    with pytest.raises(WeightsError, match="not listed"):
        verify(weights, required=True)
    row = {"file": weights.name, "sha256": sha256_of(weights), "licence": "-", "origin": "-"}
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [row]}))
    open_engine(weights).close()
    weights.write_bytes(toy.read_bytes() + b"\0")
    with pytest.raises(WeightsError, match="not the file it should be"):
        open_engine(weights)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(WeightsError, match="manifest"):
        open_engine(weights)


@pytest.mark.parametrize("backend", BACKENDS)
def test_unreadable_networks(toy: Path, tmp_path: Path, backend: str) -> None:
    with pytest.raises(WeightsError, match="no weights at"):
        open_engine(tmp_path / "missing.onnx", backend)  # type: ignore[arg-type]
    for name, data in (("half.onnx", toy.read_bytes()[:600]), ("text.onnx", b"not a network"), ("empty.onnx", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(WeightsError):
            open_engine(tmp_path / name, backend)  # type: ignore[arg-type]


def test_unknown_names_and_torch(toy: Path) -> None:
    with pytest.raises(UsageError):
        open_engine(toy, "abacus")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        open_engine(toy, threads=0)
    with pytest.raises(EngineUnavailable):
        open_engine(toy, "torch")


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_metadata_reader_survives_anything(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.onnx"
    path.write_bytes(data)
    with contextlib.suppress(WeightsError):
        read_metadata(path)


_CLOSED_ELSEWHERE = """
import signal, sys, threading
from pathlib import Path
from facelive.engines import open_engine
engine = open_engine(Path(sys.argv[1]), "openvino")
closing = threading.Thread(target=engine.close)
closing.start()
closing.join()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("heard")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_after_the_last_network_is_heard(tmp_path: Path) -> None:
    """Closed in another thread, OpenVINO left the one that had opened a signal stack that was gone: Ctrl-C was a
    segmentation fault then.
    """
    toy = onnx_toys.write_encoder(tmp_path / "toy.onnx", tiny_schema())
    done = subprocess.run(
        [sys.executable, "-c", _CLOSED_ELSEWHERE, str(toy)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "heard"), done.stderr
