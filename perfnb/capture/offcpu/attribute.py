"""Which stack each piece of a thread's life is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.segments import BLOCKED, ON, Segments
from perfnb.capture.offcpu.waits import INSIDE, NEAREST, NONE, UNKNOWN, Waits, nearest


@dataclass(frozen=True, slots=True, eq=False)
class Attributed:
    """Pieces of one thread's life with a stack each, in the order of time.

    Attributes
    ----------
    start, duration : int64
        Nanoseconds.
    state : uint8
        As in `Segments`.
    stack : int64
        `UNKNOWN` where there is none.
    how : uint8
        `INSIDE`, `NEAREST` or `NONE`.
    reason : int64
        As it was given; −1 for what was not blocked, and where nobody knows.
    """

    start: NDArray[np.int64]
    duration: NDArray[np.int64]
    state: NDArray[np.uint8]
    stack: NDArray[np.int64]
    how: NDArray[np.uint8]
    reason: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)


def attribute(
    segments: Segments,
    stack: NDArray[np.int64],
    instant: NDArray[np.int64],
    reason: NDArray[np.int64],
    gil: int = -2,
) -> Attributed:
    """Give each segment a stack.

    Parameters
    ----------
    segments : Segments
        Of one thread.
    stack : int64, shape (ticks,)
        The thread's stack at each sampling instant; `UNKNOWN` where it could not be read.
    instant : int64, shape (ticks,)
        When that was, CLOCK_MONOTONIC ns.
    reason : int64, shape (segments,)
        A number for why it was blocked; −1 where that was not seen.
    gil : int
        The number of waits for the GIL.

    Notes
    -----
    The stack of a blocked thread does not change, so a wait with a sample inside has that
    sample's stack. Of the others, which are mostly short, each takes the stack of a wait that
    lasted about as long for the same reason, the nearest in time: of waits of one length it
    depends on chance alone which have a sample inside, so those are a fair picture of the others.
    """
    found = np.full(len(segments), UNKNOWN, dtype=np.int64)
    certain = segments.tick >= 0
    found[certain] = stack[segments.tick[certain]]
    how = np.where(found != UNKNOWN, INSIDE, NONE).astype(np.uint8)
    why = reason.copy()
    Waits.of(segments, reason, gil).fill(found, how, why, gil)
    pieces = _Pieces(segments, found, how, why)
    pieces.running(instant, stack, segments.found)
    return pieces.merged()


class _Pieces:
    def __init__(
        self,
        segments: Segments,
        found: NDArray[np.int64],
        how: NDArray[np.uint8],
        reason: NDArray[np.int64],
    ) -> None:
        self.start, self.end = segments.bound[:-1], segments.bound[1:]
        self.state, self.stack, self.how, self.reason = segments.state, found, how, reason

    def running(
        self, instant: NDArray[np.int64], stack: NDArray[np.int64], found: NDArray[np.uint8]
    ) -> None:
        """Give what ran, wanted to or was held, the stack seen running nearest in time."""
        seen = np.flatnonzero((found == ON) & (stack != UNKNOWN))
        if not len(seen) or not len(self.start):
            return
        at = instant[seen]
        self._cut((at[1:] + at[:-1]) // 2)
        # A sample is of the end of a run; the beginning may be nearer to the one before.
        open_ = (self.state == ON) | (self.how != INSIDE)
        rows = np.flatnonzero((self.state != BLOCKED) & open_)
        best = nearest(at, (self.start[rows] + self.end[rows]) // 2)
        self.stack[rows] = stack[seen[best]]
        inside = (at[best] >= self.start[rows]) & (at[best] <= self.end[rows] + _STOP_NS)
        self.how[rows] = np.where(inside, INSIDE, NEAREST)

    def _cut(self, where: NDArray[np.int64]) -> None:
        row = np.clip(np.searchsorted(self.end, where, side="left"), 0, len(self.end) - 1)
        own = self.state[row] != BLOCKED
        own &= (self.start[row] < where) & (where < self.end[row])
        row, where = row[own], where[own]
        order = np.argsort(np.concatenate([self.start, where]), kind="stable")
        source = np.concatenate([np.arange(len(self.start)), row])[order]
        self.start = np.concatenate([self.start, where])[order]
        self.end = np.append(self.start[1:], self.end[-1:])
        self.state, self.stack, self.how, self.reason = (
            column[source] for column in (self.state, self.stack, self.how, self.reason)
        )

    def merged(self) -> Attributed:
        """Return the pieces, neighbours that say the same put together."""
        kept = np.flatnonzero(self.end > self.start)
        start, end = self.start[kept], self.end[kept]
        state, stack, how, reason = (
            self.state[kept], self.stack[kept], self.how[kept], self.reason[kept],
        )  # fmt: skip
        first = np.append(
            True,
            (state[1:] != state[:-1]) | (stack[1:] != stack[:-1]) | (reason[1:] != reason[:-1]),
        )[: len(kept)]
        rows = np.flatnonzero(first)
        begin = start[rows]
        most = np.maximum.reduceat(how, rows) if len(rows) else how
        length = np.append(begin[1:], end[-1:])[: len(rows)] - begin
        return Attributed(begin, length, state[rows], stack[rows], most, reason[rows])


# The stop in which a stack was read may begin so much later than the run that it is of.
_STOP_NS = 1_000_000
