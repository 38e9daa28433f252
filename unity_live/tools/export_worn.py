"""What the Unity head wears: hair, glasses, and the paint of its skin, as arrays for ``export_head.py``.

Everything hangs on vertices of the head, so that it fits every identity. The C# side (HairFit, GlassesFit, SkinPaint)
does what ``facelive.rig.hair``, ``glasses`` and ``appearance`` do; tests/unity/test_unity_worn.py compares them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig import glasses
from facelive.rig.appearance import skin
from facelive.rig.appearance.lashes import lash_texture
from facelive.rig.appearance.paint import Painter
from facelive.rig.appearance.textures import textures
from facelive.rig.default_schema import STYLES
from facelive.rig.glasses_shape import DESIGNS, outline
from facelive.rig.hair_data import DATA as HAIR
from facelive.rig.hair_data import UV_STEP, default_hair
from facelive.rig.hair_texture import hair_texture
from facelive.rig.head import Head
from facelive.rig.mesh import Material
from facelive.rig.parts import Part, Region
from facelive.rig.render.scene import Scene
from facelive.rig.render.tone import to_linear, to_srgb

Arrays = dict[str, NDArray[Any]]
TEXTURE = 1024
"""Side of the painted skin."""
TINT = 512
"""Side of the tint: it holds nothing sharp."""
LASHES = 256
TINT_ONE = 200
"""The byte of the tint that leaves a colour as it is."""
_STRANDS = (64, 256)
"""Rows (root to tip) and columns (4 cm) of a picture of strands."""
_KEPT = ("offset", "triangles", "uv", "normals", "opacity", "carrier", "weight", "guard", "least", "follow")


def hair() -> tuple[Arrays, dict[str, Any]]:
    """The arrays of hair.npz as they are, the two pictures of strands, and what the steps mean."""
    with np.load(HAIR, allow_pickle=False) as archive:
        arrays: Arrays = {
            f"hair/{name}/{key}": archive[f"{name}/{key}"] for name in default_hair() for key in _KEPT
        }  # fmt: skip
    for kind, style in (("straight", "short"), ("curled", "curly")):
        picture = hair_texture(style, _STRANDS[1])
        arrays[f"strands/{kind}"] = np.ascontiguousarray(picture[:: _STRANDS[1] // _STRANDS[0], :, [0, 3]])
    return arrays, {"hair": list(default_hair()), "hair_uv_step": [float(step) for step in UV_STEP]}


def spectacles() -> tuple[Arrays, dict[str, Any]]:
    """The vertices that glasses are fitted by, the designs' numbers and outlines."""
    anchors = glasses._anchors()
    arrays: Arrays = {
        "glasses/face": anchors.face_K.astype("<u2"),
        "glasses/bridge": anchors.bridge_K.astype("<u2"),
        "glasses/arms": np.stack([anchors.arm_NK, anchors.arm_right_NK]).astype("<u2"),
    }
    designs: list[dict[str, Any]] = []
    for name, design in DESIGNS.items():
        arrays[f"glasses/{name}/outline"] = outline(design, glasses._RIM_POINTS).astype("<f4")
        numbers = ("half_width", "half_height", "power", "sink", "rim", "depth")
        designs.append({"name": name, "rgb": list(design.rgb), **{key: getattr(design, key) for key in numbers}})
    return arrays, {"glasses": designs}


def paint(head: Head) -> tuple[Arrays, dict[str, Any]]:
    """The tint of bare skin, lashes, and where lips, brows, beards and shaved scalps are painted."""
    painter = Painter(head, TEXTURE)
    canvas = painter.canvas
    masks = {"lips": skin.to_bytes(skin.lips(canvas))}
    masks["scalp"] = skin.to_bytes(canvas.region(Region.SCALP) * (canvas.part_HW == Part.SKIN))
    masks |= {f"brow:{name}": painter.brow(name)[0].paint_HW for name in STYLES["brow"]}
    masks |= {f"beard:{name}": painter.beard(name)[0].paint_HW for name in STYLES["beard"] if name != "none"}
    lashes = np.clip(lash_texture(head, LASHES), 0, 1)
    arrays: Arrays = {"tint": _tint(head), "lashes": np.rint(lashes * 255).astype(np.uint8)}
    boxes: list[list[Any]] = []
    for name, mask_HW in masks.items():
        rows, columns = np.flatnonzero(mask_HW.any(1)), np.flatnonzero(mask_HW.any(0))
        box = mask_HW[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        arrays[f"mask/{name}"] = np.ascontiguousarray(box)
        boxes.append([name, int(columns[0]), int(rows[0])])
    return arrays, {"texture": TEXTURE, "tint_side": TINT, "tint_one": TINT_ONE, "masks": boxes}


def _tint(head: Head) -> NDArray[np.uint8]:
    """(H, W, 3) what the paint of bare skin does to its colour, in linear light."""
    schema = head.schema
    params = schema.neutral()
    base = to_linear(params[schema.colours["skin"]])
    # There is no face without brows: brows and lips of the skin's own colour cannot be seen.
    params[schema.colours["lip"]] = params[schema.colours["skin"]]
    params[schema.colours["hair"]] = to_srgb(base / 0.75)
    for style, option in (("hair", "bald"), ("beard", "none")):
        params[schema.styles[style]] = 0.0
        params[schema.index(f"{style}:{option}")] = 1.0
    painted = textures(head, params, TINT, Scene(cloth_rgb=None))[Material.SKIN][..., ::-1]
    tint = to_linear(painted / np.float32(255)) / base
    return np.rint(np.clip(tint * TINT_ONE, 0, 255)).astype(np.uint8)
