"""The pieces of a head and the soft regions of its skin."""

from __future__ import annotations

from enum import IntEnum


class Part(IntEnum):
    """What a triangle belongs to.

    UV charts: skin, sockets and inner mouth share one; so do both eyes, and both rows of teeth; tongue; lashes.
    """

    SKIN = 0
    EYE_LEFT = 1
    EYE_RIGHT = 2
    TEETH_UPPER = 3
    TEETH_LOWER = 4
    TONGUE = 5
    LASHES = 6
    SOCKETS = 7
    INNER_MOUTH = 8


class Region(IntEnum):
    """Soft masks over the skin: row numbers of ``Head.regions_RV``."""

    LIP_UPPER = 0
    LIP_LOWER = 1
    LIDS = 2
    BROW_LEFT = 3
    BROW_RIGHT = 4
    NOSE = 5
    EARS = 6
    NECK = 7
    SCALP = 8
    BEARD = 9
    MOUSTACHE = 10
    CHEEKS = 11
    FOREHEAD = 12
    CHIN = 13
    FACE = 14
