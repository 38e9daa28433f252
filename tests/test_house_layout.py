"""The rooms, the direction of imports, and what must not be imported."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOMS, ROOT, source_environment

PACKAGES = [ROOT / room / "facelive" for room in ROOMS]
# Blocks torch, imports every module below the given packages, and prints what heavy packages that brought in.
WITHOUT_TORCH = """
import importlib, pkgutil, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "lightning", "tensorrt", "tensorrt_rtx_bindings", "dlib"}:
            raise ImportError(f"{name} is blocked by this test")
sys.meta_path.insert(0, Blocked())
for room in sys.argv[1:]:
    package = importlib.import_module(f"facelive.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"facelive.{room}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""
LIGHT = """
import sys
import facelive.rig.schema, facelive.engines, facelive.app.main
import facelive.stream
print(*sorted({"torch", "mediapipe", "numba", "openvino", "nicegui", "cv2", "tyro"} & set(sys.modules)))
"""


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in package.rglob("*.py"))


def test_namespace_has_no_init() -> None:
    assert [str(package) for package in PACKAGES if (package / "__init__.py").exists()] == []


def test_each_room_holds_its_own_package() -> None:
    for room, package in zip(ROOMS, PACKAGES, strict=True):
        inside = {path.name for path in package.iterdir() if not path.name.startswith((".", "__"))}
        assert inside <= {room, "errors.py", "files.py"}, f"{package} holds more than its own package"


def test_import_direction() -> None:
    if importlib.util.find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed: pip install -e '.[dev]'")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=source_environment(ROOT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", ["rig", "engines", "stream"])
def test_imports_without_torch(room: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, room], env=source_environment(tmp_path), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_doors_import_nothing_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], env=source_environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_files_stay_readable() -> None:
    long = [f"{path.relative_to(ROOT)}: {lines}" for path in modules() if (lines := _lines(path)) > 400]
    assert long == [], "files should have about 300 lines, one idea each"


def test_no_bare_except() -> None:
    guilty = [str(path.relative_to(ROOT)) for path in modules() if "\n    except:" in path.read_text(encoding="utf-8")]
    assert guilty == []


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")
