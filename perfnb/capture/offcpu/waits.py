"""The waits of one thread: which of them are of one call, and which stack each is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.segments import BLOCKED, Segments

NONE, NEAREST, INSIDE = range(3)
"""How a stack was found: not at all, from a sample nearby, from a sample in the segment itself."""

UNKNOWN = -2
"""The stack of what has none, and of an instant at which none was read."""

# A thread that comes back from a wait needs the GIL before it runs anything of the program.
_TO_THE_GIL = 4
# Lengths are alike if one is at most 1.2 to 1.4 times the other.
_BUCKETS_PER_OCTAVE = 4
_OTHER_REASON = 1 << 40


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """Runs of blocked segments.

    Attributes
    ----------
    row : int64
        The blocked segments.
    wait : int64
        Which wait each of them is a part of.
    start, own : int64, float64; shape (waits,)
        When it began, and how long it lasted without what py-spy did to it.
    fair : bool, shape (waits,)
        Whether it was met by chance, so that it stands for others like it.
    reason : int64, shape (waits,)
        A number for why; −1 where nobody looked.
    call : int64, shape (waits,)
        Which waits follow each other in one call of a blocking function: it has to wait for the
        GIL before it returns.
    """

    row: NDArray[np.int64]
    wait: NDArray[np.int64]
    start: NDArray[np.int64]
    own: NDArray[np.float64]
    fair: NDArray[np.bool_]
    reason: NDArray[np.int64]
    call: NDArray[np.int64]

    @classmethod
    def of(cls, segments: Segments, reason: NDArray[np.int64], gil: int) -> Waits:
        """Find the waits.

        Parameters
        ----------
        segments : Segments
            Of one thread.
        reason : int64, shape (segments,)
            A number for why it was blocked; −1 where that was not seen.
        gil : int
            The number of waits for the GIL.
        """
        length = np.diff(segments.bound)
        blocked = segments.state == BLOCKED
        row = np.flatnonzero(blocked)
        first = np.flatnonzero(blocked & ~np.append(False, blocked[:-1]))
        wait = (np.cumsum(np.isin(row, first, assume_unique=True)) - 1).astype(np.int64)
        count = len(first)
        start, end = segments.bound[first], np.zeros(count, dtype=np.int64)
        end[wait] = segments.bound[row + 1]
        # What lasts a time that was set does so whatever comes between; what waits for another
        # thread, which was stopped too, was longer by the stop.
        undisturbed = np.where(segments.disturbed[row], 0, length[row])
        own = np.bincount(wait, undisturbed, count).astype(np.float64)
        own = np.where(own < (end - start) / 2, own, (end - start).astype(np.float64))
        fair = np.zeros(count, dtype=bool)
        fair[wait[segments.fair[row]]] = True
        why = np.full(count, -1, dtype=np.int64)
        seen = reason[row] >= 0
        why[wait[seen]] = reason[row[seen]]
        gap = start[1:] - end[:-1]
        linked = np.append(False, (why[1:] == gil) & (gap <= _TO_THE_GIL * segments.brief))[:count]
        return cls(row, wait, start, own, fair, why, np.cumsum(~linked) - 1)

    def __len__(self) -> int:
        return len(self.start)

    def fill(
        self,
        found: NDArray[np.int64],
        how: NDArray[np.uint8],
        why: NDArray[np.int64],
        gil: int,
    ) -> None:
        """Give every wait a stack and a reason, where there is a sample of any.

        Parameters
        ----------
        found, how, why : arrays, shape (segments,)
            Are completed: the stack, how it was found, and the reason.
        gil : int
            The number of waits for the GIL.
        """
        mine = how[self.row] == INSIDE
        if len(self):
            why[self.row] = self.reason[self.wait]
        if not mine.any():
            return
        of_wait = np.full(len(self), UNKNOWN, dtype=np.int64)
        sampled = np.zeros(len(self), dtype=bool)
        of_wait[self.wait[mine]] = found[self.row[mine]]
        sampled[self.wait[mine]] = True
        source = self._sources(sampled)
        missing = ~mine
        rows, waits = self.row[missing], self.wait[missing]
        found[rows] = of_wait[source[waits]]
        how[rows] = np.where(sampled[waits], INSIDE, NEAREST)
        # Its neighbour was looked at, and it has the same stack and length.
        unseen = why[self.row] < 0
        why[self.row[unseen]] = self.reason[source[self.wait[unseen]]]
        self._vote(found, why, gil)

    def _vote(self, found: NDArray[np.int64], why: NDArray[np.int64], gil: int) -> None:
        """Give waits that nobody looked at the reason most often seen for their stack.

        Waits for the GIL come at any place, so they have no vote.
        """
        seen = (self.reason[self.wait] >= 0) & (self.reason[self.wait] != gil)
        stacks, place = np.unique(found[self.row], return_inverse=True)
        count = int(self.reason.max(initial=-1)) + 1
        if not seen.any() or not count:
            return
        votes = np.bincount(
            place[seen] * count + self.reason[self.wait[seen]], minlength=len(stacks) * count
        ).reshape(-1, count)
        best = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
        unseen = why[self.row] < 0
        why[self.row[unseen]] = best[place[unseen]]

    def _sources(self, sampled: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return for each wait one with a sample that stands for it."""
        source = np.arange(len(self))
        seen = np.flatnonzero(sampled)
        first = np.flatnonzero(np.diff(self.call, prepend=-1))
        known = np.zeros(len(first), dtype=bool)
        known[self.call[seen]] = True
        there = np.flatnonzero(~sampled & known[self.call])
        source[there] = _nearest_of_call(seen, there, self.call)
        if known.all():
            return source
        # No wait of the call was seen: a call that began alike, the nearest in time.
        kind = self._kinds()[first]
        first_seen = np.zeros(len(first), dtype=np.int64)
        first_seen[self.call[seen[::-1]]] = seen[::-1]
        start = self.start[first]
        example = np.zeros(len(first), dtype=bool)
        example[self.call[sampled & self.fair]] = True
        if not example.any():
            example = known
        alike = _nearest_alike(start[example], kind[example], start[~known], kind[~known])
        of_call = np.zeros(len(first), dtype=np.int64)
        of_call[~known] = first_seen[example][alike]
        rest = np.flatnonzero(~known[self.call])
        source[rest] = of_call[self.call[rest]]
        return source

    def _kinds(self) -> NDArray[np.int64]:
        """Return a number for the reason and length of each wait; those near are alike."""
        octave = np.log2(np.maximum(self.own, 1.0)) * _BUCKETS_PER_OCTAVE
        return np.round(octave).astype(np.int64) + (self.reason + 1) * _OTHER_REASON


