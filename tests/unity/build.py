"""Compiles the Unity package with Debian's mcs, one assembly per asmdef, against the stubs; and the test runner.

Every assembly sees exactly what its asmdef refers to, so a missing reference fails here as it would in Unity.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "unity_live" / "Packages" / "com.facelive.live"
HERE = Path(__file__).resolve().parent
ENGINE, EDITOR, NUNIT, NETMQ = "UnityEngine.Stub", "UnityEditor.Stub", "NUnit.Stub", "NetMQ.Stub"
# mcs 6.8 speaks C# 7.3, what Unity 2021.3 at least has; a warning is an error, as in the rest of the repository.
_FLAGS = ("-nologo", "-langversion:7.2", "-warnaserror", "-warn:4", "-optimize", "-target:library")


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """One asmdef and its sources."""

    name: str
    folder: Path
    references: tuple[str, ...]
    engine: bool
    editor: bool
    precompiled: tuple[str, ...]
    constraints: tuple[str, ...]


def missing_tools() -> str:
    """Why nothing can be compiled here; empty if all is there."""
    lacking = [tool for tool in ("mcs", "mono") if shutil.which(tool) is None]
    return f"{' and '.join(lacking)} missing (Debian: mono-mcs mono-runtime)" if lacking else ""


def assemblies(root: Path = PACKAGE) -> dict[str, Assembly]:
    """All asmdef files below a folder, by name."""
    found: dict[str, Assembly] = {}
    for path in sorted(root.rglob("*.asmdef")):
        data = json.loads(path.read_text(encoding="utf-8"))
        found[data["name"]] = Assembly(
            name=data["name"],
            folder=path.parent,
            references=tuple(data["references"]),
            engine=not data["noEngineReferences"],
            editor=data["includePlatforms"] == ["Editor"],
            precompiled=tuple(data["precompiledReferences"]),
            constraints=tuple(data["defineConstraints"]),
        )
    return found


def sources(assembly: Assembly) -> list[Path]:
    """The C# files of an assembly: those below its folder that no deeper asmdef claims."""
    nested = [path.parent for path in assembly.folder.rglob("*.asmdef") if path.parent != assembly.folder]
    return sorted(
        path for path in assembly.folder.rglob("*.cs") if not any(folder in path.parents for folder in nested)
    )


def compile_all(out: Path) -> Path:
    """Compile stubs, all assemblies and the runner into a folder; the runner's exe. Raises CalledProcessError."""
    out.mkdir(parents=True, exist_ok=True)
    stubs = HERE / "stubs"
    _mcs(out / f"{ENGINE}.dll", sorted(stubs.glob("*.cs")), (), out)
    for name, folder, references in (
        (EDITOR, "editor", (ENGINE,)), (NUNIT, "nunit", (ENGINE,)), (NETMQ, "netmq", ()),
    ):  # fmt: skip
        _mcs(out / f"{name}.dll", sorted((stubs / folder).glob("*.cs")), references, out)
    todo = assemblies()
    done: set[str] = set()
    while todo:
        ready = [a for a in todo.values() if not set(a.references) & set(todo)]
        if not ready:
            raise ValueError(f"references go in a circle: {sorted(todo)}")
        for assembly in ready:
            _compile(assembly, out)
            done.add(assembly.name)
            del todo[assembly.name]
    runner = out / "runner.exe"
    files = [*sorted((HERE / "runner").glob("*.cs")), *sorted((REPOSITORY / "unity_live" / "Assets").rglob("*.cs"))]
    _mcs(runner, files, (*sorted(done), ENGINE, EDITOR, NUNIT), out, "-target:exe")
    # Debian ships libzmq.so.5 without the development link that DllImport("libzmq") asks for.
    (out / "FaceLive.Transport.LibZmq.dll.config").write_text(
        '<configuration><dllmap dll="libzmq" target="libzmq.so.5" os="linux"/></configuration>\n', encoding="utf-8"
    )
    return runner


def compile_samples(out: Path, files: list[Path]) -> None:
    """Compile loose scripts against the compiled package, as Assembly-CSharp would. Raises CompileError."""
    references = [name for name in assemblies() if not name.startswith(("FaceLive.Tests", "FaceLive.Editor"))]
    _mcs(out / "Assembly-CSharp.dll", files, (*references, ENGINE), out)


def compile_player(compiled: Path, out: Path, *defines: str) -> None:
    """Compile the run-time assemblies as a build for players sees them. Raises CompileError."""
    flags = [f"-define:{';'.join(defines)}"] if defines else []
    shutil.copy(compiled / f"{ENGINE}.dll", out)
    shutil.copy(compiled / f"{NETMQ}.dll", out)
    for name in ("FaceLive.Protocol", "FaceLive.Transport.LibZmq", "FaceLive.Transport.NetMq", "FaceLive"):
        assembly = assemblies()[name]
        references = [*assembly.references, *([ENGINE] if assembly.engine else [])]
        references += [NETMQ] if "FACELIVE_NETMQ" in assembly.constraints else []
        _mcs(out / f"{name}.dll", sources(assembly), tuple(references), out, *flags)


def _compile(assembly: Assembly, out: Path) -> None:
    references = [name for name in assembly.references if not name.startswith(("UnityEngine.", "UnityEditor."))]
    if assembly.engine:
        references.append(ENGINE)
    # Code between #if UNITY_EDITOR uses the editor from run-time assemblies too.
    if assembly.engine:
        references.append(EDITOR)
    if "nunit.framework.dll" in assembly.precompiled:
        references.append(NUNIT)
    if "FACELIVE_NETMQ" in assembly.constraints:
        references.append(NETMQ)
    defines = ("-define:UNITY_EDITOR;UNITY_2021_3_OR_NEWER",)
    _mcs(out / f"{assembly.name}.dll", sources(assembly), tuple(references), out, *defines)


def _mcs(target: Path, files: list[Path], references: tuple[str, ...], out: Path, *flags: str) -> None:
    command = ["mcs", *_FLAGS, *flags, f"-out:{target}", f"-lib:{out}", "-r:System.Core"]
    command += [f"-r:{name}.dll" for name in references]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompileError(f"{target.name}:\n{done.stdout}{done.stderr}")


class CompileError(Exception):
    """What the compiler said."""
