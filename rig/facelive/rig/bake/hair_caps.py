"""Hair that stands off the skull all round: caps, short cuts, curls; strands run from the crown to the hair line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from facelive.rig.bake.hair_patch import Patch, sheet
from facelive.rig.bake.hair_scalp import NATURAL_LINE, Floats, Scalp, angles, direction, line, smooth_step
from facelive.rig.bake.hair_strands import lattice_noise, radial, slerp

CROWN = direction(180.0, 66.0)
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
    ragged: float = 0.0
    """Degrees by which the edge wanders."""
    columns: int = 56
    rows: int = 13
    seed: int = 1
    shade: float = 1.0
    v: tuple[float, float] = (0.3, 1.0)
    swirl: float = 0.0
    """Degrees by which strands bend sideways on their way."""
    curl: float = 0.0
    """Metres by which the texture waves across: curls."""
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
    height = plan.edge_height + (height - plan.edge_height) * profile
    points = skin + scalp.normal(d) * height[..., None]
    points[-1] = points[0]
    opacity = plan.cover * smooth_step(to_edge, -0.15 * plan.fade, plan.fade)
    wave = plan.curl * np.sin(to_edge * 420.0 + 5.0 * lattice_noise(skin / 0.02, plan.seed + 5)) if plan.curl else 0.0
    return sheet(
        points,
        opacity=opacity,
        shade=plan.shade,
        v=plan.v,
        outward=radial(points),
        roundness=plan.roundness,
        u_shift=wave,
    )


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
