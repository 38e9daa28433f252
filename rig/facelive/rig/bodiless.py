"""A head without a shape: what a character is to us whose geometry only its game engine knows.

It has a schema and a face centre; whatever asks for vertices or landmarks gets none.
"""

from __future__ import annotations

import numpy as np

from facelive.rig.head import Head
from facelive.rig.head_data import HeadData
from facelive.rig.schema import Schema

FACE_CENTRE = (0.0, 0.075, 0.085)
"""Between the eyes, metres from the head joint, of an average adult: where a turning head's face goes."""


def bodiless_head(schema: Schema) -> Head:
    """0 vertices, 0 triangles, no landmarks."""
    none, empty = np.zeros(0, np.int32), np.zeros((0, 3), np.float32)
    data = HeadData(
        schema=schema,
        mean_V3=empty,
        sliders=(),
        slider_zero_S=np.zeros(0, np.float32),
        expressions=(),
        morph_indptr=np.zeros(1, np.int32),
        morph_index=none,
        morph_value_N3=empty,
        stencil_indptr=np.zeros(1, np.int32),
        stencil_index=none,
        stencil_weight=np.zeros(0, np.float32),
        triangles_T3=np.zeros((0, 3), np.int32),
        uv_triangles_T3=np.zeros((0, 3), np.int32),
        uv_U2=np.zeros((0, 2), np.float32),
        part_T=np.zeros(0, np.uint8),
        head_weight_F=np.zeros(0, np.float32),
        face_centre=np.array(FACE_CENTRE, np.float32),
    )
    return Head(data)
