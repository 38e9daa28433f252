"""The package as Unity's importer wants it: manifests, assembly definitions, .meta files; and its language."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from unity import build, host

PROJECT = build.REPOSITORY / "unity_live"
PACKAGE = build.PACKAGE


def make_meta() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_meta", PROJECT / "tools" / "make_meta.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scripts() -> list[Path]:
    return sorted(PROJECT.rglob("*.cs"))


def test_every_asset_has_its_meta() -> None:
    """Mend with: python unity_live/tools/make_meta.py"""
    write, remove = make_meta().changes()
    assert sorted(map(str, write)) == []
    assert remove == []


def test_guids_are_unique_and_the_scene_knows_its_script() -> None:
    metas = sorted(PROJECT.rglob("*.meta"))
    guids = [re.search(r"^guid: ([0-9a-f]{32})$", path.read_text(encoding="utf-8"), re.M) for path in metas]
    assert all(guids)
    found = [match[1] for match in guids if match]
    assert len(set(found)) == len(found)
    scene = (PROJECT / "Assets/Demo/Demo.unity").read_text(encoding="utf-8")
    assert f"guid: {make_meta().guid('Assets/Demo/DemoScene.cs')}" in scene
    settings = (PROJECT / "ProjectSettings/EditorBuildSettings.asset").read_text(encoding="utf-8")
    assert make_meta().guid("Assets/Demo/Demo.unity") in settings


def test_package_manifest() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    assert manifest["name"] == PACKAGE.name == "com.facelive.live"
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["unity"] == "2021.3"
    assert f"## {manifest['version']}" in (PACKAGE / "CHANGELOG.md").read_text(encoding="utf-8")
    for sample in manifest["samples"]:
        assert list((PACKAGE / sample["path"]).glob("*.cs")), sample["path"]
    for name in ("README.md", "LICENSE.md", "Documentation~/index.md"):
        assert (PACKAGE / name).stat().st_size > 200, name


def test_documentation_shows_what_is_there() -> None:
    """Every link of the package's pages leads to a file; the diagram is the one that the script draws."""
    pages = [*PACKAGE.glob("Documentation~/*.md"), PACKAGE / "README.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
    spec = importlib.util.spec_from_file_location("draw_docs", PROJECT / "tools" / "draw_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    assert (PACKAGE / "Documentation~" / "data-flow.svg").read_text(encoding="utf-8") == module.flow()


def test_assembly_definitions() -> None:
    known = build.assemblies(PROJECT)
    assert len(known) == len(list(PROJECT.rglob("*.asmdef")))
    for name, assembly in known.items():
        assert assembly.folder.joinpath(f"{name}.asmdef").exists(), name
        for reference in assembly.references:
            assert reference in known or reference.endswith(".TestRunner"), (name, reference)
    assert not known["FaceLive.Protocol"].engine
    assert known["FaceLive.Protocol"].references == ()
    assert known["FaceLive"].references == ("FaceLive.Protocol",)
    assert known["FaceLive.Editor"].editor
    assert known["FaceLive.Transport.NetMq"].constraints == ("FACELIVE_NETMQ",)


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.name)
def test_scripts_are_small_and_need_no_newer_language(path: Path) -> None:
    """C# 7.3 at most; the compiler of the tests accepts more in some places, so words are looked for."""
    text = path.read_text(encoding="utf-8")
    code = re.sub(r'//.*|"(\\.|[^"\\])*"', "", text)
    for newer in (
        r"\?\?=",
        r"#nullable",
        r"\brecord (class|struct|[A-Z])\w*",
        r"^\s*using var\b",
        r"\bswitch\s*$\s*\{[^}]*=>",
        r"\binit;",
    ):
        assert not re.search(newer, code, re.M), newer
    assert max(len(line) for line in text.splitlines()) <= 150
    assert len(text.splitlines()) <= 260
    assert "\r" not in text
    classes = re.findall(r"^\s*public (?:sealed |static |abstract )*(?:class|enum|interface|struct) (\w+)", text, re.M)
    if "MonoBehaviour" in code or "ScriptableObject" in code:
        assert path.stem in classes  # Unity finds scripts by the name of their file


def test_packages_own_tests_pass_on_mono(runner: Path) -> None:
    result = host.last_json(host.run(runner, "nunit", str(PACKAGE / "Runtime" / "Resources"), timeout_s=120))
    assert result["failed"] == []
    assert len(result["passed"]) >= 20
    assert len(result["only_unity"]) == 3  # named in Documentation~/proven.md


def test_netmq_is_noticed_in_the_versions_that_exist() -> None:
    """UnityNuGet writes NuGet's 4.0.1.13 as 4.0.1-13, which semver puts before 4.0.1: "4.0.1" would leave it out."""
    path = PACKAGE / "Runtime" / "Transport.NetMq" / "FaceLive.Transport.NetMq.asmdef"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["versionDefines"] == [
        {"name": "org.nuget.netmq", "expression": "4.0.0", "define": data["defineConstraints"][0]}
    ]
    assert data["overrideReferences"] is False  # NetMQ's own dependencies are found with it


def test_samples_and_demo_compile(runner: Path) -> None:
    """They lie outside the package's assemblies; a user's project compiles them against it."""
    files = [*PACKAGE.glob("Samples~/*/*.cs"), *PROJECT.glob("Assets/**/*.cs")]
    assert len(files) >= 3
    build.compile_samples(runner.parent, files)


def test_player_build_compiles_without_the_editor(runner: Path, tmp_path: Path) -> None:
    """Run-time assemblies must not need UnityEditor when UNITY_EDITOR is not defined; in newer editors too."""
    build.compile_player(runner.parent, tmp_path, "UNITY_2023_1_OR_NEWER")


def test_what_registers_itself_is_kept_in_player_builds() -> None:
    """Unity's linker drops an assembly that nothing refers to, and what it would have done at the start."""
    known = build.assemblies()
    referred = {reference for assembly in known.values() for reference in assembly.references}
    lonely = []
    for name, assembly in known.items():
        if name in referred or assembly.editor or "UNITY_INCLUDE_TESTS" in assembly.constraints:
            continue
        code = "".join(path.read_text(encoding="utf-8") for path in build.sources(assembly))
        assert "[RuntimeInitializeOnLoadMethod" in code, name
        assert "[assembly: AlwaysLinkAssembly]" in code, name
        lonely.append(name)
    assert sorted(lonely) == ["FaceLive.Transport.LibZmq", "FaceLive.Transport.NetMq"]


MODULES = {
    "animation": r"\bAnimator\b",
    "imageconversion": r"\.(EncodeToJPG|EncodeToPNG|LoadImage)\(",
    "imgui": r"\b(GUI|GUILayout|GUIUtility)\.",
    "physics": r"\bCreatePrimitive\b",
}
"""Modules that a person can switch off, and what shows that a script needs them."""


def test_modules_that_are_used_are_asked_for() -> None:
    """A project may have switched a built-in module off: who does not ask for it does not compile there."""
    package = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    project = json.loads((PROJECT / "Packages" / "manifest.json").read_text(encoding="utf-8"))["dependencies"]
    for module, pattern in MODULES.items():
        files = [path for path in scripts() if re.search(pattern, path.read_text(encoding="utf-8"))]
        assert files, module
        assert f"com.unity.modules.{module}" in project, (module, files[0])
        if any(PACKAGE in path.parents and "Samples~" not in path.parts for path in files):
            assert f"com.unity.modules.{module}" in package, (module, files[0])


CLASSES = {
    1: "GameObject", 4: "Transform", 29: "OcclusionCullingSettings", 104: "RenderSettings", 114: "MonoBehaviour",
    157: "LightmapSettings", 196: "NavMeshSettings", 1045: "EditorBuildSettings",
}  # fmt: skip
"""Unity's class numbers: docs.unity3d.com, YAML Class ID Reference."""


@pytest.mark.parametrize("path", ["Assets/Demo/Demo.unity", "ProjectSettings/EditorBuildSettings.asset"])
def test_scene_is_yaml_as_unity_writes_it(path: str) -> None:
    text = (PROJECT / path).read_text(encoding="utf-8")
    assert text.startswith("%YAML 1.1\n%TAG !u! tag:unity3d.com,2011:\n--- !u!")
    assert "\t" not in text
    documents = re.findall(r"^--- !u!(\d+) &(\d+)\n(\w+):\n((?:  .*\n)+)", text, re.M)
    assert len(documents) == text.count("--- !u!")
    anchors = [anchor for _, anchor, _, _ in documents]
    assert len(set(anchors)) == len(anchors)
    for number, _, name, body in documents:
        assert CLASSES[int(number)] == name
        for line in body.splitlines():
            assert re.fullmatch(r"(  )+(- )?\w+:( .*)?", line), line
        for target in re.findall(r"\{fileID: (\d+)\}", body):
            assert target == "0" or target in anchors, (name, target)
    for field in re.findall(r"^  ([a-z]\w*): ", "".join(b for n, _, _, b in documents if n == "114"), re.M):
        if field.startswith("m_"):
            continue
        assert f"public string {field}" in (PROJECT / "Assets/Demo/DemoScene.cs").read_text(encoding="utf-8")
