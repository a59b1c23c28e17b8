"""The offset between CLOCK_REALTIME and CLOCK_MONOTONIC, with a bound on its error."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """CLOCK_REALTIME − CLOCK_MONOTONIC at one instant, in ns, known to ± `error_ns`."""

    offset_ns: int
    error_ns: int

    @classmethod
    def read(cls) -> ClockOffset:
        """Read both clocks; the narrowest of a few readings wins."""
        best: ClockOffset | None = None
        for _ in range(5):
            before = time.monotonic_ns()
            wall = time.time_ns()
            after = time.monotonic_ns()
            error = (after - before + 1) // 2
            if best is None or error < best.error_ns:
                best = cls(wall - (before + after) // 2, error)
        assert best is not None
        return best


@dataclass(frozen=True, slots=True)
class WallToMonotonic:
    """Maps wall-clock instants between two readings to CLOCK_MONOTONIC.

    The wall clock may be slewed or stepped between the readings: what they differ by
    is part of the bound.
    """

    start: ClockOffset
    end: ClockOffset

    @property
    def offset_ns(self) -> int:
        """What to subtract from a wall-clock instant."""
        return (self.start.offset_ns + self.end.offset_ns) // 2

    @property
    def error_ns(self) -> int:
        """Bound on the error of that."""
        drift = abs(self.end.offset_ns - self.start.offset_ns)
        return drift // 2 + 1 + max(self.start.error_ns, self.end.error_ns)
