"""The recipes: one function per hair style of the schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from facelive.rig.bake.hair_caps import Shell, shell, thin_cap, tufts
from facelive.rig.bake.hair_drape import Drape, drape, locks, parting
from facelive.rig.bake.hair_patch import Patch, merge
from facelive.rig.bake.hair_scalp import RECEDING_LINE, Floats, Scalp, direction, smooth_step
from facelive.rig.bake.hair_strands import slerp


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
    top = _blend(elevation, 8, 50, 0.007, 0.021)
    return 0.003 + (top - 0.003) * nape


def _short_rise(azimuth: Floats) -> Floats:
    return np.interp(azimuth, (0, 40, 75, 110, 180), (0.034, 0.030, 0.03, 0.04, 0.06))


def _on_top(count: int, seed: int, *, reach: float = 100.0) -> tuple[Floats, Floats]:
    """Where locks start on top of the head: azimuths and shares of the way to the edge, spread evenly."""
    random = np.random.default_rng(seed)
    azimuth = np.linspace(-reach, reach, count) + random.normal(0.0, 4.0, count)
    return azimuth, np.where(np.arange(count) % 2 == 0, 0.62, 0.35) + random.uniform(-0.06, 0.06, count)


def short(scalp: Scalp) -> Patch:
    """A man's usual cut: short sides, longer on top."""
    outer = Shell(
        height=_short_height, rise=_short_rise, ridges=0.17, lumps=0.05, ragged=1.6, seed=11, columns=64, rows=14,
        fade=0.008, swirl=6, cover=0.93,
    )  # fmt: skip
    inner = replace(
        outer, height=lambda a, e: 0.72 * _short_height(a, e), seed=12, cover=1.0, shade=0.8, columns=44, rows=11
    )
    azimuth, begin = _on_top(30, 13, reach=75.0)
    loose = tufts(scalp, outer, azimuth, begin=begin, length=34.0, width=0.016, lift=0.006, beyond=3.0)
    return merge([thin_cap(scalp, fade=0.012), shell(scalp, inner), shell(scalp, outer), *loose])


