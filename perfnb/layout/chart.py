"""Geometry of a flame chart: what one thread did, one stack after the other, over time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import MissingColumn, OptionError
from perfnb.layout.flame import Boxes
from perfnb.model import CallTree, Profile
from perfnb.model.calltree import MERGE, FrameKeys
from perfnb.model.contract import contract
from perfnb.model.forest import Forest
from perfnb.model.tables import Int64, frozen

PERIOD = 10_000_000
"""How long a sample is taken to last, in nanoseconds, where nothing tells it."""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A flame chart.

    Attributes
    ----------
    tree : CallTree
        Row 0 is the thread. `total` is the width of a box in nanoseconds and `self` how long it
        was the leaf; samples are the rows of the samples table in it. Sorted by depth and time.
    boxes : Boxes
        `x` and `width` in nanoseconds since the start of the recording.
    start, end : int
        From where to where the thread's own box runs.
    """

    tree: CallTree
    boxes: Boxes
    start: int
    end: int


def chart(profile: Profile, thread_row: int, merge: str, start_ns: int, end_ns: int) -> Chart:
    """Lay out the samples of a thread in the order of time.

    Parameters
    ----------
    profile : Profile
        With times.
    thread_row : int
        A row of the threads table.
    merge : {"cell", "line", "function"}
        Which frames are the same, as `CallTree.of` explains.
    start_ns, end_ns : int
        Nanoseconds since the start of the recording; the end is not included.

    Raises
    ------
    MissingColumn
        If the profile has no times.
    OptionError
        If there is no such thread or choice, or the range is empty.

    Notes
    -----
    A sample lasts until the next one of its thread, but no longer than its duration, or, without
    durations, than twice what usually lies between two. Samples without a gap between them share
    the boxes of what their stacks begin with alike.
    """
    if merge not in MERGE:
        raise OptionError(f"merge={merge!r}", f"choose one of {', '.join(MERGE)}")
    if not 0 <= thread_row < len(profile.threads):
        raise OptionError(f"no thread in row {thread_row}")
    if end_ns <= start_ns:
        raise OptionError(f"a flame chart from {start_ns} to {end_ns} ns is empty")
    row, begin, end = _lasting(profile, thread_row, start_ns, end_ns)
    samples, tables = profile.samples, profile.tables
    keys = FrameKeys.of(tables, merge)
    count = np.ones(len(row), np.int64) if samples.count is None else samples.count[row]
    columns, key = _boxes(
        Forest(tables.stacks.parent), keys.of_frame[tables.stacks.frame], samples.stack[row],
        begin, end, count,
    )  # fmt: skip
    parent, depth, x, total, own, own_count, all_count = columns
    # Row 0 is the thread, with whatever is between its samples.
    x[0], total[0] = start_ns, end_ns - start_ns
    thread = np.full(len(parent), -1, dtype=np.int64)
    thread[0] = thread_row
    function, line = keys.function[key], keys.line[key]
    function[0], line[0] = -1, 0
    tree = CallTree(
        tables=tables,
        parent=frozen(parent, np.int32),
        depth=frozen(depth, np.int32),
        function=frozen(function, np.int32),
        line=frozen(line, np.int32),
        thread=frozen(thread, np.int32),
        self=frozen(own, np.int64),
        total=frozen(total, np.int64),
        self_samples=frozen(own_count, np.int64),
        total_samples=frozen(all_count, np.int64),
        hidden=frozen(np.zeros(len(parent)), np.int64),
    )
    return Chart(tree, Boxes(tree.depth, frozen(x, np.int64), tree.total), start_ns, end_ns)


