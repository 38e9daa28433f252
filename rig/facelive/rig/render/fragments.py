"""What is known about a sample before light falls on it: the rows that the shading kernels hand to each other.

Samples are shaded in blocks. Each kernel goes over a block once, row by row of plain float32, so that the compiler
makes vector code of all arithmetic; only the look-ups (triangles, textures, shadow map) go sample by sample.
"""

from __future__ import annotations

import numpy as np

from facelive.rig.mesh import Material

BLOCK = 256
(
    X, Y, W,  # sample grid and 1 / depth; then the place in camera space
    FORM_X, FORM_Y, FORM_Z,  # normal of the form; hair: of the shell
    FINE_X, FINE_Y, FINE_Z,  # tilt by fine detail in the head's frame, then the normal with it; hair: strand direction
    VIEW_X, VIEW_Y, VIEW_Z,  # towards the camera
    RED, GREEN, BLUE,  # linear colour
    GLOSS, ROUGH, MIRROR,
    WRAP_RED, WRAP_GREEN, WRAP_BLUE,  # how far diffuse light reaches round the form
    SKY,  # share of the surroundings' light that arrives
    DIRECT,  # share of the lamps' light that arrives, beyond the shadow map
    LIT, LIT_LEAST,  # share of the key light, and what no shadow takes away
    REFLECT,  # 1: shows a glancing reflection of the surroundings
    OUT_RED, OUT_GREEN, OUT_BLUE,
    SCALE_RED, SCALE_GREEN, SCALE_BLUE,  # of diffuse light, by wrap
    BIAS,
    ROWS,
) = range(34)  # fmt: skip
TINT, SLANT = GLOSS, ROUGH
"""Hair uses these rows for its strands' tint and lean."""


def _answers() -> np.ndarray:
    """(10, 7) float32 by ``Material``: mirror, roughness, gloss, wrap (3), glancing reflection."""
    table = np.zeros((len(Material), 7), np.float32)
    table[:] = 0.04, 0.5, 1.0, 0.0, 0.0, 0.0, 1.0
    table[Material.SKIN] = 0.03, 0.5, 1.0, 0.45, 0.24, 0.18, 1.0
    table[Material.EYE] = 0.07, 0.14, 1.0, 0.3, 0.25, 0.22, 1.0
    table[Material.TEETH] = 0.05, 0.3, 1.0, 0.4, 0.4, 0.4, 1.0
    table[Material.TONGUE] = 0.04, 0.4, 0.8, 0.5, 0.3, 0.3, 1.0
    table[Material.FRAME] = 0.06, 0.22, 1.0, 0.0, 0.0, 0.0, 1.0
    table[Material.CLOTH] = 0.03, 0.8, 0.6, 0.15, 0.15, 0.15, 0.0
    table[Material.PLAIN] = 0.04, 0.5, 1.0, 0.2, 0.2, 0.2, 0.0
    return table


ANSWERS_M7 = _answers()
