"""Sharing out the time between two looks that saw a task in different awaits."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.waits import INSIDE, NEAREST

NOT_THERE = -1
"""The chain of a task that was looked for and did not wait: it had ended, or ran."""

# Two lengths are alike if one is not twice the other.
_BUCKETS_PER_OCTAVE = 2
_ENOUGH = 8


class State:
    """What a task did for certain, from one blocked interval of its loop to another.

    Parameters
    ----------
    chain : int
        What it waited in, or `NOT_THERE`.
    low, high : int
        The first and the last interval; ``high == low - 1`` if it was seen between two.
    left, right : bool
        Whether it may have begun earlier, or ended later.
    surplus : int
        For how much more time than this its looks stand, in ns; may be negative.
    """

    __slots__ = ("chain", "high", "left", "low", "right", "surplus")

    def __init__(
        self, chain: int, low: int, high: int, left: bool, right: bool, surplus: int
    ) -> None:
        self.chain, self.low, self.high, self.surplus = chain, low, high, surplus
        # If the loop is known to have run something else meanwhile, what comes before and after
        # may be the same await. Otherwise each interval may well have been one.
        self.left, self.right = left and high > low, right and high > low


class Rows:
    """Rows to be: ranges of intervals."""

    def __init__(self) -> None:
        self._ranges = array("q")

    def add(self, task: int, chain: int, low: int, high: int, how: int) -> None:
        """Add one row if it is `INSIDE`, else one for each interval."""
        if low <= high:
            self._ranges.extend((task, chain, low, high, how))

    def columns(self) -> tuple[NDArray[np.int64], ...]:
        """Return task, chain, first and last interval, and how, in the order of intervals."""
        ranges = np.array(self._ranges, dtype=np.int64).reshape(-1, 5)
        task, chain, low, high, how = ranges.T
        count = np.where(how == INSIDE, 1, high - low + 1)
        source = np.repeat(np.arange(len(ranges)), count)
        step = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
        low = low[source] + step
        high = np.where(how[source] == INSIDE, high[source], low)
        order = np.lexsort((task[source], low))
        source = source[order]
        return task[source], chain[source], low[order], high[order], how[source]


class Share:
    """Gives what lies between two states of a task to the chains that are owed most.

    Parameters
    ----------
    blocked : int64, shape (intervals + 1,)
        Blocked time, in ns, that had passed when each interval began, and in the end.
    rows : Rows
        Gets what is found.
    """

    def __init__(self, blocked: NDArray[np.int64], rows: Rows) -> None:
        self._blocked = blocked.tolist()
        self._middle = ((blocked[1:] + blocked[:-1]) / 2).tolist()
        self._rows = rows
        octave = np.log2(np.maximum(np.diff(blocked), 1)) * _BUCKETS_PER_OCTAVE
        self.bucket = np.round(octave).astype(np.int64)
        self._bucket = self.bucket.tolist()
        self._task = 0
        self._owed: dict[int, float] = {}
        self._fits: dict[int, set[int]] = {}
        self._seldom: set[int] = set()
        self._kind: Hashable = None
        self._left: dict[tuple[Hashable, int], float] = {}

    def begin(self, task: int, kind: Hashable, states: list[State]) -> None:
        """Begin with a task.

        What is left over from the last one of its kind is owed to it: of tasks that live for
        a short time, each is too short to be even.
        """
        self.left()
        self._task, self._kind = task, kind
        # In intervals of which lengths each chain was seen; of one seen seldom that says nothing.
        seen: dict[int, list[int]] = {}
        for state in states:
            if state.chain != NOT_THERE:
                buckets = self._bucket[state.low : min(state.high + 1, state.low + _ENOUGH)]
                seen.setdefault(state.chain, []).extend(buckets)
        self._seldom = {chain for chain, buckets in seen.items() if len(buckets) < _ENOUGH}
        self._seldom.add(NOT_THERE)
        self._fits = {}
        for chain, buckets in seen.items():
            for bucket in set(buckets):
                for near in (bucket - 1, bucket, bucket + 1):
                    self._fits.setdefault(near, set()).add(chain)

    def left(self) -> dict[tuple[Hashable, int], float]:
        """Return what is still owed, in ns, to each kind of task for each of its chains."""
        self._left.update(((self._kind, chain), time) for chain, time in self._owed.items())
        self._owed = {}
        return self._left

    def owe(self, state: State) -> None:
        """Take up what a state's looks stand for."""
        chain = state.chain
        if chain != NOT_THERE:
            if chain not in self._owed:
                self._owed[chain] = self._left.pop((self._kind, chain), 0.0)
            self._owed[chain] += state.surplus

    def emit(self, state: State) -> None:
        """Write the row of an await, of which both ends are settled now."""
        if state.chain != NOT_THERE:
            self._rows.add(self._task, state.chain, state.low, state.high, INSIDE)

    def run(self, low: int, high: int, before: State | None, after: State | None) -> None:
        """Share out the intervals from `low` to `high`.

        What the chains of the states before and after get adjoins these; where the await may have
        gone on there, its row becomes longer.
        """
        if low > high:
            return
        owed, blocked = self._owed, self._blocked
        for side in (before, after):
            if side is not None and side.chain == NOT_THERE:
                owed[NOT_THERE] = side.surplus
        left = before.chain if before else None
        right = after.chain if after else None
        if high - low < _ENOUGH and self._by_length(low, high, before, after):
            return
        quota = _quotas(owed, blocked[high + 1] - blocked[low])
        parts = [(chain, time) for chain, time in quota.items() if chain not in (left, right)]
        if left is not None and left in quota:
            parts.insert(0, (left, quota[left] / (1 + (left == right))))
        if right is not None and right in quota:
            parts.append((right, quota[right] / (1 + (left == right))))
        reached, begin = float(blocked[low]), low
        for number, (chain, time) in enumerate(parts, 1):
            reached += time
            end = high + 1
            if number < len(parts):
                end = bisect_left(self._middle, reached, begin, high + 1)
            if begin < end:
                self._give(chain, begin, end - 1, before, after)
            begin = end
        owed.pop(NOT_THERE, None)

    def _by_length(self, low: int, high: int, before: State | None, after: State | None) -> bool:
        """Give each interval to the one chain that was ever seen in any as long; if there is one.

        A single interval is given to whom it is owed most, of those it can be.
        """
        owed, nowhere = self._owed, frozenset[int]()
        chosen = []
        for interval in range(low, high + 1):
            there = self._fits.get(self._bucket[interval], nowhere)
            fit = [chain for chain in owed if chain in there or chain in self._seldom]
            if len(fit) != 1 and low < high:
                return False
            chosen.append(max(fit or owed, key=owed.__getitem__))
        begin = low
        for chain, same in groupby(chosen):
            end = begin + len(list(same))
            self._give(chain, begin, end - 1, before, after)
            begin = end
        owed.pop(NOT_THERE, None)
        return True

    def _give(
        self, chain: int, low: int, high: int, before: State | None, after: State | None
    ) -> None:
        self._owed[chain] -= self._blocked[high + 1] - self._blocked[low]
        if chain == NOT_THERE:
            return
        if before and before.right and before.chain == chain and before.high + 1 == low:
            before.high = high
        elif after and after.left and after.chain == chain and after.low - 1 == high:
            after.low = low
        else:
            self._rows.add(self._task, chain, low, high, NEAREST)


def _quotas(owed: dict[int, float], time: int) -> dict[int, float]:
    """Return how much of `time` each gets, so that all who get any are then owed the same."""
    order = sorted(owed, key=owed.__getitem__, reverse=True)
    together = 0.0
    for number, chain in enumerate(order, 1):
        together += owed[chain]
        level = (together - time) / number
        if number == len(order) or owed[order[number]] <= level:
            return {one: owed[one] - level for one in order[:number]}
    return {}
