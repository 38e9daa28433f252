"""Hair that falls: from a parting or the crown over the skull, then down, in layers and loose locks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from facelive.rig.bake.hair_patch import Patch, ribbon, sheet
from facelive.rig.bake.hair_scalp import CENTRE, NATURAL_LINE, Floats, Scalp, direction, line, smooth_step, unit
from facelive.rig.bake.hair_strands import (
    arc_length,
    even,
    fall,
    lattice_noise,
    radial,
    row_shares,
    slerp,
    smooth_across,
)

_OVER = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Drape:
    """A sheet of falling hair. Metres; azimuth and elevation in degrees, azimuth 0..360 in order of the strands."""

    azimuth: Floats
    """(N,) where each strand ends its way over the skull."""
    root: Callable[[Floats], Floats]
    """(N,) azimuth -> (N, 3) direction where it leaves the scalp."""
    leave: Callable[[Floats], Floats]
    """azimuth -> elevation at which it stops following the skull."""
    tip: Callable[[Floats], Floats]
    """azimuth -> height y of the tips; a strand hangs from where it leaves down to there."""
    lift: Callable[[Floats], Floats] = field(default=lambda azimuth: np.full_like(azimuth, 0.012))
    """azimuth -> how far above the scalp the sheet runs."""
    end_lift: Callable[[Floats], Floats] | None = None
    """azimuth -> the same where it leaves the skull; None: ``lift``."""
    root_lift: float = 0.55
    """Share of ``lift`` that it starts with."""
    clear: float = 0.009
    """How far from face, neck and shoulders it stays."""
    inward: float = 0.0
    gather: tuple[float, float] | None = None
    """(x on the left, z) that the hair draws together to below the jaw; None: it hangs as it falls."""
    rows: int = 16
    row_power: float = 1.25
    """Above 1 the rows lie closer towards the tips."""
    ragged: float = 0.012
    """Metres by which tips differ."""
    clump: float = 0.0025
    """How far locks stand out, growing towards the tips."""
    clump_size: float = 0.016
    wave: float = 0.0
    """Sideways and outward waves, metres; ``wave_length`` along the strand."""
    wave_length: float = 0.07
    over_hairline: bool = True
    """Keep strands off the forehead: on their way they stay above the hair line."""
    hairline_margin: float = 2.0
    tip_fade: float = 0.35
    """Share of the length that thins out."""
    root_fade: float = 0.0
    cover: float = 1.0
    shade: float = 1.0
    seed: int = 1
    closed: bool = False
    roundness: float = 0.35
    smooth: int = 3


def _over_skull(scalp: Scalp, plan: Drape) -> Floats:
    """(N, K, 3) the way from root to where the strand leaves the skull."""
    around = plan.azimuth
    start, end = plan.root(around), direction(around, plan.leave(around))
    d = slerp(start, end, np.linspace(0.0, 1.0, _OVER))
    if plan.over_hairline:
        azimuth = np.degrees(np.arctan2(d[..., 0], d[..., 2]))
        level = np.degrees(np.arcsin(np.clip(d[..., 1], -1, 1)))
        floor = line(NATURAL_LINE, azimuth) + plan.hairline_margin
        front = np.abs(azimuth) < 75.0
        d = np.where((front & (level < floor))[..., None], direction(azimuth, floor), d)
    share = np.linspace(0.0, 1.0, _OVER)
    full = plan.lift(around)[:, None]
    lift = full * (plan.root_lift + (1.0 - plan.root_lift) * smooth_step(share, 0.0, 0.35))
    if plan.end_lift is not None:
        lift = lift + (plan.end_lift(around)[:, None] - lift) * smooth_step(share, 0.5, 1.0)
    points = scalp.off(d, lift)
    return scalp.push_out(points, 0.8 * np.minimum(lift, plan.clear))


def strands(scalp: Scalp, plan: Drape) -> Floats:
    """(N, M, 3) the strands of a plan, before they become a sheet."""
    over = smooth_across(_over_skull(scalp, plan), 2, closed=plan.closed)
    where = np.stack([np.cos(np.radians(plan.azimuth)), np.sin(np.radians(plan.azimuth))], 1)
    loose = lattice_noise(where * 7.0, plan.seed) + 0.6 * lattice_noise(where * 19.0, plan.seed + 1)
    length = np.maximum(over[:, -1, 1] - plan.tip(plan.azimuth) + plan.ragged * loose, 0.004)
    path = fall(scalp, over, length, clear=plan.clear, inward=plan.inward, gather=plan.gather)
    grid = smooth_across(even(path, plan.rows, power=plan.row_power), plan.smooth, closed=plan.closed)
    return _tousled(scalp, plan, grid)


def _tousled(scalp: Scalp, plan: Drape, grid: Floats) -> Floats:
    where = np.stack([np.cos(np.radians(plan.azimuth)), np.sin(np.radians(plan.azimuth))], 1)
    along = arc_length(grid)
    share = along / np.maximum(along[:, -1:], 1e-6)
    outward = radial(grid)
    size = 0.085 / plan.clump_size
    key = np.concatenate([np.repeat((where * size)[:, None], grid.shape[1], 1), along[..., None] * 6.0], axis=2)
    bump = lattice_noise(key, plan.seed + 2)
    grid = grid + outward * (plan.clump * bump * smooth_step(share, 0.0, 0.8))[..., None]
    if plan.wave:
        across = unit(np.cross(outward, unit(np.gradient(grid, axis=1))))
        phase = 2.5 * lattice_noise(where * 3.0, plan.seed + 3)[:, None]
        turn = 2.0 * np.pi * along / plan.wave_length + phase
        much = plan.wave * smooth_step(along, 0.05, 0.16)
        grid = grid + across * (much * np.sin(turn))[..., None] + outward * (much * 0.9 * np.cos(turn + 0.6))[..., None]
    return scalp.push_out(grid, np.minimum(0.7 * plan.clear, 0.004) * np.ones(grid.shape[:2]))


def drape(scalp: Scalp, plan: Drape, *, u_start: float = 0.0) -> Patch:
    """The sheet of a plan."""
    grid = strands(scalp, plan)
    if plan.closed:
        grid[-1] = grid[0]
    share = row_shares(plan.rows, plan.row_power)
    tips = 1.0 - 0.96 * smooth_step(share, 1.0 - plan.tip_fade, 1.0)
    roots = smooth_step(share, -0.01, plan.root_fade) if plan.root_fade else np.ones_like(share)
    return sheet(
        grid, opacity=plan.cover * tips * roots, shade=plan.shade, outward=radial(grid), roundness=plan.roundness,
        v=share, u_start=u_start,
    )  # fmt: skip


def locks(
    scalp: Scalp, plan: Drape, *, width: float, count_rows: int = 8, start: float = 0.25, out: float = 0.003
) -> list[Patch]:
    """Every strand of a plan as a lock of its own, from share ``start`` of its length to the tip."""
    grid = strands(scalp, plan)
    pieces: list[Patch] = []
    share = start + (1.0 - start) * np.linspace(0.0, 1.0, count_rows)
    for number, strand in enumerate(grid):
        along = arc_length(strand[None])[0]
        spine = np.stack([np.interp(share * along[-1], along, strand[:, k]) for k in range(3)], axis=1)
        t = np.linspace(0.0, 1.0, count_rows)
        outward = radial(spine)
        spine = spine + outward * (out * np.sin(np.pi * np.minimum(t * 1.6, 1.0)))[:, None]
        size = width * (0.45 + 0.55 * np.sin(np.pi * np.clip(0.15 + 0.7 * t, 0, 1))) * (1.0 - 0.55 * t)
        opacity = smooth_step(t, -0.02, 0.5) * (1.0 - 0.9 * smooth_step(t, 0.55, 1.0)) * plan.cover
        pieces.append(
            ribbon(
                spine,
                outward,
                size,
                opacity=opacity,
                v=(start, 1.0),
                u_start=0.037 * number,
                shade=plan.shade,
                edge=0.4,
            )
        )
    return pieces


def parting(front: Floats, back: Floats, *, front_until: float, back_from: float) -> Callable[[Floats], Floats]:
    """Roots on the great circle from ``front`` to ``back``: strands that end before ``front_until`` degrees leave at
    the front, those beyond ``back_from`` at the back."""

    def root(azimuth: Floats) -> Floats:
        side = np.abs((azimuth + 180.0) % 360.0 - 180.0)
        share = np.clip((side - front_until) / (back_from - front_until), 0.0, 1.0)
        return slerp(front[None], back[None], share)[0]

    return root


__all__ = ["CENTRE", "Drape", "drape", "locks", "parting", "strands"]
