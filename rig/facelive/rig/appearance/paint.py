"""A character's paint: the skin texture, its labels, eyes, lashes; put together from masks that are drawn once.

Masks belong to a canvas (a size of texture), layers to a person: the masks are cached, the person costs one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facelive.rig.appearance import beard, brows, skin, wrinkles
from facelive.rig.appearance.canvas import Canvas, make_canvas
from facelive.rig.appearance.compose import compose
from facelive.rig.appearance.iris import eye_texture
from facelive.rig.appearance.lashes import lash_texture
from facelive.rig.appearance.mask import Mask, make_mask, row_spans
from facelive.rig.appearance.person import Person, read_person
from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.render.scene import Scene
from facelive.rig.render.tone import to_linear

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Rgb = tuple[float, float, float]
_KEPT = 8
"""Painted persons that are remembered."""
_BARE_GLOSS, _BARE_ROUGH = 0.85, 0.52


@dataclass(frozen=True, kw_only=True)
class Paint:
    """What the shading loop reads."""

    skin_HW8: NDArray[np.uint16]
    """Linear RGB, gloss, normal offset (3), roughness; ``compose`` says what a step means."""
    labels_HW: U8
    """``Segment`` per texel, 0: the triangle's own."""
    eye_HW3: F32
    lash_HW: F32
    lens_HW: F32
    hair_rgb: Rgb
    plain_V3: F32
    """Linear vertex colours of rigs without painted appearance; empty otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """Colour c becomes ``c * multiply + add`` under the mask, times amount."""

    mask: Mask
    amount: float
    multiply: Rgb = (1.0, 1.0, 1.0)
    add: Rgb = (0.0, 0.0, 0.0)
    gloss: float = _BARE_GLOSS
    rough: float = _BARE_ROUGH


@dataclass(frozen=True, kw_only=True, slots=True)
class Bumps:
    """Tilts of the normal by each of ``wrinkles.ALL``."""

    tilts_M3HW: NDArray[np.int8]
    spans_MH2: NDArray[np.int32]
    full_M: F32
    """What 127 stands for."""


class Painter:
    """Paints the persons of one head at one texture size."""

    def __init__(self, head: Head, size: int) -> None:
        self.head, self.size = head, size
        self.plain = "skin" not in head.schema.colours
        self._canvas: Canvas | None = None
        self._masks: dict[object, Mask] = {}
        self._brows: dict[str, tuple[Mask, U8]] = {}
        self._beards: dict[str, tuple[Mask, U8]] = {}
        self._labels: dict[tuple[str, str], U8] = {}
        self._tilts: Bumps | None = None
        self._lashes: F32 | None = None
        self._people: dict[object, Paint] = {}

    @property
    def canvas(self) -> Canvas:
        """Drawn when first needed."""
        if self._canvas is None:
            self._canvas = make_canvas(self.head, self.size)
        return self._canvas

    def paint(self, params_P: F32, scene: Scene) -> Paint:
        """The paint of a character, remembered for the last few."""
        if self.plain:
            return self._plain_paint(params_P)
        person = read_person(self.head.schema, params_P, scene)
        found = self._people.pop(person, None)
        if found is None:
            found = self._paint(person)
            if len(self._people) >= _KEPT:
                del self._people[next(iter(self._people))]
        self._people[person] = found
        return found

    def _plain_paint(self, params_P: F32) -> Paint:
        schema, head = self.head.schema, self.head
        colours = list(schema.colours.values())
        rgb = params_P[colours[0]][:3] if colours else np.array([0.7, 0.7, 0.7], np.float32)
        tint = to_linear(rgb) * np.ones((head.vertex_count, 1), np.float32)
        return Paint(
            skin_HW8=np.zeros((2, 2, 8), np.uint16), labels_HW=np.zeros((2, 2), np.uint8),
            eye_HW3=np.zeros((2, 2, 3), np.float32), lash_HW=np.zeros((2, 2), np.float32), lens_HW=lens_texture(),
            hair_rgb=(0.2, 0.15, 0.1), plain_V3=tint.astype(np.float32),
        )  # fmt: skip

    def mask(self, key: object, draw: Callable[[], NDArray[np.floating] | U8]) -> Mask:
        """A mask by name, drawn when first asked for."""
        if key not in self._masks:
            self._masks[key] = make_mask(skin.to_bytes(draw()))
        return self._masks[key]

    def brow(self, name: str) -> tuple[Mask, U8]:
        """Paint and label strength of a brow style."""
        if name not in self._brows:
            paint, label = brows.brow_mask(self.canvas, name)
            self._brows[name] = make_mask(paint), label
        return self._brows[name]

    def beard(self, name: str) -> tuple[Mask, U8]:
        """Paint and label strength of a beard style."""
        if name not in self._beards:
            paint, label = beard.beard_mask(self.canvas, name)
            self._beards[name] = make_mask(paint), label
        return self._beards[name]

    def layers(self, person: Person) -> list[Layer]:
        """What lies over the bare skin, from below."""
        from facelive.rig.appearance.layers import person_layers

        return person_layers(self, person)

    def labels(self, person: Person) -> U8:
        """(H, W) ``Segment`` per texel; the same array for the same brow and beard."""
        key = (person.brow, person.beard)
        if key not in self._labels:
            labels = skin.segments(self.canvas)
            free = (labels != Segment.UPPER_LIP) & (labels != Segment.LOWER_LIP)
            labels[(self.beard(person.beard)[1] > 127) & free] = Segment.BEARD
            brow_label = self.brow(person.brow)[1] > 100
            left = self.canvas.x > 0
            labels[brow_label & left], labels[brow_label & ~left] = Segment.BROW_LEFT, Segment.BROW_RIGHT
            self._labels[key] = labels
        return self._labels[key]

    def _lash_texture(self) -> F32:
        if self._lashes is None:
            self._lashes = lash_texture(self.head, int(np.clip(self.size // 2, 128, 1024)))
        return self._lashes

    def _bumps(self) -> Bumps:
        """All of ``wrinkles.ALL``, drawn when first needed."""
        if self._tilts is None:
            lips = np.asarray(skin.lips(self.canvas))[..., None]
            maps = [wrinkles.slopes(self.canvas, height) for height in wrinkles.ALL.values()]
            tilts = np.stack([tilt for tilt, _ in maps])
            number = list(wrinkles.ALL).index("lip_lines")
            tilts[number] = np.rint(tilts[number] * lips)
            self._tilts = Bumps(
                tilts_M3HW=np.ascontiguousarray(tilts.transpose(0, 3, 1, 2)),
                spans_MH2=np.stack([row_spans(tilt.any(-1)) for tilt in tilts]),
                full_M=np.array([full for _, full in maps], np.float32),
            )
        return self._tilts

    def _paint(self, person: Person) -> Paint:
        layers = [layer for layer in self.layers(person) if layer.amount > 0.0]
        weights = person.wrinkle_weights()
        bumps = self._bumps()
        out = np.empty((self.size, self.size, 8), np.uint16)
        compose(
            np.array([*to_linear(np.array(person.skin_rgb)), _BARE_GLOSS, _BARE_ROUGH], np.float32),
            np.array([layer.amount for layer in layers], np.float32),
            np.array([layer.multiply for layer in layers], np.float32),
            np.array([layer.add for layer in layers], np.float32),
            np.array([(layer.gloss, layer.rough) for layer in layers], np.float32),
            np.stack([layer.mask.paint_HW for layer in layers]),
            np.stack([layer.mask.spans_H2 for layer in layers]),
            np.array([weights[name] for name in wrinkles.ALL], np.float32) * bumps.full_M,
            bumps.tilts_M3HW,
            bumps.spans_MH2,
            out,
        )
        return Paint(
            skin_HW8=out,
            labels_HW=self.labels(person),
            eye_HW3=eye_texture(np.array(person.iris_rgb), max(self.size // 4, 96)),
            lash_HW=self._lash_texture(),
            lens_HW=lens_texture(),
            hair_rgb=person.hair_rgb,
            plain_V3=np.zeros((0, 3), np.float32),
        )


@cache
def lens_texture() -> F32:
    """(64, 64) share of light that a lens replaces by its own: a faint slanting sheen."""
    v, u = 1.0 - (np.mgrid[0:64, 0:64].astype(np.float32) + 0.5) / 64
    across = (0.8 * (1.0 - u) - 0.6 * v) / 0.16
    return (0.03 + 0.06 * np.exp(-(across**2))).astype(np.float32)
