"""facelive export: a character as GLB, for game engines and Blender."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from facelive.app.file_checks import check_ending, check_other_file
from facelive.app.params_file import load_character
from facelive.errors import FileError


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """Write a character as GLB: identity baked in, textured, the expression as morph targets."""

    params: Path
    """A JSON object of names and values, or one line of facelive encode; its expression and pose are left out."""
    output: Annotated[Path, tyro.conf.arg(aliases=("-o",))]
    """The .glb file."""
    eye_morphs: bool = False
    """Let the eyeLook... morph targets turn the eyeballs too, for programs that know no gaze angles (Blender); without
    it they move the lids, and bones turn the eyes."""


def run(options: Export) -> int:
    """Write the file."""
    from facelive.app.character import character_glb
    from facelive.rig.head import Head

    check_other_file(options.output, options.params)
    check_ending(options.output, ".glb")
    character = load_character(options.params, Head.default().schema)
    data = character_glb(character.params_P, eye_morphs=options.eye_morphs)
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_bytes(data)
    except OSError as error:
        raise FileError(f"cannot write {options.output}: {error.strerror}") from error
    print(f"{options.output}: {len(data) / 1e6:.1f} MB")
    return 0