def receding(scalp: Scalp) -> Patch:
    """Short, gone from the temples, thin on top."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return 0.5 * _short_height(azimuth, elevation)

    outer = Shell(
        height=height, rise=lambda a: 1.3 * _short_rise(a), hairline=RECEDING_LINE, ridges=0.14, ragged=2.0, seed=21,
        columns=64, rows=16, fade=0.03, cover=0.8, swirl=4,
    )  # fmt: skip
    ground = thin_cap(scalp, hairline=RECEDING_LINE, fade=0.026, cover=0.9, columns=56, rows=11)
    return merge([ground, shell(scalp, outer)])


def curly(scalp: Scalp) -> Patch:
    """Round, lumpy, over the tops of the ears."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return _blend(elevation, -30, 40, 0.016, 0.036)

    outer = Shell(
        height=height, rise=lambda a: np.interp(a, (0, 60, 180), (0.014, 0.02, 0.03)), grow=4, lumps=0.34,
        lump_size=0.016, ragged=3.0, seed=31, columns=76, rows=20, cover=0.85, curls=True, roundness=0.15, fade=0.01,
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
        lump_size=0.012, ragged=2.0, seed=41, columns=72, rows=18, cover=0.55, curls=True, roundness=0.1, fade=0.008,
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


def _volume(azimuth: Floats, face: float, side: float, back: float) -> Floats:
    return np.interp(_side(azimuth), (45, 80, 110, 180), (face, side, side, back))


def _layers(scalp: Scalp, plan: Drape, *, inner: int, loose: int, width: float) -> list[Patch]:
    """A sheet, a darker shorter one beneath, and loose locks on top."""
    around = plan.azimuth
    under = replace(
        plan, azimuth=np.linspace(around[0], around[-1], inner), lift=lambda a: 0.6 * plan.lift(a),
        clear=0.55 * plan.clear, rows=11, seed=plan.seed + 50, shade=0.62, ragged=1.6 * plan.ragged, root_lift=0.4,
    )  # fmt: skip
    pieces = [drape(scalp, under), drape(scalp, plan)]
    if loose:
        step = (around[-1] - around[0]) / loose
        free = replace(
            plan, azimuth=np.linspace(around[0] + 0.3 * step, around[-1] - 0.3 * step, loose), ragged=2.2 * plan.ragged,
            lift=lambda a: plan.lift(a) + 0.002, clear=plan.clear + 0.0015, seed=plan.seed + 70, smooth=0,
            clump=0.5 * plan.clump, wave=1.2 * plan.wave,
        )  # fmt: skip
        pieces += locks(scalp, free, width=width)
    return pieces


def bob(scalp: Scalp) -> Patch:
    """Chin-long, parted in the middle, tips turned in."""
    plan = Drape(
        azimuth=_sides(70, 46.0), root=parting(*_MIDDLE, front_until=62.0, back_from=150.0),
        leave=lambda a: np.interp(_side(a), (46, 70, 110, 180), (8, 4, 0, -8)),
        tip=lambda a: np.interp(_side(a), (46, 90, 180), (-0.062, -0.058, -0.048)),
        lift=lambda a: _volume(a, 0.010, 0.021, 0.019), clear=0.009, inward=0.7, ragged=0.0035, clump=0.003, rows=17,
        tip_fade=0.12, hairline_margin=-2.0, seed=51,
    )  # fmt: skip
    return merge([thin_cap(scalp), *_layers(scalp, plan, inner=36, loose=14, width=0.022)])


def _shoulder_long(scalp: Scalp, plan: Drape, first: float, *, loose: tuple[int, int], width: float) -> Patch:
    """Hair that divides at the shoulders: in front of them on both sides, and down the back."""
    front = np.linspace(first, 106.0, 22)
    back = np.linspace(94.0, 266.0, 40)
    chest = replace(plan, azimuth=front, gather=(0.074, 0.040))
    pieces = _layers(scalp, chest, inner=12, loose=loose[0], width=width)
    chest = replace(plan, azimuth=360.0 - front[::-1], gather=(0.074, 0.040), seed=plan.seed + 5)
    pieces += _layers(scalp, chest, inner=12, loose=loose[0], width=width)
    rear = replace(plan, azimuth=back, gather=(0.072, -0.095), seed=plan.seed + 9)
    pieces += _layers(scalp, rear, inner=20, loose=loose[1], width=width)
    return merge([thin_cap(scalp, columns=40, rows=7), *pieces])


def long_straight(scalp: Scalp) -> Patch:
    """Straight over the shoulders, parted in the middle."""
    plan = Drape(
        azimuth=_sides(64, 48.0), root=parting(*_MIDDLE, front_until=64.0, back_from=150.0),
        leave=lambda a: np.interp(_side(a), (46, 70, 110, 180), (8, 4, 0, -5)),
        tip=lambda a: np.interp(_side(a), (46, 90, 180), (-0.195, -0.20, -0.19)),
        lift=lambda a: _volume(a, 0.008, 0.014, 0.013), clear=0.009, ragged=0.012, clump=0.003, rows=19, tip_fade=0.22,
        hairline_margin=-2.0, seed=61,
    )  # fmt: skip
    return _shoulder_long(scalp, plan, 48.0, loose=(4, 7), width=0.018)


def long_wavy(scalp: Scalp) -> Patch:
    """Full waves over the shoulders, parted off the middle."""
    plan = Drape(
        azimuth=_sides(64, 48.0),
        root=parting(direction(14.0, 36.0), direction(170.0, 70.0), front_until=62.0, back_from=150.0),
        leave=lambda a: np.interp(_side(a), (46, 70, 110, 180), (10, 6, 2, -5)),
        tip=lambda a: np.interp(_side(a), (46, 90, 180), (-0.18, -0.18, -0.175)),
        lift=lambda a: _volume(a, 0.013, 0.023, 0.020), clear=0.014, ragged=0.014, clump=0.004, rows=21, tip_fade=0.2,
        wave=0.006, seed=71, root_lift=0.6, hairline_margin=-2.0,
    )  # fmt: skip
    return _shoulder_long(scalp, plan, 48.0, loose=(5, 8), width=0.022)


def fringe(scalp: Scalp) -> Patch:
    """A fringe to the brows, sides over the ears."""
    plan = Drape(
        azimuth=np.linspace(0.0, 360.0, 75), closed=True,
        root=lambda a: np.repeat(direction(180.0, 80.0)[None], len(a), 0),
        leave=lambda a: np.interp(_side(a), (0, 40, 60, 90, 180), (30, 28, 18, 4, -12)),
        tip=lambda a: np.interp(
            _side(a), (0, 35, 46, 56, 75, 100, 130, 180), (0.064, 0.062, 0.050, 0.012, -0.006, -0.010, -0.025, -0.045)
        ),
        lift=lambda a: _volume(a, 0.013, 0.017, 0.016), clear=0.0065, inward=0.5, ragged=0.004, clump=0.003, rows=16,
        tip_fade=0.14, over_hairline=False, seed=81,
    )  # fmt: skip
    under = replace(
        plan, azimuth=np.linspace(0.0, 360.0, 49), lift=lambda a: 0.6 * plan.lift(a), clear=0.004, rows=11, seed=85,
        shade=0.7, ragged=0.008,
    )  # fmt: skip
    free = replace(
        plan, azimuth=np.linspace(-100.0, 100.0, 19), closed=False, lift=lambda a: plan.lift(a) + 0.001, clear=0.008,
        ragged=0.007, seed=87, smooth=0,
    )  # fmt: skip
    pieces = [drape(scalp, under), drape(scalp, plan), *locks(scalp, free, width=0.018, start=0.35)]
    return merge([thin_cap(scalp), *pieces])


def side_part(scalp: Scalp) -> Patch:
    """Parted on the left, combed over to the right; short sides."""

    def height(azimuth: Floats, elevation: Floats) -> Floats:
        return 0.75 * _short_height(azimuth, elevation)

    sides = Shell(height=height, rise=_short_rise, ridges=0.1, ragged=1.2, seed=91, columns=56, rows=12, fade=0.008)
    front, back = direction(27.0, 34.5), direction(150.0, 62.0)
    top = Drape(
        azimuth=np.linspace(-44.0, -165.0, 40),
        root=lambda a: slerp(front[None], back[None], np.clip((-a - 44.0) / 110.0, 0.0, 1.0))[0],
        leave=lambda a: np.interp(-a, (44, 60, 90, 165), (27, 17, 10, 14)), tip=lambda a: np.full_like(a, 0.3),
        lift=lambda a: np.interp(-a, (44, 62, 80, 165), (0.013, 0.023, 0.025, 0.018)),
        end_lift=lambda a: np.full_like(a, 0.009),
        root_lift=0.25, clear=0.005, rows=14, ragged=0.0, clump=0.004, tip_fade=0.3, hairline_margin=1.0, seed=95,
    )  # fmt: skip
    under = replace(
        top, lift=lambda a: 0.75 * top.lift(a), rows=10, seed=97, shade=0.75, azimuth=np.linspace(-43.0, -166.0, 26)
    )
    free = replace(
        top, azimuth=np.linspace(-46.0, -150.0, 14), lift=lambda a: top.lift(a) + 0.002, seed=99, smooth=0,
        end_lift=lambda a: np.full_like(a, 0.012),
    )  # fmt: skip
    pieces = [shell(scalp, sides), drape(scalp, under), drape(scalp, top), *locks(scalp, free, width=0.018, start=0.15)]
    return merge([thin_cap(scalp, fade=0.01), *pieces])


def tied_back(scalp: Scalp) -> Patch:
    """Sleek to a pony tail."""
    from facelive.rig.bake.hair_tail import pony_tail, pulled_back

    return merge([thin_cap(scalp, fade=0.01), *pulled_back(scalp), *pony_tail(scalp)])


STYLES: dict[str, Callable[[Scalp], Patch]] = {
    "buzz": buzz, "short": short, "side-part": side_part, "fringe": fringe, "curly": curly, "afro": afro, "bob": bob,
    "long-straight": long_straight, "long-wavy": long_wavy, "tied-back": tied_back, "receding": receding,
}  # fmt: skip
