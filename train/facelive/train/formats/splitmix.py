"""Random numbers that Python and C# make alike: SplitMix64 (Steele, Lea, Flood 2014). Twin of ``SplitMix64.cs``."""

from __future__ import annotations

_MASK = (1 << 64) - 1


class SplitMix64:
    """A stream of 64-bit numbers."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    @classmethod
    def for_index(cls, seed: int, index: int) -> SplitMix64:
        """A stream of its own for each picture: a data set can be resumed anywhere."""
        return cls(cls(seed).next() + index * 0xD1342543DE82EF95)

    def next(self) -> int:
        """0 .. 2**64 - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def unit(self) -> float:
        """0 inclusive .. 1 exclusive in steps of 2**-24: exact in float32."""
        return (self.next() >> 40) / 16777216

    def below(self, count: int) -> int:
        """0 .. count - 1."""
        return (self.next() >> 33) % count
