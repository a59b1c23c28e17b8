"""Call paths for statistics that know only who called whom.

A path is followed down from where profiling began. The callees of a function are taken to
take the same part of their time on it as they take below each of its callers: what a function
calls is assumed not to depend on who called it. Without recursion every function's total, and
that of every pair of caller and callee, is then what the profiler measured.

A function that calls itself is entered once; where functions call each other, each stands on
a path at most twice, which is enough for every caller to be seen. The likeliest paths are
followed first and only so many; what was spent on others counts on the paths of the same
function that were. How many of a function's calls came from within another one is known, and
decides between what was called on the first and on the second time it stands on a path.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MOST_NODES = 20_000
_WORK = 2_000_000
_DEEPEST = 2_000
_LEAST = 1e-7
"""Of all time: no path is followed for less."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls from `caller` (−1: from where profiling began) to `callee`: rows of functions."""

    caller: NDArray[np.int64]
    callee: NDArray[np.int64]
    count: NDArray[np.float64]
    self_time: NDArray[np.float64]
    total: NDArray[np.float64]


@dataclass(slots=True)
class Paths:
    """A tree, parents first. Each node has its function, and the row of `Calls` it came by."""

    parent: list[int] = field(default_factory=list)
    function: list[int] = field(default_factory=list)
    call: list[int] = field(default_factory=list)
    flow: list[float] = field(default_factory=list)
    """Share of the calls that its row tells of which were made on this path."""
    depth: list[int] = field(default_factory=list)
    nested: set[int] = field(default_factory=set)
    """Nodes whose function is on the path above them too."""
    cut: bool = False
    """Whether likely paths were left out."""

    def add(self, parent: int, function: int, call: int, flow: float) -> int:
        """Add a node and return it."""
        self.parent.append(parent)
        self.function.append(function)
        self.call.append(call)
        self.flow.append(flow)
        self.depth.append(self.depth[parent] + 1 if parent >= 0 else 0)
        return len(self.parent) - 1

    def full(self, node: int) -> tuple[set[int], int]:
        """Return the functions that are twice on the path to `node`, and its length."""
        once: set[int] = set()
        twice: set[int] = set()
        length = 0
        while node >= 0:
            (twice if self.function[node] in once else once).add(self.function[node])
            node = self.parent[node]
            length += 1
        return twice, length


def follow(calls: Calls, own: NDArray[np.float64], total: NDArray[np.float64]) -> Paths:
    """Return paths on which every function appears, for functions of this self and total time."""
    callee, caller = calls.callee.tolist(), calls.caller.tolist()
    below = _below(calls, own, total).tolist()
    worth = np.minimum(np.maximum(calls.total, 0), total[calls.callee]).tolist()
    least = _LEAST * float(total.max(initial=0.0))
    into: list[list[int]] = [[] for _ in total]
    paths = Paths()
    waiting: list[tuple[float, int, int, float]] = []  # likeliest first: −time, row, parent, flow
    for row, (above, here) in enumerate(zip(caller, callee, strict=True)):
        if above < 0:
            heapq.heappush(waiting, (-worth[row], row, -1, 1.0))
        elif above != here:
            into[above].append(row)
    work = 0
    while waiting:
        _, row, above, flow = heapq.heappop(waiting)
        node = paths.add(above, callee[row], row, flow)
        if len(paths.parent) >= _MOST_NODES or work >= _WORK:
            paths.cut = True
            break
        if paths.depth[node] >= _DEEPEST:
            paths.cut = True
            continue
        if not (rows := into[callee[row]]):
            continue
        full, length = paths.full(node)
        if callee[row] in full:
            paths.nested.add(node)
        work += length + len(rows)
        down = flow * below[row]
        for one in rows:
            if callee[one] not in full and (value := down * worth[one]) > least:
                heapq.heappush(waiting, (-value, one, node, down))
    _complete(paths, into, callee, total)
    return paths


def _complete(
    paths: Paths, into: list[list[int]], callee: Sequence[int], total: NDArray[np.float64]
) -> None:
    """Give a path to functions that have none: they took too little time, or called each other."""
    first: dict[int, int] = {}
    for node, function in enumerate(paths.function):
        first.setdefault(function, node)
    reached = deque(first)
    rest = iter(np.argsort(-total, kind="stable").tolist())
    while True:
        while reached:
            above = reached.popleft()
            for row in into[above]:
                if (below := callee[row]) not in first:
                    first[below] = paths.add(first[above], below, row, 0.0)
                    reached.append(below)
        start = next((one for one in rest if one not in first), None)
        if start is None:
            return
        first[start] = paths.add(-1, start, -1, 0.0)
        reached.append(start)


