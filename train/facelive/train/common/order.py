"""In which order examples are seen: random, without repeats inside an epoch, and the same after a resume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Order:
    """Endless random order of ``count`` examples; place and seed alone decide it."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self._epoch, self._order = -1, np.empty(0, np.intp)

    def take(self, start: int, count: int) -> NDArray[np.intp]:
        """(count,) the examples number start, start + 1, ... of the endless order."""
        taken: list[NDArray[np.intp]] = []
        while count > 0:
            epoch, offset = divmod(start, self.count)
            if epoch != self._epoch:
                self._epoch = epoch
                self._order = np.random.default_rng((self.seed, epoch)).permutation(self.count).astype(np.intp)
            part = self._order[offset : offset + count]
            taken.append(part)
            start, count = start + len(part), count - len(part)
        return np.concatenate(taken)


def share(indices_B: NDArray[np.intp], rank: int, world: int) -> NDArray[np.intp]:
    """The part of a batch that one of ``world`` devices sees; ``world`` must divide the batch."""
    each = len(indices_B) // world
    return indices_B[rank * each : (rank + 1) * each]
