"""A crop and its mirror image read alike: the mean of both answers, for pictures that stand still.

Training mirrors every other picture, so a network is as good on either, but it does not err alike: the mean of both
answers has .019 more correlation of the expressions, and shapes that are if anything nearer (benchmarks/both_ways.py).
Live, a second run would add half to the cost of a frame.

Shapes: N rows, I identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from facelive.rig.mirror import Mirror, mirrored_points, mirrored_pose
from facelive.rig.schema import Schema

F32 = NDArray[np.float32]
Outputs = Mapping[str, F32]
"""An encoder's outputs by name, N rows each (docs/architecture.md)."""
LEARNT_BOTH = "facelive.mirrored"
"""What a file says, with "1", of a network that was taught on mirrored pictures too."""
_GROUPS = ("identity", "style", "colour", "expression")


def has_learnt_both(metadata: Mapping[str, str]) -> bool:
    """Whether a network's file says so."""
    return metadata.get(LEARNT_BOTH) == "1"


class BothWays:
    """Knows left from right in an encoder's outputs."""

    def __init__(self, schema: Schema) -> None:
        self._mirrors = {group: Mirror.of(schema, schema.group_names(group)) for group in _GROUPS}

    def read(
        self, run: Callable[[NDArray[np.uint8], F32 | None], Outputs], crop: NDArray[np.uint8], known_I: F32 | None
    ) -> dict[str, F32]:
        """run: (256, 256, 3) uint8 and who it is, if that is known -> outputs."""
        straight = run(crop, known_I)
        known_I = None if known_I is None else self._mirrors["identity"](known_I)
        other = self.mirrored(run(np.ascontiguousarray(crop[:, ::-1]), known_I))
        return {name: np.asarray(0.5 * (row + other[name]), np.float32) for name, row in straight.items()}

    def mirrored(self, outputs: Outputs) -> dict[str, F32]:
        """What they would be of the mirror image; twice gives them back. Names that are not of the contract stay."""
        turned = {name: self._mirrors[name](row) if name in self._mirrors else row for name, row in outputs.items()}
        return turned | {"pose": mirrored_pose(turned["pose"]), "landmarks": mirrored_points(turned["landmarks"])}
