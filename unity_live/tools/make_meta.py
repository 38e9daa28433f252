"""Writes the .meta files of the Unity project. A GUID follows from the path, so a file keeps it for ever.

python unity_live/tools/make_meta.py          write what is missing or differs, remove what has lost its file
python unity_live/tools/make_meta.py --check  only say what would be done; exit status 1 if anything
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ROOTS = ("Assets", "Packages/com.facelive.live")
_DEFAULT = "DefaultImporter:\n  externalObjects: {}\n  userData:\n  assetBundleName:\n  assetBundleVariant:\n"
_SCRIPT = (
    "MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  defaultReferences: []\n"
    "  executionOrder: 0\n  icon: {instanceID: 0}\n  userData:\n  assetBundleName:\n  assetBundleVariant:\n"
)
_IMPORTERS = {
    ".cs": _SCRIPT,
    ".asmdef": _DEFAULT.replace("DefaultImporter", "AssemblyDefinitionImporter"),
    ".md": _DEFAULT.replace("DefaultImporter", "TextScriptImporter"),
    ".json": _DEFAULT.replace("DefaultImporter", "TextScriptImporter"),
    ".bytes": _DEFAULT.replace("DefaultImporter", "TextScriptImporter"),
}


def guid(path: str) -> str:
    """32 hexadecimal digits of a path below the project, with forward slashes."""
    return hashlib.md5(f"facelive:{path}".encode(), usedforsecurity=False).hexdigest()


def meta_text(path: Path) -> str:
    """The .meta of a file or folder."""
    head = f"fileFormatVersion: 2\nguid: {guid(path.relative_to(PROJECT).as_posix())}\n"
    if path.is_dir():
        return head + "folderAsset: yes\n" + _DEFAULT
    if path.name == "package.json":
        return head + _DEFAULT.replace("DefaultImporter", "PackageManifestImporter")
    return head + _IMPORTERS.get(path.suffix, _DEFAULT)


def assets() -> list[Path]:
    """Everything that Unity imports: no hidden names, none that end in ~, no .meta."""
    found: list[Path] = []
    for root in ROOTS:
        for path in sorted((PROJECT / root).rglob("*")):
            parts = path.relative_to(PROJECT).parts
            if path.suffix != ".meta" and not any(part.startswith(".") or part.endswith("~") for part in parts):
                found.append(path)
    return found


def changes() -> tuple[dict[Path, str], list[Path]]:
    """.meta files to write, with their text; and those to remove."""
    wanted = {path.with_name(path.name + ".meta"): meta_text(path) for path in assets()}
    existing = {path for root in ROOTS for path in (PROJECT / root).rglob("*.meta")}
    write = {p: text for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text}
    return write, sorted(existing - set(wanted))


def main() -> int:
    write, remove = changes()
    for path in (*write, *remove):
        print(("remove " if path in remove else "write ") + path.relative_to(PROJECT).as_posix())
    if "--check" in sys.argv[1:]:
        return int(bool(write or remove))
    for path, text in write.items():
        path.write_text(text, encoding="utf-8")
    for path in remove:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
