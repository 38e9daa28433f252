"""A piece of geometry as the renderer draws it, and the names of what it is made of and what it is.

The head, hair, glasses and clothes all reach the renderer as ``Mesh``. Everything is in the head frame, unposed
(as ``Head.solve`` returns it): the renderer turns it with the head by ``head_weight_V``.

Suffixes: V vertices, U texture vertices, T triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


class Material(IntEnum):
    """How a surface answers light."""

    SKIN = 0
    """Painted skin texture over the head's UV; lips, brows and beard are painted into it."""
    EYE = 1
    """Wet eyeball with the iris texture over the eye's UV."""
    TEETH = 2
    TONGUE = 3
    LASH = 4
    """Blended over what lies behind, dark; u across the lashes, v from root (0) to tip (1). Both sides drawn."""
    HAIR = 5
    """Strands: u runs across them (metres along the scalp: 0.01 = 1 cm of hair), v from root (0) to tip (1).
    Alpha-tested by ``opacity_V``; both sides drawn; the highlight runs along the strand direction."""
    FRAME = 6
    """Dark glossy plastic or metal of a spectacle frame."""
    LENS = 7
    """Blended: a faint tint and a highlight. Both sides drawn."""
    CLOTH = 8
    PLAIN = 9
    """Vertex colours and plain diffuse light: rigs without painted appearance."""


class Segment(IntEnum):
    """What a pixel shows. Left and right are the subject's."""

    BACKGROUND = 0
    SKIN = 1
    BROW_LEFT = 2
    BROW_RIGHT = 3
    EYE_LEFT = 4
    EYE_RIGHT = 5
    NOSE = 6
    UPPER_LIP = 7
    INNER_MOUTH = 8
    TEETH = 9
    TONGUE = 10
    LOWER_LIP = 11
    HAIR = 12
    EARS = 13
    NECK = 14
    CLOTH = 15
    BEARD = 16
    GLASSES = 17


@dataclass(frozen=True, kw_only=True, slots=True)
class Mesh:
    """Triangles of one material. Raises UsageError when the arrays do not fit together."""

    vertices_V3: Floats
    """Head frame, metres, not posed."""
    triangles_T3: Ints
    """Counter-clockwise seen from outside."""
    material: Material
    segment: Segment
    uv_U2: Floats | None = None
    """Texture coordinates; for hair and lashes see ``Material``."""
    uv_triangles_T3: Ints | None = None
    """Corners as indices into ``uv_U2``; None when they are the same as ``triangles_T3``."""
    normals_V3: Floats | None = None
    """Unit normals; None: the renderer averages the triangles' normals."""
    tangents_V3: Floats | None = None
    """Hair: strand direction, root to tip. None: the renderer derives it from v of the UV."""
    opacity_V: Floats | None = None
    """Hair: how much of the surface strands cover, 0..1 (falls to 0 at the hair line and the tips). None: 1."""
    occlusion_V: Floats | None = None
    """Ambient light that arrives, 0 (none) .. 1 (open). None: 1. For hair: inner layers and roots are darker."""
    head_weight_V: Floats | None = None
    """How far each vertex follows the head's turn, 0 (body) .. 1 (head). None: 1."""
    colour_rgb: tuple[float, float, float] | None = None
    """sRGB 0..1 of frames, lenses and cloth; hair takes the character's hair colour when None."""
    colours_V3: Floats | None = None
    """sRGB 0..1 per vertex, for ``PLAIN``."""

    def __post_init__(self) -> None:
        count = len(self.vertices_V3)
        if self.vertices_V3.shape != (count, 3) or self.triangles_T3.ndim != 2 or self.triangles_T3.shape[1] != 3:
            raise UsageError("a mesh needs (V, 3) vertices and (T, 3) triangles")
        for name in ("normals_V3", "tangents_V3", "opacity_V", "occlusion_V", "head_weight_V", "colours_V3"):
            array = getattr(self, name)
            if array is not None and len(array) != count:
                raise UsageError(f"mesh: {name} has {len(array)} rows for {count} vertices")
        if self.uv_triangles_T3 is not None and self.uv_triangles_T3.shape != self.triangles_T3.shape:
            raise UsageError("mesh: uv_triangles_T3 and triangles_T3 differ in shape")
        if self.uv_U2 is not None and self.uv_triangles_T3 is None and len(self.uv_U2) != count:
            raise UsageError("mesh: without uv_triangles_T3 there must be one UV per vertex")