def _nearest_of_call(
    known: NDArray[np.int64], wanted: NDArray[np.int64], call: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each wait the nearest known one of its call, in which there is one."""
    right = np.searchsorted(known, wanted)
    after = known[np.minimum(right, len(known) - 1)]
    before = known[np.maximum(right - 1, 0)]
    fits_after = (call[after] == call[wanted]) & (after > wanted)
    fits_before = (call[before] == call[wanted]) & (before < wanted)
    nearer = (wanted - before <= after - wanted) | ~fits_after
    return np.where(fits_before & nearer, before, after)


def _nearest_alike(
    known_at: NDArray[np.int64],
    known_kind: NDArray[np.int64],
    at: NDArray[np.int64],
    kind: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return for each wait the known one that is most alike, and of those the nearest in time.

    Most alike: of the same reason and the nearest length. Where no known one has the reason,
    or the reason was not seen, any of the nearest length.
    """
    unseen = kind < _OTHER_REASON // 2
    reason = (kind + _OTHER_REASON // 2) // _OTHER_REASON
    known_reason = (known_kind + _OTHER_REASON // 2) // _OTHER_REASON
    loose = unseen | ~np.isin(reason, known_reason)
    chosen = np.zeros(len(at), dtype=np.int64)
    length = kind - reason * _OTHER_REASON
    known_length = known_kind - known_reason * _OTHER_REASON
    for rows, mine, theirs in (
        (np.flatnonzero(~loose), kind, known_kind),
        (np.flatnonzero(loose), length, known_length),
    ):
        if not len(rows):
            continue
        there = np.unique(theirs)
        use = there[nearest(there, mine[rows])]
        # Of about this length, or else of the nearest there is.
        use = np.where(np.abs(use - mine[rows]) <= 1, mine[rows], use)
        for one in np.unique(use).tolist():
            these = rows[use == one]
            known = np.flatnonzero(np.abs(theirs - one) <= 1)
            chosen[these] = known[nearest(known_at[known], at[these])]
    return chosen


def nearest(known: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of the nearest of `known`, which is sorted and not empty."""
    right = np.clip(np.searchsorted(known, at), 0, len(known) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(at - known[left] <= known[right] - at, left, right)