def _below(
    calls: Calls, own: NDArray[np.float64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return which share of all that its callee called was called due to each row of `calls`.

    They add up to one, or to more for functions that call each other: there the time of one
    call is also within that of another.
    """
    again = _recursive(calls, len(total))[calls.callee]
    part = np.where(again, calls.total, calls.total - calls.self_time)
    whole = np.where(again, total[calls.callee], (total - own)[calls.callee])
    entered = calls.caller != calls.callee
    count = np.where(entered, np.maximum(calls.count, 0), 0)
    counted = np.bincount(calls.callee, count, len(total))[calls.callee]
    # Clocks tick in nanoseconds: less is what is left over from subtracting.
    timeless = whole < 1e-9
    part, whole = np.where(timeless, count, part), np.where(timeless, counted, whole)
    return np.clip(part / np.where(whole > 0, whole, 1), 0, 1)


def _recursive(calls: Calls, functions: int) -> NDArray[np.bool_]:
    """Return which functions call themselves."""
    itself = calls.callee[calls.caller == calls.callee]
    return np.bincount(itself, minlength=functions) > 0


def spread(
    paths: Paths,
    calls: Calls,
    amount: NDArray[np.float64],
    whole: NDArray[np.int64],
    outermost: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return for each node its part of what its function has, whole numbers that add up.

    Parameters
    ----------
    paths, calls
        As `follow` has and returns them.
    amount : float array, shape (rows of calls,)
        What the callee did when called so; nodes that came by one row share it by their flow.
    whole : int array, shape (functions,)
        What each function did; exactly this is given to its nodes.
    outermost : float array, shape (functions,)
        Share of each function's calls that did not come from within another call of it.
    """
    function, call = np.array(paths.function, np.int64), np.array(paths.call, np.int64)
    if not len(function):
        return np.empty(0, np.int64)
    rows, functions = len(amount) + 1, len(whole)  # row −1 of a node is the last here
    # How much of the calls of itself is due to each of the others, only the total time tells.
    again = _recursive(calls, functions)
    outermost = np.where(again, 0.5, outermost)
    timed = np.bincount(calls.callee, np.maximum(calls.total, 0), functions) > 0
    amount = np.where((again & timed)[calls.callee], calls.total, amount)
    within = _within(paths, call % rows, function, outermost)
    part = np.append(np.maximum(amount, 0), 0.0)[call % rows] * within
    known = np.bincount(function, part, functions)[function]
    # Functions that took no time at all, or whose callers are all left out.
    part = np.where(known > 0, part, within)
    part /= np.bincount(function, part, functions)[function]
    order = np.argsort(function, kind="stable")
    ordered = function[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    upto = np.cumsum(part[order])
    begin = np.append(0.0, upto[last][:-1])[np.cumsum(np.append(False, last[:-1]))]
    # Rounding what has been given so far, not each part, keeps the sum.
    given = np.rint((upto - begin) * whole[ordered]).astype(np.int64)
    given[last] = whole[ordered[last]]
    before = np.append(0, given[:-1])
    before[1:][last[:-1]] = 0
    result = np.empty(len(order), np.int64)
    result[order] = given - before
    return result


def _within(
    paths: Paths,
    row: NDArray[np.int64],
    function: NDArray[np.int64],
    outermost: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return each node's share of the calls that its row tells of."""
    flow, parent = np.array(paths.flow), np.array(paths.parent, np.int64)
    nested = np.zeros(len(row) + 1, dtype=bool)  # the last is that of no parent
    nested[list(paths.nested)] = True
    # Callers that were entered from within themselves, and those that were not, apart.
    group = 2 * row + nested[parent]
    odds = outermost[function[parent]]
    odds = np.where(parent < 0, 1.0, np.where(nested[parent], 1 - odds, odds))
    size = np.bincount(group)
    flows = np.bincount(group, flow)[group]
    share = np.where(flows > 0, flow / np.where(flows > 0, flows, 1), 1 / size[group])
    given = np.bincount(row, share * odds)[row]
    return np.where(given > 0, share * odds / np.where(given > 0, given, 1), share)
