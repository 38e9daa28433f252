"""The recipes: one function per hair style of the schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from facelive.rig.bake.hair_caps import CROWN, Shell, shell, thin_cap
from facelive.rig.bake.hair_drape import Drape, drape, locks, parting
from facelive.rig.bake.hair_patch import Patch, merge
from facelive.rig.bake.hair_scalp import NATURAL_LINE, RECEDING_LINE, Floats, Scalp, direction, smooth_step


def _blend(elevation: Floats, low: float, high: float, side: float, top: float) -> Floats:
    return side + (top - side) * smooth_step(elevation, low, high)


def buzz(scalp: Scalp) -> Patch:
    """Clipped all over: two thin shells."""
    ground = Shell(height=lambda a, e: np.full_like(a, 0.0012), fade=0.010, seed=3, shade=0.85, rows=12)
    fuzz = replace(
        ground, height=lambda a, e: _blend(e, 0, 40, 0.0022, 0.0042), cover=0.7, edge_height=0.001, seed=4, shade=1.0
    )
    return merge([shell(scalp, ground), shell(scalp, fuzz)])


def _short_height(azimuth: Floats, elevation: Floats) -> Floats:
    nape = smooth_step(elevation, -50, -10)
    top = _blend(elevation, 8, 48, 0.007, 0.022)
    return (0.003 + (top - 0.003) * nape) * (1.0 + 0.25 * smooth_step(azimuth, 70, 0) * smooth_step(elevation, 20, 40))


def _short_rise(azimuth: Floats) -> Floats:
    return np.interp(azimuth, (0, 45, 75, 110, 180), (0.012, 0.016, 0.03, 0.04, 0.06))


def short(scalp: Scalp) -> Patch:
    """A man's usual cut: short sides, longer on top."""
    outer = Shell(
        height=_short_height, rise=_short_rise, lumps=0.16, ragged=1.2, seed=11, columns=60, rows=15, fade=0.008, swirl=6,
        cover=0.93,
    )  # fmt: skip
    inner = replace(outer, height=lambda a, e: 0.72 * _short_height(a, e), lumps=0.1, seed=12, cover=1.0, shade=0.8)
    return merge([thin_cap(scalp, fade=0.012), shell(scalp, inner), shell(scalp, outer)])


def receding(scalp: Scalp) -> Patch:
    """Short, gone from the temples, thin on top."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return 0.55 * _short_height(azimuth, elevation)

    outer = Shell(
        height=height, rise=_short_rise, hairline=RECEDING_LINE, lumps=0.14, ragged=2.0, seed=21, columns=60, rows=14,
        fade=0.016, cover=0.8, swirl=4,
    )  # fmt: skip
    return merge([thin_cap(scalp, hairline=RECEDING_LINE, fade=0.02, cover=0.9), shell(scalp, outer)])


def curly(scalp: Scalp) -> Patch:
    """Round, lumpy, over the tops of the ears."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return _blend(elevation, -30, 40, 0.016, 0.036)

    outer = Shell(
        height=height, rise=lambda a: np.interp(a, (0, 60, 180), (0.014, 0.02, 0.03)), grow=4, lumps=0.34,
        lump_size=0.016, ragged=3.0, seed=31, columns=76, rows=20, cover=0.85, curl=0.004, roundness=0.15, fade=0.01,
    )  # fmt: skip
    inner = replace(
        outer, height=lambda a, e: 0.75 * height(a, e), lumps=0.25, seed=35, columns=52, rows=13, cover=1.0, shade=0.7
    )
    return merge([thin_cap(scalp, fade=0.01, columns=40, rows=7), shell(scalp, inner), shell(scalp, outer)])


