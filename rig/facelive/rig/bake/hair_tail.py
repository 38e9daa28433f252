"""Hair drawn to the back of the head and the tail that hangs from there."""

from __future__ import annotations

import numpy as np

from facelive.rig.bake.hair_caps import column_azimuths
from facelive.rig.bake.hair_patch import Patch, ribbon, sheet
from facelive.rig.bake.hair_scalp import NATURAL_LINE, Floats, Scalp, direction, line, smooth_step, unit
from facelive.rig.bake.hair_strands import lattice_noise, radial, slerp

_TIE = direction(180.0, 22.0)


def pulled_back(scalp: Scalp) -> list[Patch]:
    """Two sleek layers from the hair line to the tie."""
    layers: list[Patch] = []
    for columns, rows, top, shade, seed in ((52, 12, 0.0045, 0.75, 1), (68, 15, 0.009, 1.0, 2)):
        azimuth = column_azimuths(columns)
        start = direction(azimuth, line(NATURAL_LINE, azimuth))
        share = np.linspace(0.0, 1.0, rows) ** 1.35
        d = slerp(start, np.repeat(_TIE[None], len(azimuth), 0), share)
        round_ = np.stack([np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))], 1)
        ridge = lattice_noise(round_ * 12.0, seed) + 0.5 * lattice_noise(round_ * 27.0, seed + 3)
        height = 0.001 + (top - 0.001) * smooth_step(share, 0.0, 0.3)[None] * (1.0 + 0.14 * ridge[:, None])
        points = scalp.off(d, height)
        points[-1] = points[0]
        opacity = smooth_step(share, -0.012, 0.07)
        layers.append(sheet(points, opacity=opacity, shade=shade, outward=radial(points), roundness=0.3))
    return layers


def pony_tail(scalp: Scalp) -> list[Patch]:
    """Locks that spring from the tie and hang down the back."""
    origin = scalp.off(_TIE, 0.010)
    rows, count = 12, 13
    t = np.linspace(0.0, 1.0, rows)
    spine = origin + np.stack(
        [
            np.zeros(rows),
            0.016 * np.sin(np.pi * t * 0.8) - 0.215 * t**1.5,
            -0.045 * np.sin(np.pi * np.minimum(t * 1.15, 1.0)) - 0.012 * t,
        ],
        1,
    )
    spine = scalp.push_out(spine, 0.016 * smooth_step(t, 0.0, 0.3) + 0.004)
    radius = 0.008 + 0.017 * np.sin(np.pi * np.clip(t, 0.0, 1.0) ** 0.7) * (1.0 - 0.35 * t)
    pieces: list[Patch] = []
    along = unit(np.gradient(spine, axis=0))
    side = np.array([1.0, 0.0, 0.0])
    up = unit(np.cross(side, along))
    for number in range(count):
        angle = 2.0 * np.pi * number / count
        around: Floats = np.cos(angle) * side[None] + np.sin(angle) * up
        drift = 0.25 * lattice_noise(np.stack([t * 2.0, np.full(rows, 7.3 * number)], 1), 5)
        path = spine + around * (radius * (1.0 + drift))[:, None]
        width = 2.6 * np.pi * radius / count * (1.0 - 0.5 * t**2) + 0.002
        opacity = 1.0 - 0.9 * smooth_step(t, 0.7, 1.0)
        pieces.append(ribbon(path, around, width, arch=0.5, opacity=opacity, edge=0.75, u_start=0.04 * number))
    return pieces