def _lasting(profile: Profile, thread: int, low: int, high: int) -> tuple[Int64, Int64, Int64]:
    """Return the rows of samples that last within the bounds, and from when to when they do."""
    samples = profile.samples
    if samples.time is None:
        if len(samples):
            raise MissingColumn("time", "a flame chart", "record with a backend that tells times")
        return (np.zeros(0, dtype=np.int64),) * 3
    row = np.flatnonzero(samples.thread == thread)
    begin = samples.time[row] - profile.start_ns
    if samples.duration is not None:
        end = begin + samples.duration[row]
        end[:-1] = np.minimum(end[:-1], begin[1:])
    else:
        typical = _typical(profile, begin)
        end = begin + typical
        end[:-1] = np.minimum(begin[1:], begin[:-1] + 2 * typical)
    lasts = end > begin
    begin, end = np.maximum(begin, low), np.minimum(end, high)
    rows = np.flatnonzero(lasts & (end > begin))
    return row[rows], begin[rows], end[rows]


def _typical(profile: Profile, time: Int64) -> int:
    """Return how long it usually is from one sample to the next."""
    between = np.diff(time)
    between = np.sort(between[between > 0])
    if len(between):
        return int(between[len(between) // 2])
    rate = profile.metadata.rate_achieved or profile.metadata.rate_asked
    return round(1e9 / rate) if rate and rate > 0 and math.isfinite(rate) else PERIOD


def _boxes(
    forest: Forest, key: Int64, stack: NDArray[np.int32], begin: Int64, end: Int64, count: Int64
) -> tuple[Int64, Int64]:
    """Return (parent, depth, x, width, self, self samples, samples) and key of each box.

    Rows that follow each other without a gap share a box while they are of one merged path.
    """
    used = np.zeros(len(forest) + 1, dtype=np.int64)
    used[stack] = 1
    merged = contract(forest, forest.totals(used[:-1]) > 0, key)
    above = merged.parent
    node = merged.node[stack]
    depth = np.append(Forest(above).depth, 0)[node]
    gap = np.ones(len(stack), dtype=bool)
    gap[1:] = begin[1:] != end[:-1]
    time, samples = np.append(0, np.cumsum(end - begin)), np.append(0, np.cumsum(count))
    levels: list[Int64] = []
    keys: list[Int64] = []
    # Where in the level below its boxes begin: these have yet to learn their parents.
    waiting = np.zeros(0, dtype=np.int64)
    # From the leaves to the root, at each depth the rows whose stacks go as deep.
    for level in range(int(depth.max(initial=0)), 0, -1):
        rows = np.flatnonzero(depth >= level)
        here = node[rows]
        first = gap[rows]
        first[1:] |= (here[1:] != here[:-1]) | (rows[1:] != rows[:-1] + 1)
        first[:1] = True
        starts = np.flatnonzero(first)
        box = np.full(len(stack), -1, dtype=np.int64)
        box[rows] = np.cumsum(first) - 1
        if levels:
            levels[-1][0] = box[waiting]
        waiting = rows[starts]
        stops = rows[np.append(starts[1:], len(rows)) - 1] + 1
        leaf = depth[rows] == level
        own = np.add.reduceat(np.where(leaf, (end - begin)[rows], 0), starts)
        own_count = np.add.reduceat(np.where(leaf, count[rows], 0), starts)
        columns = np.zeros((7, len(starts)), dtype=np.int64)
        columns[1], columns[2], columns[3] = level, begin[waiting], time[stops] - time[waiting]
        columns[4], columns[5], columns[6] = own, own_count, samples[stops] - samples[waiting]
        levels.append(columns)
        keys.append(merged.key[node[waiting]])
        node[rows] = above[here]
    empty = depth == 0
    root = [-1, 0, 0, 0, (end - begin)[empty].sum(), count[empty].sum(), count.sum()]
    levels.append(np.array(root, dtype=np.int64).reshape(7, 1))
    keys.append(np.array([-1], dtype=np.int64))
    # Parents were counted within their level.
    sizes = np.cumsum([0, *(part.shape[1] for part in reversed(levels))])
    for part, offset in zip(levels[-2::-1], sizes[:-2], strict=True):
        part[0] += offset
    return np.concatenate(levels[::-1], axis=1), np.concatenate(keys[::-1])
