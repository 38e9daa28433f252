"""Built TensorRT plans on disk: one per network, flavour, version, chip, driver and shape, with a JSON sidecar."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from facelive.files import replacing


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanKey:
    """Everything that a plan depends on; another value of any of them is another plan."""

    onnx_sha256: str
    precision: str
    flavour: str
    version: str
    compute_capability: str
    driver: str
    batch: int = 1

    @property
    def name(self) -> str:
        """File name without its ending."""
        text = json.dumps(asdict(self), sort_keys=True)
        return f"{self.flavour}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def load_plan(folder: Path, key: PlanKey) -> bytes | None:
    """The plan; None if there is none, or if plan and sidecar do not belong together (then it is built anew)."""
    try:
        sidecar = json.loads((folder / f"{key.name}.json").read_text(encoding="utf-8"))
        plan = (folder / f"{key.name}.plan").read_bytes()
    except (OSError, ValueError):
        return None
    wanted = {"key": asdict(key), "plan_sha256": hashlib.sha256(plan).hexdigest()}
    return plan if sidecar == wanted else None


def save_plan(folder: Path, key: PlanKey, plan: bytes) -> Path:
    """Write plan and sidecar, each atomically, the sidecar last."""
    folder.mkdir(parents=True, exist_ok=True)
    sidecar = {"key": asdict(key), "plan_sha256": hashlib.sha256(plan).hexdigest()}
    path = folder / f"{key.name}.plan"
    _write(path, plan)
    _write(folder / f"{key.name}.json", (json.dumps(sidecar, indent=1) + "\n").encode())
    return path


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)