def afro(scalp: Scalp) -> Patch:
    """A big soft ball."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return _blend(elevation, -40, 30, 0.042, 0.056)

    outer = Shell(
        height=height, rise=lambda a: np.interp(a, (0, 60, 180), (0.035, 0.04, 0.06)), grow=3, lumps=0.07,
        lump_size=0.012, ragged=2.0, seed=41, columns=72, rows=18, cover=0.55, curl=0.005, roundness=0.1, fade=0.008,
    )  # fmt: skip
    middle = replace(
        outer, height=lambda a, e: 0.94 * height(a, e), seed=43, columns=60, rows=15, cover=0.85, shade=0.9
    )
    core = replace(outer, height=lambda a, e: 0.85 * height(a, e), seed=45, columns=40, rows=11, cover=1.0, shade=0.7)
    return merge(
        [thin_cap(scalp, fade=0.008, columns=32, rows=6), shell(scalp, core), shell(scalp, middle), shell(scalp, outer)]
    )


def _sides(count: int, first: float) -> Floats:
    """(N,) azimuths from the left of the face round the back to the right."""
    half = first + (180.0 - first) * np.linspace(0.0, 1.0, count // 2 + 1)
    return np.concatenate([half, 360.0 - half[-2::-1]])


def _side(azimuth: Floats) -> Floats:
    return np.abs((azimuth + 180.0) % 360.0 - 180.0)


_MIDDLE = (direction(0.0, 36.0), direction(180.0, 68.0))


def _long(scalp: Scalp, plan: Drape, face: float) -> list[Patch]:
    inner = replace(
        plan, azimuth=_sides(36, face + 8.0), lift=0.6 * plan.lift, clear=0.55 * plan.clear, rows=13, seed=plan.seed + 50, shade=0.62,
        ragged=0.02, root_lift=0.002,
    )  # fmt: skip
    loose = replace(
        plan, azimuth=np.concatenate([_sides(12, face - 1.0)]), lift=plan.lift + 0.003, clear=plan.clear + 0.003, ragged=0.03, seed=plan.seed + 70,
        smooth=0, wave=plan.wave * 1.25,
    )  # fmt: skip
    return [thin_cap(scalp), drape(scalp, inner), drape(scalp, plan), *locks(scalp, loose, width=0.02)]


def bob(scalp: Scalp) -> Patch:
    """Chin-long, parted in the middle, tips turned in."""
    plan = Drape(
        azimuth=_sides(64, 52.0), root=parting(*_MIDDLE, front_until=62.0, back_from=150.0),
        leave=lambda a: np.interp(_side(a), (50, 70, 110, 180), (6, 4, 0, -8)),
        tip=lambda a: np.interp(_side(a), (50, 90, 180), (-0.066, -0.060, -0.050)),
        lift=0.016, clear=0.010, inward=0.6, ragged=0.006, clump=0.002, rows=16, tip_fade=0.22, seed=51,
    )  # fmt: skip
    return merge(_long(scalp, plan, 52.0))


def long_straight(scalp: Scalp) -> Patch:
    """Straight over the shoulders, parted in the middle."""
    plan = Drape(
        azimuth=_sides(64, 54.0), root=parting(*_MIDDLE, front_until=64.0, back_from=150.0),
        leave=lambda a: np.interp(_side(a), (50, 70, 110, 180), (6, 4, 0, -5)),
        tip=lambda a: np.interp(_side(a), (50, 90, 180), (-0.21, -0.205, -0.20)),
        lift=0.011, clear=0.009, ragged=0.02, clump=0.003, rows=20, tip_fade=0.3, seed=61,
    )  # fmt: skip
    return merge(_long(scalp, plan, 54.0))


def long_wavy(scalp: Scalp) -> Patch:
    """Full waves over the shoulders, parted off the middle."""
    plan = Drape(
        azimuth=_sides(64, 52.0), root=parting(direction(14.0, 36.0), direction(170.0, 70.0), front_until=62.0, back_from=150.0),
        leave=lambda a: np.interp(_side(a), (50, 70, 110, 180), (8, 6, 2, -5)),
        tip=lambda a: np.interp(_side(a), (50, 90, 180), (-0.19, -0.19, -0.185)),
        lift=0.019, clear=0.014, ragged=0.022, clump=0.004, rows=24, tip_fade=0.25, wave=0.006, seed=71, root_lift=0.006,
    )  # fmt: skip
    return merge(_long(scalp, plan, 52.0))


def fringe(scalp: Scalp) -> Patch:
    """A fringe to the brows, sides to the middle of the ears."""
    azimuth = np.linspace(0.0, 360.0, 73)
    plan = Drape(
        azimuth=azimuth, closed=True, root=lambda a: np.repeat(direction(180.0, 80.0)[None], len(a), 0),
        leave=lambda a: np.interp(_side(a), (0, 40, 60, 90, 180), (30, 28, 18, 4, -12)),
        tip=lambda a: np.interp(_side(a), (0, 35, 48, 58, 75, 100, 130, 180), (0.064, 0.062, 0.052, 0.02, 0.008, 0.006, -0.02, -0.045)),
        lift=0.013, clear=0.0065, inward=0.3, ragged=0.006, clump=0.0025, rows=15, tip_fade=0.2, over_hairline=False, seed=81,
    )  # fmt: skip
    inner = replace(
        plan, azimuth=np.linspace(0.0, 360.0, 49), lift=0.008, clear=0.004, rows=11, seed=85, shade=0.7, ragged=0.01
    )
    loose = replace(
        plan,
        azimuth=np.linspace(-75.0, 75.0, 15),
        closed=False,
        lift=0.0145,
        clear=0.008,
        ragged=0.012,
        seed=87,
        smooth=0,
    )
    return merge(
        [thin_cap(scalp), drape(scalp, inner), drape(scalp, plan), *locks(scalp, loose, width=0.018, start=0.4)]
    )


def side_part(scalp: Scalp) -> Patch:
    """Parted on the left, combed over to the right; short sides."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return 0.7 * _short_height(azimuth, elevation)

    sides = Shell(height=height, rise=_short_rise, lumps=0.1, ragged=1.2, seed=91, columns=60, rows=13, fade=0.008)
    front, back = direction(26.0, 35.0), direction(150.0, 62.0)
    azimuth = np.linspace(-18.0, -150.0, 40)
    top = Drape(
        azimuth=azimuth, root=lambda a: np.concatenate([np.atleast_2d(d) for d in _along(front, back, (a + 18.0) / -132.0)]),
        leave=lambda a: np.interp(-a, (18, 40, 60, 90, 150), (33, 29, 22, 16, 12)),
        tip=lambda a: np.interp(-a, (18, 40, 60, 90, 150), (0.105, 0.092, 0.07, 0.05, 0.05)),
        lift=0.024, root_lift=0.004, clear=0.010, rows=14, ragged=0.01, clump=0.003, tip_fade=0.4, seed=95,
    )  # fmt: skip
    under = replace(top, lift=0.018, clear=0.007, rows=10, seed=97, shade=0.75, azimuth=np.linspace(-16.0, -152.0, 28))
    return merge([thin_cap(scalp, fade=0.01), shell(scalp, sides), drape(scalp, under), drape(scalp, top)])


def _along(front: Floats, back: Floats, share: Floats) -> list[Floats]:
    from facelive.rig.bake.hair_strands import slerp

    return list(slerp(front[None], back[None], np.clip(share, 0.0, 1.0))[0])


def tied_back(scalp: Scalp) -> Patch:
    """Sleek to a pony tail."""
    from facelive.rig.bake.hair_tail import pony_tail, pulled_back

    return merge([thin_cap(scalp, fade=0.01), *pulled_back(scalp), *pony_tail(scalp)])


STYLES: dict[str, Callable[[Scalp], Patch]] = {
    "buzz": buzz, "short": short, "side-part": side_part, "fringe": fringe, "curly": curly, "afro": afro, "bob": bob,
    "long-straight": long_straight, "long-wavy": long_wavy, "tied-back": tied_back, "receding": receding,
}  # fmt: skip
_UNUSED = (CROWN, NATURAL_LINE)
