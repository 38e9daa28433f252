"""A second, tiny rig: a ball with a nose, five sliders, four shapes. It proves that nothing outside the rig counts.

The same classes compute it as the built-in head; it has no eyes, no macros, no subdivision.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head
from facelive.rig.head_data import F32, I32, HeadData
from facelive.rig.parts import Part, Region
from facelive.rig.schema import Parameter, Schema

RADIUS_M = 0.09
_SLIDERS = ("wide", "tall", "deep", "nose", "chin")
_EXPRESSIONS = ("mouthOpen", "winkLeft", "winkRight", "browsUp")


@cache
def tiny_schema() -> Schema:
    """Five sliders, a style of two options, a colour, four expressions, the head's pose."""
    rows = [Parameter(name=name, group="identity", neutral=0.5) for name in _SLIDERS]
    for option, chosen in (("plain", 1.0), ("striped", 0.0)):
        rows.append(Parameter(name=f"coat:{option}", group="style", kind="style", neutral=chosen, member_of="coat"))
    for channel, value in zip("rgb", (0.4, 0.6, 0.8), strict=True):
        rows.append(Parameter(name=f"fur:{channel}", group="colour", kind="colour", neutral=value, member_of="fur"))
    rows += [Parameter(name=name, group="expression") for name in _EXPRESSIONS]
    for name in ("headYaw", "headPitch", "headRoll"):
        rows.append(Parameter(name=name, group="pose", minimum=-1.5708, maximum=1.5708, unit="rad"))
    for name in ("headX", "headY", "headZ"):
        rows.append(Parameter(name=name, group="pose", minimum=-10.0, maximum=10.0, unit="m"))
    return Schema("facelive-tiny", tuple(rows))


def _icosphere(steps: int) -> tuple[F32, I32]:
    """Unit vertices (V, 3) and triangles (T, 3), counter-clockwise from outside."""
    golden = (1.0 + 5.0**0.5) / 2.0
    corners = [(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0)]
    points = np.array(corners + [(c[2], c[0], c[1]) for c in corners] + [(c[1], c[2], c[0]) for c in corners], float)
    points /= np.linalg.norm(points[0])
    triangles = np.array([
        (0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
        (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7),
        (9, 8, 1),
    ])  # fmt: skip
    for _ in range(steps):
        sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        edges, which = np.unique(sides, axis=0, return_inverse=True)
        a, b, c = triangles.T
        ab, bc, ca = (len(points) + which.reshape(-1, 3)).T
        middles = points[edges].mean(1)
        points = np.concatenate([points, middles / np.linalg.norm(middles, axis=1, keepdims=True)])
        triangles = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))])
    return points.astype(np.float32), triangles.astype(np.int32)


def _bump(points_V3: F32, x: float, y: float, width: float) -> F32:
    """(V,) 1 at a direction, falling off; only in front."""
    towards = np.array([x, y, 1.0])
    towards /= np.linalg.norm(towards)
    return np.exp((points_V3 @ towards - 1.0) / width**2).astype(np.float32)


def _morphs(points: F32) -> list[F32]:
    """Offsets (V, 3): five sliders towards 1, five towards 0, four expressions."""
    scale = np.float32(0.15 * RADIUS_M)
    stretch = [points * np.eye(3, dtype=np.float32)[k] * scale for k in range(3)]
    forward, down = np.array([0, 0, 0.02], np.float32), np.array([0, -0.012, 0], np.float32)
    nose, chin = _bump(points, 0, 0, 0.35)[:, None] * forward, _bump(points, 0, -0.9, 0.4)[:, None] * down
    up = [*stretch, nose, chin]
    mouth = _bump(points, 0, -0.5, 0.3)[:, None] * down
    winks = [_bump(points, side * 0.35, 0.3, 0.2)[:, None] * down for side in (1.0, -1.0)]
    brows = _bump(points, 0, 0.6, 0.4)[:, None] * -down
    return [*up, *[np.asarray(-0.8 * offsets, np.float32) for offsets in up], mouth, *winks, brows]


def _spread_points(points: F32, triangles: I32, count: int) -> Correspondence:
    """``count`` corners of front-facing triangles: a stand-in for landmarks, eyes about level at 36 to 47."""
    centres = points[triangles].mean(1)
    place = np.stack([np.linspace(-0.6, 0.6, count), np.linspace(-0.5, 0.5, count)], 1)
    if count == 68:
        angle = np.linspace(0, 2 * np.pi, 6, endpoint=False)
        ring = 0.08 * np.stack([np.cos(angle), np.sin(angle)], 1)
        place[36:42], place[42:48] = ring + np.array([-0.35, 0.3]), ring + np.array([0.35, 0.3])
    wanted = np.concatenate([place, np.sqrt(1.0 - (place**2).sum(1, keepdims=True))], 1)
    nearest = (wanted @ centres.T).argmax(1).astype(np.int32)
    weights = np.stack(
        [np.linalg.lstsq(points[triangles[t]].T, w, rcond=None)[0] for t, w in zip(nearest, wanted, strict=True)]
    )
    weights = np.clip(weights, 0.0, None)
    return Correspondence(
        triangle_K=nearest, barycentric_K3=(weights / weights.sum(1, keepdims=True)).astype(np.float32)
    )


@cache
def tiny_head() -> Head:
    """The tiny rig as a ``Head``: 162 vertices, 320 triangles."""
    points, triangles = _icosphere(2)
    count = len(points)
    morphs = _morphs(points)
    around = np.arctan2(points[:, 0], points[:, 2]) / (2 * np.pi)
    regions = np.zeros((len(Region), count), np.uint8)
    regions[Region.NOSE] = np.rint(255 * np.clip(_bump(points, 0, 0, 0.35), 0, 1))
    return Head(
        HeadData(
            schema=tiny_schema(),
            mean_V3=points * np.float32(RADIUS_M),
            sliders=_SLIDERS,
            slider_zero_S=np.full(len(_SLIDERS), 0.5, np.float32),
            expressions=_EXPRESSIONS,
            morph_indptr=np.arange(len(morphs) + 1, dtype=np.int32) * count,
            morph_index=np.tile(np.arange(count, dtype=np.int32), len(morphs)),
            morph_value_N3=np.concatenate(morphs),
            stencil_indptr=np.arange(count + 1, dtype=np.int32),
            stencil_index=np.arange(count, dtype=np.int32),
            stencil_weight=np.ones(count, np.float32),
            triangles_T3=triangles,
            uv_triangles_T3=triangles,
            uv_U2=np.stack([0.5 + around, 0.5 + 0.5 * points[:, 1]], 1).astype(np.float32),
            part_T=np.full(len(triangles), Part.SKIN, np.uint8),
            head_weight_F=np.ones(count, np.float32),
            face_centre=np.array([0.0, 0.0, 0.8 * RADIUS_M], np.float32),
            regions_RF=regions,
            occlusion_F=np.full(count, 255, np.uint8),
            occlusion_open_F=np.full(count, 255, np.uint8),
            side_V=(0.5 + 0.5 * np.clip(points[:, 0] / 0.05, -1, 1)).astype(np.float32),
            landmarks68=_spread_points(points, triangles, 68),
            landmarks478=_spread_points(points, triangles, 478),
        )
    )
