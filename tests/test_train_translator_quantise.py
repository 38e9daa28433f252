"""The translator in eight bits: near the float one, and never in its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the translator's training needs torch")
onnx = pytest.importorskip("onnx", reason="the translator's training needs onnx")

from facelive.engines.onnx_metadata import read_metadata  # noqa: E402
from facelive.errors import FileError, UsageError  # noqa: E402
from facelive.rig.face_chip import cut_chip  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.prior import sample_identity  # noqa: E402
from facelive.rig.render import Renderer, Scene  # noqa: E402
from facelive.stream.weights_folder import ENCODER, TRANSLATOR  # noqa: E402
from facelive.train.evaluate.run import neutral_portrait  # noqa: E402
from facelive.train.translator.quantise import MOST, cost, main, quantise  # noqa: E402

HEAD = Head.default()


def faces(count: int) -> np.ndarray:
    """(count, 224, 224, 3) of people whom nobody has seen."""
    rng, renderer = np.random.default_rng(7), Renderer(HEAD, size=256)
    chips = []
    for _ in range(count):
        drawn = renderer.render(neutral_portrait(HEAD, sample_identity(HEAD.schema, rng)), Scene())
        chips.append(cut_chip(drawn.image_HW3, drawn.landmarks68_K2))
    return np.stack(chips)


@pytest.fixture(scope="module")
def chips() -> np.ndarray:
    return faces(16)


def test_eight_bits_say_nearly_the_same(tmp_path: Path, chips: np.ndarray) -> None:
    target = tmp_path / "translator.int8.onnx"
    quantise(TRANSLATOR, target, chips[:6])
    assert read_metadata(target) == read_metadata(TRANSLATOR)
    assert target.stat().st_size < 0.6 * TRANSLATOR.stat().st_size
    moved = cost(TRANSLATOR, target, chips[6:])
    assert all(0.0 < value < 2.0 * MOST for value in moved.values()), moved
    # What is widest stays as it was, or the answers would be twice as far off.
    graph = onnx.load(str(target)).graph
    kernels = [node for node in graph.node if node.op_type == "Conv"]
    plain = [node.name for node in kernels if not node.input[1].endswith("DequantizeLinear_Output")]
    assert 3 <= len(plain) <= 8, plain


def test_what_is_no_translator_or_would_be_lost_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(start: Path, output: Path) -> None:
        (tmp_path / "photos.json").write_text('{"split": "train"}')
        words = ["quantise", "--start", str(start), "--photos", str(tmp_path), "--renders", "none", "-o", str(output)]
        monkeypatch.setattr("sys.argv", words)
        main()

    mine = tmp_path / "mine.onnx"
    mine.write_bytes(b"not a network")
    with pytest.raises(UsageError, match="would be replaced"):
        asked(mine, mine)
    with pytest.raises(UsageError, match="there is no folder"):
        asked(mine, tmp_path / "none" / "mine.int8.onnx")
    with pytest.raises(FileError, match="is not an ONNX file"):
        asked(mine, tmp_path / "mine.int8.onnx")
    with pytest.raises(FileError, match="is no translator"):
        asked(ENCODER, tmp_path / "mine.int8.onnx")
    with pytest.raises(FileError, match="cannot read"):
        asked(tmp_path / "none.onnx", tmp_path / "mine.int8.onnx")
