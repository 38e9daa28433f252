"""Where skin is redder, darker, spotted or something else than skin: masks over the canvas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facelive.rig.appearance.canvas import Canvas, noise
from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.parts import Part, Region

Field = NDArray[np.floating]
U8 = NDArray[np.uint8]


def to_bytes(mask: Field | U8) -> U8:
    """0..1 to 0..255; bytes stay as they are."""
    if mask.dtype == np.uint8:
        return np.asarray(mask, np.uint8)
    return np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8)


def blob(canvas: Canvas, x_mm: float, y_mm: float, rx_mm: float, ry_mm: float) -> Field:
    """(H, W) soft spot on both sides of the face's front."""
    dx, dy = (np.abs(canvas.x) * 1000 - x_mm) / rx_mm, (canvas.y * 1000 - y_mm) / ry_mm
    return np.exp(-(dx * dx + dy * dy)) * (canvas.z > 0.02) * (canvas.part_HW == Part.SKIN)


def blush(canvas: Canvas) -> Field:
    """Cheeks."""
    return np.clip(blob(canvas, 40, 6, 17, 15) * (1 + 0.25 * noise(canvas.points_HW3, 0.008, 3)), 0, 1)


def warm_ends(canvas: Canvas) -> Field:
    """Where blood shows: tip and wings of the nose, ears, chin."""
    nose = np.maximum(blob(canvas, 0, 2, 11, 9), blob(canvas, 13, -2, 7, 8))
    return np.clip(nose + 0.8 * canvas.region(Region.EARS) + 0.5 * blob(canvas, 0, -56, 14, 10), 0, 1)


def lids(canvas: Canvas) -> Field:
    """Lids and the hollow under the eye."""
    under = np.maximum(blob(canvas, 21, 29, 9, 5), 0.7 * blob(canvas, 30, 27, 12, 5))
    return np.clip(0.8 * canvas.region(Region.LIDS) + 0.7 * under + 0.35 * blob(canvas, 14, 42, 6, 8), 0, 1)


def upper_lids(canvas: Canvas) -> Field:
    """The upper lids alone: eye shadow."""
    above = np.clip((canvas.y * 1000 - 38.0) / 3.0, 0, 1)
    return np.maximum(canvas.region(Region.LIDS) * above, 0.6 * blob(canvas, 31, 46, 13, 4) * above)


def lid_edge(canvas: Canvas, head: Head) -> Field:
    """The rim of the lids, where lashes grow: skin that all but touches the eyeball."""
    params = head.schema.neutral()
    total = np.zeros(canvas.part_HW.shape, np.float32)
    vertices = head.solve(params)
    for part in (Part.EYE_LEFT, Part.EYE_RIGHT):
        ball = vertices[np.unique(head.triangles_T3[head.part_T == part])]
        if not len(ball):
            continue
        centre = 0.5 * (ball.min(0) + ball.max(0))
        radius = 0.5 * float(np.ptp(ball[:, 1]))
        gap = (np.linalg.norm(canvas.points_HW3 - centre, axis=-1) - radius) * 1000
        total = np.maximum(total, np.exp(-((np.clip(gap, 0, None) / 1.25) ** 2)) * (canvas.z > centre[2]))
    upper = np.clip((canvas.y * 1000 - 36.0) / 3.0, 0.25, 1.0)
    return total * upper * (canvas.part_HW != Part.INNER_MOUTH)


def lips(canvas: Canvas) -> Field:
    """The red of the lips, with a soft border that wavers a little."""
    both = np.clip(canvas.region(Region.LIP_UPPER) + canvas.region(Region.LIP_LOWER), 0, 1)
    edge = both + 0.10 * noise(canvas.points_HW3, 0.0016, 5) * (both > 0.02)
    t = np.clip((edge - 0.22) / 0.46, 0, 1)
    return t * t * (3 - 2 * t) * (canvas.part_HW == Part.SKIN)


def lip_seam(canvas: Canvas) -> Field:
    """Darker towards where the lips meet."""
    both = np.clip(canvas.region(Region.LIP_UPPER) + canvas.region(Region.LIP_LOWER), 0, 1)
    seam = np.exp(-(((canvas.y * 1000 + 27.3 - 0.001 * (canvas.x * 1000) ** 2) / 1.6) ** 2))
    return seam * both * (canvas.part_HW == Part.SKIN)


def mottle(canvas: Canvas, seed: int) -> tuple[Field, Field]:
    """Lighter and redder blotches."""
    value = noise(canvas.points_HW3, 0.011, seed + 51) + 0.7 * noise(canvas.points_HW3, 0.0045, seed + 52)
    fine = 0.6 * noise(canvas.points_HW3, 0.0018, seed + 53)
    return np.clip(value + fine, 0, 1), np.clip(-value + fine, 0, 1)


def spots(canvas: Canvas, seed: int, count: int, low_mm: float, high_mm: float, where: Field) -> Field:
    """Freckles or moles: round spots of random size at random places of the skin that ``where`` (0..1) favours."""
    random = np.random.default_rng(seed)
    weight = (where * canvas.metres_HW**2 * (canvas.part_HW == Part.SKIN)).ravel().astype(np.float64)
    total = np.zeros(canvas.part_HW.shape, np.float32)
    if weight.sum() <= 0.0 or count == 0:
        return total
    chosen = np.searchsorted(np.cumsum(weight), random.random(count) * weight.sum())
    for place in chosen.clip(0, len(weight) - 1):
        row, column = divmod(int(place), canvas.size)
        texel = float(canvas.metres_HW[row, column]) * 1000.0
        radius, strength = float(random.uniform(low_mm, high_mm)), float(random.uniform(0.35, 1.0))
        # Smaller than a texel: paler, not larger.
        seen = max(radius, 0.75 * texel)
        strength *= (radius / seen) ** 2
        reach = int(np.ceil(2.2 * seen / texel))
        box = (slice(max(row - reach, 0), row + reach + 1), slice(max(column - reach, 0), column + reach + 1))
        y, x = np.mgrid[
            box[0].start : box[0].start + total[box].shape[0], box[1].start : box[1].start + total[box].shape[1]
        ]
        d = np.hypot(y - row, x - column) * texel / seen
        total[box] = np.maximum(total[box], strength * np.exp(-(d**2)))
    return total


def freckle_field(canvas: Canvas) -> Field:
    """Where freckles gather: nose and cheeks."""
    return np.clip(blob(canvas, 0, 14, 22, 12) + blob(canvas, 32, 12, 18, 13) + 0.12 * canvas.region(Region.FACE), 0, 1)


def segments(canvas: Canvas) -> U8:
    """(H, W) ``Segment`` of bare skin; 0 where the triangle's own part says it."""
    out = np.zeros(canvas.part_HW.shape, np.uint8)
    skin = canvas.part_HW == Part.SKIN
    for region, segment, level in (
        (Region.NECK, Segment.NECK, 0.5), (Region.NOSE, Segment.NOSE, 0.5), (Region.EARS, Segment.EARS, 0.5),
        (Region.LIP_UPPER, Segment.UPPER_LIP, 0.42), (Region.LIP_LOWER, Segment.LOWER_LIP, 0.42),
    ):  # fmt: skip
        out[skin & (canvas.region(region) > level)] = segment
    return out
