"""Version, licence, README, and the files that ship: their hashes and their size."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from conftest import ROOMS, ROOT, Cli

WEIGHT_ENDINGS = {".onnx", ".task", ".npz", ".dat", ".bin", ".pt", ".safetensors"}
SHIPPED_MB = 60


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project_version() -> str:
    found = re.search(r'^version = "([^"]+)"$', text("pyproject.toml"), re.MULTILINE)
    assert found is not None
    return found[1]


def weight_files() -> list[Path]:
    inside = (path for room in ROOMS for path in (ROOT / room / "facelive").rglob("*"))
    return sorted(path for path in inside if path.suffix in WEIGHT_ENDINGS and path.parent.name == "weights")


def test_one_version(cli: Cli) -> None:
    newest = re.search(r"^## \[([^\]]+)\]", text("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == project_version()
    said = cli("--version").stdout.split()[1]
    try:
        assert said == version("facelive") == project_version()
    except PackageNotFoundError:
        assert said == "(not"


def test_readme_is_short_and_its_links_exist() -> None:
    readme = text("README.md")
    assert readme.count("\n") < 200
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", readme) + re.findall(r'src="([^"]+)"', readme)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []
    assert any(link.endswith(".png") for link in links), "the README shows a picture made by the program"


def test_licence_and_notice() -> None:
    licence = text("LICENSE")
    assert "Version 2.0, January 2004" in licence
    assert "9. Accepting Warranty or Additional Liability" in licence
    notice = text("NOTICE")
    for owed in ("MakeHuman", "CC0", "Face Landmarker", "Google", "three.js", "Apache License"):
        assert owed in notice


def test_every_weight_file_is_listed_with_its_hash() -> None:
    files = weight_files()
    assert files, "no weights ship with the package"
    for folder in {path.parent for path in files}:
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
        listed = {row["file"]: row for row in rows}
        present = {path.name for path in files if path.parent == folder}
        assert present == set(listed), f"{folder}: the manifest and the folder differ"
        for name, row in listed.items():
            assert row["licence"]
            assert row["origin"]
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == row["sha256"], name


def test_what_ships_is_small() -> None:
    data = [path for room in ROOMS for path in (ROOT / room / "facelive").rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in data if path.suffix in WEIGHT_ENDINGS) / 1e6
    assert megabytes <= SHIPPED_MB


def test_one_build_of_cv2() -> None:
    declared = re.findall(r'"(opencv[a-z-]*)', text("pyproject.toml"))
    assert declared == [], "mediapipe brings the one build of cv2"


def test_ci_runs_what_people_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_no_photos_in_the_repository() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    photos = [name for name in done.stdout.splitlines() if name.lower().endswith((".jpg", ".jpeg", ".mp4", ".webm"))]
    assert photos == [], "photos and clips stay outside; renders are PNG"
