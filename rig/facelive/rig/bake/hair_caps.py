"""Hair that stands off the skull all round: caps, short cuts, curls; strands run from the crown to the hair line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from facelive.rig.bake.hair_patch import Patch, ribbon, sheet
from facelive.rig.bake.hair_scalp import NATURAL_LINE, Floats, Scalp, angles, direction, line, smooth_step, unit
from facelive.rig.bake.hair_strands import lattice_noise, radial, slerp

CROWN = direction(180.0, 66.0)
_CURL_TILE_M = 0.04
Line = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shell:
    """A shell over the scalp. Heights in metres; azimuth and elevation in degrees."""

    height: Callable[[Floats, Floats], Floats]
    """(azimuth, elevation) -> height above the skin, away from the edge."""
    hairline: Line = NATURAL_LINE
    grow: float = 0.0
    """Degrees that the edge lies beyond the hair line."""
    rise: Callable[[Floats], Floats] = field(default=lambda azimuth: np.full_like(azimuth, 0.02))
    """(azimuth) -> metres from the edge to the full height."""
    edge_height: float = 0.0008
    fade: float = 0.007
    """Metres over which the edge thins out."""
    cover: float = 1.0
    """Opacity inside."""
    lumps: float = 0.0
    """Height of random lumps, share of the local height."""
    lump_size: float = 0.014
    ridges: float = 0.0
    """Height of locks along the strands, share of the local height."""
    ridge_count: float = 9.0
    """Locks per radian of azimuth."""
    ragged: float = 0.0
    """Degrees by which the edge wanders."""
    columns: int = 56
    rows: int = 13
    seed: int = 1
    shade: float = 1.0
    v: tuple[float, float] = (0.3, 1.0)
    swirl: float = 0.0
    """Degrees by which strands bend sideways on their way."""
    curls: bool = False
    """Curled instead of straight strands."""
    roundness: float = 0.3


def column_azimuths(columns: int) -> Floats:
    """(N,) azimuths 0..360 with both ends, closer together at side burns and ears. Left and right alike."""
    grid = np.linspace(0.0, 180.0, 721)
    density = 1.0 + 1.6 * np.exp(-(((grid - 76.0) / 14.0) ** 2))
    share = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    half = np.interp(np.linspace(0.0, share[-1], columns // 2 + 1), share, grid)
    return np.concatenate([half, 360.0 - half[-2::-1]])


def shell(scalp: Scalp, plan: Shell) -> Patch:
    """The patch of a plan, closed round the head."""
    azimuth = column_azimuths(plan.columns)
    wander = plan.ragged * lattice_noise(
        np.stack([np.cos(np.radians(azimuth)) * 9, np.sin(np.radians(azimuth)) * 9], 1), plan.seed
    )
    edge = line(plan.hairline, azimuth) - plan.grow + wander
    # Rows lie closer towards the edge, where the hair rises and thins out.
    share = 1.0 - (1.0 - np.linspace(0.0, 1.0, plan.rows)) ** 1.7
    d = slerp(np.repeat(CROWN[None], len(azimuth), 0), direction(azimuth, edge), share)
    if plan.swirl:
        d = _swirled(d, plan.swirl)
    around, above = angles(d)
    skin = scalp.point(d)
    step = np.linalg.norm(np.diff(skin, axis=1), axis=2)
    to_edge = np.concatenate([np.cumsum(step[:, ::-1], axis=1)[:, ::-1], np.zeros((len(step), 1))], axis=1)
    rise = plan.rise(np.abs((azimuth + 180.0) % 360.0 - 180.0))[:, None]
    near = np.clip(to_edge / rise, 0.0, 1.0)
    profile = np.sqrt(1.0 - (1.0 - near) ** 2)
    height = plan.height(np.abs(around), above)
    if plan.lumps:
        bumps = lattice_noise(skin / plan.lump_size, plan.seed) + 0.5 * lattice_noise(
            skin / (0.45 * plan.lump_size), plan.seed + 1
        )
        height = height * (1.0 + plan.lumps * bumps)
    if plan.ridges:
        height = height * (1.0 + plan.ridges * _ridges(azimuth, share, plan))
    height = plan.edge_height + (height - plan.edge_height) * profile
    points = skin + scalp.normal(d) * height[..., None]
    points[-1] = points[0]
    opacity = plan.cover * smooth_step(to_edge, -0.15 * plan.fade, plan.fade)
    patch = sheet(
        points, opacity=opacity, shade=plan.shade, v=1.0 + to_edge / _CURL_TILE_M if plan.curls else plan.v,
        outward=radial(points), roundness=plan.roundness,
    )  # fmt: skip
    return _tangled(patch, plan.seed) if plan.curls else patch


def _tangled(patch: Patch, seed: int) -> Patch:
    """The same with strands that run every way, so that no highlight goes round the head."""
    any_way = np.random.default_rng(seed).normal(size=patch.points.shape)
    flat = any_way - patch.normals * np.sum(any_way * patch.normals, axis=1, keepdims=True)
    return replace(patch, tangents=unit(flat))


def _ridges(azimuth: Floats, share: Floats, plan: Shell) -> Floats:
    """(N, M) locks: noise that changes quickly round the head and slowly along the strands; less at the crown."""
    a = np.radians(azimuth)
    where = np.stack([np.cos(a), np.sin(a)], axis=1) * plan.ridge_count
    key = np.concatenate(
        [np.repeat(where[:, None], len(share), 1), np.repeat(3.0 * share[None, :, None], len(a), 0)], axis=2
    )
    noise = lattice_noise(key, plan.seed + 7) + 0.6 * lattice_noise(key * [2.3, 2.3, 1.0], plan.seed + 8)
    return noise * smooth_step(share, 0.1, 0.6)


def _swirled(d: Floats, degrees: float) -> Floats:
    """Directions turned about the vertical, more towards the edge, zero at the front and back middle."""
    around, above = angles(d)
    late = np.linspace(0.0, 1.0, d.shape[1]) * (1.0 - np.linspace(0.0, 1.0, d.shape[1]))
    return direction(around + degrees * 4.0 * late * np.sin(np.radians(around)), above)


def thin_cap(
    scalp: Scalp,
    *,
    hairline: Line = NATURAL_LINE,
    fade: float = 0.008,
    cover: float = 1.0,
    columns: int = 48,
    rows: int = 9,
) -> Patch:
    """The dark ground under longer hair, so that no skin shows between strands."""
    plan = Shell(
        height=lambda azimuth, elevation: np.full_like(azimuth, 0.0016), hairline=hairline, fade=fade, cover=cover,
        columns=columns, rows=rows, shade=0.62, roundness=0.6,
    )  # fmt: skip
    return shell(scalp, plan)


def tufts(
    scalp: Scalp,
    plan: Shell,
    azimuth: Floats,
    *,
    begin: Floats,
    length: float,
    width: float,
    lift: float,
    beyond: float,
) -> list[Patch]:
    """Locks that lie on a shell and end in free tips.

    azimuth (K,) and begin (K,): where each starts, as degrees round the head and as share of the way from the crown to
    the edge. length: degrees of the way. lift: metres that the tip stands off. beyond: degrees it may pass the edge.
    """
    random = np.random.default_rng(plan.seed + 100)
    rows = 6
    t = np.linspace(0.0, 1.0, rows)
    pieces: list[Patch] = []
    for number, (a, share) in enumerate(zip(azimuth, begin, strict=True)):
        edge = float(line(plan.hairline, a)) - plan.grow - beyond * random.uniform(0.3, 1.0)
        whole = slerp(CROWN[None], direction([a], [edge]), np.linspace(0.0, 1.0, 60))[0]
        arc = np.degrees(np.arccos(np.clip(np.sum(CROWN * direction(a, edge)), -1.0, 1.0)))
        stop = min(share + length * random.uniform(0.7, 1.2) / arc, 1.0)
        index = (share + (stop - share) * t) * 59.0
        d = np.stack([np.interp(index, np.arange(60.0), whole[:, k]) for k in range(3)], axis=1)
        d /= np.linalg.norm(d, axis=1, keepdims=True)
        around, above = angles(d)
        bend = random.normal(0.0, 6.0) * t**1.5
        d = direction(around + bend / np.maximum(np.cos(np.radians(above)), 0.3), above)
        to_edge = np.maximum((1.0 - index / 59.0) * np.radians(arc) * 0.09, 0.0)
        near = np.clip(to_edge / float(plan.rise(np.array([abs((a + 180.0) % 360.0 - 180.0)]))[0]), 0.0, 1.0)
        height = plan.height(np.abs(around), above) * np.maximum(np.sqrt(1.0 - (1.0 - near) ** 2), 0.35)
        stand = 0.0015 + lift * random.uniform(0.2, 1.0) * t**2
        spine = scalp.off(d, height * 1.02 + stand)
        size = width * random.uniform(0.75, 1.25) * np.interp(t, (0.0, 0.35, 1.0), (0.5, 1.0, 0.3))
        opacity = smooth_step(t, -0.05, 0.3) * (1.0 - 0.85 * smooth_step(t, 0.5, 1.0))
        pieces.append(ribbon(spine, radial(spine), size, opacity=opacity, v=(0.3, 1.0), u_start=0.0371 * number))
    return pieces
